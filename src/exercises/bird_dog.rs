//! Bird dog, after "7 Best Exercises To Relieve Low Back Pain" (BuiltLean), <https://www.builtlean.com/>.
//!
//! 1. On hands and knees, shoulders over the wrists, hips over the knees, the back in its neutral position.
//! 2. Raise one arm and the opposite leg without any movement of the low back.
//! 3. Hold 5 seconds, return, other side; alternate for 2 minutes.
//! 4. Then with a foam roller along the low back, which must not fall; then with knees and hands together.
//!
//! From the side the low back and the height of the limbs are seen; whether hips and shoulders stay square is a turn about
//! the long axis of the body, and only seen from behind (leg) or ahead (arm). A roller is not seen at all.

use crate::form::*;
use crate::kinematics::View::{Front, Oblique, Rear, Side as SideOn};
use crate::kinematics::{Limbs, Position, Reading, Sample, Unseen};
use crate::pose::Landmark::{LeftWrist, RightWrist};
use crate::units::Side::{self, Left, Right};

pub static BIRD_DOG: Exercise = Exercise {
    name: "bird_dog",
    title: "Bird dog",
    source: "7 Best Exercises To Relieve Low Back Pain, BuiltLean",
    instructions: &[
        "On hands and knees: shoulders over the wrists, hips over the knees, the low back as it naturally is.",
        "Raise one arm and the opposite leg until they are level, without any movement of the low back.",
        "Hold for 5 seconds, come back, change sides; alternate for 2 minutes.",
        "When that is easy, lay a foam roller along the low back and keep it there; then keep knees and hands together.",
    ],
    posture: crate::kinematics::Posture::Floor,
    camera: &[
        CameraPlace {
            view: SideOn,
            shows: "low back, height of arm and leg; from fingers to toes",
            lens_height_m: 0.5,
            distance_m: 2.5,
        },
        CameraPlace { view: Rear, shows: "whether the hips stay square", lens_height_m: 0.5, distance_m: 2.5 },
        CameraPlace { view: Front, shows: "whether the shoulders stay level", lens_height_m: 0.5, distance_m: 2.5 },
    ],
    in_position: tabletop,
    // RULES.md A5 has 1 s; people reach out sooner (bd01_honza: 0.7 s), and hands and knees on the floor do not wander.
    settle_secs: 0.5,
    counting: Counting::Holds(HoldSpec {
        // By the leg alone, where it is seen: which arm went with it is for `same_side` to say, and a leg raised without
        // the arm is a faulty hold rather than none. A leg that stays on the floor is none: a cat-camel.
        signals: &[
            // From the side a model takes one leg for the other, or both to be where one is: that a leg is out is known even
            // then, which one is told by the way there.
            Signal { works: Works::Moves(leg_out), measure: further_leg, ..LEG },
            Signal { works: Works::One(Left), measure: |s| s.floor.left.leg_out, ..LEG_FROM_BEHIND },
            Signal { works: Works::One(Right), measure: |s| s.floor.right.leg_out, ..LEG_FROM_BEHIND },
            Signal { works: Works::One(Left), measure: |s| s.floor.right.arm_out, ..ARM },
            Signal { works: Works::One(Right), measure: |s| s.floor.left.arm_out, ..ARM },
        ],
        is_this: |_| Ok(()),
        // The line from hip to ankle lies 45° below level on the floor. RULES.md A5: held within 25° of level, left at
        // the 35° of BD5's fault.
        enter: 0.45,
        leave: 0.22,
        // A line of 4.6° margin that moves no more than that in half a second is not known to move: legs creep up.
        still: 4.6 / 0.5 / 45.0,
        // RULES.md A5: both are out. An arm that was never seen up is for `same_side` to say. From behind, the body hides
        // arms; from ahead they are the signal.
        along: Some(|s| if matches!(s.view, Rear | Front) { Err(Unseen::NotAsked) } else { further_arm(s) }),
        grace_secs: 0.5,
        least_secs: 1.0,
        words: PhaseWords { rest: "tabletop", out: "reach", hold: "hold", back: "return" },
    }),
    // Neither a roller nor, from the side, the distance between the knees is seen: only `--variant` says so.
    variants: &[
        Variant { name: "standard", title: "Standard", detect: Detect::Start(|_| true) },
        Variant { name: "roller", title: "With a foam roller along the low back", detect: Detect::Told },
        Variant { name: "narrow", title: "Knees and hands together", detect: Detect::Told },
    ],
    rules: &[
        Rule {
            name: "bird_dog.start_off",
            id: "BD1",
            asks: "Shoulders over the wrists, hips over the knees.",
            measures: "Near arm (wrist to shoulder) and near thigh from vertical on hands and knees, before the reach.",
            limits_because: "5° of the arm and 11° of the thigh can be told.",
            checks: &[
                Check {
                    what: "arm as a table leg",
                    measure: |hold| on_all_fours(hold, |s| s.floor.limbs(s.near).arm_support),
                    limits: Limits::between(Band::new(-10.0, -15.0, -25.0), Band::new(10.0, 15.0, 25.0)),
                    margin: 5.0,
                    ..DEGREES
                },
                Check {
                    what: "thigh as a table leg",
                    measure: |hold| on_all_fours(hold, |s| s.near_limbs().thigh),
                    limits: Limits::between(Band::new(-8.0, -18.0, -28.0), Band::new(8.0, 18.0, 28.0)),
                    margin: 11.0,
                    ..DEGREES
                },
            ],
            weight: Weight::Base,
            cue: "Table legs straight down",
            text: "On hands and knees an arm or thigh leaned {forward|back} by {measured}.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "bird_dog.same_side",
            id: "BD2",
            asks: "One arm and the opposite leg.",
            measures: "Arms that are not as they should be: the opposite one not raised halfway to level, the other one raised. From \
                       the side which one is up is told by how long it looks and how high the other hand lies on the floor.",
            limits_because: "An arm on the floor and a level one are 85° apart.",
            views: &[SideOn, Oblique, Rear],
            checks: &[Check {
                what: "sides not as asked",
                measure: wrong_arms,
                unit: Unit::Count,
                limits: Limits::above(0.0, 0.5, 0.5),
                margin: 0.0,
                ..DEGREES
            }],
            weight: Weight::Strategy,
            cue: "Opposite arm and leg",
            text: "It was not the opposite arm alone that rose with the leg ({measured} arm(s) differ).",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "bird_dog.sags",
            id: "BD3",
            asks: "The low back does not move: it does not sag as the leg rises.",
            measures: "Lumbar flexion in the hold against hands and knees, − = arch.",
            limits_because: "9° (contour) or 14° (spine landmarks) is what can be told.",
            views: &[SideOn],
            checks: &[Check {
                what: "sag of the low back",
                measure: low_back,
                limits: Limits::below(-6.0, -14.0, -24.0),
                limits_by_landmarks: Some(Limits::below(-6.0, -18.0, -30.0)),
                margin: 9.0,
                ..DEGREES
            }],
            weight: Weight::Spine,
            cue: "Keep the tray level",
            text: "The low back appeared to sink by {measured} as the leg rose.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "bird_dog.rounds",
            id: "BD4",
            asks: "The low back does not move: it does not round.",
            measures: "As for sagging, + = round.",
            limits_because: "9° (contour) or 14° (spine landmarks) is what can be told.",
            views: &[SideOn],
            checks: &[Check {
                what: "rounding of the low back",
                measure: low_back,
                limits: Limits::above(7.0, 15.0, 25.0),
                limits_by_landmarks: Some(Limits::above(7.0, 19.0, 30.0)),
                margin: 9.0,
                ..DEGREES
            }],
            weight: Weight::Spine,
            cue: "Long flat tabletop",
            text: "The low back appeared to round by {measured}.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "bird_dog.leg_height",
            id: "BD5",
            asks: "The leg comes up to level, not above.",
            basis: Basis::Practice,
            measures: "Line from hip to ankle of the raised leg from level, + above.",
            limits_because: "4.6° can be told; a hip extends by 10-20°, and what goes higher comes from the low back.",
            checks: &[Check {
                what: "leg from level",
                measure: |hold| hold.extent(Window::Hold, |s| s.limbs(leg_up(s)?).leg_line),
                limits: Limits::between(Band::new(-15.0, -22.0, -35.0), Band::new(8.0, 13.0, 20.0)),
                margin: 4.6,
                ..DEGREES
            }],
            weight: Weight::Range,
            cue: "Heel to the wall",
            text: "The leg was {measured} {above level, where the low back tends to arch|below level}.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "bird_dog.arm_height",
            id: "BD6",
            asks: "The arm comes up to level.",
            basis: Basis::Practice,
            measures: "Line from shoulder to wrist of the raised arm from level, + above.",
            limits_because: "5° can be told.",
            checks: &[Check {
                what: "arm from level",
                measure: |hold| of_raised_arm(hold, |limbs| limbs.arm_line),
                limits: Limits::below(-20.0, -28.0, -40.0),
                margin: 5.0,
                ..DEGREES
            }],
            weight: Weight::Range,
            cue: "Fingertips to the wall",
            text: "The arm was {measured} {above|below} level.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "bird_dog.limb_bends",
            id: "BD7",
            asks: "Arm and leg are straight.",
            basis: Basis::Practice,
            measures: "Flexion of the raised leg's knee and of the raised arm's elbow.",
            limits_because: "10° can be told.",
            checks: &[
                Check {
                    what: "knee of the raised leg",
                    measure: |hold| hold.extent(Window::Hold, |s| s.limbs(leg_up(s)?).knee),
                    limits: STRAIGHT,
                    margin: 10.0,
                    ..DEGREES
                },
                Check {
                    what: "elbow of the raised arm",
                    measure: |hold| of_raised_arm(hold, |limbs| limbs.elbow),
                    limits: STRAIGHT,
                    margin: 10.0,
                    ..DEGREES
                },
            ],
            weight: Weight::LimbLine,
            cue: "Reach long, not high",
            text: "The {what} stayed bent by {measured}.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "bird_dog.hips_open",
            id: "BD8",
            asks: "The hips stay square: no movement of the low back.",
            measures: "Line of the hips in the hold against hands and knees, + the side of the raised leg higher.",
            limits_because: "18° is what two hip points can tell, so only what is gross is seen; never from the side.",
            views: &[Rear, Front],
            checks: &[Check {
                what: "tilt of the hips",
                measure: |hold| {
                    let side = leg(hold)?;
                    hold.extent(Window::Hold, |s| s.floor.trunk.hip_tilt.map(|deg| towards(side) * deg))
                },
                limits: Limits::between(Band::new(-8.0, -23.0, -35.0), Band::new(8.0, 23.0, 35.0)),
                margin: 18.0,
                ..DEGREES
            }],
            weight: Weight::Strategy,
            cue: "Headlights on the floor",
            text: "The hip on the side of the raised leg {opened|sank} by {measured}.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "bird_dog.shoulders_tilt",
            id: "BD9",
            asks: "The shoulders stay square.",
            measures: "Line of the shoulders in the hold against hands and knees, + the side of the raised arm higher.",
            limits_because: "4° is what can be told from ahead; never from the side.",
            views: &[Front, Rear],
            checks: &[Check {
                what: "tilt of the shoulders",
                measure: |hold| {
                    let side = leg(hold)?.other();
                    hold.extent(Window::Hold, |s| s.floor.trunk.shoulder_tilt.map(|deg| towards(side) * deg))
                },
                limits: Limits::between(Band::new(-6.0, -9.0, -15.0), Band::new(6.0, 9.0, 15.0)),
                margin: 4.0,
                ..DEGREES
            }],
            weight: Weight::Tempo,
            cue: "Collarbones stay level",
            text: "The shoulder of the raised arm was {measured} {higher|lower} than the other.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "bird_dog.weight_shifts",
            id: "BD10",
            asks: "The weight does not shift: hips stay over the knees.",
            basis: Basis::Practice,
            measures: "Hips against their place on hands and knees over trunk length: forward from the side, sideways from \
                       ahead or behind.",
            limits_because: "12 % of the trunk, 6 cm, is what can be told.",
            views: &[SideOn, Oblique, Front, Rear],
            checks: &[Check {
                what: "shift of the hips",
                measure: |hold| hold.extent(Window::Hold, |s| s.floor.trunk.weight_shift),
                unit: Unit::Ratio,
                limits: Limits::between(Band::new(-0.05, -0.15, -0.24), Band::new(0.05, 0.15, 0.24)),
                margin: 0.12,
                ..DEGREES
            }],
            weight: Weight::Strategy,
            cue: "Hips stay over knees",
            text: "The hips moved by {measured} of a trunk's length.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "bird_dog.hold_short",
            id: "BD11",
            asks: "Hold for 5 seconds.",
            measures: "Time from reaching the position to leaving it.",
            limits_because: "The timer is good to half a second at both ends together.",
            views: &[SideOn, Oblique, Rear, Front],
            checks: &[Check {
                what: "time held",
                measure: |hold| hold.held_secs(),
                unit: Unit::Secs,
                limits: Limits::below(5.0, 4.5, 3.0),
                margin: 0.5,
                ..DEGREES
            }],
            weight: Weight::Dose,
            cue: "Hold for five",
            text: "Held {measured} of 5 s.",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "bird_dog.same_leg_again",
            id: "BD11b",
            asks: "Alternate.",
            measures: "How often the same leg came twice in a row.",
            limits_because: "Counted; no fault of form.",
            views: &[SideOn, Oblique, Rear, Front],
            scope: Scope::Set,
            checks: &[Check {
                what: "same leg again",
                measure: |hold| hold.sides_repeated(),
                unit: Unit::Count,
                limits: Limits { low: None, high: Some(Band::warn_only(0.0, 0.5)) },
                margin: 0.0,
                ..DEGREES
            }],
            weight: Weight::Dose,
            cue: "Switch sides",
            text: "The same leg came twice in a row {measured} time(s).",
            ..FROM_THE_SIDE
        },
        Rule {
            name: "bird_dog.dose",
            id: "BD11c",
            asks: "For 2 minutes.",
            measures: "Time from the first reach to the end of the last hold.",
            limits_because: "Two minutes less one hold with its way out and back.",
            views: &[SideOn, Oblique, Rear, Front],
            scope: Scope::Set,
            checks: &[Check {
                what: "length of the set",
                measure: |hold| hold.set_secs(),
                unit: Unit::Secs,
                limits: Limits { low: Some(Band::warn_only(112.0, 110.0)), high: None },
                margin: 0.5,
                ..DEGREES
            }],
            weight: Weight::Dose,
            cue: "Keep going, two minutes",
            text: "The set lasted {measured} of 120 s.",
            ..FROM_THE_SIDE
        },
    ],
    arcs: &[Arc::Hip],
    dose: Dose {
        ladder: &[Rung { hold_secs: 5.0, holds: 17 }],
        total_secs: Some(120.0),
        alternate: true,
        ..Dose::OPEN
    },
};

