//! Every clip of RULES.md section G as data: who does what, how, when, seen from where, and what a checker must say; and
//! squats and hinges on one leg, with which the article goes on.
//!
//! Each clip begins with two quiet seconds in the start position and ends with one. Where a figure of the table does not
//! fit a body whose feet stay on the floor, the clip's comment says what was changed and why.

use super::camera::{Camera, Stand as View};
use super::motion::*;
use super::timeline::{Phase, Timeline};
use crate::units::Side;
use serde::{Deserialize, Serialize};

/// What a checker must say about a rule, given exact joints and the contour limits of RULES.md ("tier 0").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// Inside the good range.
    Good,
    /// Neither warned nor faulted; inside the good range or between it and the warning limit.
    Silent,
    Warn,
    Fault,
    /// Cannot be seen from here, or not without what is missing.
    NotJudged,
    /// Too near a limit, or nothing this clip is about: any answer will do.
    Free,
}

/// What a rule needs to be judged, as far as clips are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// `squat.butt_wink`
    pub name: &'static str,
    /// RULES.md's id.
    pub id: &'static str,
    pub exercise: &'static str,
    pub view: Needs,
    /// Needs spine landmarks or the contour of the back: not judged with COCO points alone.
    pub spine: bool,
    /// Needs the dowel in the picture.
    pub dowel: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Side,
    /// Front or rear.
    Frontal,
    Any,
}

macro_rules! rules {
    ($($exercise:literal { $($name:literal $id:literal $view:ident $($flag:ident)*,)+ })+) => {
        /// Every rule of RULES.md, in its order.
        pub const RULES: &[RuleInfo] = &[$($(
            {
                #[allow(unused_mut)]
                let mut rule = RuleInfo {
                    name: concat!($exercise, ".", $name),
                    id: $id,
                    exercise: $exercise,
                    view: Needs::$view,
                    spine: false,
                    dowel: false,
                };
                $(rule.$flag = true;)*
                rule
            },
        )+)+];
    };
}

rules! {
    "squat" {
        "butt_wink" "SQ1" Side spine,
        "rounded" "SQ2" Side spine,
        "chest_drops" "SQ3" Side,
        "knees_first" "SQ4" Side,
        "knees_in" "SQ5" Frontal,
        "one_knee_in" "SQ6" Frontal,
        "knee_falls_in" "SQ6b" Frontal,
        "stance" "SQ7" Frontal,
        "heels_rise" "SQ8" Side,
        "short_lockout" "SQ9" Side,
        "rushed" "SQ10" Any,
        "shifted" "SQ11" Frontal,
    }
    "hip_hinge" {
        "contact_lost" "HH1" Side dowel,
        "gap_changes" "HH2" Side dowel,
        "rounded" "HH3" Side spine,
        "arched" "HH3b" Side spine,
        "squatting" "HH4" Side,
        "knees_travel" "HH5" Side,
        "knees_bend" "HH6" Side,
        "short_lockout" "HH7" Side,
        "head_drops" "HH8" Side,
        "dose" "HH9" Any,
    }
    "hip_flexor_stretch" {
        "hips_stay_back" "HK1" Side,
        "pelvis_tips" "HK2" Side spine,
        "leans" "HK3" Side,
        "reach" "HK4" Any,
        "hold_short" "HK5" Any,
        "pelvis_uneven" "HK6" Frontal,
    }
    "hamstring_stretch" {
        "rounded" "HS1" Side spine,
        "folds_at_back" "HS2" Side spine,
        "reaches" "HS3" Side,
        "knee_bends" "HS4" Side,
        "leg_height" "HS5" Side,
        "other_leg_lifts" "HS6" Side,
        "hold_short" "HS7" Any,
    }
    "side_plank" {
        "hips_sag" "SP1" Any,
        "hips_sink" "SP1b" Any,
        "hips_hike" "SP2" Any,
        "hips_back" "SP3" Any,
        "elbow_off" "SP4" Any,
        "rolled" "SP5" Any,
        "head_off" "SP6" Any,
        "variant" "SP7" Any,
        "hold_short" "SP8" Any,
    }
    "dead_bug" {
        "arch_grows" "DB1" Side spine,
        "arch_flattens" "DB2" Side spine,
        "start_off" "DB3" Side,
        "knee_opens" "DB4" Side,
        "tap_short" "DB5" Side,
        "other_leg_moves" "DB6" Side,
        "ribs_flare" "DB7" Side spine,
        "dose" "DB8" Any,
        "long_leg" "DB9" Side,
    }
    "bird_dog" {
        "start_off" "BD1" Side,
        "same_side" "BD2" Any,
        "sags" "BD3" Side spine,
        "rounds" "BD4" Side spine,
        "leg_height" "BD5" Side,
        "arm_height" "BD6" Side,
        "limb_bends" "BD7" Side,
        "hips_open" "BD8" Frontal,
        "shoulders_tilt" "BD9" Frontal,
        "weight_shifts" "BD10" Any,
        "hold_short" "BD11" Any,
    }
}

/// One clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Clip {
    /// RULES.md's name.
    pub id: &'static str,
    /// `squat`, `hip_hinge`, `bird_dog`, `dead_bug`, `side_plank`, `hip_flexor_stretch`, `hamstring_stretch`.
    pub exercise: &'static str,
    /// What a person sees in it.
    pub what: &'static str,
    pub shape: Shape,
    pub timeline: Timeline,
    pub camera: Camera,
    /// One entry for every rule of the exercise, in the order of [`RULES`].
    pub expected: Vec<(&'static RuleInfo, Expected)>,
}

impl Clip {
    /// What is expected of the rule with this name; [`Expected::Free`] for rules of other exercises.
    pub fn expects(&self, rule: &str) -> Expected {
        self.expected.iter().find(|(info, _)| info.name == rule).map_or(Expected::Free, |(_, expected)| *expected)
    }

    /// The same clip as a model without spine points and contour would have to judge it.
    pub fn without_spine(mut self) -> Clip {
        for (info, expected) in &mut self.expected {
            if info.spine {
                *expected = Expected::NotJudged;
            }
        }
        self
    }

