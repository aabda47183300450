//! Getting into position before a live set: what to change so that the camera sees what the exercise is judged by.
//!
//! Input: [`Step`]s and what the camera's side knows of the picture ([`Scene`]). Output: [`Setup`]. Whether anything
//! counts is the start gate's decision alone ([`Gate`]); this only finds the words on the way there, the most important
//! first: light, then the whole body in the picture, then its size, then the view, then how fast pictures come, then the start
//! position. What is judged would suffer from is asked for before [`Setup::Exercising`], for a while: in a room that is too
//! small for it the person trains all the same.

use super::bout::LEAST_FPS;
use super::judge::Q1_PX;
use super::{Exercise, Gate, Hint, Phase, Step};
use crate::kinematics::{Position, Unseen, View};
use crate::pose::{Joint, Landmark};
use crate::units::{Side, Timestamp};

/// What is known of a live picture besides the body in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scene {
    /// px
    pub width: f64,
    /// px
    pub height: f64,
    /// Mean of the picture, 0 black ..= 1 white.
    pub brightness: f64,
}

/// Where a live set stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Setup {
    /// Nobody in the picture.
    NoPerson,
    /// Somebody, not yet as needed.
    Positioning(Ask),
    /// As needed; to be held still, 0..=1 of the time.
    Ready(f64),
    /// Counting.
    Exercising,
}

/// One thing to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    MoreLight,
    StepBack,
    ComeCloser,
    /// The feet are cut off and there is room above the head.
    LowerCamera,
    /// The head is cut off and there is room below the feet.
    RaiseCamera,
    MoveToMiddle,
    TurnSideOn,
    FaceCamera,
    /// This side of the athlete belongs nearer the camera.
    Nearer(Side),
    TuckShirt,
    /// Too few pictures a second for anything to be judged.
    MorePictures,
    /// What the start gate waits for.
    Start(Hint),
}

impl Ask {
    /// At most five words, as shown and said.
    pub fn words(self) -> &'static str {
        match self {
            Ask::MoreLight => "More light, please",
            Ask::StepBack => "Step back",
            Ask::ComeCloser => "Come closer",
            Ask::LowerCamera => "Tilt the camera down",
            Ask::RaiseCamera => "Tilt the camera up",
            Ask::MoveToMiddle => "Move to the middle",
            Ask::TurnSideOn => "Turn side-on",
            Ask::FaceCamera => "Face the camera",
            Ask::Nearer(Side::Left) => "Left side to the camera",
            Ask::Nearer(Side::Right) => "Right side to the camera",
            Ask::TuckShirt => "Tuck your shirt in",
            Ask::MorePictures => "Pictures come too slowly",
            Ask::Start(hint) => hint.words(),
        }
    }

    /// Whether nobody is told to be ready while it stands: less would be seen, or nothing judged.
    pub fn comes_before_ready(self) -> bool {
        match self {
            Ask::MoreLight | Ask::StepBack | Ask::ComeCloser | Ask::LowerCamera | Ask::RaiseCamera => true,
            Ask::MoveToMiddle | Ask::MorePictures => true,
            Ask::TurnSideOn | Ask::FaceCamera | Ask::Nearer(_) | Ask::TuckShirt | Ask::Start(_) => false,
        }
    }
}

