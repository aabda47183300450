//! Supine dead bug march, after "7 Best Exercises To Relieve Low Back Pain" (BuiltLean), <https://www.builtlean.com/>.
//!
//! 1. On the back, hips and knees at 90°, knees over the hips; keep the natural arch of the low back.
//! 2. Lower one leg until the foot touches the floor lightly, bring it back, then the other one.
//! 3. Alternate for 2 minutes.
//! 4. Then with the leg straight, hovering over the floor; then with the opposite arm going back too.
//!
//! The source asks for the natural arch: losing it and growing it both deviate. The arch is judged against the baseline at
//! 90/90 by the outline of the back, or by how the points of the spine bend where these were measured and found good: of
//! formcheck's own model they read 51 taps of rendered people 0.8 % of the trunk off, 4 mm.

use crate::form::*;
use crate::kinematics::View::{Oblique, Side as SideOn};
use crate::kinematics::{Position, Posture, Reading, Sample, Unseen};
use crate::pose::{Joint, Landmark};
use crate::units::Side::{self, Left, Right};

pub static DEAD_BUG: Exercise = Exercise {
    name: "dead_bug",
    title: "Supine dead bug march",
    source: "7 Best Exercises To Relieve Low Back Pain, BuiltLean",
    instructions: &[
        "Lie on your back, hips and knees at right angles, knees over the hips, arms towards the ceiling.",
        "Keep the natural arch of the low back: neither press it flat nor let it grow.",
        "Lower one leg until the foot taps the floor lightly, bring it back, then the other one; breathe on.",
        "Alternate for 2 minutes.",
        "When that is easy, straighten the leg and let it hover over the floor; then move the opposite arm back with it.",
    ],
    posture: Posture::Floor,
    camera: &[CameraPlace {
        view: SideOn,
        shows: "the arch of the back, and the feet touching; thin mat",
        lens_height_m: 0.2,
        distance_m: 2.3,
    }],
    in_position: table,
    settle_secs: 1.0,
    counting: Counting::Reps(RepSpec {
        signals: &[
            Signal { works: Works::Named(Left, leg), measure: |s| s.floor.left.thigh_lowered, ..THIGH },
            Signal { works: Works::Named(Right, leg), measure: |s| s.floor.right.thigh_lowered, ..THIGH },
        ],
        is_this: on_the_back,
    }),
    // All begin alike: only `--variant` says which.
    variants: &[
        Variant { name: "march", title: "March, knees bent", detect: Detect::Start(|_| true) },
        Variant { name: "leg", title: "Leg straight, hovering", detect: Detect::Told },
        Variant { name: "arm_leg", title: "Opposite arm and straight leg, hovering", detect: Detect::Told },
    ],
    rules: &[
        Rule {
            name: "dead_bug.arch_grows",
            id: "DB1",
            asks: "The low back keeps its natural arch as the leg goes down: no more of it.",
            measures: "Hollow under the outline of the back against lying at 90/90, + hollower; % of trunk length. Where no \
                       outline shows, what the points of the spine bend, 0.19 % for a degree.",
            limits_because: "1 mm is about 1° of arch, 7 mm (1.4 % of the trunk) can be told by the outline: 5, 12 and 20 mm. Points \
                             of the spine tell 22°, or what was measured of a model.",
            checks: &[Check {
                what: "arch of the low back",
                measure: arch,
                limits: Limits::above(1.0, 2.4, 4.1),
                limits_by_landmarks: Some(Limits::above(1.0, 5.0, 9.9)),
                margin: 1.4,
                ..OF_TRUNK
            }],
            weight: Weight::Spine,
            cue: "Towel stays snug",
            text: "The arch of the low back appeared to grow by {measured} of the trunk's length as the leg went down; lower \
                   it less far.",
            sources: &["40 mmHg pressure cuff kept within 5 mmHg, as used in clinics: two-sided as well"],
            ..FROM_THE_SIDE
        },
        Rule {
            name: "dead_bug.arch_flattens",
            id: "DB2",
            asks: "The low back keeps its natural arch: it is not pressed flat.",
            measures: "As for a growing arch, − flatter.",
            limits_because: "7 mm (1.4 % of the trunk) can be told: 6, 13 and 22 mm.",
            checks: &[Check {
                what: "flattening of the low back",
                measure: arch,
                limits: Limits::below(-1.2, -2.7, -4.5),
                limits_by_landmarks: Some(Limits::below(-1.2, -5.5, -10.6)),
                margin: 1.4,
                ..OF_TRUNK
            }],
            weight: Weight::Spine,
            cue: "Leave room for towel",
            text: "The low back appeared to be pressed flat, by {measured} of the trunk's length; keep its natural shape.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "dead_bug.start_off",
            id: "DB3",
            asks: "Start at 90/90: knees over the hips, knees bent at a right angle.",
            measures: "Thigh from vertical (+ towards the feet) and knee of the leg that moves, before it does.",
            limits_because: "11° of the thigh and 13° of the knee can be told.",
            checks: &[
                Check {
                    what: "thigh from vertical at the start",
                    measure: |rep| {
                        let side = moving(rep);
                        middle(rep, Window::Before, |s| s.floor.limbs(side).thigh_lowered)
                    },
                    limits: Limits::between(Band::new(-12.0, -22.0, -32.0), Band::new(12.0, 22.0, 32.0)),
                    margin: 11.0,
                    ..DEGREES
                },
                Check {
                    what: "knee at the start",
                    measure: |rep| {
                        let side = moving(rep);
                        middle(rep, Window::Before, |s| s.limbs(side).knee)
                    },
                    limits: Limits::between(Band::new(75.0, 63.0, 52.0), Band::new(105.0, 117.0, 128.0)),
                    margin: 13.0,
                    ..DEGREES
                },
            ],
            weight: Weight::Base,
            cue: "Knees to the ceiling",
            text: "The start was not knees over hips at right angles ({what}: {measured}).",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "dead_bug.knee_opens",
            id: "DB4",
            asks: "The knee of the moving leg keeps its bend.",
            measures: "Flexion of the moving knee on the way down and at the floor.",
            limits_because: "13° can be told around the 90° asked for.",
            checks: &[Check {
                what: "bend of the moving knee",
                measure: |rep| {
                    rep.only(&MARCH)?;
                    rep.extent(Window::Descent, |s| s.limbs(lowered(rep, s)).knee)
                },
                limits: Limits::between(Band::new(70.0, 60.0, 45.0), Band::new(110.0, 120.0, 135.0)),
                margin: 13.0,
                ..DEGREES
            }],
            weight: Weight::LimbLine,
            cue: "Knee stays a corner",
            text: "The knee was bent by {measured} instead of 90°; a straight leg is the next step up.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "dead_bug.tap_short",
            id: "DB5",
            asks: "The foot taps the floor, one foot at a time.",
            measures: "Lower of heel and toe above the floor at the lowest point, % of the shank; feet that go down at once.",
            limits_because: "6 % of the shank, 25 mm, can be told: 8 % is clearly above the floor.",
            checks: &[
                Check {
                    what: "height of the foot",
                    measure: |rep| {
                        rep.only(&MARCH)?;
                        rep.at_bottom(|s| lower_foot(rep, s).map(percent))
                    },
                    limits: Limits { low: None, high: Some(Band::warn_only(3.0, 8.0)) },
                    margin: 6.0,
                    ..OF_TRUNK
                },
                Check {
                    what: "feet at once",
                    measure: feet_at_once,
                    unit: Unit::Count,
                    limits: Limits::above(1.0, 1.5, 1.5),
                    margin: 0.0,
                    ..DEGREES
                },
            ],
            weight: Weight::Range,
            cue: "Tap the floor lightly",
            text: "It was no tap of one foot ({what}: {measured}).",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "dead_bug.other_leg_moves",
            id: "DB6",
            asks: "The other leg stays where it is.",
            measures: "Thigh of the resting leg from vertical against lying at 90/90, at the lowest point of the other.",
            limits_because: "9° can be told.",
            checks: &[Check {
                what: "thigh of the resting leg",
                measure: |rep| {
                    let resting = rep.side.ok_or(Unseen::NotReached)?.other();
                    let rest = rep.neutral.floor.limbs(resting).thigh_lowered?;
                    let thigh = |s: &Sample| s.floor.limbs(lowered(rep, s).other()).thigh_lowered;
                    Ok(rep.extent(Window::Bottom, thigh)?.less(rest))
                },
                limits: Limits::between(Band::new(-12.0, -18.0, -30.0), Band::new(12.0, 18.0, 30.0)),
                margin: 7.0,
                ..DEGREES
            }],
            weight: Weight::Strategy,
            cue: "Other knee stays parked",
            text: "The other thigh moved by {measured}.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "dead_bug.ribs_flare",
            id: "DB7",
            asks: "The ribs stay down.",
            basis: Basis::Practice,
            measures: "Lower end of the breastbone off the line from hip to shoulder against 90/90, less what the arch of \
                       the low back lifts it; % of trunk length.",
            limits_because: "The rule book's 8, 15 and 25 mm are for the outline of the chest. A point is placed to 10 % of the \
                             trunk, 50 mm, between two postures: with 23 mm one good tap in five was warned of, so only \
                             what is gross is seen, 59 mm. A breath is 5-10 mm of good's 16; a growing arch lifts the ribs \
                             by as much as it grows, which is another rule's.",
            checks: &[Check {
                what: "ribs",
                measure: |rep| rep.at_bottom(|s| Ok(percent(s.floor.trunk.ribs?) - outlined_arch(s).or(bent_arch(s))?)),
                limits: Limits { low: None, high: Some(Band::warn_only(3.3, 12.0)) },
                margin: 10.3,
                ..OF_TRUNK
            }],
            weight: Weight::Strategy,
            cue: "Ribs heavy on floor",
            text: "The ribs appeared to rise by {measured} of the trunk's length; possibly a breath, and only seen with \
                   fitted clothing.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "dead_bug.dose",
            id: "DB8",
            asks: "Alternate for 2 minutes.",
            measures: "Time from the first tap to the end of the last, without pauses of more than 3 s.",
            limits_because: "Two minutes, ten seconds left to getting going.",
            scope: Scope::Set,
            checks: &[Check {
                what: "active time",
                measure: |rep| rep.active_secs(PAUSE_SECS),
                unit: Unit::Secs,
                limits: Limits { low: Some(Band::warn_only(112.0, 110.0)), high: None },
                margin: 0.5,
                ..DEGREES
            }],
            weight: Weight::Dose,
            cue: "Keep going, two minutes",
            text: "{measured} of 120 s were active.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "dead_bug.same_leg_again",
            id: "DB8b",
            asks: "Alternate.",
            measures: "How often the same leg came twice in a row.",
            limits_because: "Counted; no fault of form.",
            scope: Scope::Set,
            checks: &[Check {
                what: "same leg again",
                measure: |rep| rep.sides_repeated(),
                unit: Unit::Count,
                limits: Limits { low: None, high: Some(Band::warn_only(0.0, 0.5)) },
                margin: 0.0,
                ..DEGREES
            }],
            weight: Weight::Dose,
            cue: "Switch legs",
            text: "The same leg came twice in a row {measured} time(s).",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "dead_bug.pauses",
            id: "DB8c",
            asks: "For 2 minutes, without stopping.",
            basis: Basis::Practice,
            measures: "The longest time between two taps.",
            limits_because: "A tap takes 2 to 4 s: a longer pause leaves one out.",
            scope: Scope::Set,
            checks: &[Check {
                what: "longest pause",
                measure: |rep| rep.longest_pause(),
                unit: Unit::Secs,
                limits: Limits { low: None, high: Some(Band::warn_only(3.0, 5.0)) },
                margin: 0.5,
                ..DEGREES
            }],
            weight: Weight::Dose,
            cue: "Keep the beat",
            text: "The longest pause was {measured}.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "dead_bug.long_leg",
            id: "DB9",
            asks: "The harder ways: leg straight and hovering; then the opposite arm back too.",
            measures: "Knee of the moving leg, height of its foot (% of the shank), opposite upper arm from straight down \
                       (−90 is level behind the head).",
            limits_because: "Straight is 20°, hovering 3-15 % of the leg, the arm 0-25 % of the trunk over the floor; 13°, \
                             6 % of the shank and 8° can be told.",
            checks: &[
                Check {
                    what: "knee of the long leg",
                    measure: |rep| {
                        rep.only(&HOVERING)?;
                        rep.at_bottom(|s| s.limbs(lowered(rep, s)).knee)
                    },
                    limits: Limits { low: None, high: Some(Band::warn_only(20.0, 31.0)) },
                    margin: 13.0,
                    ..DEGREES
                },
                Check {
                    what: "height of the foot",
                    measure: |rep| {
                        rep.only(&HOVERING)?;
                        rep.at_bottom(|s| lower_foot(rep, s).map(percent))
                    },
                    limits: Limits::between(Band::warn_only(6.0, 1.0), Band::warn_only(30.0, 35.0)),
                    margin: 6.0,
                    ..OF_TRUNK
                },
                Check {
                    what: "arm behind the head",
                    measure: |rep| {
                        rep.only(&["arm_leg"])?;
                        let side = moving(rep).other();
                        rep.at_bottom(|s| s.limbs(side).upper_arm)
                    },
                    limits: Limits { low: None, high: Some(Band::warn_only(-75.0, -67.0)) },
                    margin: 8.0,
                    ..DEGREES
                },
            ],
            weight: Weight::LimbLine,
            cue: "Long leg, hover",
            text: "Leg straight, hovering, arm back: one of them was off ({what}: {measured}).",
            ..FROM_THE_SIDE
        },
    ],
    arcs: &[Arc::Knee, Arc::Hip],
    dose: Dose { total_secs: Some(120.0), alternate: true, ..Dose::OPEN },
};