const LEG: Signal = Signal {
    views: &[SideOn, Oblique],
    variants: &[],
    works: Works::Together,
    what: "leg raised",
    measure: |s| s.floor.left.leg_out,
    rest: 0.0,
    target: 1.0,
};
const LEG_FROM_BEHIND: Signal = Signal { views: &[Rear], ..LEG };
/// From ahead the head and the arms hide the legs: the arm tells, and the side is its leg's.
const ARM: Signal = Signal { views: &[Front], what: "arm raised", ..LEG };

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
    limits: STRAIGHT,
    limits_by_landmarks: None,
    margin: 0.0,
    below_own_best: None,
};

const STRAIGHT: Limits = Limits::above(15.0, 27.0, 40.0);

/// Between the floor and level.
const HALFWAY: f64 = 0.5;
/// A limb whose line is less than this below level is not on the floor, degrees: a kneeling leg's lies at −45.
const ON_FLOOR_DEG: f64 = -30.0;

/// A limb this far out is not back, nor on the floor; from behind and ahead only the baseline tells.
const BACK: f64 = 0.25;

/// On hands and knees, all four on the floor: where an ankle or wrist is not seen it is taken to be.
fn tabletop(s: &Sample) -> Result<(), Hint> {
    const WORDS: &str = "On hands and knees";
    Hint::placed(s, Position::AllFours, WORDS)?;
    let beyond = |reading: Reading, most: f64| reading.is_ok_and(|value| value > most);
    let lines = |side: Side| [s.limbs(side).leg_line, s.limbs(side).arm_line];
    let outs = |side: Side| [s.floor.limbs(side).leg_out, s.floor.limbs(side).arm_out];
    let reaching = |side: Side| {
        lines(side).into_iter().any(|line| beyond(line, ON_FLOOR_DEG))
            || outs(side).into_iter().any(|out| beyond(out, BACK))
    };
    if Side::BOTH.into_iter().any(reaching) { Err(Hint::Take(WORDS)) } else { Ok(()) }
}

