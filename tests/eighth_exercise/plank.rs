//! Plank, the exercise that formcheck does not ship: `docs/adding-an-exercise.md`, followed. There is no article behind it;
//! the instructions are what every gym wall says.
//!
//! 1. On the belly, on forearms and toes, elbows under the shoulders.
//! 2. Lift the hips until shoulder, hip and knee are in line; hold for 20 seconds.
//! 3. The hips neither sag nor rise.

use formcheck::form::*;
use formcheck::kinematics::View::Side;
use formcheck::kinematics::{Position, Reading, Sample, Unseen};

pub static PLANK: Exercise = Exercise {
    name: "plank",
    title: "Plank",
    source: "no source: an example",
    instructions: &[
        "Lie on your belly, on the forearms, elbows under the shoulders, toes tucked.",
        "Lift the hips until shoulder, hip and knee are in line, and hold for 20 seconds.",
    ],
    posture: Posture::Floor,
    camera: &[CameraPlace {
        view: Side,
        shows: "the line from shoulder to ankle; body across the picture",
        lens_height_m: 0.4,
        distance_m: 2.5,
    }],
    in_position: lying,
    settle_secs: 1.0,
    counting: Counting::Holds(HoldSpec {
        signals: &[Signal {
            views: &[Side],
            variants: &[],
            works: Works::Together,
            what: "lift of the hips",
            measure: |s| s.hip_up,
            rest: 0.0,
            target: 0.20,
        }],
        is_this: |_| Ok(()),
        enter: 0.3,
        leave: 0.15,
        still: 0.15,
        along: None,
        grace_secs: 0.5,
        least_secs: 1.0,
        words: PhaseWords { rest: "lie", out: "lift", hold: "hold", back: "lower" },
    }),
    variants: &[],
    rules: &[
        Rule {
            name: "plank.hips_sag",
            id: "PL1",
            asks: "Shoulder, hip and knee in line: the hips do not sag.",
            basis: Basis::Practice,
            measures: "Bend at the hip, shoulder-hip-knee, − hip towards the floor.",
            limits_because: "11° is what can be told; on the floor it reads −27°.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[line(Limits::below(-4.0, -13.0, -26.0))],
            fallback: &[],
            weight: Weight::LimbLine,
            cue: "Hips to the ceiling",
            text: "The hips sank: the body bent by {measured}.",
            sources: &[],
        },
        Rule {
            name: "plank.hips_rise",
            id: "PL2",
            asks: "The hips do not rise above the line.",
            basis: Basis::Practice,
            measures: "As for sagging, + hip above the line.",
            limits_because: "11° is what can be told.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[line(Limits::above(6.0, 15.0, 28.0))],
            fallback: &[],
            weight: Weight::Strategy,
            cue: "Make one long line",
            text: "The hips rose above the line: the body bent by {measured}.",
            sources: &[],
        },
        Rule {
            name: "plank.hold_short",
            id: "PL3",
            asks: "20 seconds.",
            basis: Basis::Practice,
            measures: "Time inside the fault limits over the time asked for.",
            limits_because: "The timer is good to half a second at both ends together.",
            views: &[Side],
            scope: Scope::Bout,
            checks: &[Check {
                what: "time held well",
                measure: |hold| hold.credited_percent(),
                unit: Unit::Percent,
                limits: Limits::below(100.0, 95.0, 80.0),
                limits_by_landmarks: None,
                margin: 2.5,
                below_own_best: None,
            }],
            fallback: &[],
            weight: Weight::Dose,
            cue: "Breathe and hold",
            text: "Held well for {measured} of the time asked for.",
            sources: &[],
        },
    ],
    arcs: &[Arc::Hip],
    dose: Dose { ladder: &[Rung { hold_secs: 20.0, holds: 3 }], ..Dose::OPEN },
};

const fn line(limits: Limits) -> Check {
    Check {
        what: "bend at the hip",
        measure: bend,
        unit: Unit::Deg,
        limits,
        limits_by_landmarks: None,
        margin: 11.0,
        below_own_best: None,
    }
}

fn bend(hold: &Bout) -> Result<Extent, Unseen> {
    let hip: fn(&Sample) -> Reading = |s| s.near_limbs().hip;
    let bend = hold.median(Window::Hold, hip)?;
    Ok(Extent::at(bend.value, bend.at))
}

fn lying(s: &Sample) -> Result<(), Hint> {
    Hint::placed(s, Position::Prone, "Lie on your belly")
}