const THIGH: Signal = Signal {
    views: &[SideOn, Oblique],
    variants: &[],
    works: Works::Together,
    what: "thigh lowered",
    measure: |s| s.floor.left.thigh_lowered,
    rest: 0.0,
    // A touch lowers the thigh by about 50°. A tap that stops short, or is seen 40° askew, is still one: full at 34°.
    target: 45.0,
};

const FROM_THE_SIDE: Rule = Rule {
    name: "",
    id: "",
    asks: "",
    basis: Basis::Article,
    measures: "",
    limits_because: "",
    views: &[SideOn, Oblique],
    scope: Scope::Bout,
    checks: &[],
    fallback: &[],
    weight: Weight::Dose,
    cue: "",
    text: "",
    sources: &[],
};

const DEGREES: Check = Check {
    what: "",
    measure: |_| Err(Unseen::NotAsked),
    unit: Unit::Deg,
    limits: Limits { low: None, high: None },
    limits_by_landmarks: None,
    margin: 0.0,
    below_own_best: None,
};
const OF_TRUNK: Check = Check { unit: Unit::Percent, ..DEGREES };

const MARCH: [&str; 1] = ["march"];
const HOVERING: [&str; 2] = ["leg", "arm_leg"];
/// A pause longer than a tap's own rest is no work, seconds.
const PAUSE_SECS: f64 = 3.0;