/// A mean below this is a dark room: exposure of 0.4 to 0.5 is what cameras aim for, and three stops under it models lose
/// limbs.
const DARK: f64 = 0.1;
/// Points this near an edge of the picture are about to leave it, share of its height (or width).
const EDGE: f64 = 0.02;
/// With this much room at the other end, tilting the camera helps more than stepping back.
const ROOM: f64 = 0.15;
/// The person (ankle to nose) fills this much of the picture at most, share of its height: arms overhead and a step aside
/// still fit.
const LARGEST: f64 = 0.88;
/// Nobody who fills this share is asked to come closer: where the low back is too small to be judged all the same, the
/// camera's pictures are.
const LARGE_ENOUGH: f64 = 0.7;
/// Lowest seen are ankles, and they are so near the lower edge that the feet are beyond it, share of the height: half a foot
/// of a body that fills the picture.
const FOOT: f64 = 0.05;
/// Ready is kept back for so long in all, seconds: time to hear what is to be changed and to begin with it. Whoever moves
/// leaves the start position, and takes what time it takes.
const PATIENCE_SECS: f64 = 6.0;
/// Pictures before their pace is believed: the first run of a network is slow.
const ENOUGH_PICTURES: u32 = 8;
/// Weight of the newest in the mean time between two pictures; about a second of them counts.
const NEWEST: f64 = 1.0 / 20.0;
/// A gap this long is a pause and says nothing of the pace, seconds.
const PAUSE_SECS: f64 = 1.0;
/// Words stay at least this long, seconds: what flickers is not read.
const LEAST_SHOWN_SECS: f64 = 0.8;
/// For so long after the start the shirt is worth a word, seconds.
const SHIRT_SECS: f64 = 4.0;

/// Watches the way into position.
#[derive(Clone, Debug)]
pub struct SetupCoach {
    exercise: &'static Exercise,
    side: Option<Side>,
    /// Nothing before the first step.
    shown: Option<Setup>,
    since: Timestamp,
    /// When the person was told to be ready.
    opened: Option<Timestamp>,
    /// Seconds for which that was kept back so far.
    waited: f64,
    /// The picture before, the mean time from one to the next, seconds, and of how many.
    last: Option<Timestamp>,
    apart: f64,
    pictures: u32,
}

impl SetupCoach {
    /// `side` is the athlete's side that is to be nearer the camera, if it matters to them.
    pub fn new(exercise: &'static Exercise, side: Option<Side>) -> SetupCoach {
        let (shown, since, opened, waited) = (None, Timestamp::ZERO, None, 0.0);
        SetupCoach { exercise, side, shown, since, opened, waited, last: None, apart: 0.0, pictures: 0 }
    }

    /// Takes the next step; where the set stands now.
    pub fn watch(&mut self, step: &Step, scene: &Scene) -> Setup {
        let t = step.pose.t;
        let passed = self.last.replace(t).map_or(0.0, |last| t.secs_since(last));
        if (f64::EPSILON..PAUSE_SECS).contains(&passed) {
            self.pictures += 1;
            self.apart += NEWEST.max(1.0 / f64::from(self.pictures)) * (passed - self.apart);
        }
        let asked = self.wanted(step, scene).filter(|ask| ask.comes_before_ready());
        self.opened = match (step.gate, self.opened) {
            (Gate::Open, None) if asked.is_some() && step.phase == Phase::Rest && self.waited < PATIENCE_SECS => {
                self.waited += passed;
                None
            }
            (Gate::Open, opened) => opened.or(Some(t)),
            _ => None,
        };
        let now = self.judge(step, scene);
        let kept = self.shown.filter(|shown| {
            let words = |setup: &Setup| matches!(setup, Setup::NoPerson | Setup::Positioning(_));
            words(shown) && words(&now) && now != *shown && t.secs_since(self.since) < LEAST_SHOWN_SECS
        });
        let next = kept.unwrap_or(now);
        if self.shown != Some(next) {
            self.since = t;
        }
        self.shown = Some(next);
        next
    }

    fn judge(&self, step: &Step, scene: &Scene) -> Setup {
        if !step.pose.present && step.gate != Gate::Open {
            return if scene.brightness < DARK { Setup::Positioning(Ask::MoreLight) } else { Setup::NoPerson };
        }
        let wanted = self.wanted(step, scene);
        match step.gate {
            Gate::Open if self.opened.is_some() => self.shirt(step).map_or(Setup::Exercising, Setup::Positioning),
            Gate::Open => wanted.map_or(Setup::Exercising, Setup::Positioning),
            // The gate takes what can be judged at all; what would be judged better is asked for while there is time.
            Gate::Settling(share) => wanted.map_or(Setup::Ready(share), Setup::Positioning),
            Gate::Waiting(hint) => Setup::Positioning(wanted.unwrap_or(Ask::Start(hint))),
        }
    }

