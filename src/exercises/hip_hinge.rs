//! Hip hinge with a dowel, after "7 Best Exercises To Relieve Low Back Pain" (BuiltLean), <https://www.builtlean.com/>.
//!
//! 1. Stand tall: shoulders over hips over heels.
//! 2. A dowel along the spine touches head, upper back and lower back.
//! 3. Push the hips back; the knees stay over the ankles.
//! 4. At the stretch behind the legs drive through the feet and squeeze the glutes to stand.
//! 5. The dowel keeps its three contacts all the time.
//! 6. 10 repetitions, 2 sets.
//! 7. Then the deadlift; then the deadlift on one leg.
//!
//! "Lower back" contact is read as the sacrum: a natural lumbar gap of about a hand's thickness stays open above it.
//! A weight cannot be seen, so only `--variant` says that it is a deadlift. There the knees bend as far as the weight on the
//! floor asks, and nothing is held along the back: what is left to judge is the back, the head and standing tall. On one leg
//! it is counted on the leg nearer the camera; the far one, behind the leg that swings back, is not.

use crate::form::*;
use crate::kinematics::View::{Oblique, Side};
use crate::kinematics::{Limbs, Reading, Sample, Unseen};

pub static HIP_HINGE: Exercise = Exercise {
    name: "hip_hinge",
    title: "Hip hinge",
    source: "7 Best Exercises To Relieve Low Back Pain, BuiltLean",
    instructions: &[
        "Stand tall, shoulders over hips over heels.",
        "Hold a dowel along the spine: head, upper back and lower back touch it.",
        "Push the hips back, knees over the ankles.",
        "At the stretch behind the legs drive through the feet and squeeze the glutes to stand.",
        "Keep the three touches all the time.",
        "10 repetitions, 2 sets.",
        "When that is easy, do it as a deadlift; then as a deadlift on one leg.",
    ],
    posture: Posture::Standing,
    camera: &[CameraPlace {
        view: Side,
        shows: "contacts, gap, shank; film from the side of the upper hand",
        lens_height_m: 0.9,
        distance_m: 2.5,
    }],
    in_position: stacked,
    settle_secs: 0.5,
    counting: Counting::Reps(RepSpec {
        // RULES.md B: full at progress 0.75, i.e. 46° at the hip.
        signals: &[Signal {
            views: &[Side, Oblique],
            variants: &[],
            works: Works::Seen(|s| s.standing.ok()),
            what: "hip flexion",
            measure: hip,
            rest: 5.0,
            target: 60.0,
        }],
        is_this: hips_lead,
    }),
    variants: &[
        Variant { name: "hinge", title: "Standard", detect: Detect::Start(|_| true) },
        Variant { name: "deadlift", title: "Deadlift", detect: Detect::Told },
        Variant { name: "one_leg", title: "Deadlift on one leg", detect: Detect::Movement(on_one_leg) },
    ],
    rules: &[
        Rule {
            name: "hip_hinge.contact_lost",
            id: "HH1",
            asks: "The dowel keeps touching head, upper back and lower back.",
            basis: Basis::Article,
            measures: "Distance of the upper back and of the sacrum from the dowel, and how far the head has come off it since \
                       standing, over trunk length.",
            limits_because: "3 % (15 mm) is what dowel line and outline can tell, and a head followed in the picture (measured \
                             on rendered clips); 5.5 % is a thumb's breadth.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[
                contact("gap at the head", |rep| off_dowel(rep, |s| s.dowel.head)),
                contact("gap at the upper back", |rep| off_dowel(rep, |s| s.dowel.upper_back)),
                contact("gap at the lower back", |rep| off_dowel(rep, |s| s.dowel.sacrum)),
            ],
            fallback: &[],
            weight: Weight::Spine,
            cue: "Keep three touches",
            text: "A touch of the dowel was lost ({what}: {measured} of the trunk).",
            sources: &[],
        },
        Rule {
            name: "hip_hinge.gap_changes",
            id: "HH2",
            asks: "The gap at the low back neither closes nor opens.",
            basis: Basis::Practice,
            measures: "Gap between dowel and low back over trunk length, at the stretch against standing. Where the picture does not \
                       show it, but the back has come to lie over the dowel, it has closed by the dowel's thickness at least.",
            limits_because: "About 1 mm per degree of lumbar flexion; the natural gap is about 6 % (31 mm); 2-3 % can be told.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[gap("change of the lumbar gap", gap_change), gap("low back over the dowel", covered_since)],
            fallback: &[],
            weight: Weight::Spine,
            cue: "Hand fits behind back",
            text: "The gap at the low back {opened|closed} by {measured} of the trunk.",
            sources: &[],
        },
        Rule {
            name: "hip_hinge.rounded",
            id: "HH3",
            asks: "The back stays as it is in standing.",
            basis: Basis::Article,
            measures: "Lumbar flexion at the stretch against standing.",
            limits_because: "13° (contour; measured on rendered clips) or 21° (spine landmarks) is what can be told.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[Check {
                what: "lumbar flexion at the stretch",
                measure: |rep| rep.by_best_eye(|rep, lumbar| rep.at_bottom(lumbar)),
                unit: Unit::Deg,
                limits: Limits::above(10.0, 20.0, 30.0),
                limits_by_landmarks: Some(Limits::above(10.0, 27.0, 39.0)),
                margin: 13.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Spine,
            cue: "Stiff as the stick",
            text: "At the stretch the low back appeared to round by about {measured}.",
            sources: &["von Arx 2021, arXiv 2109.00431"],
        },
        Rule {
            name: "hip_hinge.arched",
            id: "HH3b",
            asks: "The back stays as it is in standing: it does not hollow.",
            basis: Basis::Article,
            measures: "Lumbar flexion at the stretch against standing, − extension.",
            limits_because: "Backwards a low back has less way to go than forwards, so the limits are nearer than a round back's, as in \
                             bird dogs. 13° (contour) or 21° (spine landmarks) is what can be told; with no dowel nothing else \
                             tells of a hollow back.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[Check {
                what: "lumbar extension at the stretch",
                measure: |rep| rep.by_best_eye(|rep, lumbar| rep.at_bottom(lumbar)),
                unit: Unit::Deg,
                limits: Limits::below(-8.0, -18.0, -28.0),
                limits_by_landmarks: Some(Limits::below(-8.0, -25.0, -37.0)),
                margin: 13.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Spine,
            cue: "Zip ribs to belt",
            text: "At the stretch the low back appeared to hollow by about {measured}.",
            sources: &[
                "Troke 2005, Manual Therapy 10:198-206: less than half as far backwards as forwards, at any age",
            ],
        },
        Rule {
            name: "hip_hinge.squatting",
            id: "HH4",
            asks: "Push the hips back: a hinge, not a squat.",
            basis: Basis::Article,
            measures: "Hip flexion as a share of hip and knee flexion together, at the stretch.",
            limits_because: "A squat shares 0.52-0.55, a hinge 0.72-0.79; 0.08 is what can be told.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[Check {
                what: "share of the hip",
                measure: |rep| {
                    rep.only(&SOFT_KNEES)?;
                    rep.at_bottom(|s| limbs(rep, s).share)
                },
                unit: Unit::Ratio,
                limits: Limits::below(0.70, 0.63, 0.57),
                limits_by_landmarks: None,
                margin: 0.08,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Strategy,
            cue: "Close the car door",
            text: "The knees bent like in a squat (share of the hip {measured}).",
            sources: &["PMC3878967"],
        },
        Rule {
            name: "hip_hinge.knees_travel",
            id: "HH5",
            asks: "Knees stay over the ankles.",
            basis: Basis::Article,
            measures: "Shank from vertical at the stretch against standing, + knee forward.",
            limits_because: "6° is what can be told; a little drift either way is ordinary.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[Check {
                what: "change of the shank",
                measure: |rep| {
                    rep.only(&SOFT_KNEES)?;
                    rep.change_to_bottom(|s| limbs(rep, s).shank)
                },
                unit: Unit::Deg,
                limits: Limits::between(Band::warn_only(-10.0, -17.0), Band::new(8.0, 14.0, 21.0)),
                limits_by_landmarks: None,
                margin: 6.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::LimbLine,
            cue: "Shins stay like posts",
            text: "The knees drifted {forward|back}: the shank tilted by {measured}.",
            sources: &[],
        },
        Rule {
            name: "hip_hinge.knees_bend",
            id: "HH6",
            asks: "Soft, constant knees.",
            basis: Basis::Practice,
            measures: "Largest knee flexion.",
            limits_because: "8-40° is soft; 15° is what can be told, so a locked knee cannot be told from 10°.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[Check {
                what: "knee flexion",
                measure: |rep| {
                    rep.only(&SOFT_KNEES)?;
                    rep.extent(Window::Descent, |s| limbs(rep, s).knee)
                },
                unit: Unit::Deg,
                limits: Limits::above(40.0, 54.0, 68.0),
                limits_by_landmarks: None,
                margin: 15.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::LimbLine,
            cue: "Soft knees, frozen",
            text: "The knees bent to {measured}.",
            sources: &["PMC3878967"],
        },
        Rule {
            name: "hip_hinge.short_lockout",
            id: "HH7",
            asks: "Start and finish stacked: shoulders over hips over heels.",
            basis: Basis::Article,
            measures: "Trunk and leg line from vertical at the top, and hip flexion left against standing.",
            limits_because: "9° is what can be told.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[
                top("trunk at the top", |rep| rep.at_top(|s| s.trunk)),
                top("leg line at the top", |rep| rep.at_top(|s| limbs(rep, s).stance)),
                top("hip flexion left at the top", |rep| rep.left_at_top(|s| limbs(rep, s).hip)),
            ],
            fallback: &[],
            weight: Weight::Range,
            cue: "Zip up tall",
            text: "The repetition ended {measured} away from standing tall ({what}).",
            sources: &[],
        },
        Rule {
            name: "hip_hinge.head_drops",
            id: "HH8",
            asks: "The head stays in line with the back.",
            basis: Basis::Article,
            measures: "Bend between head and trunk at the stretch against standing.",
            limits_because: "23° is what can be told (22 and 23 in 150 noisy sets): between ear and shoulder lie 18 cm, and both are off by a \
                             centimetre (tier 1 of the tests; the rule book's 12° warned of one good head in ten).",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[Check {
                what: "change of the head",
                measure: |rep| rep.change_to_bottom(|s| s.head),
                unit: Unit::Deg,
                limits: Limits::between(Band::new(-12.0, -30.0, -56.0), Band::new(12.0, 30.0, 56.0)),
                limits_by_landmarks: None,
                margin: 23.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Strategy,
            cue: "Eyes travel with chest",
            text: "The head {dropped below|lifted above} the line of the back by {measured}.",
            sources: &[],
        },
        Rule {
            name: "hip_hinge.dose",
            id: "HH9",
            asks: "10 repetitions, 2 sets.",
            basis: Basis::Article,
            measures: "Repetitions of the set.",
            limits_because: "A count has no margin. A shorter set is not a fault of form, so it is not judged.",
            views: &[Side, Oblique],
            scope: Scope::Set,
            checks: &[Check {
                what: "repetitions",
                measure: |rep| {
                    if rep.n >= 10 { Ok(Extent::at(f64::from(rep.n), rep.end_time())) } else { Err(Unseen::NotReached) }
                },
                unit: Unit::Count,
                limits: Limits { low: Some(Band::warn_only(10.0, 9.0)), high: None },
                limits_by_landmarks: None,
                margin: 0.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Range,
            cue: "Ten in a set",
            text: "{measured} repetitions.",
            sources: &[],
        },
    ],
    arcs: &[Arc::Hip, Arc::Trunk, Arc::Knee, Arc::Shank],
    dose: Dose { reps: Some(10), sets: 2, ..Dose::OPEN },
};

/// Where the knees stay as they are.
const SOFT_KNEES: [&str; 2] = ["hinge", "one_leg"];

/// Of the leg that stands. While both feet are down the near hip tells; where the near leg begins to go back instead, it
/// is the trunk that shows the way down.
fn hip(s: &Sample) -> Reading {
    let hip = s.standing_limbs().hip?;
    Ok(if s.standing.is_err() { s.trunk.map_or(hip, |trunk| hip.max(trunk)) } else { hip })
}

fn on_one_leg(rep: &Bout) -> bool {
    rep.mostly(|s| s.standing.is_ok())
}

/// Of the leg that stands alone from beginning to end of the repetition, or the near one.
fn limbs<'a>(rep: &Bout, s: &'a Sample) -> &'a Limbs {
    match rep.side.filter(|_| rep.only(&["one_leg"]).is_ok()) {
        Some(side) => s.limbs(side),
        None => s.near_limbs(),
    }
}