/// RULES.md A4: both thighs within 20° of vertical, both knees within 25° of a right angle.
const TABLE_THIGH_DEG: f64 = 20.0;
const TABLE_KNEE_DEG: f64 = 25.0;

/// On the back at 90/90. Only what is seen to be otherwise keeps the set from beginning.
fn table(s: &Sample) -> Result<(), Hint> {
    Hint::placed(s, Position::Supine, "Lie on your back")?;
    let off = |reading: Reading, zero: f64, most: f64| reading.is_ok_and(|deg| (deg - zero).abs() > most);
    let leg_off = |side: Side| {
        off(s.floor.limbs(side).thigh_lowered, 0.0, TABLE_THIGH_DEG) || off(s.limbs(side).knee, 90.0, TABLE_KNEE_DEG)
    };
    if Side::BOTH.into_iter().any(leg_off) { Err(Hint::Take("Knees bent, over the hips")) } else { Ok(()) }
}

/// Whose tap it was. From the side a model takes one leg for the other, in 6 of 60 drawn taps for the whole of it: there it is
/// the near one where it looks longer than the other one.
fn leg(rep: &Bout) -> Option<Side> {
    /// Halfway between near and far legs of those taps, read from 1.00 and to 0.94 (and one of 1.01); exact joints have 1.07
    /// and 0.93 from 2.5 m, 1.04 and 0.96 from 4 m.
    const LONG: f64 = 0.97;
    let near = rep.samples[rep.turn].near;
    match rep.median(Window::Bottom, |s| s.floor.trunk.lowered_leg) {
        Ok(leg) if rep.view == SideOn => Some(if leg.value > LONG { near } else { near.other() }),
        _ => rep.side,
    }
}