/// How far the leg is out. Its foot often leaves the picture: then the thigh tells. The far one hides behind the near one:
/// then the arm that goes with it does.
fn reach(s: &Sample, leg: Side) -> Reading {
    match s.floor.limbs(leg).leg_out {
        Err(Unseen::Hidden(_)) => {
            let thigh = s.limbs(leg).thigh.map(|back| as_legs_count(back / 90.0));
            if leg == s.near { thigh } else { thigh.or(raised(s, leg.other())) }
        }
        out => out,
    }
}

/// How far out the leg is that is further out: from the floor, which no leg goes below, to level. How far above that it is, and
/// whether it stays there, is for `leg_height`.
fn further_leg(s: &Sample) -> Reading {
    further(|side| reach(s, side)).map(|(_, out)| out.clamp(0.0, 1.0))
}

/// Of the arms; where one is hidden, the one on the floor says nothing.
fn further_arm(s: &Sample) -> Reading {
    match Side::BOTH.map(|arm| raised(s, arm)) {
        [Ok(left), Ok(right)] => Ok(left.max(right)),
        [Ok(seen), hidden] | [hidden, Ok(seen)] => {
            if seen > 0.0 {
                Ok(seen)
            } else {
                hidden
            }
        }
        [hidden, _] => hidden,
    }
}