    /// The same clip filmed from `deg` further round the athlete. Side rules stay judged within 18 degrees of side-on
    /// (RULES.md 0.4 G1), free up to 25, not judged beyond; front rules are free from 5 and not judged beyond 45. A body on
    /// its side is judged within 15 degrees, free up to 35, not judged beyond, its timer aside.
    pub fn yawed(mut self, deg: f64) -> Clip {
        let side_on = matches!(self.camera.stand, View::Right | View::Left);
        self.camera = self.camera.yawed(deg);
        for (info, expected) in &mut self.expected {
            let on_side = self.exercise == "side_plank" && info.id != "SP8";
            *expected = match (info.view, deg.abs()) {
                (_, off) if on_side && off > 35.0 => NotJudged,
                (_, off) if on_side && off > 15.0 => Free,
                // Whether a reach goes across is a matter of the front, within 30 degrees.
                (Needs::Any, off) if !side_on && info.id == "HK4" && off > 30.0 => Free,
                (Needs::Side, off) if side_on && off > 25.0 => NotJudged,
                (Needs::Side, off) if side_on && off > 18.0 => Free,
                (Needs::Frontal, off) if !side_on && off > 45.0 => NotJudged,
                (Needs::Frontal, off) if !side_on && off > 5.0 => Free,
                // What a turned side view begins to show of front rules is nobody's business here.
                (Needs::Frontal, off) if side_on && off > 25.0 => Free,
                _ => *expected,
            };
        }
        self
    }

    /// Complete repetitions.
    pub fn rep_count(&self) -> usize {
        self.timeline.reps().iter().filter(|r| r.complete).count()
    }

    /// Repetitions that do not go far enough.
    pub fn attempt_count(&self) -> usize {
        self.timeline.reps().iter().filter(|r| !r.complete).count()
    }
}

/// Every clip, exercise by exercise.
pub fn all() -> Vec<Clip> {
    let mut clips = squats();
    clips.extend(hinges());
    clips.extend(hip_flexor_stretches());
    clips.extend(hamstring_stretches());
    clips.extend(side_planks());
    clips.extend(dead_bugs());
    clips.extend(bird_dogs());
    clips
}

/// The clip with this id.
pub fn by_id(id: &str) -> Option<Clip> {
    all().into_iter().find(|clip| clip.id == id)
}

use Expected::*;

fn clip(
    exercise: &'static str,
    id: &'static str,
    what: &'static str,
    camera: Camera,
    shape: Shape,
    timeline: Timeline,
    named: &[(&str, Expected)],
) -> Clip {
    let frontal = matches!(camera.stand, View::Front | View::Rear);
    let dowel = matches!(shape, Shape::Upright(Upright { arms: Arms::Dowel(_), .. }));
    let default = |rule: &RuleInfo| match rule.view {
        Needs::Side if frontal => NotJudged,
        Needs::Frontal if !frontal => NotJudged,
        _ if rule.dowel && !dowel => NotJudged,
        _ => Silent,
    };
    let of_exercise = |rule: &&RuleInfo| rule.exercise == exercise;
    let short = |rule: &'static RuleInfo| &rule.name[exercise.len() + 1..];
    debug_assert!(named.iter().all(|(name, _)| RULES.iter().filter(of_exercise).any(|r| short(r) == *name)), "{id}");
    let expected = RULES.iter().filter(of_exercise).map(|rule| {
        let said = named.iter().find(|(name, _)| *name == short(rule));
        (rule, said.map_or_else(|| default(rule), |(_, expected)| *expected))
    });
    Clip { id, exercise, what, shape, timeline, camera, expected: expected.collect() }
}

/// Three repetitions: down, bottom, up seconds; the top between them at `top`, the last one back to the start.
fn reps(down: f64, bottom: f64, up: f64, peak: f64, top: f64, complete: bool) -> Timeline {
    let depth = |p: f64| [p, 0.0, 0.0, 0.0];
    let mut timeline = Timeline::quiet(depth(0.0), 2.0);
    for n in 1..=3 {
        let start = timeline.duration_s();
        let back_to = if n == 3 { 0.0 } else { top };
        timeline = timeline
            .go(down, depth(peak), Phase::Out)
            .stay(bottom, Phase::Hold)
            .go(up, depth(back_to), Phase::Back)
            .rep(start, start + down + bottom / 2.0, None, complete)
            .stay(if n == 3 { 1.0 } else { 0.5 }, Phase::Rest);
    }
    timeline
}

fn steady_reps() -> Timeline {
    reps(2.0, 0.3, 1.5, 1.0, 0.0, true)
}

// ---- squat -----------------------------------------------------------------------------------------------------

const NO_LATE: Late = Late { from_knee: 75.0, lumbar: 0.0, tilt: 0.0 };

fn squat_shape(shank: f64, thigh_back: f64, tilt: f64, lumbar: f64) -> Upright {
    Upright {
        rest: Stand::QUIET,
        peak: Stand { shank, thigh_back, tilt, lumbar },
        late: NO_LATE,
        knees_in: [0.0; 2],
        heel: 0.0,
        stance: 0.400,
        toe_out: 20.0,
        arms: Arms::Forward(80.0),
        free: None,
    }
}

/// On one leg, the other foot held behind.
fn on_one_leg(free: Side, shank: f64, thigh_back: f64) -> Upright {
    Upright {
        stance: 0.10,
        toe_out: 5.0,
        free: Some(FreeLeg { side: free, thigh: [20.0, 25.0], knee: [90.0, 95.0] }),
        ..squat_shape(shank, thigh_back, 30.0, 9.0)
    }
}

/// Knee 108, thigh 9 above horizontal: a parallel squat with ordinary lumbar flexion.
fn parallel() -> Upright {
    squat_shape(27.0, 81.0, 34.0, 13.0)
}