fn off_dowel(rep: &Bout, gap: fn(&Sample) -> Reading) -> Result<Extent, Unseen> {
    rep.only(&["hinge"])?;
    rep.extent(Window::Whole, gap)
}

fn gap_change(rep: &Bout) -> Result<Extent, Unseen> {
    rep.only(&["hinge"])?;
    rep.change_to_bottom(|s| s.dowel.lumbar_gap)
}

/// Where the shade of the back cannot be told from the wall there is no gap to measure. But a dowel that was to be seen beside
/// the low back in standing and is not at the stretch has the back over it. That is enough to warn by, never to praise.
fn covered_since(rep: &Bout) -> Result<Extent, Unseen> {
    /// In good form 0.07 at most (45 drawn hinges), of a back that rounds by 40 degrees 0.2 to 1.
    const MOSTLY: f64 = 0.5;
    rep.only(&["hinge"])?;
    if gap_change(rep).is_ok() {
        return Err(Unseen::NotAsked);
    }
    // Of a dowel that is covered for the most part nothing may be found at the very bottom.
    let covered = rep.change(Window::Whole, |s| s.dowel.covered)?.high;
    if covered.value < MOSTLY {
        return Err(Unseen::NoOutline);
    }
    let thickness = rep.extent(Window::Whole, |s| s.dowel.thickness)?;
    Ok(Extent::at(-thickness.low.value, covered.at))
}

