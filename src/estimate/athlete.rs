//! Who the athlete is: locks on to one person and keeps to them, by continuity alone.
//!
//! Input: the [`Figure`] of each person seen, with its time. Output: whether that is the athlete. Pure: no picture, file
//! or clock. Not handled here: where in the picture to look (`framing`), and left/right swaps ([`crate::track`]).
//!
//! 1. **Lost**: every candidate is weighed ([`AthleteLock::admits`]). At first anyone who fills enough of the picture
//!    will do. An athlete who was locked before is waited for: for [`NEAR_SECS`] only somebody near the last place and of
//!    about the same size is taken, for [`SMALLER_SECS`] nobody much smaller, so that neither a bystander nor a mirror
//!    image becomes the athlete while the athlete is hidden for a moment.
//! 2. **Confirming**: the candidate has to be seen in a few frames in a row; nothing is shown yet.
//! 3. **Locked**: each new figure must follow from the last one: no jump in place or size, enough confidence. One that
//!    does not is not shown; after [`GIVE_UP_SECS`] of those the athlete is lost.

use crate::geometry::{ImagePoint, midpoint};
use crate::pose::{Joint, Keypoint, Landmark, Landmarks};
use crate::units::{Side, Timestamp};
use nalgebra::Vector2;

/// Frames in a row that make a first lock.
pub const CONFIRM_FRAMES: u32 = 3;
/// Frames in a row that take a known athlete back.
const RECONFIRM_FRAMES: u32 = 2;
/// The athlete is lost after not being recognised for this long.
pub const GIVE_UP_SECS: f64 = 0.5;
/// For this long a lost athlete must come back near where they were lost; the distance allowed grows with time.
pub const NEAR_SECS: f64 = 3.0;
/// For this long nobody smaller than `SMALLER` of the athlete's size is taken.
pub const SMALLER_SECS: f64 = 10.0;
const SMALLER: f64 = 0.6;
/// Fastest believable movement of the trunk, trunk lengths (about 0.5 m) per second: 0.5 per frame at 30 frames/s would
/// be 15; a sprinter does 20, an exercise under 6.
const MAX_SPEED: f64 = 12.0;
/// A jump below this many trunk lengths is never held against a figure: estimates of short, bent trunks wander.
const FREE_JUMP: f64 = 0.35;
/// A jump above this is always one, whatever the time between frames.
const MAX_JUMP: f64 = 1.2;
/// Size may change by this factor from one figure to the next.
const MAX_SCALE_STEP: f64 = 1.45;
/// A first athlete is at least this tall, in parts of the picture's shorter side: smaller people are passers-by.
const MIN_STATURE: f64 = 0.25;
/// Two looks at one person differ by at most this many trunk lengths, and this factor in size.
const SAME_PLACE: f64 = 0.3;
const SAME_SIZE: f64 = 1.3;
/// Nobody turns over within [`NEAR_SECS`]: who suddenly stands on the head was misread. Of two trunks ([`Figure::up`]) the
/// scalar product: -0.5 at 120 degrees; a trunk that points at the camera tells nothing.
const TURNED_OVER: f64 = -0.5;
/// Who stays in place looks smaller by no more than this factor from one figure to the next.
const SHRINKS: f64 = 1.002;
/// Share of a new size that the remembered size takes on per frame.
const SIZE_GAIN: f64 = 0.15;

/// Body segment lengths over stature (Drillis & Contini 1966, as in Winter, Biomechanics and Motor Control of Human
/// Movement, fig. 4.1).
const TRUNK: f64 = 0.288;
const THIGH: f64 = 0.245;
const SHANK: f64 = 0.246;
const UPPER_ARM: f64 = 0.186;
/// Between the shoulder joints.
const SHOULDERS: f64 = 0.23;
/// An estimate of stature below this share of another one comes from a segment seen end-on.
const END_ON: f64 = 0.6;

