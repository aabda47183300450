//! How long pictures take from the camera to the screen, in flat memory.

use std::time::Duration;

/// Counts of delays by the millisecond; longer ones share the last place.
#[derive(Clone, Debug)]
pub struct Delays {
    by_ms: Vec<u32>,
    count: u64,
}

/// Longest delay told apart, ms.
const MOST_MS: usize = 2000;

impl Default for Delays {
    fn default() -> Delays {
        Delays { by_ms: vec![0; MOST_MS + 1], count: 0 }
    }
}

impl Delays {
    pub fn add(&mut self, delay: Duration) {
        self.by_ms[(delay.as_millis() as usize).min(MOST_MS)] += 1;
        self.count += 1;
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// The delay that this share of the pictures stays within, ms.
    pub fn within(&self, share: f64) -> usize {
        let wanted = (share * self.count as f64).ceil() as u64;
        let mut seen = 0;
        let place = self.by_ms.iter().position(|&n| {
            seen += u64::from(n);
            seen >= wanted.max(1)
        });
        place.unwrap_or(0)
    }
}

/// Where the time of a judged picture goes: sums of what each stage took, in the order of the stages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    /// At the camera, until the judge was free.
    pub waited: Duration,
    /// Unpacking it: decoding a JPEG, say.
    pub unpacked: Duration,
    /// Looking for the body in it.
    pub looked: Duration,
    /// Following, measuring, counting, judging, and writing the poses down.
    pub judged: Duration,
    /// Waiting for the display to be free.
    pub handed: Duration,
    /// Drawing over it and showing it.
    pub shown: Duration,
}

impl Stages {
    /// Each stage with the mean of so many pictures, ms.
    pub fn means(&self, pictures: u64) -> [(&'static str, f64); 6] {
        let mean = |sum: Duration| 1e3 * sum.as_secs_f64() / pictures.max(1) as f64;
        [
            ("waiting", mean(self.waited)),
            ("unpacking", mean(self.unpacked)),
            ("looking", mean(self.looked)),
            ("judging", mean(self.judged)),
            ("handing over", mean(self.handed)),
            ("showing", mean(self.shown)),
        ]
    }
}

/// How a live session went.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// What was used: "HD Webcam, 1280x720 at 30 a second, MJPEG".
    pub camera: String,
    /// Pictures the camera gave, and those that were replaced before anybody saw them.
    pub taken: u64,
    pub dropped: u64,
    /// Pictures that arrived cut short.
    pub torn: u64,
    /// How often the camera was lost or stalled.
    pub troubles: u64,
    /// From the picture's arrival to its pose and judgement.
    pub judged: Delays,
    /// From the picture's arrival until it is on the screen with its judgement.
    pub shown: Delays,
    /// What each of those times is made of.
    pub stages: Stages,
    /// Pictures whose back got no closer look, because judging was slower than the camera.
    pub without_closer_look: u64,
    /// What ended the session before its time, with the way out; what was done until then is kept.
    pub broken: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_delays() {
        let mut delays = Delays::default();
        assert_eq!(delays.within(0.5), 0);
        (1..=100).for_each(|ms| delays.add(Duration::from_millis(ms)));
        delays.add(Duration::from_secs(60));
        assert_eq!((delays.within(0.5), delays.within(0.95), delays.within(1.0)), (51, 96, MOST_MS));
        assert_eq!(delays.count(), 101);
    }
}