fn squats() -> Vec<Clip> {
    let side = Camera::standing(View::Right);
    let front = Camera::standing(View::Front);
    let squat = |id, what, camera, shape: Upright, timeline, named: &[(&str, Expected)]| {
        clip("squat", id, what, camera, Shape::Upright(shape), timeline, named)
    };
    let good_back =
        [("butt_wink", Good), ("rounded", Good), ("chest_drops", Good), ("knees_first", Good), ("heels_rise", Good)];
    let wink = |lumbar: f64, tilt: f64| Upright { late: Late { from_knee: 75.0, lumbar, tilt }, ..parallel() };
    let knees_in = |left: f64, right: f64| Upright { knees_in: [left, right], ..parallel() };
    let heel = |heel: f64| Upright { heel, ..parallel() };
    let lean = |trunk: f64| squat_shape(27.0, 81.0, trunk - 0.59 * 12.0, 12.0);
    // Depth at which the knee is bent by so much, on the way between rest and parallel().
    let at_knee = |knee: f64| (knee - 3.0) / 105.0;

    vec![
        squat(
            "SQ-ok1",
            "Chair squat: knee 90, neutral back.",
            side,
            squat_shape(22.0, 68.0, 33.0, 10.0),
            steady_reps(),
            &good_back,
        ),
        squat("SQ-ok2", "Parallel squat with ordinary lumbar flexion.", side, parallel(), steady_reps(), &good_back),
        squat(
            "SQ-ok2-front",
            "The same from the front: knees over the toes.",
            front,
            parallel(),
            steady_reps(),
            &[("knees_in", Silent), ("one_knee_in", Silent), ("stance", Good), ("shifted", Good)],
        ),
        squat(
            "SQ-ok3",
            "Shallow squat with a neutral back: counts, and is good.",
            side,
            squat_shape(18.0, 47.0, 26.0, 6.0),
            steady_reps(),
            &good_back,
        ),
        squat(
            "SQ-wink3",
            "Parallel squat, hardly a tuck at the bottom.",
            side,
            wink(3.0, -3.0),
            steady_reps(),
            &[("butt_wink", Silent)],
        ),
        squat(
            "SQ-wink14",
            "The pelvis tucks by 14 degrees near the bottom.",
            side,
            wink(14.0, -14.0),
            steady_reps(),
            &[("butt_wink", Warn)],
        ),
        squat(
            "SQ-wink28",
            "The pelvis tucks by 28 degrees near the bottom.",
            side,
            wink(28.0, -28.0),
            steady_reps(),
            // 41° of lumbar flexion in all: past the fault limit of 40.
            &[("butt_wink", Fault), ("rounded", Fault)],
        ),
        squat(
            "SQ-masked",
            "A 30 degree tuck hidden by a leaning chest: the shoulder-hip line is that of SQ-ok2.",
            side,
            wink(30.0, -0.59 * 30.0),
            steady_reps(),
            &[("butt_wink", Fault), ("rounded", Fault)],
        ),
        // With both knees in, the measure of a single knee comes within 0.01 of its limit: free.
        squat(
            "SQ-valg30",
            "Both knees 30 mm in.",
            front,
            knees_in(0.03, 0.03),
            steady_reps(),
            &[("knees_in", Silent), ("one_knee_in", Free)],
        ),
        squat(
            "SQ-valg50",
            "Both knees 50 mm in.",
            front,
            knees_in(0.05, 0.05),
            steady_reps(),
            &[("knees_in", Warn), ("one_knee_in", Free)],
        ),
        squat(
            "SQ-valg80",
            "Both knees 80 mm in.",
            front,
            knees_in(0.08, 0.08),
            steady_reps(),
            &[("knees_in", Fault), ("one_knee_in", Free)],
        ),
        squat(
            "SQ-valgR",
            "Only the right knee 90 mm in.",
            front,
            // The left knee goes 20 mm out: with it over the toes, the separation of both knees would come within 0.01
            // of the warning limit of `knees_in`.
            knees_in(-0.02, 0.09),
            steady_reps(),
            &[("knees_in", Silent), ("one_knee_in", Fault)],
        ),
        squat("SQ-heel5", "Heels lift by 5 degrees.", side, heel(5.0), steady_reps(), &[("heels_rise", Silent)]),
        squat("SQ-heel12", "Heels lift by 12 degrees.", side, heel(12.0), steady_reps(), &[("heels_rise", Warn)]),
        squat("SQ-heel20", "Heels lift by 20 degrees.", side, heel(20.0), steady_reps(), &[("heels_rise", Fault)]),
        squat(
            "SQ-lean56",
            "Chest leans to 56 degrees, back neutral.",
            side,
            lean(56.0),
            steady_reps(),
            &[("chest_drops", Warn)],
        ),
        squat(
            "SQ-lean68",
            "Chest leans to 68 degrees, back neutral.",
            side,
            lean(68.0),
            steady_reps(),
            &[("chest_drops", Fault)],
        ),
        // The third repetition ends upright, so that it can be counted.
        squat(
            "SQ-short20",
            "Turns back down at knee 20 after reps 1 and 2.",
            side,
            parallel(),
            reps(2.0, 0.3, 1.5, 1.0, at_knee(20.0), true),
            &[("short_lockout", Warn)],
        ),
        squat(
            "SQ-short32",
            "Turns back down at knee 32 after reps 1 and 2.",
            side,
            parallel(),
            reps(2.0, 0.3, 1.5, 1.0, at_knee(32.0), true),
            &[("short_lockout", Fault)],
        ),
        squat(
            "SQ-part",
            "Three half-hearted dips to knee 45.",
            side,
            parallel(),
            reps(1.2, 0.2, 1.0, at_knee(45.0), 0.0, false),
            &all_free("squat"),
        ),
        squat(
            "SQ-bounce",
            "One rep that bounces by 15 degrees at the bottom.",
            side,
            parallel(),
            bounce(at_knee(93.0)),
            &[("rushed", Free)],
        ),
        squat("SQ-pause", "One rep with six seconds at the bottom.", side, parallel(), pause(), &[("rushed", Free)]),
        squat(
            "SQ-one-leg",
            "On the right leg, nearer the camera.",
            side,
            on_one_leg(Side::Left, 22.0, 48.0),
            one_sided(Side::Right),
            &good_back,
        ),
        squat(
            "SQ-one-leg-far",
            "On the left leg, farther off.",
            side,
            on_one_leg(Side::Right, 22.0, 48.0),
            one_sided(Side::Left),
            &good_back,
        ),
        squat(
            "SQ-one-leg-front",
            "On the right leg, from the front: the knee stays over the foot.",
            front,
            on_one_leg(Side::Left, 20.0, 43.0),
            one_sided(Side::Right),
            // Not as low as where that is measured.
            &[("knee_falls_in", Good), ("one_knee_in", Free)],
        ),
        squat(
            "SQ-one-leg-in",
            "On the right leg, from the front: the knee falls in by 120 mm.",
            front,
            Upright { knees_in: [0.12; 2], ..on_one_leg(Side::Left, 20.0, 43.0) },
            one_sided(Side::Right),
            &[("knee_falls_in", Fault), ("one_knee_in", Free)],
        ),
    ]
}