const fn gap(what: &'static str, measure: fn(&Bout) -> Result<Extent, Unseen>) -> Check {
    Check {
        what,
        measure,
        unit: Unit::Ratio,
        limits: Limits::between(Band::new(-0.02, -0.04, -0.06), Band::new(0.02, 0.04, 0.07)),
        limits_by_landmarks: None,
        margin: 0.025,
        below_own_best: None,
    }
}

const fn contact(what: &'static str, measure: fn(&Bout) -> Result<Extent, Unseen>) -> Check {
    Check {
        what,
        measure,
        unit: Unit::Ratio,
        limits: Limits::above(0.03, 0.055, 0.085),
        limits_by_landmarks: None,
        margin: 0.03,
        below_own_best: None,
    }
}

const fn top(what: &'static str, measure: fn(&Bout) -> Result<Extent, Unseen>) -> Check {
    Check {
        what,
        measure,
        unit: Unit::Deg,
        limits: Limits::between(Band::new(-8.0, -12.0, -20.0), Band::new(8.0, 15.0, 25.0)),
        limits_by_landmarks: None,
        margin: 9.0,
        below_own_best: None,
    }
}

/// Shoulders over hips over heels, seen from the side.
fn stacked(s: &Sample) -> Result<(), Hint> {
    Hint::upright(s, 20.0)?;
    Hint::legs_straight(s, 30.0)
}

