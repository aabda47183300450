//! Getting into position before a live set: what to change so that the camera sees what the exercise is judged by.
//!
//! Input: [`Step`]s and what the camera's side knows of the picture ([`Scene`]). Output: [`Setup`]. Whether anything
//! counts is the start gate's decision alone ([`Gate`]); this only finds the words on the way there, the most important
//! first: light, then the whole body in the picture, then its size, then the view, then the start position.

use super::{Exercise, Gate, Hint, Phase, Step};
use crate::kinematics::{Unseen, View};
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
            Ask::Start(hint) => hint.words(),
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
/// Under this the low back is a few pixels tall: notices ask for 300 px of 720.
const SMALLEST: f64 = 0.38;
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
    opened: Option<Timestamp>,
}

impl SetupCoach {
    /// `side` is the athlete's side that is to be nearer the camera, if it matters to them.
    pub fn new(exercise: &'static Exercise, side: Option<Side>) -> SetupCoach {
        SetupCoach { exercise, side, shown: None, since: Timestamp::ZERO, opened: None }
    }

    /// Takes the next step; where the set stands now.
    pub fn watch(&mut self, step: &Step, scene: &Scene) -> Setup {
        let t = step.pose.t;
        self.opened = (step.gate == Gate::Open).then(|| self.opened.unwrap_or(t));
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
            Gate::Open => self.shirt(step).map_or(Setup::Exercising, Setup::Positioning),
            // The gate takes what can be judged at all; what would be judged better is asked for while there is time.
            Gate::Settling(share) => match wanted {
                Some(ask @ (Ask::TurnSideOn | Ask::Nearer(_))) => Setup::Positioning(ask),
                _ => Setup::Ready(share),
            },
            Gate::Waiting(hint) => Setup::Positioning(wanted.unwrap_or(Ask::Start(hint))),
        }
    }

    /// The most important thing to change; `None` when only the start position is missing.
    fn wanted(&self, step: &Step, scene: &Scene) -> Option<Ask> {
        if scene.brightness < DARK {
            return Some(Ask::MoreLight);
        }
        self.framing(step, scene).or_else(|| self.view(step))
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
        let standing = self.exercise.posture == super::Posture::Standing;
        let feet_cut = bottom > 1.0 - EDGE || (standing && !seen(Joint::Ankle) && bottom > 1.0 - ROOM);
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
        let size = step.sample.person_px / if standing { scene.height } else { scene.width };
        let size = match size {
            s if s > LARGEST => Some(Ask::StepBack),
            s if s < SMALLEST && step.sample.person_px > 0.0 => Some(Ask::ComeCloser),
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
        let exercise = by_name("squat").unwrap();
        let options = SessionOptions::new(Filter::Live);
        let mut session = Session::new(exercise, &options);
        let mut coach = SetupCoach::new(exercise, side);
        let scene = Scene { width: SIZE.0, height: SIZE.1, brightness };
        let mut asked: Vec<Setup> = Vec::new();
        for mut observation in clip().into_iter().take(150) {
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