/// Steady repetitions on this leg.
fn one_sided(side: Side) -> Timeline {
    steady_reps().on(side)
}

/// Nothing was finished, so nothing need be judged.
fn all_free(exercise: &'static str) -> Vec<(&'static str, Expected)> {
    RULES.iter().filter(|r| r.exercise == exercise).map(|r| (&r.name[exercise.len() + 1..], Free)).collect()
}

fn bounce(dip: f64) -> Timeline {
    let depth = |p: f64| [p, 0.0, 0.0, 0.0];
    Timeline::quiet(depth(0.0), 2.0)
        .go(2.0, depth(1.0), Phase::Out)
        .stay(0.15, Phase::Hold)
        .go(0.5, depth(dip), Phase::Hold)
        .go(0.5, depth(1.0), Phase::Hold)
        .stay(0.15, Phase::Hold)
        .go(1.5, depth(0.0), Phase::Back)
        .rep(2.0, 4.65, None, true)
        .stay(1.0, Phase::Rest)
}

fn pause() -> Timeline {
    let depth = |p: f64| [p, 0.0, 0.0, 0.0];
    Timeline::quiet(depth(0.0), 2.0)
        .go(2.0, depth(1.0), Phase::Out)
        .stay(6.0, Phase::Hold)
        .go(1.5, depth(0.0), Phase::Back)
        .rep(2.0, 7.0, None, true)
        .stay(1.0, Phase::Rest)
}

// ---- hip hinge -------------------------------------------------------------------------------------------------

fn hinge_shape(shank: f64, thigh_back: f64, tilt: f64, lumbar: f64, arms: Arms) -> Upright {
    Upright {
        rest: Stand::TALL,
        peak: Stand { shank, thigh_back, tilt, lumbar },
        late: NO_LATE,
        knees_in: [0.0; 2],
        heel: 0.0,
        stance: 0.250,
        toe_out: 5.0,
        arms,
        free: None,
    }
}

fn hinges() -> Vec<Clip> {
    let side = Camera::standing(View::Right);
    let hinge = |id, what, shape: Upright, named: &[(&str, Expected)]| {
        let named: Vec<_> = named.iter().copied().chain([("dose", Free)]).collect();
        clip("hip_hinge", id, what, side, Shape::Upright(shape), steady_reps(), &named)
    };
    let dowel = Arms::Dowel(DowelHold::default());
    let free = Arms::Crossed;
    let held = |head_off: f64, sacrum_off: f64| Arms::Dowel(DowelHold { head_off, sacrum_off });
    // The free leg goes back as the trunk comes forward.
    let on_one_leg = |free: Side| Upright {
        stance: 0.10,
        free: Some(FreeLeg { side: free, thigh: [2.0, -62.0], knee: [2.0, 8.0] }),
        ..hinge_shape(0.0, 27.0, 58.0, 7.0, Arms::Hang)
    };
    let on_the = |standing: Side, clip: Clip| Clip {
        timeline: one_sided(standing),
        // Room for the leg behind.
        camera: Camera { target_m: [-0.25, 0.0], ..side },
        ..clip
    };
    let hips = [("rounded", Good), ("squatting", Good), ("knees_travel", Good), ("knees_bend", Good)];
    let with_dowel: Vec<_> =
        hips.iter().copied().chain([("contact_lost", Good), ("gap_changes", Good), ("head_drops", Silent)]).collect();

    vec![
        hinge("HH-ok", "A clean hinge with a dowel.", hinge_shape(0.0, 27.0, 58.0, 7.0, dowel), &with_dowel),
        hinge("HH-ok-free", "A clean hinge, arms folded.", hinge_shape(0.0, 27.0, 58.0, 7.0, free), &hips),
        hinge("HH-round9", "The low back rounds by 9 degrees.", hinge_shape(0.0, 27.0, 56.0, 9.0, dowel), &[]),
        hinge(
            "HH-round24",
            "The low back rounds by 24 degrees.",
            hinge_shape(0.0, 27.0, 48.0, 24.0, dowel),
            // To keep the head on the dowel over a round back the neck extends by about 12 degrees.
            &[("gap_changes", Warn), ("rounded", Warn), ("head_drops", Free)],
        ),
        hinge(
            "HH-round24-free",
            "The low back rounds by 24 degrees, no dowel.",
            hinge_shape(0.0, 27.0, 48.0, 24.0, free),
            &[("rounded", Warn)],
        ),
        hinge(
            "HH-round40",
            "The low back rounds by 40 degrees.",
            hinge_shape(0.0, 27.0, 40.0, 40.0, dowel),
            &[("gap_changes", Fault), ("rounded", Fault), ("head_drops", Free)],
        ),
        hinge(
            "HH-round40-free",
            "The low back rounds by 40 degrees, no dowel.",
            hinge_shape(0.0, 27.0, 40.0, 40.0, free),
            // A back as round as this carries shoulders and head along, to within 2 degrees of the head's own limit.
            &[("rounded", Fault), ("head_drops", Free)],
        ),
        hinge(
            "HH-arch25",
            "The low back arches by 25 degrees.",
            // Tilt 66 instead of 58: the arch would otherwise lift the trunk to 43 degrees.
            hinge_shape(0.0, 27.0, 66.0, -25.0, dowel),
            &[("gap_changes", Warn), ("arched", Warn), ("head_drops", Free)],
        ),
        hinge(
            "HH-head12",
            "The head comes 12 mm off the dowel.",
            hinge_shape(0.0, 27.0, 58.0, 7.0, held(0.012, 0.0)),
            &[],
        ),
        hinge(
            "HH-head30",
            "The head comes 30 mm off the dowel.",
            hinge_shape(0.0, 27.0, 58.0, 7.0, held(0.030, 0.0)),
            &[("contact_lost", Warn)],
        ),
        hinge(
            "HH-head50",
            "The head comes 50 mm off the dowel.",
            hinge_shape(0.0, 27.0, 58.0, 7.0, held(0.050, 0.0)),
            &[("contact_lost", Fault), ("head_drops", Free)],
        ),
        // The dowel leaning over at T6 opens the gap that is measured from the dowel as well.
        hinge(
            "HH-sacrum30",
            "The dowel comes 30 mm off the sacrum.",
            hinge_shape(0.0, 27.0, 58.0, 7.0, held(0.0, 0.030)),
            &[("contact_lost", Warn), ("gap_changes", Free), ("head_drops", Free)],
        ),
        hinge(
            "HH-sacrum50",
            "The dowel comes 50 mm off the sacrum.",
            hinge_shape(0.0, 27.0, 58.0, 7.0, held(0.0, 0.050)),
            &[("contact_lost", Fault), ("gap_changes", Free), ("head_drops", Free)],
        ),
        hinge(
            "HH-squatty",
            "Squats instead of hinging.",
            hinge_shape(24.0, 51.0, 37.0 - 0.59 * 7.0, 7.0, dowel),
            &[("squatting", Fault), ("knees_travel", Fault), ("knees_bend", Fault)],
        ),
        hinge(
            "HH-squatty-free",
            "Squats instead of hinging, no dowel.",
            hinge_shape(24.0, 51.0, 37.0 - 0.59 * 7.0, 7.0, free),
            &[("squatting", Fault), ("knees_travel", Fault), ("knees_bend", Fault)],
        ),
        // Last: tier 1 draws its errors clip after clip, and those of the clips before stay as they were.
        on_the(Side::Right, hinge("HH-one-leg", "On the right leg, nearer the camera.", on_one_leg(Side::Left), &hips)),
        hinge(
            "HH-arch25-free",
            "The low back arches by 25 degrees, no dowel.",
            hinge_shape(0.0, 27.0, 66.0, -25.0, free),
            &[("arched", Warn), ("head_drops", Free)],
        ),
    ]
}

