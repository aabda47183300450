//! Hamstring stretch, after "7 Best Exercises To Relieve Low Back Pain" (BuiltLean), <https://www.builtlean.com/>.
//!
//! 1. Standing: one leg on a raised surface, navel towards the knee with a flat back.
//! 2. The hands do not reach for the foot: that only rounds the back.
//! 3. Or lying on the back, the leg raised with a belt.
//! 4. 30 to 60 seconds each leg.
//! 5. Flexibility test: bending at the pelvis to 70 degrees. Tightness or zinging into the calf is the nerve's: stop, and
//!    ask a physical therapist.
//!
//! The test is read from the raised leg of somebody lying, whose hip–ankle line can be told to 5 degrees, or from the
//! pelvis of somebody who bends forward; never from the line of shoulder and hip, to which a back rounded by 50 degrees
//! adds 29 (RULES.md 0, item 3). It tells where the leg came to, beside the article's mark, and judges nobody.

use crate::form::*;
use crate::kinematics::View::{Front, Oblique, Side};
use crate::kinematics::{Position, Reading, Sample, Unseen};

pub static HAMSTRING_STRETCH: Exercise = Exercise {
    name: "hamstring_stretch",
    title: "Hamstring stretch",
    source: "7 Best Exercises To Relieve Low Back Pain, BuiltLean",
    instructions: &[
        "Standing: put one heel on a raised surface, leg straight, hands on the hips.",
        "Bring the navel towards the knee with a flat back; do not reach for the foot, which only rounds the back.",
        "Or lie on your back and raise one straight leg with a belt, the other stays down.",
        "Hold for 30 to 60 seconds, then the other leg.",
        "Flexibility test: the leg raised lying, or the pelvis bent forward in standing, against a mark of 70 degrees.",
        safety::CALF,
    ],
    posture: Posture::Floor,
    camera: &[
        CameraPlace {
            view: Side,
            shows: "standing: fold, knee, back; stretched leg near",
            lens_height_m: 0.9,
            distance_m: 2.5,
        },
        CameraPlace {
            view: Side,
            shows: "lying: both legs; stretched leg near, body across the picture",
            lens_height_m: 0.3,
            distance_m: 2.5,
        },
    ],
    in_position: set_up,
    settle_secs: 1.0,
    counting: Counting::Holds(HoldSpec {
        signals: &[
            // RULES.md A2: folded from 8° on.
            Signal {
                views: &[Side, Oblique],
                variants: &["standing"],
                works: Works::Moves(leg_up),
                what: "fold of the trunk",
                // Against the set-up, which may lean.
                measure: |s| s.raised.angles.trunk_change,
                rest: 0.0,
                target: 16.0,
            },
            // Raised from 25° on.
            Signal {
                views: &[Side, Oblique],
                variants: &["supine"],
                works: Works::Moves(leg_up),
                what: "height of the leg",
                measure: |s| s.raised.angles.line,
                rest: 0.0,
                target: 50.0,
            },
            // A bow of less than 30° tests nothing.
            Signal {
                views: &[Side, Oblique],
                variants: &["forward_bend"],
                works: Works::Together,
                what: "bend of the trunk",
                measure: |s| s.trunk,
                rest: 0.0,
                target: 60.0,
            },
        ],
        is_this: legs_straight,
        enter: 0.5,
        leave: 0.25,
        still: 4.0 / 16.0,
        along: None,
        grace_secs: 1.0,
        least_secs: 3.0,
        words: PhaseWords { rest: "set-up", out: "into the stretch", hold: "hold", back: "release" },
    }),
    variants: &[
        Variant {
            name: "standing",
            title: "Standing, heel on a support",
            detect: Detect::Start(|s| on(s, Position::LegUp)),
        },
        Variant {
            name: "supine",
            title: "On the back, leg raised with a belt",
            detect: Detect::Start(|s| on(s, Position::Supine)),
        },
        Variant {
            name: "forward_bend",
            title: "Flexibility test: bending forward in standing",
            detect: Detect::Start(|s| on(s, Position::Upright)),
        },
    ],
    rules: &[
        Rule {
            name: "hamstring_stretch.rounded",
            id: "HS1",
            asks: "A flat back.",
            basis: Basis::Article,
            measures: "Lumbar flexion in the hold against the upright set-up, + rounded. Not asked lying: there the pelvis rolls \
                       with the leg by itself.",
            limits_because: "12° (contour) or 21° (spine landmarks) is what can be told; 10° is flat.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[Check {
                what: "rounding of the low back",
                measure: rounding,
                unit: Unit::Deg,
                limits: ROUNDED,
                limits_by_landmarks: Some(ROUNDED_BY_LANDMARKS),
                margin: 12.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Spine,
            cue: "Long spine, proud chest",
            text: "The low back appeared to round by about {measured}; that takes the stretch from the leg.",
            sources: &[],
        },
        Rule {
            name: "hamstring_stretch.folds_at_back",
            id: "HS2",
            asks: "Navel towards the knee: fold at the hip.",
            basis: Basis::Article,
            measures: "Fold of the raised hip in the hold against the set-up, without the low back's part in it (0.59 × lumbar \
                       flexion).",
            limits_because: "10° is a fold. Hip and leg stay in place, so that the same hip some degrees on is told to 4°; the \
                             low back's part adds 7° (contour) or 12° (spine landmarks): 3° and −1° are clearly less.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[Check {
                what: "fold at the hip",
                measure: |hold| {
                    hold.only(&STANDING)?;
                    hold.by_best_eye(|hold, lumbar| {
                        hold.extent(Window::Hold, lumbar)?;
                        middle(hold, |s| s.raised.angles.fold)
                    })
                },
                unit: Unit::Deg,
                limits: Limits { low: Some(Band::warn_only(10.0, 3.0)), high: None },
                limits_by_landmarks: Some(Limits { low: Some(Band::warn_only(10.0, -1.0)), high: None }),
                margin: 8.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Spine,
            cue: "Navel to knee",
            text: "The hip {folded|opened} by {measured}: most of the bend came from the back.",
            sources: &[],
        },
        Rule {
            name: "hamstring_stretch.reaches",
            id: "HS3",
            asks: "The hands do not reach for the foot.",
            basis: Basis::Article,
            measures: "Near wrist beyond the raised knee along the leg, over shank length, in the hold.",
            limits_because: "0.1 is what can be told. Reaching is a remark by itself, and a fault where the back rounds with it.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[
                reach(hand, Limits { low: None, high: Some(Band::warn_only(0.2, 0.4)) }),
                reach(
                    |hold| if rounds(hold) { hand(hold) } else { Err(Unseen::NotAsked) },
                    Limits::above(0.2, 0.4, 0.8),
                ),
            ],
            fallback: &[],
            weight: Weight::Strategy,
            cue: "Hands rest on hips",
            text: "The hand reached {measured} of the shank beyond the knee, which rounds the back.",
            sources: &[],
        },
        Rule {
            name: "hamstring_stretch.knee_bends",
            id: "HS4",
            asks: "The raised knee stays nearly straight.",
            basis: Basis::Practice,
            measures: "Flexion of the raised knee in the hold.",
            limits_because: "10° (lying) or 16° (standing) is what can be told; 15° is nearly straight.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[knee(|hold| raised_knee(hold, &STANDING), 16.0), knee(|hold| raised_knee(hold, &SUPINE), 10.0)],
            fallback: &[],
            weight: Weight::LimbLine,
            cue: "Push heel away",
            text: "The knee of the stretched leg bent by {measured}.",
            sources: &[],
        },
        Rule {
            name: "hamstring_stretch.leg_height",
            id: "HS5",
            asks: "Flexibility test, lying: how high the straight leg comes.",
            basis: Basis::Article,
            measures: "Hip–ankle line of the raised leg above level, in the hold, with the knee nearly straight.",
            limits_because: "70° is the article's mark; the line is told to 5°, so 65-75° are neither. The pelvis makes a quarter \
                             to a third of the way, and a study sets its mark at 80°.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[Check {
                what: "height of the leg",
                measure: |hold| {
                    hold.only(&SUPINE)?;
                    let knee = middle(hold, |s| s.raised.angles.knee)?;
                    // A bent knee lets any leg up: no test.
                    if knee.high.value > NEARLY_STRAIGHT { Err(Unseen::NotReached) } else { middle(hold, line) }
                },
                unit: Unit::Deg,
                limits: MARK,
                limits_by_landmarks: None,
                margin: 5.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Information,
            cue: "Foot to the ceiling",
            text: "The straight leg came to {measured}, {standing} the article's flexibility mark of 70°.",
            sources: &["Bohannon 1985, doi 10.1093/ptj/65.10.1501", "PMC6449015"],
        },
        Rule {
            name: "hamstring_stretch.pelvis_bend",
            id: "HS5b",
            asks: "Flexibility test, standing: how far the pelvis bends forward.",
            basis: Basis::Article,
            measures: "Pelvic tilt in the bend against standing: the trunk's lean without the low back's part (0.59 × lumbar \
                       flexion). Never the trunk alone.",
            limits_because: "70° is the article's mark. The trunk's lean is told to 9°, the low back's part to 7° (contour) or 12° \
                             (spine landmarks), both together to 12° and 15°: less than that off the mark is neither.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[Check {
                what: "bend of the pelvis",
                measure: |hold| {
                    hold.only(&BEND)?;
                    hold.by_best_eye(|hold, lumbar| {
                        hold.extent(Window::Hold, lumbar)?;
                        middle(hold, |s| s.spine.pelvic_tilt)
                    })
                },
                unit: Unit::Deg,
                limits: MARK,
                limits_by_landmarks: Some(MARK_BY_LANDMARKS),
                margin: 12.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Information,
            cue: "Bend from the hips",
            text: "The pelvis appeared to bend by {measured}, {standing} the article's flexibility mark of 70°.",
            sources: &["PMC4991856"],
        },
        Rule {
            name: "hamstring_stretch.other_leg_lifts",
            id: "HS6",
            asks: "Lying: the other leg stays down.",
            basis: Basis::Practice,
            measures: "Hip–ankle line of the other leg above level, in the hold.",
            limits_because: "5° is what can be told; up to 9° a leg lies.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[Check {
                what: "lift of the other leg",
                measure: |hold| {
                    hold.only(&SUPINE)?;
                    hold.extent(Window::Hold, |s| s.raised.angles.other_line)
                },
                unit: Unit::Deg,
                limits: Limits::above(9.0, 14.0, 25.0),
                limits_by_landmarks: None,
                margin: 4.6,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Base,
            cue: "Heavy leg stays down",
            text: "The other leg lifted by {measured}.",
            sources: &[],
        },
        Rule {
            name: "hamstring_stretch.hold_short",
            id: "HS7",
            asks: "30 to 60 seconds each leg.",
            basis: Basis::Article,
            measures: "Time from reaching the position to leaving it.",
            limits_because: "The timer is good to half a second at both ends together.",
            // A clock is not turned by the camera: judged from wherever it counts.
            views: &[Side, Oblique, Front],
            scope: Scope::Bout,
            checks: &[Check {
                what: "time held",
                measure: |hold| {
                    hold.only(&STRETCHES)?;
                    hold.held_secs()
                },
                unit: Unit::Secs,
                limits: Limits::below(30.0, 29.5, 20.0),
                limits_by_landmarks: None,
                margin: 0.5,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Dose,
            cue: "Stay until the tone",
            text: "Held {measured} of 30 s.",
            sources: &[],
        },
    ],
    arcs: &[Arc::RaisedLeg, Arc::Knee, Arc::Trunk],
    dose: Dose { ladder: &[Rung { hold_secs: 30.0, holds: 1 }], alternate: true, ..Dose::OPEN },
};

const STANDING: [&str; 1] = ["standing"];
const SUPINE: [&str; 1] = ["supine"];
const BEND: [&str; 1] = ["forward_bend"];
const STRETCHES: [&str; 2] = ["standing", "supine"];
const ON_FEET: [&str; 2] = ["standing", "forward_bend"];

const ROUNDED: Limits = Limits::above(10.0, 20.0, 30.0);
const ROUNDED_BY_LANDMARKS: Limits = Limits::above(10.0, 26.0, 38.0);
/// The article's 70°, which nobody has to reach; the warning's distance only gives the margin's scale.
const MARK: Limits = Limits { low: Some(Band::warn_only(70.0, 60.0)), high: None };
const MARK_BY_LANDMARKS: Limits = Limits { low: Some(Band::warn_only(70.0, 57.5)), high: None };
/// A knee bent by no more passes for straight, degrees.
const NEARLY_STRAIGHT: f64 = 15.0;

/// Ready for the stretch or the test: chest up over straight legs, with a heel up or not, or both legs down lying.
fn set_up(s: &Sample) -> Result<(), Hint> {
    const CHEST_LEANS: f64 = 20.0;
    const LEG_LIES: f64 = 15.0;
    match s.position.map_err(Hint::from)? {
        Position::Supine if line(s).map_err(Hint::from)? > LEG_LIES => Err(Hint::Take("Both legs down")),
        Position::Supine => Ok(()),
        Position::LegUp | Position::Upright if s.trunk.map_err(Hint::from)?.abs() > CHEST_LEANS => Err(Hint::StandTall),
        Position::LegUp => Ok(()),
        Position::Upright => Hint::legs_straight(s, 25.0),
        _ => Err(Hint::Take("Heel up, or lie down")),
    }
}

fn on(s: &Sample, position: Position) -> bool {
    s.position == Ok(position)
}

fn leg_up(s: &Sample) -> Option<crate::units::Side> {
    s.raised.side.ok()
}

fn line(s: &Sample) -> Reading {
    s.raised.angles.line
}

fn middle(hold: &Bout, measure: fn(&Sample) -> Reading) -> Result<Extent, Unseen> {
    let middle = hold.median(Window::Hold, measure)?;
    Ok(Extent::at(middle.value, middle.at))
}

fn rounding(hold: &Bout) -> Result<Extent, Unseen> {
    hold.only(&ON_FEET)?;
    hold.by_best_eye(|hold, lumbar| hold.extent(Window::Hold, lumbar))
}

/// Whether the back is seen to round enough for a warning.
fn rounds(hold: &Bout) -> bool {
    let warned = |extent: Extent| {
        let limits = if extent.by_landmarks { ROUNDED_BY_LANDMARKS } else { ROUNDED };
        limits.high.is_some_and(|band| extent.high.value >= band.warn)
    };
    rounding(hold).is_ok_and(warned)
}

fn hand(hold: &Bout) -> Result<Extent, Unseen> {
    hold.only(&STANDING)?;
    hold.extent(Window::Hold, |s| s.raised.angles.hand)
}

fn raised_knee(hold: &Bout, variants: &[&str]) -> Result<Extent, Unseen> {
    hold.only(variants)?;
    hold.extent(Window::Hold, |s| s.raised.angles.knee)
}

const fn reach(measure: fn(&Bout) -> Result<Extent, Unseen>, limits: Limits) -> Check {
    Check {
        what: "reach of the hand",
        measure,
        unit: Unit::Ratio,
        limits,
        limits_by_landmarks: None,
        margin: 0.1,
        below_own_best: None,
    }
}

const fn knee(measure: fn(&Bout) -> Result<Extent, Unseen>, margin: f64) -> Check {
    Check {
        what: "bend of the raised knee",
        measure,
        unit: Unit::Deg,
        limits: Limits::above(NEARLY_STRAIGHT, 27.0, 42.0),
        limits_by_landmarks: None,
        margin,
        below_own_best: None,
    }
}

/// A squat leans too, and a dead bug raises bent legs: a knee bent by more than a right angle less what can be told is
/// another exercise's, not a fault of this one.
fn legs_straight(hold: &Bout) -> Result<(), &'static str> {
    const BENT: f64 = 70.0;
    let knee = hold.median(Window::Hold, |s| s.raised.angles.knee.or(s.near_limbs().knee));
    if knee.is_ok_and(|knee| knee.value > BENT) { Err("the knees were bent") } else { Ok(()) }
}
