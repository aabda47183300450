//! Which of a camera's modes to use.

use std::fmt;

/// How a camera packs its pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Mjpeg,
    /// 4:2:2, Y0 U Y1 V.
    Yuyv,
    /// 4:2:0, luma plane, then U V in turn.
    Nv12,
    Gray,
    Rgb,
    Bgr,
}

/// A size, a rate and a packing that a camera offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    pub width: u32,
    pub height: u32,
    /// Pictures a second.
    pub fps: u32,
    pub packing: Packing,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}x{} at {} a second, {}", self.width, self.height, self.fps, self.packing)
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Packing::Mjpeg => "MJPEG",
            Packing::Yuyv => "YUYV",
            Packing::Nv12 => "NV12",
            Packing::Gray => "gray",
            Packing::Rgb => "RGB",
            Packing::Bgr => "BGR",
        })
    }
}

/// What is asked of a webcam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Want {
    /// px
    pub width: u32,
    /// px
    pub height: u32,
    /// Pictures a second.
    pub fps: u32,
}

impl Default for Want {
    /// 720 rows show a person 2.5 m away some 500 px tall; more rows cost decoding and drawing, and models look at 256 of
    /// them. Below 15 pictures a second form is not judged; 30 is what rules are made for.
    fn default() -> Want {
        Want { width: 1280, height: 720, fps: 30 }
    }
}

impl Want {
    /// The mode that serves best. Libraries' own choices ("highest resolution", "none in particular") were seen to open a
    /// camera at 1 or 2 pictures a second.
    pub fn best(self, modes: &[Mode]) -> Option<Mode> {
        self.ranked(modes).first().copied()
    }

    /// All of them, the best first.
    pub fn ranked(self, modes: &[Mode]) -> Vec<Mode> {
        let mut ranked = modes.to_vec();
        ranked.sort_by(|a, b| self.worth(b).total_cmp(&self.worth(a)));
        ranked
    }

    /// Above 0; 1 is what is wanted. Rate weighs most: at 10 pictures a second nothing can be judged however sharp they are.
    fn worth(self, mode: &Mode) -> f64 {
        let rate = f64::from(mode.fps.max(1)) / f64::from(self.fps.max(1));
        // Twice the rate costs twice the work and shows little more.
        let rate = if rate < 1.0 { rate * rate } else { rate.powf(-0.25) };
        let size = f64::from(mode.height.max(1)) / f64::from(self.height.max(1));
        let size = if size < 1.0 { size } else { size.powf(-0.6) };
        let shape = f64::from(mode.width) / f64::from(mode.height.max(1)) * f64::from(self.height)
            / f64::from(self.width.max(1));
        let shape = shape.min(1.0 / shape.max(1e-6)).powf(0.25);
        let packing = match mode.packing {
            Packing::Nv12 | Packing::Yuyv => 1.0,
            // Decoding costs 5 ms of a 720p picture.
            Packing::Mjpeg => 0.97,
            Packing::Rgb | Packing::Bgr => 0.95,
            Packing::Gray => 0.5,
        };
        rate * size * shape * packing
    }
}
