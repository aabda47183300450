//! Webcams. The only file that names `nokhwa`.
//!
//! What was seen of it on real drivers, and is met here: its own choices of a mode open cameras at 1 or 2 pictures a
//! second, so modes are listed and chosen by [`Want`]; its list holds nodes that are no cameras (UVC's metadata), so only
//! what opens is shown; a second one opened on a device changes the first one's mode, so there is one owner; `frame()`
//! blocks for ever when the driver stalls, so it is called on a thread that can be left behind; an unplugged camera gives
//! an error at once.

use super::capture::{Camera, DeviceClock};
use super::mode::{Mode, Packing, Want};
use super::shot::Shot;
use super::{CameraError, Wanted, one_line};
use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use nokhwa::{Camera as Device, NokhwaError, query};
use std::path::Path;
use std::time::Instant;

/// All that can be unpacked.
const KNOWN: [FrameFormat; 6] = [
    FrameFormat::MJPEG,
    FrameFormat::YUYV,
    FrameFormat::NV12,
    FrameFormat::GRAY,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
];

/// Modes tried before a camera is given up: drivers list some that they do not keep, as when asking for 15 pictures a
/// second makes it 12.5, which the library then refuses.
const MOST_TRIED: usize = 8;

/// A camera that opens.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub index: u32,
    pub name: String,
    /// By size and rate, the largest first.
    pub modes: Vec<Mode>,
}

/// The webcams that open, by number; and why the others do not.
pub fn list() -> (Vec<Listed>, Vec<CameraError>) {
    let (mut listed, mut refused) = (Vec::new(), Vec::new());
    for (index, name) in devices() {
        match open(index, &name).and_then(|mut device| modes(&mut device, &name)) {
            Ok(mut modes) => {
                modes.sort_by_key(|m| std::cmp::Reverse((m.width * m.height, m.fps)));
                modes.dedup();
                listed.push(Listed { index, name, modes });
            }
            Err(error) => refused.push(error),
        }
    }
    // Every UVC camera has a second node that gives no pictures; it is not worth a word beside the camera itself.
    if !listed.is_empty() {
        refused.retain(|error| !matches!(error, CameraError::Unfit { .. }));
    }
    (listed, refused)
}

/// The number of a device given by its path (or by a link to it, as in `/dev/v4l/by-id`).
pub(super) fn index_of_device(path: &Path) -> Option<u32> {
    let real = path.canonicalize().unwrap_or_else(|_| path.into());
    real.to_str()?.strip_prefix("/dev/video")?.parse().ok()
}

/// Numbers and names, sorted.
fn devices() -> Vec<(u32, String)> {
    // A system without any camera support has none.
    let found = query(ApiBackend::Auto).unwrap_or_default();
    let mut devices: Vec<(u32, String)> =
        found.iter().filter_map(|info| Some((info.index().as_index().ok()?, one_line(&info.human_name())))).collect();
    devices.sort();
    devices
}

/// An open webcam.
pub struct Webcam {
    device: Device,
    name: String,
    mode: Mode,
    clock: DeviceClock,
}

impl Webcam {
    /// `before` is the name of the one that was open: only that is opened again, under whatever number it came back. Another
    /// one would show another view of the same set.
    pub fn open(wanted: &Wanted, want: Want, before: Option<&str>) -> Result<Webcam, CameraError> {
        let devices = devices();
        let known = || match devices.iter().map(|(i, name)| format!("{i} {name}")).collect::<Vec<_>>() {
            none if none.is_empty() => "none".to_string(),
            some => some.join(", "),
        };
        let matching: Vec<&(u32, String)> = match wanted {
            Wanted::Index(index) => devices.iter().filter(|(i, _)| i == index).collect(),
            Wanted::Name(part) => {
                let part = part.to_lowercase();
                devices.iter().filter(|(_, name)| name.to_lowercase().contains(&part)).collect()
            }
            _ => devices.iter().collect(),
        };
        let matching = match before {
            Some(before) => {
                let same = |(_, name): &&(u32, String)| name == before;
                let mut same: Vec<_> = devices.iter().filter(same).collect();
                // The number asked for first, where two have one name.
                same.sort_by_key(|device| !matching.contains(device));
                same
            }
            None => matching,
        };
        if matching.is_empty() {
            if let Some(name) = before {
                return Err(CameraError::NotThere { wanted: format!("'{name}'"), known: known() });
            }
            return Err(match wanted {
                Wanted::Index(index) => CameraError::NotThere { wanted: index.to_string(), known: known() },
                Wanted::Name(name) => CameraError::NotThere { wanted: format!("'{}'", one_line(name)), known: known() },
                _ => CameraError::None,
            });
        }
        // Several nodes may fit, of which some give no pictures; the first one's reason is told when none does.
        let mut first_error = None;
        for (index, name) in matching {
            match Webcam::open_one(*index, name, want) {
                Ok(webcam) => return Ok(webcam),
                Err(error) => _ = first_error.get_or_insert(error),
            }
        }
        Err(first_error.unwrap_or(CameraError::None))
    }

