//! Which of the seven exercises is it? From poses alone, without being told.
//!
//! Input: [`Pose`]s in time order. Output: an exercise's name, or none. What a body is on (`Position`) tells most of
//! it; what it does there tells the rest, and that nothing of the seven is done: somebody on hands and knees who
//! stretches no limb out is no bird dog, somebody who stands does no squat. Every sign counts the seconds it was seen
//! for; the exercise with the most seconds beyond its least is it.
//!
//! Memory: some numbers, and what [`Kinematics`] keeps.

use crate::kinematics::{Baseline, Kinematics, Knows, Position, Posture, Reading, Sample, View};
use crate::pose::Landmark;
use crate::track::Pose;
use crate::units::{Side, Timestamp};

/// Watches a stretch of poses.
pub struct Recogniser {
    kinematics: Kinematics,
    baseline: Option<(Position, Baseline)>,
    still: Option<(Position, Timestamp)>,
    last: Option<Timestamp>,
    signs: Signs,
}

/// Seconds for which each sign was seen.
#[derive(Clone, Debug, Default)]
struct Signs {
    squatting: f64,
    hinging: f64,
    /// Folded over straight legs: part of `hinging`.
    folded: f64,
    dowel: f64,
    kneeling: f64,
    rear_thigh: Range,
    reached_up: f64,
    leg_up: f64,
    trunk_over_leg: Range,
    leg_raised: f64,
    planking: f64,
    table_top: f64,
    lowering: f64,
    reaching: f64,
    /// True once the person stood with hips open; bends count from there.
    stood: bool,
}

/// Smallest and largest of what was seen.
#[derive(Clone, Copy, Debug, Default)]
struct Range(Option<(f64, f64)>);

impl Range {
    fn take(&mut self, reading: Reading) {
        if let Ok(value) = reading {
            let (low, high) = self.0.unwrap_or((value, value));
            self.0 = Some((low.min(value), high.max(value)));
        }
    }

    fn width(&self) -> f64 {
        self.0.map_or(0.0, |(low, high)| high - low)
    }
}

/// One picture stands for no more than this, seconds: a gap is no evidence.
const LONGEST_SECS: f64 = 0.2;
/// Hips this slow for this long make a start position, trunk lengths a second and seconds.
const STILL_SPEED: f64 = 0.15;
const STILL_SECS: f64 = 1.0;

/// Hips bent by this are on the way into something, degrees; less than [`OPEN_HIP`] is standing.
const BENT_HIP: f64 = 40.0;
const OPEN_HIP: f64 = 25.0;
/// Knees that bend with the hips, degrees: the least of a squat worth the name (RULES.md B: partial from 39), less what a
/// camera 12 degrees off side-on takes from it.
const BENT_KNEE: f64 = 35.0;
/// Hip over hip and knee: squats 0.55 and less, hinges 0.7 and more (RULES.md A7); between them lies HH4's warning.
const HINGE_SHARE: f64 = 0.63;
/// Knees straighter than this do not take part in a fold: a hinge keeps them soft (RULES.md A7, HH6), degrees.
const STIFF_KNEE: f64 = 15.0;
/// Squats from ahead: the hips' fall over leg length, feet in place (RULES.md B: 0.15 is full).
const FALLEN_HIPS: f64 = 0.12;
/// A limb out from hands and knees: lines above these, degrees (RULES.md B: −22 counts; kneeling reads −45 and −90).
const LEG_OUT_LINE: f64 = -25.0;
const ARM_OUT_LINE: f64 = -35.0;
/// The same against the start position where that is known, share of the way to level.
const LIMB_OUT: f64 = 0.5;
/// Thighs above the hips within this, degrees, shins held at about a right angle: table top (RULES.md A4: 20, wider).
const THIGH_OVER_HIP: f64 = 35.0;
const TABLE_KNEE: std::ops::Range<f64> = 50.0..130.0;
/// A leg on the way down has left table top by this, degrees (RULES.md A4).
const LOWERED: f64 = 15.0;
/// A leg raised from the back, knee nearly straight, degrees (RULES.md A2: 25).
const RAISED_LINE: f64 = 25.0;
const RAISED_KNEE: f64 = 40.0;
/// A side plank: body about straight, and the upper arm standing under the shoulder (flat on the side it lies), degrees.
const PLANK_BEND: f64 = 36.0;
const PROPPING_ARM: f64 = 45.0;