/// The side whose limb is further out; the one that is seen, where only one is.
fn further(out: impl Fn(Side) -> Reading) -> Result<(Side, f64), Unseen> {
    match (out(Left), out(Right)) {
        (Ok(left), Ok(right)) => Ok(if left > right { (Left, left) } else { (Right, right) }),
        (left, right) => left.map(|out| (Left, out)).or(right.map(|out| (Right, out))),
    }
}

/// The leg that is out while the other one is not.
fn leg_out(s: &Sample) -> Option<Side> {
    let out = |leg| reach(s, leg).is_ok_and(|out| out > HALFWAY);
    match (out(Left), out(Right)) {
        (true, false) => Some(Left),
        (false, true) => Some(Right),
        _ => None,
    }
}

fn raised(s: &Sample, arm: Side) -> Reading {
    s.floor.limbs(arm).arm_out.map(as_legs_count)
}

/// Arm and thigh come up by 90° where the leg's line does by 45: held from 33° below level on, left at 46.
fn as_legs_count(share: f64) -> f64 {
    1.5 * share - 0.5
}

/// The side of the raised leg. Both legs at once are no bird dog.
fn leg(hold: &Bout) -> Result<Side, Unseen> {
    hold.side.ok_or(Unseen::NotReached)
}

fn is_raised(hold: &Bout, arm: Side) -> Result<bool, Unseen> {
    Ok(hold.median(Window::Hold, |s| s.floor.limbs(arm).arm_out)?.value > HALFWAY)
}

