//! Half-kneeling hip flexor stretch, after "7 Best Exercises To Relieve Low Back Pain" (BuiltLean),
//! <https://www.builtlean.com/>.
//!
//! 1. After a warm-up, kneel on one knee, the other foot flat before you.
//! 2. Abdominals tight; push the pelvis forward without letting it tip.
//! 3. To reach the psoas more, reach up and across with the arm of the kneeling side.
//! 4. 30 to 60 seconds each side.

use crate::form::*;
use crate::kinematics::View::{Front, Oblique, Side};
use crate::kinematics::{Position, Sample, Unseen};

pub static HIP_FLEXOR_STRETCH: Exercise = Exercise {
    name: "hip_flexor_stretch",
    title: "Hip flexor stretch",
    source: "7 Best Exercises To Relieve Low Back Pain, BuiltLean",
    instructions: &[
        "Warm up; then kneel on one knee, the other foot flat before you.",
        "Tighten the abdominals and push the pelvis forward without letting it tip.",
        "To stretch deeper, reach up and across with the arm of the kneeling side.",
        "Hold for 30 to 60 seconds, then the other side.",
    ],
    posture: Posture::Floor,
    camera: &[
        CameraPlace {
            view: Side,
            shows: "thigh, low back, trunk; kneeling leg near",
            lens_height_m: 0.7,
            distance_m: 2.3,
        },
        CameraPlace { view: Front, shows: "whether the reach goes across", lens_height_m: 0.7, distance_m: 2.3 },
    ],
    in_position: upright,
    settle_secs: 1.0,
    counting: Counting::Holds(HoldSpec {
        signals: &[
            // RULES.md A1: held from set-up + 8° on, released below + 4°.
            Signal {
                views: &[Side, Oblique],
                variants: &[],
                works: Works::Seen(kneeling),
                what: "thigh of the kneeling leg",
                measure: |s| s.kneel.angles.thigh_change,
                rest: 0.0,
                target: 16.0,
            },
            // From the front the push comes at the camera; only the reach is seen.
            Signal {
                views: &[Front],
                variants: &[],
                works: Works::Seen(kneeling),
                what: "reach",
                measure: |s| s.kneel.angles.reach_up,
                rest: -1.2,
                target: 0.3,
            },
        ],
        is_this: |_| Ok(()),
        enter: 0.5,
        leave: 0.25,
        still: 5.0 / 16.0,
        along: None,
        grace_secs: 1.0,
        least_secs: 3.0,
        words: PhaseWords { rest: "set-up", out: "push", hold: "hold", back: "release" },
    }),
    variants: &[],
    rules: &[
        Rule {
            name: "hip_flexor_stretch.hips_stay_back",
            id: "HK1",
            asks: "Push the pelvis forward.",
            basis: Basis::Article,
            measures: "Thigh of the kneeling leg from vertical, in the hold against the set-up, + hip forward.",
            limits_because: "10-25° make the stretch; the same thigh some degrees on can be told to 4° (9° is for postures far \
                             apart), so that 6.5° is clearly less.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[Check {
                what: "push of the thigh",
                measure: |hold| {
                    let pushed = hold.median(Window::Hold, |s| s.kneel.angles.thigh_change)?;
                    Ok(Extent::at(pushed.value, pushed.at))
                },
                unit: Unit::Deg,
                limits: Limits { low: Some(Band::warn_only(10.0, 6.5)), high: None },
                limits_by_landmarks: None,
                margin: 4.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Range,
            cue: "Slide belt buckle forward",
            text: "The hip moved {forward|back} by {measured}; 10-25° forward make the stretch work.",
            sources: &[],
        },
        Rule {
            name: "hip_flexor_stretch.pelvis_tips",
            id: "HK2",
            asks: "The pelvis does not tip forward.",
            basis: Basis::Article,
            measures: "Lumbar flexion in the hold against the set-up, − = arch.",
            limits_because: "10° (contour) or 14° (spine landmarks) is what can be told; the angle of the hip tells nothing: it \
                             falls less than its margin while the spine arches by 30°.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[Check {
                what: "arch of the low back",
                measure: |hold| hold.by_best_eye(|hold, lumbar| hold.extent(Window::Hold, lumbar)),
                unit: Unit::Deg,
                limits: Limits::below(-6.0, -15.0, -25.0),
                limits_by_landmarks: Some(Limits::below(-6.0, -18.0, -30.0)),
                margin: 10.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Spine,
            cue: "Belt buckle up",
            text: "The low back appeared to arch by {measured}; the stretch left the hip and went to the spine.",
            sources: &["PMC4991856"],
        },
        Rule {
            name: "hip_flexor_stretch.leans",
            id: "HK3",
            asks: "The chest stays over the hips.",
            basis: Basis::Practice,
            measures: "Trunk in the hold against the upright set-up, + forward.",
            limits_because: "9° is what can be told. Against the set-up, since a camera 12° off turns the line from near hip to \
                             near shoulder by 5°, in both alike.",
            views: &[Side, Oblique],
            scope: Scope::Bout,
            checks: &[Check {
                what: "lean of the trunk",
                measure: |hold| hold.change(Window::Hold, |s| s.trunk),
                unit: Unit::Deg,
                limits: Limits::between(Band::new(-6.0, -14.0, -22.0), Band::new(8.0, 16.0, 26.0)),
                limits_by_landmarks: None,
                margin: 9.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Strategy,
            cue: "Head under the light",
            text: "The chest leaned {forward|back} by {measured} instead of the pelvis moving forward.",
            sources: &[],
        },
        Rule {
            name: "hip_flexor_stretch.reach",
            id: "HK4",
            asks: "If you reach: up and across, with the arm of the kneeling side.",
            basis: Basis::Article,
            measures: "Wrist past the nose towards the other side over trunk length, and side-bend, while the hand is up.",
            limits_because: "Past the nose is across; 5 cm, 5°, is what can be told. Not reaching at all is no fault.",
            views: &[Front],
            scope: Scope::Bout,
            checks: &[
                Check {
                    what: "reach across",
                    measure: |hold| {
                        reached(hold)?;
                        let across = hold.extent_where(Window::Hold, hand_is_up, |s| s.kneel.angles.reach_across)?;
                        Ok(Extent::at(across.high.value, across.high.at))
                    },
                    unit: Unit::Ratio,
                    limits: Limits { low: Some(Band::warn_only(0.0, -0.09)), high: None },
                    limits_by_landmarks: None,
                    margin: 0.10,
                    below_own_best: None,
                },
                Check {
                    what: "side-bend",
                    measure: |hold| {
                        reached(hold)?;
                        hold.extent_where(Window::Hold, hand_is_up, |s| s.kneel.angles.side_bend)
                    },
                    unit: Unit::Deg,
                    limits: Limits { low: None, high: Some(Band::warn_only(20.0, 25.0)) },
                    limits_by_landmarks: None,
                    margin: 5.0,
                    below_own_best: None,
                },
            ],
            fallback: &[],
            weight: Weight::Range,
            cue: "Reach over the rainbow",
            text: "The reach was up but not across, or bent the trunk too far ({what}: {measured}).",
            sources: &[],
        },
        Rule {
            name: "hip_flexor_stretch.hold_short",
            id: "HK5",
            asks: "30 to 60 seconds each side.",
            basis: Basis::Article,
            measures: "Time from reaching the position to leaving it.",
            limits_because: "The timer is good to half a second at both ends together.",
            views: &[Side, Oblique, Front],
            scope: Scope::Bout,
            checks: &[Check {
                what: "time held",
                measure: |hold| hold.held_secs(),
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
        Rule {
            name: "hip_flexor_stretch.pelvis_uneven",
            id: "HK6",
            asks: "The pelvis stays level and square.",
            basis: Basis::Practice,
            measures: "Line of the hips in the hold against the set-up, seen from the front.",
            limits_because: "18° is what hip points can tell, so only what is gross is seen; never from the side.",
            views: &[Front],
            scope: Scope::Bout,
            checks: &[Check {
                what: "tilt of the hips",
                measure: |hold| hold.extent(Window::Hold, |s| s.floor.trunk.hip_tilt),
                unit: Unit::Deg,
                limits: Limits::between(Band::new(-8.0, -23.0, -44.0), Band::new(8.0, 23.0, 44.0)),
                limits_by_landmarks: None,
                margin: 18.0,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Tempo,
            cue: "Headlights straight ahead",
            text: "The hips tilted by {measured}.",
            sources: &[],
        },
    ],
    arcs: &[Arc::Trunk, Arc::Hip],
    dose: Dose { ladder: &[Rung { hold_secs: 30.0, holds: 1 }], alternate: true, ..Dose::OPEN },
};

/// On one knee with the chest up, which everything is compared with.
fn upright(s: &Sample) -> Result<(), Hint> {
    const LEANS: f64 = 20.0;
    /// Whoever kneels straight into the stretch would have it for the start.
    const PUSHED: f64 = 15.0;
    Hint::placed(s, Position::HalfKneeling, "Kneel on one knee")?;
    if s.trunk.is_ok_and(|lean| lean.abs() > LEANS) {
        return Err(Hint::Take("Chest over the hips"));
    }
    if s.kneel.angles.thigh.is_ok_and(|thigh| thigh > PUSHED) { Err(Hint::Take("Hips over the knee")) } else { Ok(()) }
}

fn kneeling(s: &Sample) -> Option<crate::units::Side> {
    s.kneel.side.ok()
}

/// RULES.md A1: the wrist 0.2 trunk lengths above the head's point.
fn hand_is_up(s: &Sample) -> bool {
    s.kneel.angles.reach_up.is_ok_and(|up| up > 0.2)
}

/// The reach is optional.
fn reached(hold: &Bout) -> Result<(), Unseen> {
    let up = hold.extent(Window::Hold, |s| s.kneel.angles.reach_up);
    if up.is_ok_and(|up| up.high.value > 0.2) { Ok(()) } else { Err(Unseen::NotAsked) }
}