/// What is needed of a body to recognise it in the next picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Between the hips, picture px.
    pub hips: ImagePoint,
    /// Between the shoulders, picture px.
    pub shoulders: ImagePoint,
    /// Estimated standing height, px, from whichever limbs are seen at length.
    pub stature: f64,
}

impl Figure {
    /// `None` when hips or shoulders are not among the points scored at least `min_score`, or all lie in one place.
    pub fn of(points: &Landmarks<Option<Keypoint>>, min_score: f64) -> Option<Figure> {
        use Landmark::*;
        let seen = |l: Landmark| points[l].filter(|k| k.score >= min_score).map(|k| k.at);
        // A doubted one counts less, not nothing: a hip of one side and a shoulder of the other would make a slanted trunk of a
        // broad body.
        let say = |k: &Keypoint| (k.score / min_score.max(1e-9)).min(1.0).powi(2);
        let middle = |joint: Joint| {
            let both = Side::BOTH.map(|side| points[Landmark::of(joint, side)]);
            let known = || both.iter().flatten();
            let weight: f64 = known().map(say).sum();
            let sum = known().fold(Vector2::zeros(), |sum, k| sum + k.at.coords * say(k));
            (weight > 0.0 && known().any(|k| k.score >= min_score)).then(|| ImagePoint::from(sum / weight))
        };
        let (hips, shoulders) = (middle(Joint::Hip)?, middle(Joint::Shoulder)?);
        let limbs = [
            (LeftHip, LeftKnee, THIGH),
            (RightHip, RightKnee, THIGH),
            (LeftKnee, LeftAnkle, SHANK),
            (RightKnee, RightAnkle, SHANK),
            (LeftShoulder, LeftElbow, UPPER_ARM),
            (RightShoulder, RightElbow, UPPER_ARM),
            (LeftShoulder, RightShoulder, SHOULDERS),
        ];
        // A segment seen end-on is short, never long: the second largest estimate is near the truth and not an outlier. No
        // forearms: of hands that hold a dowel behind the back models take one for the other, and both come out twice as long.
        let trunk = (shoulders - hips).norm() / TRUNK;
        let (mut first, mut second) = (trunk, 0.0);
        for (a, b, part) in limbs {
            let Some((a, b)) = seen(a).zip(seen(b)) else { continue };
            let stature = (b - a).norm() / part;
            if stature > first {
                (first, second) = (stature, first);
            } else if stature > second {
                second = stature;
            }
        }
        // Where hardly a limb is seen the second largest may itself be end-on, as shoulders from the side are.
        let stature = if second >= END_ON * first { second } else { second.max(trunk) };
        (stature.is_finite() && stature > 0.0).then_some(Figure { hips, shoulders, stature })
    }

    /// Middle of the trunk, picture px.
    pub fn trunk(&self) -> ImagePoint {
        midpoint(self.hips, self.shoulders)
    }

    /// The trunk's full length, px, however it is foreshortened.
    pub fn trunk_px(&self) -> f64 {
        self.stature * TRUNK
    }

    /// From hips to shoulders in full trunk lengths: 1 long when seen square-on, short when it points at the camera.
    pub fn up(&self) -> Vector2<f64> {
        (self.shoulders - self.hips) / self.trunk_px()
    }
}

/// What to do with the next picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Look where the athlete was and offer the figure to [`AthleteLock::follow`].
    Follow,
    /// Look everywhere and offer candidates to [`AthleteLock::admits`].
    Search,
}

/// What a figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The athlete.
    Athlete,
    /// Probably; not to be shown yet.
    Candidate,
    /// Not the athlete.
    Rejected,
}

/// The athlete's last known self.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    figure: Figure,
    /// Of the first figure of the lock on, slowly updated: px.
    stature: f64,
    t: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Lost,
    Confirming { frames: u32, last: Seen },
    Locked { last: Seen },
}