/// The leg that is up in this picture, whichever it is said to be.
fn leg_up(s: &Sample) -> Result<Side, Unseen> {
    up(|side| s.floor.limbs(side).leg_out)
}

fn arm_up(s: &Sample) -> Result<Side, Unseen> {
    up(|side| s.floor.limbs(side).arm_out)
}

/// Where the raised limb is hidden, the one on the floor does not stand for it.
fn up(out: impl Fn(Side) -> Reading) -> Result<Side, Unseen> {
    let (side, out) = further(out)?;
    if out > BACK { Ok(side) } else { Err(Unseen::NotReached) }
}

/// One that was not raised at all is for `same_side` to say.
fn of_raised_arm(hold: &Bout, measure: fn(&Limbs) -> Reading) -> Result<Extent, Unseen> {
    if hold.median(Window::Hold, |s| s.floor.limbs(arm_up(s)?).arm_out)?.value > HALFWAY {
        hold.extent(Window::Hold, |s| measure(s.limbs(arm_up(s)?)))
    } else {
        Err(Unseen::NotReached)
    }
}

/// The opposite arm that stays down, and the other one that does not.
fn wrong_arms(hold: &Bout) -> Result<Extent, Unseen> {
    let leg = leg(hold)?;
    let raised = raised_arms(hold);
    let missing = !raised[leg.other() as usize]?;
    let extra = match raised[leg as usize] {
        Ok(raised) => raised,
        // The one that is missing is enough to know.
        Err(_) if missing => false,
        Err(why) => return Err(why),
    };
    Ok(Extent::at(f64::from(u8::from(missing) + u8::from(extra)), hold.turn_time()))
}