/// Half or more of the movement is the hip's, and knees do not bend as far as for a squat; otherwise it was one. A deadlift
/// bends knees and hips alike: there the trunk tells.
fn hips_lead(rep: &Bout) -> Result<(), &'static str> {
    const LEANS_DEG: f64 = 30.0;
    // A hinge that squats bends them to 75°, a squat to level thighs beyond 110: 7° are what can be told.
    const SQUATS_DEG: f64 = 95.0;
    // On one leg, a foot that is on its way up moves before it is known to be up.
    let one_leg = rep.only(&["one_leg"]).is_ok();
    let moved = rep.extent_where(Window::Whole, |s| !one_leg || s.standing.is_ok(), |s| s.feet_moved);
    if moved.is_ok_and(|moved| moved.high.value > FEET_STAY) {
        return Err("the feet moved");
    }
    let squats = match rep.only(&["deadlift"]) {
        Ok(()) => rep.at_bottom(|s| s.trunk).is_ok_and(|trunk| trunk.high.value < LEANS_DEG),
        Err(_) => {
            rep.at_bottom(|s| limbs(rep, s).share).is_ok_and(|share| share.high.value < 0.5)
                || rep.at_bottom(|s| limbs(rep, s).knee).is_ok_and(|knee| knee.high.value > SQUATS_DEG)
        }
    };
    match one_leg {
        _ if squats => Err("looks like a squat"),
        true if !on_one_leg(rep) => Err("both feet were down"),
        false if on_one_leg(rep) => Err("a foot was off the floor"),
        _ => Ok(()),
    }
}