/// The lock on one athlete.
#[derive(Clone, Debug)]
pub struct AthleteLock {
    /// Confidence needed to become a candidate, and to stay the athlete; 0..=1.
    start: f64,
    keep: f64,
    state: State,
    /// The athlete as last seen while locked.
    memory: Option<Seen>,
}

impl AthleteLock {
    /// `start`, `keep`: the confidence (0..=1) needed to become and to stay the athlete.
    pub fn new(start: f64, keep: f64) -> AthleteLock {
        AthleteLock { start, keep, state: State::Lost, memory: None }
    }

    /// Forgets everybody: another clip, or a jump in time.
    pub fn forget(&mut self) {
        (self.state, self.memory) = (State::Lost, None);
    }

    /// Where to look at time `t`.
    pub fn look(&mut self, t: Timestamp) -> Look {
        if let State::Locked { last } = self.state
            && t.secs_since(last.t) > GIVE_UP_SECS
        {
            self.state = State::Lost;
        }
        if self.state == State::Lost { Look::Search } else { Look::Follow }
    }

    /// True while the athlete of an earlier lock is still waited for.
    pub fn waits_for_somebody(&self, t: Timestamp) -> bool {
        self.memory.is_some_and(|seen| t.secs_since(seen.t) < SMALLER_SECS)
    }

    /// May this person become the athlete? `picture_px` is the picture's shorter side.
    pub fn admits(&self, t: Timestamp, figure: &Figure, confidence: f64, picture_px: f64) -> bool {
        if confidence < self.start || figure.stature < MIN_STATURE * picture_px {
            return false;
        }
        let Some(seen) = self.memory else { return true };
        let gone = t.secs_since(seen.t).max(0.0);
        let ratio = figure.stature / seen.stature;
        if gone >= SMALLER_SECS {
            return true;
        }
        if gone >= NEAR_SECS {
            return ratio >= SMALLER;
        }
        // The longer gone, the further away and the more changed in size the athlete may be.
        let near = (0.75 + 2.0 * gone) * figure.trunk_px().max(seen.stature * TRUNK);
        let similar = 0.75 - 0.05 * gone;
        (figure.trunk() - seen.figure.trunk()).norm() <= near
            && ratio >= similar
            && ratio <= 1.0 / similar
            && figure.up().dot(&seen.figure.up()) >= TURNED_OVER
    }

    /// Is this the same person in the same pose, seen twice in one picture?
    pub fn agree(a: &Figure, b: &Figure) -> bool {
        let apart = (a.trunk() - b.trunk()).norm().max((a.up() - b.up()).norm() * a.trunk_px());
        let ratio = a.stature / b.stature;
        apart <= SAME_PLACE * a.trunk_px() && (1.0 / SAME_SIZE..=SAME_SIZE).contains(&ratio)
    }

    /// How prominent a person is: larger and nearer to the middle is more. `center`: of the picture, px; `reach`: from
    /// there to a corner, px.
    pub fn prominence(at: ImagePoint, size: f64, center: ImagePoint, reach: f64) -> f64 {
        size * (1.0 - 0.5 * ((at - center).norm() / reach.max(1.0)).min(1.0))
    }

    /// How far a place is from where the athlete was last seen, px; `None` when nobody is waited for.
    pub fn distance_from_last(&self, t: Timestamp, at: ImagePoint) -> Option<f64> {
        self.memory.filter(|_| self.waits_for_somebody(t)).map(|seen| (at - seen.figure.trunk()).norm())
    }

    /// Takes an admitted person as the candidate.
    pub fn begin(&mut self, t: Timestamp, figure: &Figure) -> Verdict {
        let last = Seen { figure: *figure, stature: figure.stature, t };
        self.confirm(1, last)
    }

    /// A body whose limbs all point at the camera looks small: where it was a moment ago it is about as large as it was.
    pub fn as_large(&self, figure: Figure) -> Figure {
        let (State::Confirming { last, .. } | State::Locked { last }) = self.state else { return figure };
        let stays = (figure.trunk() - last.figure.trunk()).norm() <= FREE_JUMP * last.stature * TRUNK;
        let least = if stays { last.stature / SHRINKS } else { 0.0 };
        Figure { stature: figure.stature.max(least), ..figure }
    }