impl Recogniser {
    /// `landmarks` are those the model knows; empty: all.
    pub fn new(landmarks: &[Landmark]) -> Recogniser {
        Recogniser {
            kinematics: Kinematics::new(Knows::of(landmarks), Posture::Floor),
            baseline: None,
            still: None,
            last: None,
            signs: Signs::default(),
        }
    }

    /// Takes the next pose.
    pub fn push(&mut self, pose: &Pose) {
        let sample = self.kinematics.observe(pose, self.baseline.as_ref().map(|(_, baseline)| baseline));
        let secs = self.last.map_or(0.0, |last| pose.t.secs_since(last)).clamp(0.0, LONGEST_SECS);
        self.last = Some(pose.t);
        let Ok(position) = sample.position else { return };
        self.settle(position, &sample);
        self.signs.take(position, &sample, secs);
    }

    /// The exercise's name; `None` when it is none of the seven, or not enough of it was seen.
    pub fn exercise(&self) -> Option<&'static str> {
        let evidence = self.signs.evidence();
        let most = evidence.into_iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
        (most.1 > 0.0).then_some(most.0)
    }

    /// Takes a baseline once somebody holds still in a position new to it.
    fn settle(&mut self, position: Position, sample: &Sample) {
        let still = sample.hip_speed.is_ok_and(|speed| speed <= STILL_SPEED);
        let same = self.still.filter(|(before, _)| *before == position && still);
        self.still = still.then(|| same.unwrap_or((position, sample.t)));
        let known = self.baseline.as_ref().is_some_and(|(of, _)| *of == position);
        let held = self.still.is_some_and(|(_, since)| sample.t.secs_since(since) >= STILL_SECS);
        if held && !known {
            self.baseline = self.kinematics.capture(STILL_SECS).ok().map(|baseline| (position, baseline));
        }
    }
}

impl Signs {
    fn take(&mut self, position: Position, sample: &Sample, secs: f64) {
        if sample.dowel.upper_back.is_ok() {
            self.dowel += secs;
        }
        match position {
            Position::Upright => self.take_upright(sample, secs),
            Position::LegUp => {
                self.leg_up += secs;
                self.trunk_over_leg.take(sample.trunk);
            }
            Position::HalfKneeling => {
                let kneel = &sample.kneel.angles;
                self.kneeling += secs;
                self.rear_thigh.take(kneel.thigh);
                add(&mut self.reached_up, secs, kneel.reach_up.is_ok_and(|up| up > 0.2));
            }
            Position::AllFours => add(&mut self.reaching, secs, Side::BOTH.iter().any(|&side| limb_out(sample, side))),
            Position::Supine => self.take_supine(sample, secs),
            Position::SideLying => {
                let plank = &sample.plank.angles;
                let bent = |bend: Reading| bend.is_ok_and(|bend| bend.abs() < PLANK_BEND);
                let propped = plank.upper_arm.is_ok_and(|arm| arm.abs() < PROPPING_ARM);
                add(&mut self.planking, secs, propped && (bent(plank.bend) || bent(plank.bend_full)));
            }
            Position::Prone => {}
        }
    }

    fn take_upright(&mut self, sample: &Sample, secs: f64) {
        // A trunk that comes forward over a near hip that does not bend stands on the far leg.
        let goes_back = sample.near_limbs().hip.is_ok_and(|hip| hip < BENT_HIP);
        let on_far = goes_back && sample.trunk.is_ok_and(|trunk| trunk >= BENT_HIP);
        let limbs = sample.limbs(if on_far { sample.near.other() } else { sample.near });
        let (hip, knee) = (limbs.hip, limbs.knee);
        self.stood |= hip.is_ok_and(|hip| hip < OPEN_HIP) || sample.front.hip_drop.is_ok_and(|drop| drop < 0.05);
        if !self.stood {
            return;
        }
        if let (Ok(hip), Ok(knee)) = (hip, knee) {
            let bent = hip >= BENT_HIP;
            let hinged = bent && hip / (hip + knee.max(0.0)) >= HINGE_SHARE;
            add(&mut self.hinging, secs, hinged);
            add(&mut self.folded, secs, hinged && knee < STIFF_KNEE);
            add(&mut self.squatting, secs, bent && !hinged && knee >= BENT_KNEE);
        } else if matches!(sample.view, View::Front | View::Rear) {
            let in_place = sample.feet_moved.is_ok_and(|moved| moved < super::FEET_STAY);
            let fallen = sample.front.hip_drop.is_ok_and(|drop| drop >= FALLEN_HIPS);
            add(&mut self.squatting, secs, in_place && fallen);
        }
    }