fn low_back(hold: &Bout) -> Result<Extent, Unseen> {
    hold.by_best_eye(|hold, lumbar| hold.extent(Window::Hold, lumbar))
}

/// Left and right. From the side a model takes one arm for the other where one is up alone, the far one for the near one in 7 of 26
/// drawn reaches: there perspective has its say. With a hand hidden, or both put on one place, an arm may be up unseen.
fn raised_arms(hold: &Bout) -> [Result<bool, Unseen>; 2] {
    let raised = Side::BOTH.map(|arm| is_raised(hold, arm));
    if hold.view != SideOn {
        return raised;
    }
    let near = hold.samples[hold.turn].near;
    let far = near.other();
    let alone = |arm: Side| Side::BOTH.map(|side| Ok(side == arm));
    match (Side::BOTH.map(|arm| raised[arm as usize] == Ok(true)), nearness(hold)) {
        ([true, true], _) => raised,
        ([false, false], Ok(_)) => Side::BOTH.map(|arm| is_on_floor(hold, arm).map(|down| !down)),
        (_, Ok([long, high])) if long > 0.0 && high > 0.0 => alone(near),
        (_, Ok([long, high])) if long < 0.0 && high < 0.0 => alone(far),
        (up, _) if up[far as usize] => raised,
        // They are at odds: an arm that is bent or points outwards looks short, too.
        (up, Ok([long, high])) if up[near as usize] && long + high > 0.5 => alone(near),
        (_, Ok(_)) => [Err(Unseen::Hidden(if near == Left { RightWrist } else { LeftWrist })); 2],
        (_, Err(why)) => [Err(why); 2],
    }
}

/// An arm that is neither up nor down is not seen well: its hand is out of the picture, say.
fn is_on_floor(hold: &Bout, arm: Side) -> Result<bool, Unseen> {
    let out = hold.median(Window::Hold, |s| s.floor.limbs(arm).arm_out)?.value;
    if out <= BACK { Ok(true) } else { Err(Unseen::NotReached) }
}

/// What speaks for the near arm being the raised one: how long it looks, and how high the other hand lies on the floor. In errors of
/// a reading, of each 3 at most.
fn nearness(hold: &Bout) -> Result<[f64; 2], Unseen> {
    /// Halfway between near and far arms, 52 drawn reaches; exact joints have 1.06 and 0.83 from 2.5 m, 1.04 and 0.89 from 4 m.
    const LONG: f64 = 1.02;
    /// Likewise: −0.11 and 0 from 2.5 m, −0.07 and 0 from 4 m.
    const HIGH: f64 = -0.06;
    let raised = hold.median(Window::Hold, |s| s.floor.trunk.raised_arm)?.value;
    let resting = hold.median(Window::Hold, |s| s.floor.trunk.resting_hand)?.value;
    Ok([(raised - LONG) / 0.02, (HIGH - resting) / 0.0225].map(|errors| errors.clamp(-3.0, 3.0)))
}

/// Before the reach.
fn on_all_fours(hold: &Bout, measure: fn(&Sample) -> Reading) -> Result<Extent, Unseen> {
    let middle = hold.median(Window::Before, measure)?;
    Ok(Extent::at(middle.value, middle.at))
}

/// Tilts are + with the left side higher.
fn towards(side: Side) -> f64 {
    match side {
        Left => 1.0,
        Right => -1.0,
    }
}