    /// Judges the figure found where the athlete should be; `None` when nobody was found there.
    pub fn follow(&mut self, t: Timestamp, seen: Option<(&Figure, f64)>) -> Verdict {
        let last = match self.state {
            State::Lost => return Verdict::Rejected,
            State::Confirming { last, .. } | State::Locked { last } => last,
        };
        let Some(figure) =
            seen.and_then(|(f, confidence)| (confidence >= self.keep && follows(&last, t, f)).then_some(f))
        else {
            return self.reject(t, last);
        };
        let stature = last.stature + SIZE_GAIN * (figure.stature - last.stature);
        let now = Seen { figure: *figure, stature, t };
        match self.state {
            State::Confirming { frames, .. } => self.confirm(frames + 1, now),
            _ => self.lock(now),
        }
    }

    fn confirm(&mut self, frames: u32, last: Seen) -> Verdict {
        let needed = if self.waits_for_somebody(last.t) { RECONFIRM_FRAMES } else { CONFIRM_FRAMES };
        if frames >= needed {
            return self.lock(last);
        }
        self.state = State::Confirming { frames, last };
        Verdict::Candidate
    }

    fn lock(&mut self, last: Seen) -> Verdict {
        self.state = State::Locked { last };
        self.memory = Some(last);
        Verdict::Athlete
    }

    fn reject(&mut self, t: Timestamp, last: Seen) -> Verdict {
        let confirming = matches!(self.state, State::Confirming { .. });
        if confirming || t.secs_since(last.t) > GIVE_UP_SECS {
            self.state = State::Lost;
        }
        Verdict::Rejected
    }
}