    fn take_supine(&mut self, sample: &Sample, secs: f64) {
        let [left, right] = Side::BOTH.map(|side| leg(sample, side));
        if let (Some(left), Some(right)) = (left, right) {
            let over = |leg: &(f64, f64)| leg.0.abs() <= THIGH_OVER_HIP;
            let bent = |leg: &(f64, f64)| TABLE_KNEE.contains(&leg.1);
            add(&mut self.table_top, secs, over(&left) && over(&right) && bent(&left) && bent(&right));
            let lowered = left.0.max(right.0) >= LOWERED;
            // From table top, that is: straight legs lie on the floor in other exercises too.
            add(&mut self.lowering, secs, self.table_top > 0.0 && lowered && left.0.min(right.0) < 75.0);
        }
        let raised = &sample.raised.angles;
        let up = raised.line.is_ok_and(|line| line > RAISED_LINE) && raised.knee.is_ok_and(|knee| knee < RAISED_KNEE);
        add(&mut self.leg_raised, secs, up);
    }

    /// Seconds for each exercise, 0 where too little of it was seen.
    fn evidence(&self) -> [(&'static str, f64); 7] {
        let enough = |secs: f64, least: f64, and: bool| if and && secs >= least { secs } else { 0.0 };
        let bends = self.squatting + self.hinging;
        // Whoever holds a dowel to the back hinges, however badly.
        let with_dowel = self.dowel >= 1.0;
        let folding = self.folded >= 0.7 * self.hinging && self.folded >= 2.0 && !with_dowel;
        let squats = self.squatting > self.hinging && !with_dowel;
        let stretches_leg = enough(self.leg_up, 3.0, self.trunk_over_leg.width() >= 8.0)
            .max(enough(self.leg_raised, 3.0, true))
            .max(enough(self.folded, 2.0, folding && !squats));
        [
            ("squat", enough(self.squatting, 0.3, squats)),
            ("hip_hinge", enough(bends, 0.3, !squats && !folding)),
            (
                "hip_flexor_stretch",
                enough(self.kneeling, 3.0, self.rear_thigh.width() >= 6.0 || self.reached_up >= 1.0),
            ),
            ("hamstring_stretch", stretches_leg),
            ("side_plank", enough(self.planking, 2.0, true)),
            ("dead_bug", enough(self.table_top + self.lowering, 1.0, self.table_top >= 0.5 && self.lowering >= 0.3)),
            ("bird_dog", enough(self.reaching, 1.0, true)),
        ]
    }
}

fn add(sign: &mut f64, secs: f64, seen: bool) {
    if seen {
        *sign += secs;
    }
}

/// Thigh from over the hip, and knee flexion.
fn leg(sample: &Sample, side: Side) -> Option<(f64, f64)> {
    sample.floor.limbs(side).thigh_lowered.ok().zip(sample.limbs(side).knee.ok())
}

fn limb_out(sample: &Sample, side: Side) -> bool {
    let (limbs, floor) = (sample.limbs(side), sample.floor.limbs(side));
    let out = |reading: Reading, least: f64| reading.is_ok_and(|value| value >= least);
    match sample.view {
        View::Front | View::Rear => out(floor.leg_out, LIMB_OUT) || out(floor.arm_out, LIMB_OUT),
        _ => out(limbs.leg_line, LEG_OUT_LINE) || out(limbs.arm_line, ARM_OUT_LINE),
    }
}
