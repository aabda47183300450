//! Whether judging keeps up with the camera, and whether a picture gets everything that could be done with it.
//!
//! Where it does not, every other picture goes without the closer look at the back
//! ([`PoseEstimator::look_closer`](crate::estimate::PoseEstimator::look_closer)): the limbs, which counting rests on, are seen
//! as often as can be. Pictures are dropped at the camera all the same when that is not enough.

use crate::units::Timestamp;

/// Weight of the newest picture in the means; about a second of them counts.
const NEWEST: f64 = 1.0 / 30.0;
/// Pictures before the means are believed: the first runs of a network are slow.
const ENOUGH: u32 = 30;
/// Hurries while a picture takes longer than this part of the time between two of the camera's.
const LATE: f64 = 1.0;
/// Hurrying costs at most a quarter less than everything does (one of two looks, in one of two pictures): below this part
/// there is time for all of it again, and some to spare.
const EASY: f64 = 0.6;

#[derive(Clone, Copy, Debug, Default)]
pub struct Haste {
    /// Means, seconds.
    took: f64,
    apart: f64,
    seen: u32,
    /// The last picture: when it was taken, and how many the camera had given by then.
    last: Option<(Timestamp, u64)>,
    hurried: bool,
    /// The last picture went without.
    without: bool,
}

impl Haste {
    /// Whether the next picture gets its closer look.
    pub fn closer(&mut self) -> bool {
        self.without = self.hurried && !self.without;
        !self.without
    }

    /// A picture taken at `t`, the camera's n-th, took so long to be judged.
    pub fn took(&mut self, secs: f64, t: Timestamp, taken: u64) {
        let before = self.last.replace((t, taken));
        let Some((then, n)) = before.filter(|(then, n)| *then < t && *n < taken) else { return };
        let apart = t.secs_since(then) / (taken - n) as f64;
        self.seen += 1;
        let weight = NEWEST.max(1.0 / f64::from(self.seen));
        self.took += weight * (secs - self.took);
        self.apart += weight * (apart - self.apart);
        if self.seen >= ENOUGH {
            self.hurried = self.took > self.apart * if self.hurried { EASY } else { LATE };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many pictures of a camera of 30 a second, each taking `full` or `part` of a second; how many went without.
    fn without(haste: &mut Haste, from: u64, pictures: u64, full: f64, part: f64) -> u64 {
        let mut count = 0;
        for n in from..from + pictures {
            let closer = haste.closer();
            count += u64::from(!closer);
            haste.took(if closer { full } else { part }, Timestamp::from_secs(n as f64 / 30.0), n);
        }
        count
    }

    #[test]
    fn every_other_closer_look_is_left_out_while_judging_is_slower_than_the_camera() {
        let mut haste = Haste::default();
        assert_eq!(without(&mut haste, 1, 300, 0.028, 0.014), 0, "in time");
        let late = without(&mut haste, 301, 300, 0.040, 0.020);
        assert!((120..=150).contains(&late), "{late} of 300");
        assert_eq!(
            without(&mut haste, 601, 100, 0.040, 0.020),
            50,
            "30 ms in the mean are no reason to take it up again"
        );
        without(&mut haste, 701, 60, 0.014, 0.007);
        assert_eq!(without(&mut haste, 761, 100, 0.014, 0.007), 0, "in time again");
    }

    #[test]
    fn a_slow_beginning_is_no_reason_and_dropped_pictures_make_no_slower_camera() {
        assert_eq!(without(&mut Haste::default(), 1, u64::from(ENOUGH), 0.2, 0.1), 0);
        let mut haste = Haste::default();
        for n in 1..100 {
            haste.took(0.09, Timestamp::from_secs(f64::from(n) / 10.0), 3 * n as u64);
        }
        assert!(haste.hurried, "three pictures in a tenth of a second, one looked at");
    }
}