// ---- half-kneeling hip flexor stretch --------------------------------------------------------------------------

fn hip_flexor_stretches() -> Vec<Clip> {
    let camera = |stand| Camera { height_m: 0.7, target_m: [0.1, 0.0], ..Camera::standing(stand) };
    let side = camera(View::Right);
    let shape = |tilt: f64, lumbar: f64| HalfKneel { thigh: 18.0, tilt, lumbar, reach: Reach::Across };
    let stretch = |id, what, camera, shape: HalfKneel, timeline, named: &[(&str, Expected)]| {
        let named: Vec<_> = named.iter().copied().chain([("reach", Free)]).collect();
        clip("hip_flexor_stretch", id, what, camera, Shape::HalfKneel(shape), timeline, &named)
    };
    let tipped = |tip: f64| shape(tip, -tip);
    let leaning = |trunk: f64| shape(trunk + 0.59 * 3.0, -3.0);
    let good = [("hips_stay_back", Good), ("pelvis_tips", Good), ("leans", Good), ("hold_short", Good)];
    let reaching = |reach| HalfKneel { reach, ..shape(-2.0, -3.0) };

    vec![
        stretch("HK-ok", "Hips forward, back quiet, 35 s.", side, shape(-2.0, -3.0), push(35.0), &good),
        stretch("HK-tip10", "The pelvis tips by 10 degrees.", side, tipped(10.0), push(35.0), &[]),
        stretch("HK-tip17", "The pelvis tips by 17 degrees.", side, tipped(17.0), push(35.0), &[("pelvis_tips", Warn)]),
        stretch(
            "HK-tip30",
            "The pelvis tips by 30 degrees.",
            side,
            tipped(30.0),
            push(35.0),
            &[("pelvis_tips", Fault)],
        ),
        stretch("HK-lean17", "Leans back by 17 degrees.", side, leaning(-17.0), push(35.0), &[("leans", Warn)]),
        stretch("HK-lean25", "Leans back by 25 degrees.", side, leaning(-25.0), push(35.0), &[("leans", Fault)]),
        stretch(
            "HK-reach-across",
            "Reaches up and across, from the front.",
            camera(View::Front),
            reaching(Reach::Across),
            push_and_reach(),
            &[("reach", Good), ("hold_short", Free)],
        ),
        stretch(
            "HK-reach-up",
            "Reaches up but not across, from the front.",
            camera(View::Front),
            reaching(Reach::Up),
            push_and_reach(),
            &[("reach", Warn), ("hold_short", Free)],
        ),
        stretch("HK-time25", "Holds for 25 s.", side, shape(-2.0, -3.0), push(25.0), &[("hold_short", Warn)]),
        stretch("HK-time12", "Holds for 12 s.", side, shape(-2.0, -3.0), push(12.0), &[("hold_short", Fault)]),
    ]
}

fn push(hold: f64) -> Timeline {
    held(3.0, hold, 2.0, Some(Side::Right))
}

/// Out in `out` s, held for `hold` s, back in `back` s.
fn held(out: f64, hold: f64, back: f64, side: Option<Side>) -> Timeline {
    Timeline::quiet([0.0; 4], 2.0)
        .go(out, [1.0, 0.0, 0.0, 0.0], Phase::Out)
        .stay(hold, Phase::Hold)
        .hold(2.0 + out, side)
        .go(back, [0.0; 4], Phase::Back)
        .stay(1.0, Phase::Rest)
}