/// A leg that looks that much longer than the one beside it is the only one seen well.
const ALONE: f64 = 1.3;

/// Of two feet the one that is lower: a model gives the lowered leg the other one's.
fn lower_foot(rep: &Bout, s: &Sample) -> Reading {
    match Side::BOTH.map(|side| s.floor.limbs(side).foot_height) {
        [Ok(left), Ok(right)] => Ok(left.min(right)),
        _ => s.floor.limbs(lowered(rep, s)).foot_height,
    }
}

/// Two legs at one place of which one has no shank are one leg, seen twice; where the other one is nobody knows.
fn feet_at_once(rep: &Bout) -> Result<Extent, Unseen> {
    let feet = match rep.side {
        Some(_) => 1.0,
        None => {
            let long = rep.median(Window::Bottom, |s| s.floor.trunk.lowered_leg);
            if long.is_ok_and(|long| !(1.0 / ALONE..ALONE).contains(&long.value)) {
                return Err(Unseen::Hidden(Landmark::of(Joint::Ankle, rep.samples[rep.turn].near.other())));
            }
            2.0
        }
    };
    Ok(Extent::at(feet, rep.turn_time()))
}

/// The leg that moves; the near one of both.
fn moving(rep: &Bout) -> Side {
    rep.side.unwrap_or(rep.samples[rep.turn].near)
}

