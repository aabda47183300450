//! Squat, after "7 Best Exercises To Relieve Low Back Pain" (BuiltLean), <https://www.builtlean.com/>.
//!
//! 1. Bodyweight first, watched from the side.
//! 2. Feet slightly wider than the hips, toes slightly out.
//! 3. Chest tall, core tight.
//! 4. Bend the knees and reach back as if to sit in a chair.
//! 5. Knees out over the second toe, never collapsing in.
//! 6. Spine neutral all the way: no butt wink, the pelvis rotating under and the low back rounding with it.
//! 7. Push through the feet, back to standing.
//! 8. Then with a weight on one side; then on one leg.
//!
//! The article asks for no depth: a shallow neutral repetition is a good one. Depth is reported, never penalised.

use crate::form::*;
use crate::kinematics::View::{Front, Oblique, Side};
use crate::kinematics::{Reading, Sample, Unseen};
use crate::units;

pub static SQUAT: Exercise = Exercise {
    name: "squat",
    title: "Squat",
    source: "7 Best Exercises To Relieve Low Back Pain, BuiltLean",
    instructions: &[
        "Stand with the feet slightly wider than the hips, toes slightly out.",
        "Chest tall, core tight.",
        "Bend the knees and reach back as if to sit in a chair.",
        "Keep the knees out over the second toes.",
        "Keep the low back neutral all the way; stop before the pelvis tucks under.",
        "Push through the whole foot, back to standing.",
        "When that is easy, hold a weight on one side; then squat on one leg.",
    ],
    posture: Posture::Standing,
    camera: &[
        CameraPlace { view: Side, shows: "back, trunk, heels", lens_height_m: 0.9, distance_m: 2.5 },
        CameraPlace { view: Front, shows: "knees, stance, weight shift", lens_height_m: 0.9, distance_m: 2.5 },
    ],
    in_position: standing,
    settle_secs: 0.5,
    counting: Counting::Reps(RepSpec {
        // RULES.md B: full at progress 0.75, i.e. 61° of knee, or hips down by 15 % of the leg. Between side and front a
        // knee looks straighter than it is (a parallel squat 50° off reads 60°), hips go down as far from everywhere; a
        // leg is 1.7 trunks long.
        signals: &[
            Signal {
                views: &[Side],
                variants: &[],
                works: Works::Seen(|s| s.standing.ok()),
                what: "knee flexion",
                measure: knee,
                rest: 5.0,
                target: 80.0,
            },
            Signal {
                views: &[Oblique],
                variants: &[],
                works: Works::Seen(|s| s.standing.ok()),
                what: "hip drop",
                measure: |s| Ok(-s.hip_up?),
                rest: 0.0,
                target: 0.34,
            },
            Signal {
                views: &[Front],
                variants: &[],
                works: Works::Seen(|s| s.standing.ok()),
                what: "hip drop",
                measure: |s| s.front.hip_drop,
                rest: 0.0,
                target: 0.20,
            },
        ],
        is_this: feet_stay,
    }),
    variants: &[
        Variant { name: "two_legs", title: "Standard", detect: Detect::Start(|_| true) },
        Variant { name: "one_sided", title: "With a weight on one side", detect: Detect::Told },
        Variant { name: "one_leg", title: "On one leg", detect: Detect::Movement(on_one_leg) },
    ],
    rules: &[
        Rule {
            name: "squat.butt_wink",
            id: "SQ1",
            asks: "Neutral spine all the way: the pelvis does not rotate under near the bottom.",
            basis: Basis::Article,
            measures: "Lumbar flexion gained between 60° of knee bend on the way down and the bottom.",
            limits_because: "Some lumbar flexion is usual in a deep squat (12-26° in trained lifters), and good repetitions \
                             gain about 6° late; the limits stand where an ideal contour (9-10°) or spine landmarks (14°) \
                             could tell. Measured on rendered clips, the gain was off by -13° to +9°: the margin says so. \
                             No clinical cut-off exists.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[Check {
                what: "late gain of lumbar flexion",
                measure: |rep| {
                    rep.by_best_eye(|rep, lumbar| {
                        let before = rep.when_passing(60.0, knee, lumbar)?;
                        let bottom = rep.at_bottom(lumbar)?;
                        Ok(Extent::at(bottom.high.value - before.high.value, rep.turn_time()))
                    })
                },
                unit: Unit::Deg,
                limits: Limits::above(8.0, 15.0, 25.0),
                limits_by_landmarks: Some(Limits::above(8.0, 18.0, 30.0)),
                margin: 14.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Spine,
            cue: "Stop before the tuck",
            text: "Near the bottom the pelvis tucked under: the low back appeared to round by about {measured}.",
            sources: &["McKean 2010", "von Arx 2021, arXiv 2109.00431", "Appl. Sci. 2025 15(23) 12526"],
        },
        Rule {
            name: "squat.rounded",
            id: "SQ2",
            asks: "Neutral spine overall.",
            basis: Basis::Article,
            measures: "Lumbar flexion at the bottom against standing.",
            limits_because: "12-26° is usual in a deep squat and stays silent; 13° (contour; measured on rendered clips) or 22° (landmarks) is what can be told.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[Check {
                what: "lumbar flexion at the bottom",
                measure: |rep| rep.by_best_eye(|rep, lumbar| rep.at_bottom(lumbar)),
                unit: Unit::Deg,
                limits: Limits::above(20.0, 30.0, 40.0),
                limits_by_landmarks: Some(Limits::above(20.0, 38.0, 50.0)),
                margin: 13.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Spine,
            cue: "Zip up, chest proud",
            text: "At the bottom the low back appeared to round by about {measured}; 12-26° is usual in a deep squat.",
            sources: &["McKean 2010", "von Arx 2021, arXiv 2109.00431"],
        },
        Rule {
            name: "squat.chest_drops",
            id: "SQ3",
            asks: "Chest tall.",
            basis: Basis::Article,
            measures: "Trunk from vertical at the bottom, and how much further it leans than the shank.",
            limits_because: "Balance alone asks for a lean of 38-53° and 11-31° more than the shank (statics); beyond that, \
                             by 9° and 11°, the chest has dropped.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[
                Check {
                    what: "trunk lean at the bottom",
                    measure: |rep| rep.at_bottom(|s| s.trunk),
                    unit: Unit::Deg,
                    limits: Limits::above(45.0, 53.0, 62.0),
                    limits_by_landmarks: None,
                    margin: 9.0,
                    below_own_best: None,
                },
                Check {
                    what: "trunk lean beyond the shank's",
                    measure: |rep| rep.at_bottom(|s| Ok(s.trunk? - s.standing_limbs().shank?)),
                    unit: Unit::Deg,
                    limits: Limits::above(22.0, 31.0, 40.0),
                    limits_by_landmarks: None,
                    margin: 11.0,
                    below_own_best: None,
                },
            ],
            fallback: &[],
            weight: Weight::Strategy,
            cue: "Show your shirt logo",
            text: "The chest leaned {measured}.",
            sources: &["Myer 2014, PMC4262933"],
        },
        Rule {
            name: "squat.knees_first",
            id: "SQ4",
            asks: "Reach back as if to sit in a chair: hips first.",
            basis: Basis::Article,
            measures: "Hip flexion as a share of hip and knee flexion together, early in the descent.",
            limits_because: "A squat shares about evenly (0.5); 0.08 is what can be told.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[Check {
                what: "share of the hip",
                measure: |rep| rep.when_passing(35.0, knee, |s| s.standing_limbs().share),
                unit: Unit::Ratio,
                limits: Limits::below(0.45, 0.38, 0.32),
                limits_by_landmarks: None,
                margin: 0.08,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Strategy,
            cue: "Sit back to a chair",
            text: "The knees started before the hips (share of the hip {measured}).",
            sources: &[],
        },
        Rule {
            name: "squat.knees_in",
            id: "SQ5",
            asks: "Knees out over the second toes, never collapsing in.",
            basis: Basis::Article,
            measures: "Distance between the knees over distance between the big toes, in the lowest third.",
            limits_because: "0.97 in good form whatever the toe-out, camera yaw and distance; 0.80 means about 4.5 cm each knee \
                             inwards at a 40 cm stance, 0.70 about 7.5 cm. Only valid low down: standing reads 0.70. \
                             Without toe points, knees over ankles; the usual 0.85 there would miss most faults.",
            views: &[Front],
            scope: Scope::Bout,
            checks: &[
                Check {
                    what: "knee separation / toe separation",
                    measure: |rep| {
                        rep.only(&BOTH_FEET)?;
                        rep.extent_where(Window::SoFar, low_down, |s| s.front.kts)
                    },
                    unit: Unit::Ratio,
                    limits: Limits::below(0.92, 0.80, 0.70),
                    limits_by_landmarks: None,
                    // Read as it is, not against standing: the wider of RULES.md 0.2's margins.
                    margin: 0.16,
                    below_own_best: Some(0.10),
                },
                Check {
                    what: "knee separation / ankle separation",
                    measure: knees_over_ankles,
                    unit: Unit::Ratio,
                    limits: Limits::below(1.18, 1.0, 1.0),
                    limits_by_landmarks: None,
                    margin: 0.21,
                    below_own_best: None,
                },
            ],
            fallback: &[Check {
                what: "knee separation / ankle separation",
                measure: knees_over_ankles,
                unit: Unit::Ratio,
                limits: Limits::below(1.28, 1.1, 1.0),
                limits_by_landmarks: None,
                margin: 0.21,
                below_own_best: None,
            }],
            weight: Weight::LimbLine,
            cue: "Spread the floor",
            text: "The knees came in at the bottom ({what}: {measured}).",
            sources: &["Munro 2012", "Gwynne 2014, IJSPT 9:898"],
        },
        Rule {
            name: "squat.one_knee_in",
            id: "SQ6",
            asks: "Knees out over the second toes, never collapsing in.",
            basis: Basis::Article,
            measures: "Each knee sideways from its big toe over shank length, + outward, in the lowest third.",
            limits_because: "0.13 is what can be told, and only with the camera square in front.",
            views: &[Front],
            scope: Scope::Bout,
            checks: &[
                one_knee(|rep| knee_over_toe(rep, units::Side::Left)),
                one_knee(|rep| knee_over_toe(rep, units::Side::Right)),
            ],
            fallback: &[],
            weight: Weight::LimbLine,
            cue: "Each knee over toe",
            text: "One knee came in over its foot (by {measured} of the shank).",
            sources: &[],
        },
        Rule {
            name: "squat.knee_falls_in",
            id: "SQ6b",
            asks: "On one leg: the knee does not fall in.",
            basis: Basis::Article,
            measures: "Bend of hip, knee and ankle in the picture, + knee towards the other leg, on one leg, while the knee is \
                       not bent by more than about 60°.",
            limits_because: "Two lines of 40 cm between points that are off by centimetres: 17° can be told, so only what \
                             is gross is seen (by hand, on a stopped video, 8° can be).",
            views: &[Front],
            scope: Scope::Bout,
            checks: &[Check {
                what: "knee inside the line from hip to ankle",
                measure: |rep| {
                    rep.only(&["one_leg"])?;
                    let side = rep.side.ok_or(Unseen::NotReached)?;
                    rep.extent_where(Window::Descent, not_yet_low, |s| s.limbs(side).knee_in)
                },
                unit: Unit::Deg,
                limits: Limits::above(6.0, 20.0, 30.0),
                limits_by_landmarks: None,
                margin: 17.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::LimbLine,
            cue: "Knee over second toe",
            text: "The knee fell in by {measured}.",
            sources: &["Munro 2012", "Gwynne 2014, IJSPT 9:898"],
        },
        Rule {
            name: "squat.stance",
            id: "SQ7",
            asks: "Feet slightly wider than the hips.",
            basis: Basis::Article,
            measures: "Distance between the ankles over distance between the shoulders, standing.",
            limits_because: "Slightly wider than the hips is about the shoulders' width; 0.23 is what can be told.",
            views: &[Front],
            scope: Scope::Bout,
            checks: &[Check {
                what: "ankle separation / shoulder separation",
                measure: |rep| {
                    rep.only(&BOTH_FEET)?;
                    let width = rep.median(Window::Before, |s| s.front.stance_width)?;
                    Ok(Extent::at(width.value, width.at))
                },
                unit: Unit::Ratio,
                limits: Limits::between(Band::new(0.85, 0.65, 0.5), Band::new(1.35, 1.55, 1.8)),
                limits_by_landmarks: None,
                margin: 0.23,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Base,
            cue: "Feet just outside hips",
            text: "The feet stood {measured} of the shoulders' width apart.",
            sources: &[],
        },
        Rule {
            name: "squat.heels_rise",
            id: "SQ8",
            asks: "Push through the feet: heels down, whole foot.",
            basis: Basis::Article,
            measures: "Angle of the sole against standing, heel up, as far as heel and ankle rose with it.",
            limits_because: "Flat is flat; 7° is what can be told.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[Check {
                what: "heel rise",
                measure: |rep| rep.extent(Window::SoFar, |s| s.standing_limbs().heel_rise),
                unit: Unit::Deg,
                limits: Limits::above(4.0, 10.0, 16.0),
                limits_by_landmarks: None,
                margin: 7.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Base,
            cue: "Heels heavy",
            text: "The heel rose by {measured}.",
            sources: &["Myer 2014, PMC4262933"],
        },
        Rule {
            name: "squat.short_lockout",
            id: "SQ9",
            asks: "Back to standing.",
            basis: Basis::Article,
            measures: "Knee and hip flexion at the top against the person's own standing.",
            limits_because: "The same posture compared with itself: 4° can be told, 16° is clearly short.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[
                left_at_top("knee flexion left at the top", |rep| rep.left_at_top(knee)),
                left_at_top("hip flexion left at the top", |rep| rep.left_at_top(|s| s.standing_limbs().hip)),
            ],
            fallback: &[],
            weight: Weight::Range,
            cue: "Stand tall, full height",
            text: "The repetition ended {measured} short of standing tall ({what}).",
            sources: &[],
        },
        Rule {
            name: "squat.rushed",
            id: "SQ10",
            asks: "Even and controlled.",
            basis: Basis::Practice,
            measures: "Time from leaving the stand to the lowest point.",
            limits_because: "Two pictures of error (0.07 s); under 0.8 s nobody controls the bottom.",
            views: &[Side, Oblique, Front],
            scope: Scope::Bout,
            checks: &[Check {
                what: "time down",
                measure: |rep| rep.secs_down(),
                unit: Unit::Secs,
                limits: Limits::below(1.5, 0.8, 0.5),
                limits_by_landmarks: None,
                margin: 0.07,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Tempo,
            cue: "Slow down, smooth",
            text: "The way down took {measured}.",
            sources: &["Myer 2014, PMC4262933"],
        },
        Rule {
            name: "squat.shifted",
            id: "SQ11",
            asks: "Weight through both feet.",
            basis: Basis::Practice,
            measures: "Tilt of the shoulder line, and the hips sideways over hip width, at the bottom against standing.",
            limits_because: "4° and 22 % can be told.",
            views: &[Front],
            scope: Scope::Bout,
            checks: &[
                Check {
                    what: "shoulder line",
                    measure: |rep| rep.change_to_bottom(|s| s.front.shoulder_line),
                    unit: Unit::Deg,
                    limits: Limits::between(Band::new(-6.0, -9.0, -15.0), Band::new(6.0, 9.0, 15.0)),
                    limits_by_landmarks: None,
                    margin: 4.0,
                    below_own_best: None,
                },
                Check {
                    what: "hips sideways",
                    measure: |rep| {
                        rep.only(&BOTH_FEET)?;
                        rep.change_to_bottom(|s| s.front.hip_shift)
                    },
                    unit: Unit::Ratio,
                    limits: Limits::between(Band::new(-0.20, -0.30, -0.45), Band::new(0.20, 0.30, 0.45)),
                    limits_by_landmarks: None,
                    margin: 0.22,
                    below_own_best: None,
                },
            ],
            fallback: &[],
            weight: Weight::Tempo,
            cue: "Weight through both feet",
            text: "The weight shifted to one side ({what}: {measured}).",
            sources: &["Myer 2014, PMC4262933"],
        },
    ],
    arcs: &[Arc::Knee, Arc::Hip, Arc::Trunk],
    dose: Dose::OPEN,
};

const BOTH_FEET: [&str; 2] = ["two_legs", "one_sided"];

fn knee(s: &Sample) -> Reading {
    s.standing_limbs().knee
}

fn on_one_leg(rep: &Bout) -> bool {
    rep.mostly(|s| s.standing.is_ok())
}

/// The lowest third: hips down by a fifth of the leg (thigh within 38° of horizontal).
fn low_down(s: &Sample) -> bool {
    s.front.hip_drop.is_ok_and(|drop| drop >= 0.21)
}

/// Hips down by no more than 17 % of the leg: a knee of about 60°, beyond which the picture's bend says nothing of the
/// joint's.
fn not_yet_low(s: &Sample) -> bool {
    s.front.hip_drop.is_ok_and(|drop| drop <= 0.17)
}

fn knees_over_ankles(rep: &Bout) -> Result<Extent, Unseen> {
    rep.only(&BOTH_FEET)?;
    rep.extent_where(Window::SoFar, low_down, |s| s.front.kasr)
}

/// Of a leg that stands.
fn knee_over_toe(rep: &Bout, side: units::Side) -> Result<Extent, Unseen> {
    if rep.only(&["one_leg"]).is_ok() && rep.side != Some(side) {
        return Err(Unseen::NotAsked);
    }
    rep.extent_where(Window::SoFar, low_down, |s| s.limbs(side).knee_over_toe)
}

const fn one_knee(measure: fn(&Bout) -> Result<Extent, Unseen>) -> Check {
    Check {
        what: "knee inside its toe / shank",
        measure,
        unit: Unit::Ratio,
        limits: Limits::below(-0.05, -0.15, -0.22),
        limits_by_landmarks: None,
        margin: 0.13,
        below_own_best: None,
    }
}

const fn left_at_top(what: &'static str, measure: fn(&Bout) -> Result<Extent, Unseen>) -> Check {
    Check {
        what,
        measure,
        unit: Unit::Deg,
        limits: Limits::above(10.0, 16.0, 26.0),
        limits_by_landmarks: None,
        margin: 4.0,
        below_own_best: None,
    }
}

/// Upright with straight legs, seen square from the side or the front.
fn standing(s: &Sample) -> Result<(), Hint> {
    Hint::upright(s, 25.0)?;
    Hint::legs_straight(s, 25.0)
}

/// A squat keeps its feet where they are and its trunk off the floor.
fn feet_stay(rep: &Bout) -> Result<(), &'static str> {
    // On one leg, a foot that is on its way up moves before it is known to be up.
    let one_leg = rep.only(&["one_leg"]).is_ok();
    let moved = rep.extent_where(Window::Whole, |s| !one_leg || s.standing.is_ok(), |s| s.feet_moved);
    if moved.is_ok_and(|moved| moved.high.value > FEET_STAY) {
        return Err("the feet moved");
    }
    if rep.at_bottom(|s| s.trunk).is_ok_and(|trunk| trunk.high.value > 80.0) {
        return Err("the trunk was level");
    }
    match one_leg {
        true if !on_one_leg(rep) => Err("both feet were down"),
        false if on_one_leg(rep) => Err("a foot was off the floor"),
        _ => Ok(()),
    }
}