    /// The most important thing to change; `None` when only the start position is missing.
    fn wanted(&self, step: &Step, scene: &Scene) -> Option<Ask> {
        if scene.brightness < DARK {
            return Some(Ask::MoreLight);
        }
        let slow = self.pictures >= ENOUGH_PICTURES && self.apart * (LEAST_FPS - 0.5) > 1.0;
        self.framing(step, scene).or_else(|| self.view(step)).or(slow.then_some(Ask::MorePictures))
    }

    /// The body inside the picture, neither cut off nor small.
    fn framing(&self, step: &Step, scene: &Scene) -> Option<Ask> {
        let points = || step.pose.points.iter().filter_map(|(_, p)| p.as_ref());
        let top = points().map(|p| p.y / scene.height).fold(f64::INFINITY, f64::min);
        let bottom = points().map(|p| p.y / scene.height).fold(f64::NEG_INFINITY, f64::max);
        if !(top.is_finite() && bottom.is_finite()) {
            return None;
        }
        let seen = |joint: Joint| Side::BOTH.iter().any(|&s| step.pose.points[Landmark::of(joint, s)].is_some());
        // A stretch of the floor may be done standing, with the leg up on a chair.
        let stands = matches!(step.sample.position, Ok(Position::Upright | Position::LegUp));
        let standing = self.exercise.posture == super::Posture::Standing || stands;
        let out_below = |joint, room: f64| standing && !seen(joint) && bottom > 1.0 - room;
        let feet_cut = bottom > 1.0 - EDGE || out_below(Joint::Ankle, ROOM) || out_below(Joint::BigToe, FOOT);
        let head_cut = top < EDGE || (standing && !seen(Joint::Ear) && !seen(Joint::Shoulder) && top < ROOM);
        let tilt = match (head_cut, feet_cut) {
            (true, true) => Some(Ask::StepBack),
            (false, true) if top > ROOM => Some(Ask::LowerCamera),
            (true, false) if bottom < 1.0 - ROOM => Some(Ask::RaiseCamera),
            (true, false) | (false, true) => Some(Ask::StepBack),
            (false, false) => None,
        };
        let sides = points().any(|p| p.x / scene.width < EDGE || p.x / scene.width > 1.0 - EDGE);
        // As if stretched out: somebody who squats is not far away. Lying bodies are as long as the picture is wide.
        let room = if standing { scene.height } else { scene.width };
        let smallest = (Q1_PX / room).min(LARGE_ENOUGH);
        let size = match step.sample.person_px / room {
            s if s > LARGEST => Some(Ask::StepBack),
            s if s < smallest && step.sample.person_px > 0.0 => Some(Ask::ComeCloser),
            _ => None,
        };
        tilt.or(sides.then_some(Ask::MoveToMiddle)).or(size)
    }

    /// Seen from where the exercise is judged best.
    fn view(&self, step: &Step) -> Option<Ask> {
        let best = self.exercise.camera.first()?.view;
        let served = self.exercise.camera.iter().any(|place| place.view == step.sample.view);
        match step.sample.view {
            View::Unknown => None,
            View::Side => self.side.filter(|&side| side != step.sample.near).map(Ask::Nearer),
            _ if served => None,
            _ if best == View::Front => Some(Ask::FaceCamera),
            _ => Some(Ask::TurnSideOn),
        }
    }