/// The leg that is down in this picture: a model takes one for the other. Where one is hidden, the one that moves.
fn lowered(rep: &Bout, s: &Sample) -> Side {
    match Side::BOTH.map(|side| s.floor.limbs(side).thigh_lowered) {
        [Ok(left), Ok(right)] => {
            if left > right {
                Side::Left
            } else {
                Side::Right
            }
        }
        _ => moving(rep),
    }
}

fn percent(share: f64) -> f64 {
    100.0 * share
}

/// How much deeper the arch is per degree of lumbar flexion less, % of trunk length: 0.18 to 0.21 on the synthetic athlete.
const ARCH_PER_DEG: f64 = 0.19;

/// At the lowest point of the leg, % of trunk length.
fn arch(rep: &Bout) -> Result<Extent, Unseen> {
    rep.extent(Window::Bottom, outlined_arch).or_else(|why| {
        let bent = rep.extent(Window::Bottom, bent_arch).map_err(|_| why)?;
        Ok(Extent { by_landmarks: true, ..bent })
    })
}

fn outlined_arch(s: &Sample) -> Reading {
    s.floor.trunk.arch.map(percent)
}

fn bent_arch(s: &Sample) -> Reading {
    Ok(-ARCH_PER_DEG * s.spine.by_landmarks?)
}

fn middle(rep: &Bout, window: Window, measure: impl Fn(&Sample) -> Reading) -> Result<Extent, Unseen> {
    let middle = rep.median(window, measure)?;
    Ok(Extent::at(middle.value, middle.at))
}

/// Getting up lowers both legs too.
fn on_the_back(rep: &Bout) -> Result<(), &'static str> {
    let turn = rep.turn_time();
    let there = rep.samples.iter().find(|s| s.t >= turn).map(|s| s.position);
    if matches!(there, Some(Ok(position)) if position != Position::Supine) {
        Err("you were getting up")
    } else {
        Ok(())
    }
}