/// Could the figure last seen have become this one in the time between?
fn follows(last: &Seen, t: Timestamp, figure: &Figure) -> bool {
    let elapsed = t.secs_since(last.t).max(0.0);
    let trunk_px = last.stature * TRUNK;
    let jump = (figure.trunk() - last.figure.trunk()).norm() / trunk_px;
    let scale = figure.stature / last.stature;
    jump <= (MAX_SPEED * elapsed).clamp(FREE_JUMP, MAX_JUMP) && (1.0 / MAX_SCALE_STEP..=MAX_SCALE_STEP).contains(&scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: f64 = 720.0;

    fn at(frame: i64) -> Timestamp {
        Timestamp::from_micros(frame * 33_333)
    }

    /// Somebody standing with the hips at (x, 400).
    fn standing(x: f64, stature: f64) -> Figure {
        let hips = ImagePoint::new(x, 400.0);
        Figure { hips, shoulders: ImagePoint::new(x, 400.0 - stature * TRUNK), stature }
    }

    fn locked() -> AthleteLock {
        let mut lock = AthleteLock::new(0.5, 0.4);
        let figure = standing(600.0, 500.0);
        assert!(lock.admits(at(0), &figure, 0.9, PICTURE));
        assert_eq!(lock.begin(at(0), &figure), Verdict::Candidate);
        assert_eq!(lock.follow(at(1), Some((&figure, 0.9))), Verdict::Candidate);
        assert_eq!(lock.follow(at(2), Some((&figure, 0.9))), Verdict::Athlete);
        lock
    }

    #[test]
    fn shoulders_that_cover_each_other_are_no_measure_of_a_body() {
        use Landmark::*;
        let mut points = Landmarks::default();
        let mut put =
            |l: Landmark, x: f64, y: f64| points[l] = Some(Keypoint { at: ImagePoint::new(x, y), score: 0.9 });
        put(LeftHip, 600.0, 400.0);
        put(RightHip, 604.0, 400.0);
        put(LeftShoulder, 600.0, 256.0);
        put(RightShoulder, 604.0, 256.0);
        let alone = Figure::of(&points, 0.5).unwrap();
        assert!((alone.stature - 500.0).abs() < 1.0, "{alone:?}");
        // With a thigh it is the second largest of all.
        points[LeftKnee] = Some(Keypoint { at: ImagePoint::new(600.0, 520.0), score: 0.9 });
        let stature = Figure::of(&points, 0.5).unwrap().stature;
        assert!((stature - 120.0 / THIGH).abs() < 1.0, "{stature}");
    }

    #[test]
    fn a_first_lock_takes_three_frames_in_a_row() {
        locked();
        let mut lock = AthleteLock::new(0.5, 0.4);
        let figure = standing(600.0, 500.0);
        lock.begin(at(0), &figure);
        assert_eq!(lock.follow(at(1), None), Verdict::Rejected);
        assert_eq!(lock.look(at(2)), Look::Search, "a gap starts it anew");
    }

    #[test]
    fn the_faint_and_the_tiny_are_not_admitted() {
        let lock = AthleteLock::new(0.5, 0.4);
        assert!(!lock.admits(at(0), &standing(600.0, 500.0), 0.45, PICTURE));
        assert!(!lock.admits(at(0), &standing(600.0, 100.0), 0.9, PICTURE));
    }

    #[test]
    fn moving_is_followed_and_jumping_to_somebody_else_is_not() {
        let mut lock = locked();
        for n in 3..40 {
            let moving = standing(600.0 + 20.0 * (n - 2) as f64, 500.0);
            assert_eq!(lock.follow(at(n), Some((&moving, 0.9))), Verdict::Athlete, "frame {n}");
        }
        let bystander = standing(600.0, 500.0);
        assert_eq!(lock.follow(at(40), Some((&bystander, 0.9))), Verdict::Rejected);
        let smaller = standing(1340.0, 250.0);
        assert_eq!(lock.follow(at(41), Some((&smaller, 0.9))), Verdict::Rejected);
        let unsure = standing(1340.0, 500.0);
        assert_eq!(lock.follow(at(42), Some((&unsure, 0.3))), Verdict::Rejected);
        assert_eq!(lock.follow(at(43), Some((&unsure, 0.9))), Verdict::Athlete);
    }

    #[test]
    fn a_slow_camera_allows_larger_steps() {
        let mut lock = locked();
        let step = standing(600.0 + 150.0, 500.0);
        assert_eq!(lock.clone().follow(at(3), Some((&step, 0.9))), Verdict::Rejected);
        assert_eq!(lock.follow(at(2) + 0.1, Some((&step, 0.9))), Verdict::Athlete);
    }

    #[test]
    fn a_leg_that_comes_towards_the_camera_makes_nobody_small() {
        let mut lock = locked();
        let end_on = |x: f64| Figure { shoulders: ImagePoint::new(x, 330.0), ..standing(x, 150.0) };
        assert_eq!(lock.clone().follow(at(3), Some((&end_on(600.0), 0.9))), Verdict::Rejected);
        for n in 3..90 {
            let figure = lock.as_large(end_on(600.0));
            assert_eq!(lock.follow(at(n), Some((&figure, 0.9))), Verdict::Athlete, "frame {n}");
        }
        assert_eq!(lock.follow(at(90), Some((&standing(600.0, 500.0), 0.9))), Verdict::Athlete, "and back");
        assert_eq!(lock.as_large(end_on(800.0)), end_on(800.0), "somebody else beside it");
    }

    #[test]
    fn after_half_a_second_the_athlete_is_lost() {
        let mut lock = locked();
        for n in 3..17 {
            assert_eq!(lock.look(at(n)), Look::Follow, "frame {n}");
            assert_eq!(lock.follow(at(n), None), Verdict::Rejected);
        }
        assert_eq!(lock.look(at(18)), Look::Search);
    }

    #[test]
    fn only_somebody_like_the_athlete_is_taken_back() {
        let mut lock = locked();
        let gone = |secs: f64| at(2) + secs;
        lock.look(gone(0.7));
        let same = standing(620.0, 480.0);
        let reflection = standing(700.0, 300.0);
        let far = standing(1200.0, 500.0);
        assert!(lock.admits(gone(0.7), &same, 0.9, PICTURE));
        assert!(!lock.admits(gone(0.7), &reflection, 0.9, PICTURE));
        assert!(!lock.admits(gone(0.7), &far, 0.9, PICTURE));
        let on_the_head = Figure { hips: same.shoulders, shoulders: same.hips, ..same };
        assert!(!lock.admits(gone(0.7), &on_the_head, 0.9, PICTURE));
        let lying = Figure { shoulders: same.hips + nalgebra::vector![480.0 * TRUNK, 0.0], ..same };
        assert!(lock.admits(gone(0.7), &lying, 0.9, PICTURE));
        assert!(lock.admits(gone(3.5), &far, 0.9, PICTURE), "the athlete walked");
        assert!(!lock.admits(gone(9.0), &standing(700.0, 290.0), 0.9, PICTURE));
        assert!(lock.admits(gone(11.0), &standing(700.0, 290.0), 0.9, PICTURE), "another athlete");
        assert_eq!(lock.begin(gone(0.7), &same), Verdict::Candidate);
        assert_eq!(lock.follow(gone(0.73), Some((&same, 0.9))), Verdict::Athlete);
    }

    #[test]
    fn forgetting_admits_anybody() {
        let mut lock = locked();
        lock.forget();
        assert!(lock.admits(at(3), &standing(100.0, 200.0), 0.9, PICTURE));
        assert_eq!(lock.look(at(3)), Look::Search);
    }

    fn put_score(points: &mut Landmarks<Option<Keypoint>>, landmark: Landmark, score: f64) {
        points[landmark] = points[landmark].map(|k| Keypoint { score, ..k });
    }

    #[test]
    fn stature_survives_foreshortening() {
        let mut points: Landmarks<Option<Keypoint>> = Landmarks::default();
        let mut put =
            |l: Landmark, x: f64, y: f64| points[l] = Some(Keypoint { at: ImagePoint::new(x, y), score: 0.9 });
        // The trunk points at the camera (10 px long), the legs are seen at length for a stature of 400 px.
        put(Landmark::LeftShoulder, 60.0, 190.0);
        put(Landmark::RightShoulder, 40.0, 190.0);
        for (hip, knee, ankle, x) in [
            (Landmark::LeftHip, Landmark::LeftKnee, Landmark::LeftAnkle, 55.0),
            (Landmark::RightHip, Landmark::RightKnee, Landmark::RightAnkle, 45.0),
        ] {
            put(hip, x, 200.0);
            put(knee, x, 200.0 + 400.0 * THIGH);
            put(ankle, x, 200.0 + 400.0 * (THIGH + SHANK));
        }
        let figure = Figure::of(&points, 0.2).unwrap();
        assert!((figure.stature - 400.0).abs() < 1e-9, "{}", figure.stature);
        assert!(figure.up().norm() < 0.1);
        assert_eq!(Figure::of(&points, 0.95), None);
        points[Landmark::LeftHip] = None;
        assert_eq!(Figure::of(&points, 0.2).unwrap().hips.x, 45.0);
        // A doubted hip and the other side's doubted shoulder do not slant the trunk.
        put_score(&mut points, Landmark::RightHip, 0.15);
        points[Landmark::LeftHip] = Some(Keypoint { at: ImagePoint::new(55.0, 200.0), score: 0.3 });
        put_score(&mut points, Landmark::LeftShoulder, 0.15);
        let slant = Figure::of(&points, 0.2).unwrap();
        assert!((slant.shoulders.x - slant.hips.x).abs() < 6.0, "{slant:?}: 15 from one flank to the other");
    }
}