    fn open_one(index: u32, name: &str, want: Want) -> Result<Webcam, CameraError> {
        let mut device = open(index, name)?;
        let modes = modes(&mut device, name)?;
        let mut first_error = None;
        for mode in want.ranked(&modes).into_iter().take(MOST_TRIED) {
            let format = CameraFormat::new(Resolution::new(mode.width, mode.height), format_of(mode.packing), mode.fps);
            let exact = RequestedFormat::with_formats(RequestedFormatType::Exact(format), &KNOWN);
            match device.set_camera_requset(exact).and_then(|_| device.open_stream()) {
                Ok(()) => {
                    // What the driver made of it.
                    let mode = mode_of(device.camera_format());
                    return Ok(Webcam { device, name: name.into(), mode, clock: DeviceClock::default() });
                }
                Err(error) => _ = first_error.get_or_insert_with(|| told(name, &error)),
            }
        }
        Err(first_error.unwrap_or_else(|| unfit(name, "it offers no mode")))
    }
}

impl Webcam {
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Camera for Webcam {
    fn about(&self) -> String {
        format!("{}, {}", self.name, self.mode)
    }

    fn next(&mut self, shot: &mut Shot) -> Result<(), CameraError> {
        let buffer = self.device.frame().map_err(|e| CameraError::Lost { problem: problem_of(&e) })?;
        let arrived = Instant::now();
        (shot.t, shot.arrived) = (self.clock.time(buffer.capture_timestamp(), arrived), arrived);
        shot.packing = packing_of(buffer.source_frame_format());
        (shot.width, shot.height) = (buffer.resolution().width(), buffer.resolution().height());
        shot.bytes.clear();
        shot.bytes.extend_from_slice(buffer.buffer());
        Ok(())
    }
}

fn open(index: u32, name: &str) -> Result<Device, CameraError> {
    let any = RequestedFormat::with_formats(RequestedFormatType::None, &KNOWN);
    Device::new(CameraIndex::Index(index), any).map_err(|e| told(&format!("camera {index} ({name})"), &e))
}

fn modes(device: &mut Device, name: &str) -> Result<Vec<Mode>, CameraError> {
    let formats = device.compatible_camera_formats().map_err(|e| told(name, &e))?;
    let modes: Vec<Mode> = formats.into_iter().filter(|f| f.width() > 0 && f.height() > 0).map(mode_of).collect();
    if modes.is_empty() { Err(unfit(name, "it offers no format that can be read")) } else { Ok(modes) }
}

fn mode_of(format: CameraFormat) -> Mode {
    let packing = packing_of(format.format());
    Mode { width: format.width(), height: format.height(), fps: format.frame_rate(), packing }
}

fn packing_of(format: FrameFormat) -> Packing {
    match format {
        FrameFormat::MJPEG => Packing::Mjpeg,
        FrameFormat::YUYV => Packing::Yuyv,
        FrameFormat::NV12 => Packing::Nv12,
        FrameFormat::GRAY => Packing::Gray,
        FrameFormat::RAWRGB => Packing::Rgb,
        FrameFormat::RAWBGR => Packing::Bgr,
    }
}

fn format_of(packing: Packing) -> FrameFormat {
    match packing {
        Packing::Mjpeg => FrameFormat::MJPEG,
        Packing::Yuyv => FrameFormat::YUYV,
        Packing::Nv12 => FrameFormat::NV12,
        Packing::Gray => FrameFormat::GRAY,
        Packing::Rgb => FrameFormat::RAWRGB,
        Packing::Bgr => FrameFormat::RAWBGR,
    }
}

fn unfit(name: &str, problem: &str) -> CameraError {
    CameraError::Unfit { name: name.into(), problem: problem.into() }
}

/// The library passes the system's own words on; the two that have a way out of their own are told by them.
fn told(name: &str, error: &NokhwaError) -> CameraError {
    let problem = problem_of(error);
    let says = |what: &[&str]| what.iter().any(|w| problem.to_lowercase().contains(w));
    if says(&["busy", "os error 16", "in use"]) {
        CameraError::Busy { name: name.into() }
    } else if says(&["permission", "os error 13", "denied", "not authorized"]) {
        CameraError::Denied { name: name.into() }
    } else if says(&["fufill"]) {
        // The library's word for a device, or a file in its place, that answers no question about its formats.
        unfit(name, "it is no camera, or one that gives no pictures")
    } else {
        unfit(name, &problem)
    }
}

fn problem_of(error: &NokhwaError) -> String {
    one_line(&error.to_string())
}