fn push_and_reach() -> Timeline {
    let (pushed, reached) = ([1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0]);
    Timeline::quiet([0.0; 4], 2.0)
        .go(3.0, pushed, Phase::Out)
        .stay(3.0, Phase::Hold)
        .go(2.0, reached, Phase::Hold)
        .stay(30.0, Phase::Hold)
        .go(2.0, pushed, Phase::Hold)
        .hold(5.0, Some(Side::Right))
        .go(2.0, [0.0; 4], Phase::Back)
        .stay(1.0, Phase::Rest)
}

// ---- hamstring stretch -----------------------------------------------------------------------------------------

fn hamstring_stretches() -> Vec<Clip> {
    let standing = Camera { target_m: [0.3, 0.0], ..Camera::standing(View::Right) };
    let floor = Camera { target_m: [-0.05, 0.0], ..Camera::floor(View::Right) };
    let stretch = |id, what, camera, shape, timeline, named: &[(&str, Expected)]| {
        clip("hamstring_stretch", id, what, camera, shape, timeline, named)
    };
    let right = Some(Side::Right);
    let on_bench = Shape::HeelOnSupport(HeelOnSupport { leg_line: -32.0, knee: 8.0, tilt: 25.0, lumbar: 5.0 });
    // RULES.md has pelvic tilt 10 and the wrist at the ankle. A hand gets there only over a leg held level and a trunk
    // 40 degrees forward, so the support is at hip height and the tilt 30; the rounding is the table's.
    let round = |lumbar| Shape::HeelOnSupport(HeelOnSupport { leg_line: 0.0, knee: 8.0, tilt: 30.0, lumbar });
    let mut reached = held(3.0, 35.0, 2.0, right);
    reached.map_channels(|c| [c[0], c[0], 0.0, 0.0]);
    let standing_only = [("leg_height", NotJudged), ("other_leg_lifts", NotJudged)];
    let and = |named: &[(&'static str, Expected)]| -> Vec<_> { named.iter().chain(&standing_only).copied().collect() };
    let raise = |leg_line: f64| Shape::LegRaise(LegRaise { leg_line, knee: 5.0, lumbar: leg_line / 4.0 });
    // Lying, the pelvis rolls back by a quarter of the raise, which is the person's way and not a fault of the stretch.
    let lying = [
        ("rounded", Free),
        ("folds_at_back", Free),
        ("reaches", Free),
        ("leg_height", Free),
        ("other_leg_lifts", Good),
        ("hold_short", Good),
    ];
    let bend = |tilt: f64, lumbar: f64| {
        Shape::Upright(Upright {
            arms: Arms::Hang,
            stance: 0.20,
            toe_out: 5.0,
            ..hinge_shape(-5.0, 8.0, tilt, lumbar, Arms::Hang)
        })
    };
    let mut bends = all_free("hamstring_stretch");
    bends.retain(|(name, _)| *name != "rounded");

    vec![
        stretch(
            "HS-stand-ok",
            "Folds at the hip, hands on the hips.",
            standing,
            on_bench,
            held(3.0, 35.0, 2.0, right),
            &and(&[
                ("rounded", Good),
                ("folds_at_back", Good),
                ("reaches", Good),
                ("knee_bends", Good),
                ("hold_short", Good),
            ]),
        ),
        stretch(
            "HS-round23",
            "Reaches for the foot; the back rounds by 23 degrees.",
            standing,
            round(23.0),
            reached.clone(),
            &and(&[("rounded", Warn), ("reaches", Fault)]),
        ),
        stretch(
            "HS-round35",
            "Reaches for the foot; the back rounds by 35 degrees.",
            standing,
            round(35.0),
            reached,
            &and(&[("rounded", Fault), ("reaches", Fault)]),
        ),
        stretch(
            "HS-slr60",
            "Straight leg raised to 60 degrees: below 70.",
            floor,
            raise(60.0),
            held(3.0, 35.0, 2.0, right),
            &lying,
        ),
        stretch(
            "HS-slr70",
            "Straight leg raised to 70 degrees: borderline.",
            floor,
            raise(70.0),
            held(3.0, 35.0, 2.0, right),
            &lying,
        ),
        stretch(
            "HS-slr80",
            "Straight leg raised to 80 degrees: passes.",
            floor,
            raise(80.0),
            held(3.0, 35.0, 2.0, right),
            &lying,
        ),
        stretch(
            "HS-70trap",
            "Bends forward by 69 degrees, but only 40 of them at the pelvis: not passed.",
            standing,
            bend(40.0, 50.0),
            held(3.0, 5.0, 3.0, None),
            &[bends.as_slice(), &[("rounded", Fault)]].concat(),
        ),
        stretch(
            "HS-70pass",
            "Bends forward by 75 degrees at the pelvis: passed.",
            standing,
            bend(75.0, 10.0),
            held(3.0, 5.0, 3.0, None),
            &[bends.as_slice(), &[("rounded", Silent)]].concat(),
        ),
    ]
}

// ---- side plank ------------------------------------------------------------------------------------------------

fn side_planks() -> Vec<Clip> {
    let camera = Camera { height_m: 0.4, target_m: [0.35, 0.0], ..Camera::floor(View::Right) };
    let shape = |upper_arm: f64, straight_legs: bool| Shape::SidePlank(SidePlank { upper_arm, straight_legs });
    let plank = |id, what, shape, timeline, named: &[(&str, Expected)]| {
        // What the front of the body cannot show well, or what these clips are not about.
        let coarse = [("hips_back", Free), ("rolled", Free), ("head_off", Free), ("hold_short", Free)];
        let free = coarse.iter().filter(|(rule, _)| !named.iter().any(|(name, _)| name == rule));
        let named: Vec<_> = named.iter().chain(free).copied().collect();
        clip("side_plank", id, what, camera, shape, timeline, &named)
    };
    let straight = shape(0.0, false);
    let good = [
        ("hips_sag", Good),
        ("hips_sink", Good),
        ("hips_hike", Good),
        ("elbow_off", Good),
        ("hold_short", Good),
        ("variant", Good),
    ];

    vec![
        plank("SP-ok", "Ten holds of 10 s, 3 s rest.", straight.clone(), planks(10, 10.0, 0.0, &[]), &good),
        plank("SP-sag10", "Hips 39 mm low.", straight.clone(), planks(3, 10.0, 10.0, &[]), &[]),
        plank("SP-sag21", "Hips 82 mm low.", straight.clone(), planks(3, 10.0, 21.0, &[]), &[("hips_sag", Warn)]),
        plank("SP-sag32", "Hips 125 mm low.", straight.clone(), planks(3, 10.0, 32.0, &[]), &[("hips_sag", Fault)]),
        plank(
            "SP-drift",
            "Hips sink by 25 degrees in 20 s.",
            straight.clone(),
            sinking(),
            // 25° passes the warning limit of `hips_sag` (17) as well, by the end.
            &[("hips_sink", Fault), ("hips_sag", Warn), ("hold_short", Free)],
        ),
        plank("SP-elbow8", "Elbow 8 degrees off.", shape(8.0, false), planks(3, 10.0, 0.0, &[]), &[]),
        plank(
            "SP-elbow21",
            "Elbow 21 degrees off.",
            shape(21.0, false),
            planks(3, 10.0, 0.0, &[]),
            &[("elbow_off", Warn)],
        ),
        plank(
            "SP-elbow32",
            "Elbow 32 degrees off.",
            shape(32.0, false),
            planks(3, 10.0, 0.0, &[]),
            &[("elbow_off", Fault)],
        ),
        plank(
            "SP-ladder",
            "Five holds of 20 s; in the second a drop of 0.4 s, in the fourth one of 1.5 s.",
            straight,
            planks(5, 20.0, 0.0, &[(2, 0.4), (4, 1.5)]),
            &[("hips_sag", Free), ("hips_sink", Free)],
        ),
        plank(
            "SP-feet",
            "Legs straight, feet stacked, one hold of 20 s.",
            shape(0.0, true),
            planks(1, 20.0, 0.0, &[]),
            &[("variant", Free)],
        ),
    ]
}

/// `count` holds of `secs` with 3 s from the end of one to the start of the next, hips `sag` degrees low; `drops` are
/// (hold, seconds) of hips going to the floor in the middle of a hold.
fn planks(count: usize, secs: f64, sag: f64, drops: &[(usize, f64)]) -> Timeline {
    let (down, up) = ([0.0; 4], [1.0, sag, 0.0, 0.0]);
    let side = Some(Side::Right);
    let mut timeline = Timeline::quiet(down, 2.0);
    for n in 1..=count {
        timeline = timeline.go(0.8, up, Phase::Out);
        let start = timeline.duration_s();
        timeline = match drops.iter().find(|(hold, _)| *hold == n) {
            None => timeline.stay(secs, Phase::Hold).hold(start, side),
            Some(&(_, drop)) => {
                // Down and up again in `drop` seconds, a third of it on the floor.
                timeline = timeline.stay(secs / 2.0, Phase::Hold);
                let split = drop > 1.0;
                if split {
                    timeline = timeline.hold(start, side);
                }
                timeline = timeline.go(drop / 3.0, down, Phase::Hold).stay(drop / 3.0, Phase::Hold).go(
                    drop / 3.0,
                    up,
                    Phase::Hold,
                );
                let resumed = if split { timeline.duration_s() } else { start };
                timeline.stay(secs / 2.0 - drop, Phase::Hold).hold(resumed, side)
            }
        };
        timeline = timeline.go(0.6, down, Phase::Back).stay(1.6, Phase::Rest);
    }
    timeline
}

fn sinking() -> Timeline {
    Timeline::quiet([0.0; 4], 2.0)
        .go(0.8, [1.0, 0.0, 0.0, 0.0], Phase::Out)
        .drift(20.0, [1.0, 25.0, 0.0, 0.0], Phase::Hold)
        .hold(2.8, Some(Side::Right))
        .go(0.6, [0.0; 4], Phase::Back)
        .stay(1.6, Phase::Rest)
}

// ---- dead bug --------------------------------------------------------------------------------------------------

fn dead_bugs() -> Vec<Clip> {
    let camera = Camera { height_m: 0.2, target_m: [-0.15, 0.0], ..Camera::floor(View::Right) };
    let shape = |lumbar: f64| DeadBug { thigh: 50.0, knee: 90.0, lumbar, toe: 0.006, breath: 0.0 };
    let bug = |id, what, shape: DeadBug, timeline, named: &[(&str, Expected)]| {
        let named: Vec<_> = named.iter().copied().chain([("dose", Free), ("long_leg", Free)]).collect();
        clip("dead_bug", id, what, camera, Shape::DeadBug(shape), timeline, &named)
    };
    use Side::{Left, Right};
    let marching = || taps(&[&[Right], &[Left], &[Right], &[Left], &[Right], &[Left]]);
    let good = [
        ("arch_grows", Good),
        ("arch_flattens", Good),
        ("start_off", Good),
        ("knee_opens", Good),
        ("tap_short", Good),
        ("other_leg_moves", Good),
    ];

    vec![
        bug("DB-ok", "Six taps, back quiet.", shape(-2.0), marching(), &good),
        bug("DB-lift8", "The arch grows a little.", shape(-8.0), marching(), &[]),
        bug("DB-lift15", "The arch grows by 14 mm.", shape(-15.0), marching(), &[("arch_grows", Warn)]),
        bug("DB-lift25", "The arch grows by 22 mm.", shape(-25.0), marching(), &[("arch_grows", Fault)]),
        bug("DB-flat", "Presses the arch flat.", shape(25.0), marching(), &[("arch_flattens", Fault)]),
        bug(
            "DB-breath",
            "Belly and chest rise with the breath.",
            DeadBug { breath: 0.008, ..shape(0.0) },
            marching(),
            &good,
        ),
        bug(
            "DB-high",
            "Stops with the toe at 12 % of the shank above the floor.",
            DeadBug { thigh: 44.0, toe: 0.050, ..shape(0.0) },
            marching(),
            &[("tap_short", Warn)],
        ),
        bug(
            "DB-both",
            "Lowers both legs at once.",
            shape(0.0),
            taps(&[&[Left, Right], &[Left, Right], &[Left, Right]]),
            &[("tap_short", Fault), ("other_leg_moves", Free)],
        ),
        bug("DB-same", "Taps twice on the same side.", shape(0.0), taps(&[&[Right], &[Right], &[Left], &[Right]]), &[]),
    ]
}

/// One tap after the other with the legs named.
fn taps(sequence: &[&[Side]]) -> Timeline {
    let mut timeline = Timeline::quiet([0.0; 4], 2.0);
    for (i, legs) in sequence.iter().enumerate() {
        let start = timeline.duration_s();
        let down = [legs.contains(&Side::Left) as u8 as f64, legs.contains(&Side::Right) as u8 as f64, 0.0, 0.0];
        let side = if let [only] = legs { Some(*only) } else { None };
        timeline = timeline
            .go(1.2, down, Phase::Out)
            .stay(0.2, Phase::Hold)
            .go(1.2, [0.0; 4], Phase::Back)
            .rep(start, start + 1.3, side, true)
            .stay(if i + 1 == sequence.len() { 1.0 } else { 0.3 }, Phase::Rest);
    }
    timeline
}

// ---- bird dog --------------------------------------------------------------------------------------------------

fn bird_dogs() -> Vec<Clip> {
    let camera = |stand| Camera { height_m: 0.5, target_m: [0.1, 0.0], ..Camera::floor(stand) };
    let side = camera(View::Right);
    // Seen from behind everything lies near the middle. From 3 m a person of 1.75 m is 486 px tall, less than the 500 px of
    // the quality class these verdicts are for.
    let rear = Camera { target_m: [0.2, 0.0], distance_m: 2.7, ..camera(View::Rear) };
    let shape = |leg_line: f64, lumbar: f64, roll: f64| BirdDog { leg_line, arm_line: 0.0, lumbar, roll };
    let dog = |id, what, camera, shape: BirdDog, timeline, named: &[(&str, Expected)]| {
        clip("bird_dog", id, what, camera, Shape::BirdDog(shape), timeline, named)
    };
    let good = [
        ("start_off", Good),
        ("same_side", Good),
        ("sags", Good),
        ("rounds", Good),
        ("leg_height", Good),
        ("arm_height", Good),
        ("limb_bends", Good),
        ("hold_short", Good),
    ];
    // From behind, the raised leg hides its own hip now and then, and the arms; only the pelvis is judged.
    let behind = [("same_side", Free), ("weight_shifts", Free), ("shoulders_tilt", Free), ("hold_short", Free)];
    let and = |named: &[(&'static str, Expected)]| -> Vec<_> { named.iter().chain(&behind).copied().collect() };
    let six = |hold| reaches(6, hold, true);

    vec![
        dog("BD-ok", "Six reaches of 5 s, level and square.", side, shape(-3.0, -2.0, 4.0), six(5.0), &good),
        dog(
            "BD-sag10",
            "The low back sinks by 10 degrees.",
            side,
            shape(5.0, -10.0, 0.0),
            six(5.0),
            &[("leg_height", Good)],
        ),
        dog(
            "BD-sag17",
            "The low back sinks by 17 degrees.",
            side,
            shape(11.0, -17.0, 0.0),
            six(5.0),
            &[("sags", Warn)],
        ),
        dog(
            "BD-sag30",
            "The low back sinks by 30 degrees.",
            side,
            shape(22.0, -30.0, 0.0),
            six(5.0),
            &[("sags", Fault), ("leg_height", Fault)],
        ),
        dog(
            "BD-rot8",
            "The pelvis opens by 8 degrees, from behind.",
            rear,
            shape(-3.0, 0.0, 8.0),
            six(5.0),
            &and(&[("hips_open", Silent)]),
        ),
        dog(
            "BD-rot28",
            "The pelvis opens by 28 degrees, from behind.",
            rear,
            shape(-3.0, 0.0, 28.0),
            six(5.0),
            &and(&[("hips_open", Warn)]),
        ),
        dog(
            "BD-rot40",
            "The pelvis opens by 40 degrees, from behind.",
            rear,
            shape(-3.0, 0.0, 40.0),
            six(5.0),
            &and(&[("hips_open", Fault)]),
        ),
        dog(
            "BD-rot40-side",
            "The same from the side: cannot be seen.",
            side,
            shape(-3.0, 0.0, 40.0),
            six(5.0),
            &[("weight_shifts", Free)],
        ),
        dog(
            "BD-same",
            "Arm and leg of the same side.",
            side,
            shape(-3.0, 0.0, 0.0),
            reaches(4, 5.0, false),
            &[("same_side", Fault)],
        ),
        dog("BD-short", "Holds of 2.5 s.", side, shape(-3.0, 0.0, 0.0), six(2.5), &[("hold_short", Fault)]),
    ]
}

/// Reaches with alternating legs, the right one first; `opposite`: with the arm of the other side.
fn reaches(count: usize, hold: f64, opposite: bool) -> Timeline {
    let mut timeline = Timeline::quiet([0.0; 4], 2.0);
    for n in 0..count {
        let leg = if n % 2 == 0 { Side::Right } else { Side::Left };
        let arm = if opposite { leg.other() } else { leg };
        let on = |side: Side, which: Side| (side == which) as u8 as f64;
        let out = [on(leg, Side::Left), on(leg, Side::Right), on(arm, Side::Left), on(arm, Side::Right)];
        let start = timeline.duration_s();
        timeline = timeline
            .go(1.0, out, Phase::Out)
            .stay(hold, Phase::Hold)
            .hold(start + 1.0, Some(leg))
            .go(1.0, [0.0; 4], Phase::Back)
            .rep(start, start + 1.0 + hold / 2.0, Some(leg), true)
            .stay(if n + 1 == count { 1.0 } else { 0.5 }, Phase::Rest);
    }
    timeline
}