    /// Said once the person's own back was seen, before the first repetition: a hanging shirt hides the low back.
    fn shirt(&self, step: &Step) -> Option<Ask> {
        let early = self.opened.is_some_and(|at| step.pose.t.secs_since(at) < SHIRT_SECS);
        let hangs = step.sample.view == View::Side && step.sample.spine.by_contour == Err(Unseen::LooseClothes);
        (early && hangs && step.reps == 0 && step.phase == Phase::Rest).then_some(Ask::TuckShirt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exercises::by_name;
    use crate::form::{Session, SessionOptions};
    use crate::geometry::ImagePoint;
    use crate::pose::Observation;
    use crate::synth::observe::Eye;
    use crate::synth::{self, Body, Options};
    use crate::track::Filter;

    const SIZE: (f64, f64) = (720.0, 1280.0);

    fn clip() -> Vec<Observation> {
        let clip = synth::by_id("SQ-ok2").unwrap();
        let body = Body::average();
        let frames = clip.frames(&body, &clip.camera, 30.0, &Options::default());
        frames.map(|frame| Eye::OWN.sees(&frame, &clip.camera)).collect()
    }

    /// The first seconds of good squats, seen differently: what is asked for, in order, without repeats.
    fn asked(side: Option<Side>, brightness: f64, change: impl Fn(ImagePoint) -> ImagePoint) -> Vec<Setup> {
        asked_of(clip().into_iter().take(150).collect(), side, brightness, change)
    }

    fn asked_of(
        observations: Vec<Observation>,
        side: Option<Side>,
        brightness: f64,
        change: impl Fn(ImagePoint) -> ImagePoint,
    ) -> Vec<Setup> {
        watched(by_name("squat").unwrap(), observations, side, brightness, change)
    }

    fn watched(
        exercise: &'static Exercise,
        observations: Vec<Observation>,
        side: Option<Side>,
        brightness: f64,
        change: impl Fn(ImagePoint) -> ImagePoint,
    ) -> Vec<Setup> {
        let options = SessionOptions::new(Filter::Live);
        let mut session = Session::new(exercise, &options);
        let mut coach = SetupCoach::new(exercise, side);
        let scene = Scene { width: SIZE.0, height: SIZE.1, brightness };
        let mut asked: Vec<Setup> = Vec::new();
        for mut observation in observations {
            if let Some(person) = &mut observation.person {
                for (_, keypoint) in person.points.iter_mut() {
                    *keypoint = keypoint.map(|mut k| {
                        k.at = change(k.at);
                        k
                    });
                    let inside =
                        |k: &crate::pose::Keypoint| (0.0..SIZE.0).contains(&k.at.x) && (0.0..SIZE.1).contains(&k.at.y);
                    *keypoint = keypoint.filter(inside);
                }
            }
            session.push(&observation, &mut |step| {
                let now = match coach.watch(step, &scene) {
                    Setup::Ready(_) => Setup::Ready(0.0),
                    other => other,
                };
                if asked.last() != Some(&now) {
                    asked.push(now);
                }
            });
        }
        asked
    }

    fn as_is(p: ImagePoint) -> ImagePoint {
        p
    }

    fn about_middle(scale: f64, down: f64) -> impl Fn(ImagePoint) -> ImagePoint {
        move |p| {
            let middle = ImagePoint::new(SIZE.0 / 2.0, SIZE.1 / 2.0);
            middle + (p - middle) * scale + nalgebra::Vector2::new(0.0, down * SIZE.1)
        }
    }

    #[test]
    fn a_good_place_leads_to_exercising() {
        let asked = asked(None, 0.45, as_is);
        assert_eq!(asked.last(), Some(&Setup::Exercising), "{asked:?}");
        assert!(asked.contains(&Setup::Ready(0.0)), "{asked:?}");
    }

    #[test]
    fn each_trouble_has_its_words() {
        let first = |asked: Vec<Setup>| asked.into_iter().find(|s| matches!(s, Setup::Positioning(_)));
        let is = |ask| Some(Setup::Positioning(ask));
        assert_eq!(first(asked(None, 0.03, as_is)), is(Ask::MoreLight));
        assert_eq!(first(asked(None, 0.45, about_middle(0.3, 0.0))), is(Ask::ComeCloser));
        assert_eq!(first(asked(None, 0.45, about_middle(2.0, 0.0))), is(Ask::StepBack));
        assert_eq!(first(asked(None, 0.45, about_middle(1.0, 0.4))), is(Ask::LowerCamera));
        assert_eq!(first(asked(None, 0.45, about_middle(1.0, -0.4))), is(Ask::RaiseCamera));
        let near = synth_near_side();
        assert_eq!(first(asked(Some(near.other()), 0.45, as_is)), is(Ask::Nearer(near.other())));
        assert!(!asked(Some(near), 0.45, as_is).contains(&Setup::Positioning(Ask::Nearer(near))));
    }

    /// The side that the clip's athlete shows the camera.
    fn synth_near_side() -> Side {
        let exercise = by_name("squat").unwrap();
        let options = SessionOptions::new(Filter::Live);
        let (mut session, mut near) = (Session::new(exercise, &options), Side::Left);
        for observation in clip().iter().take(60) {
            session.push(observation, &mut |step| near = step.sample.near);
        }
        near
    }

    /// The clip's athlete standing still for so long, in so many pictures a second.
    fn still(secs: f64, fps: f64) -> Vec<Observation> {
        let first = clip()[0];
        (0..(secs * fps) as u32).map(|n| Observation { t: Timestamp::from_secs(f64::from(n) / fps), ..first }).collect()
    }

    #[test]
    fn what_is_judged_would_suffer_from_comes_before_ready_but_not_for_ever() {
        let tiny = about_middle(0.45, 0.0);
        for (ask, change) in [
            (Ask::ComeCloser, &tiny as &dyn Fn(ImagePoint) -> ImagePoint),
            (Ask::LowerCamera, &about_middle(1.0, 0.24)),
        ] {
            let so_far = |secs| asked_of(still(secs, 30.0), None, 0.45, change);
            assert_eq!(so_far(6.0), [Setup::Positioning(ask)]);
            assert_eq!(so_far(9.0), [Setup::Positioning(ask), Setup::Exercising], "the room may be too small");
        }
        let moving = asked(None, 0.45, tiny);
        assert_eq!(moving, [Setup::Positioning(Ask::ComeCloser), Setup::Exercising], "whoever begins has begun");
    }

    #[test]
    fn pictures_that_come_too_slowly_are_told_before_the_set() {
        let slow = Setup::Positioning(Ask::MorePictures);
        assert!(asked_of(still(9.0, 10.0), None, 0.45, as_is).contains(&slow));
        assert!(!asked_of(still(9.0, 15.0), None, 0.45, as_is).contains(&slow));
    }

    #[test]
    fn a_stretch_of_the_floor_done_standing_is_measured_by_the_pictures_height() {
        // Taller than the picture is wide.
        let standing_up = about_middle(1.15, 0.0);
        let exercise = by_name("hamstring_stretch").unwrap();
        let stands = watched(exercise, still(1.0, 30.0), None, 0.45, standing_up);
        assert!(!stands.contains(&Setup::Positioning(Ask::StepBack)), "{stands:?}");
    }

    #[test]
    fn words_stay_long_enough_to_be_read() {
        let exercise = by_name("squat").unwrap();
        let options = SessionOptions::new(Filter::Live);
        let mut session = Session::new(exercise, &options);
        let mut coach = SetupCoach::new(exercise, None);
        let mut changes: Vec<Timestamp> = Vec::new();
        let mut last = None;
        for (i, observation) in clip().iter().take(20).enumerate() {
            // Light that flickers from picture to picture.
            let brightness = if i % 2 == 0 { 0.02 } else { 0.5 };
            let scene = Scene { width: SIZE.0, height: SIZE.1 * 0.5, brightness };
            session.push(observation, &mut |step| {
                let now = match coach.watch(step, &scene) {
                    Setup::Ready(_) => Some(Setup::Ready(0.0)),
                    other => Some(other),
                };
                if now != last {
                    changes.push(step.pose.t);
                    last = now;
                }
            });
        }
        // The first words, and the start position.
        assert!(changes.len() <= 2, "{changes:?}");
    }
}
