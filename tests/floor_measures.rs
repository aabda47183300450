//! What kinematics says of the five floor and stretch exercises, against the synthetic athlete's truth: from exact joints,
//! from far away (where projection is exact) and from the clip's own camera, turned, rolled, mirrored, from the other
//! side, at several frame rates, with points hidden.

use formcheck::geometry::{ImagePoint, inclination_deg, wrap_deg};
use formcheck::kinematics::{Baseline, Kinematics, Knows, Position, Posture, Reading, Sample, Unseen, View};
use formcheck::pose::{Joint, Landmark, Landmarks};
use formcheck::synth::camera::Stand;
use formcheck::synth::observe::Eye;
use formcheck::synth::{Body, Camera, Clip, Options, TruthFrame, by_id};
use formcheck::track::Pose;
use formcheck::units::Side;
use nalgebra::{Point3, center};

fn pose(frame: &TruthFrame, camera: &Camera, eye: Eye) -> Pose {
    let person = eye.sees(frame, camera).person;
    let at = |l: Landmark| Some(person.as_ref()?.points[l]?.at);
    let mut points = Landmarks::default();
    Landmark::ALL.iter().for_each(|&l| points[l] = at(l));
    Pose {
        t: frame.t,
        points,
        bridged: Landmarks::default(),
        back: person.as_ref().and_then(|p| p.back),
        dowel: person.as_ref().and_then(|p| p.dowel),
        axes: None,
        present: person.is_some(),
    }
}

/// A mirror image of the picture: left is right.
fn mirrored(pose: Pose, width: u32) -> Pose {
    let flip = |at: ImagePoint| ImagePoint::new(f64::from(width) - 1.0 - at.x, at.y);
    let mut points = Landmarks::default();
    pose.points.iter().for_each(|(l, at)| points[l.mirrored()] = at.map(flip));
    let back = pose.back.map(|mut back| {
        (back.sacrum, back.t8) = (flip(back.sacrum), flip(back.t8));
        back
    });
    Pose { points, back, ..pose }
}

/// How a clip is watched.
#[derive(Clone, Copy)]
struct Watching {
    camera: fn(Camera) -> Camera,
    fps: f64,
    mirror: bool,
    eye: Eye,
    /// Points that are never seen.
    hidden: &'static [Landmark],
    /// A point that is not seen once the baseline is taken.
    hidden_later: Option<Landmark>,
    /// Once the baseline is taken, the right leg is put on the left one.
    one_leg_later: bool,
}

const PLAIN: Watching = Watching {
    camera: |c| c,
    fps: 15.0,
    mirror: false,
    eye: Eye::OWN,
    hidden: &[],
    hidden_later: None,
    one_leg_later: false,
};

/// One frame with what was measured in it.
struct Seen {
    frame: TruthFrame,
    sample: Sample,
}

/// The clip's frames from the baseline on, and the baseline with the frame it was taken at.
fn watch(clip: &Clip, how: Watching) -> (Vec<Seen>, Baseline, TruthFrame) {
    let camera = (how.camera)(clip.camera);
    let body = Body::average();
    let mut kinematics = Kinematics::new(Knows::of(how.eye.landmarks), Posture::Floor);
    let mut rest = None;
    let mut seen = Vec::new();
    for frame in clip.frames(&body, &camera, how.fps, &Options::default()) {
        let mut pose = pose(&frame, &camera, how.eye);
        for &hidden in how.hidden.iter().chain(how.hidden_later.iter().filter(|_| rest.is_some())) {
            pose.points[hidden] = None;
        }
        if how.one_leg_later && rest.is_some() {
            for joint in [Joint::Hip, Joint::Knee, Joint::Ankle, Joint::Heel, Joint::BigToe] {
                pose.points[Landmark::of(joint, Side::Right)] = pose.points[Landmark::of(joint, Side::Left)];
            }
        }
        if how.mirror {
            pose = mirrored(pose, camera.width);
        }
        let sample = kinematics.observe(&pose, rest.as_ref().map(|(baseline, _)| baseline));
        match rest {
            None if frame.t.secs() >= 1.7 => {
                rest = Some((kinematics.capture(1.5).unwrap(), frame));
            }
            None => {}
            Some(_) => seen.push(Seen { frame, sample }),
        }
    }
    let (baseline, at) = rest.unwrap();
    (seen, baseline, at)
}

type Measure = fn(&Sample, Side) -> Reading;
/// Of a frame, the frame at rest, and a side.
type Truth = fn(&TruthFrame, &TruthFrame, Side) -> f64;

struct Case {
    name: &'static str,
    clips: &'static [&'static str],
    /// Sides it is measured of; the same measure for both where it has none.
    sides: &'static [Side],
    measure: Measure,
    truth: Truth,
    /// Largest error from far away, from the clip's camera, and from 12 degrees beside it.
    errors: [f64; 3],
    /// What 3 degrees of roll may add: nothing for shapes, what is not corrected for lines.
    rolled: f64,
}

const BOTH: &[Side] = &[Side::Left, Side::Right];
const RIGHT: &[Side] = &[Side::Right];
const DOGS: &[&str] = &["BD-ok", "BD-sag30", "BD-same"];
const DOGS_BEHIND: &[&str] = &["BD-rot8", "BD-rot40"];
const BUGS: &[&str] = &["DB-ok", "DB-lift25", "DB-flat", "DB-high", "DB-both"];
const KNEELS: &[&str] = &["HK-tip17", "HK-lean25"];
const STANDS: &[&str] = &["HS-stand-ok", "HS-round35"];
const RAISES: &[&str] = &["HS-slr60", "HS-slr80"];
const PLANKS: &[&str] = &["SP-sag32", "SP-drift", "SP-elbow21"];

fn joint(frame: &TruthFrame, joint: Joint, side: Side) -> Point3<f64> {
    frame.pose.landmarks[Landmark::of(joint, side)]
}

fn middle(frame: &TruthFrame, of: Joint) -> Point3<f64> {
    center(&joint(frame, of, Side::Left), &joint(frame, of, Side::Right))
}

fn trunk_m(frame: &TruthFrame) -> f64 {
    (middle(frame, Joint::Hip) - middle(frame, Joint::Shoulder)).norm()
}

/// From vertical as the canonical camera sees it, + the way a standing athlete faces.
fn lean(from: Point3<f64>, to: Point3<f64>) -> f64 {
    inclination_deg(ImagePoint::new(from.x, -from.y), ImagePoint::new(to.x, -to.y), 1.0).unwrap()
}

/// Of the hip in shoulder–hip–`end`, + below the line from head (left) to feet.
fn bend(frame: &TruthFrame, end: Joint) -> f64 {
    let (shoulder, hip, end) = (middle(frame, Joint::Shoulder), middle(frame, Joint::Hip), middle(frame, end));
    let (u, v) = (hip - shoulder, end - hip);
    (u.x * v.y - u.y * v.x).atan2(u.x * v.x + u.y * v.y).to_degrees()
}

fn out(now: f64, rest: f64) -> f64 {
    1.0 - now / rest
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Hands and knees.
    Case { name: "leg line", clips: DOGS, sides: BOTH, measure: |s, side| s.limbs(side).leg_line,
        truth: |f, _, side| f.truth.limb(side).leg_line, errors: [0.1, 0.5, 2.0], rolled: 2.2 },
    Case { name: "arm line", clips: DOGS, sides: BOTH, measure: |s, side| s.limbs(side).arm_line,
        truth: |f, _, side| f.truth.limb(side).arm_line, errors: [1.0, 1.0, 3.0], rolled: 2.2 },
    Case { name: "hand under shoulder", clips: DOGS, sides: BOTH, measure: |s, side| s.floor.limbs(side).arm_support,
        truth: |f, _, side| lean(joint(f, Joint::Wrist, side), joint(f, Joint::Shoulder, side)),
        errors: [0.1, 0.5, 3.0], rolled: 2.2 },
    Case { name: "knee under hip", clips: DOGS, sides: BOTH, measure: |s, side| s.limbs(side).thigh,
        truth: |f, _, side| f.truth.limb(side).thigh, errors: [0.1, 0.5, 4.0], rolled: 2.2 },
    Case { name: "leg out", clips: DOGS, sides: BOTH, measure: |s, side| s.floor.limbs(side).leg_out,
        truth: |f, r, side| out(f.truth.limb(side).leg_line, r.truth.limb(side).leg_line),
        errors: [0.01, 0.02, 0.05], rolled: 0.06 },
    Case { name: "reach", clips: DOGS, sides: BOTH, measure: |s, side| s.floor.limbs(side).reach,
        truth: |f, r, side| {
            let arm = |f: &TruthFrame| f.truth.limb(side.other()).arm_line;
            out(f.truth.limb(side).leg_line, r.truth.limb(side).leg_line).min(out(arm(f), arm(r)))
        }, errors: [0.02, 0.02, 0.05], rolled: 0.06 },
    Case { name: "hips shift", clips: DOGS, sides: RIGHT, measure: |s, _| s.floor.trunk.weight_shift,
        truth: |f, r, _| (middle(f, Joint::Hip).x - middle(r, Joint::Hip).x) / trunk_m(r), errors: [0.02, 0.02, 0.03], rolled: 0.01 },
    Case { name: "hips tilt, from behind", clips: DOGS_BEHIND, sides: RIGHT, measure: |s, _| s.floor.trunk.hip_tilt,
        truth: |f, r, _| f.truth.pelvic_obliquity - r.truth.pelvic_obliquity, errors: [0.5, 1.5, 4.0], rolled: 1.0 },
    Case { name: "leg out, from behind", clips: DOGS_BEHIND, sides: BOTH, measure: |s, side| s.floor.limbs(side).leg_out,
        truth: |f, r, side| {
            let (ankle, hip) = (joint(r, Joint::Ankle, side), joint(r, Joint::Hip, side));
            (joint(f, Joint::Ankle, side).y - ankle.y) / (hip.y - ankle.y)
        }, errors: [0.02, 0.25, 0.25], rolled: 0.1 },
    // On the back.
    Case { name: "thigh lowered", clips: BUGS, sides: BOTH, measure: |s, side| s.floor.limbs(side).thigh_lowered,
        truth: |f, _, side| wrap_deg(f.truth.limb(side).thigh + 180.0), errors: [0.1, 0.5, 2.0], rolled: 2.2 },
    // Worst a whole shank up, where a foot that yaw brings nearer looks higher.
    Case { name: "foot above the floor", clips: BUGS, sides: BOTH, measure: |s, side| s.floor.limbs(side).foot_height,
        truth: |f, _, side| f.truth.limb(side).foot_height_mm * 1e-3 / Body::average().shank, errors: [0.01, 0.06, 0.11], rolled: 0.06 },
    Case { name: "arch", clips: BUGS, sides: RIGHT, measure: |s, _| s.floor.trunk.arch,
        truth: |f, r, _| (f.truth.gap_mm - r.truth.gap_mm) * 1e-3 / trunk_m(r), errors: [0.003, 0.004, 0.005], rolled: 0.001 },
    Case { name: "leg raised", clips: RAISES, sides: BOTH, measure: |s, side| s.floor.limbs(side).leg_raise,
        truth: |f, _, side| wrap_deg(-f.truth.limb(side).stance - 90.0), errors: [0.1, 0.5, 2.0], rolled: 2.2 },
    Case { name: "higher leg", clips: RAISES, sides: RIGHT, measure: |s, _| s.raised.angles.line,
        truth: |f, _, side| wrap_deg(-f.truth.limb(side).stance - 90.0), errors: [0.1, 0.5, 2.0], rolled: 2.2 },
    Case { name: "other leg", clips: RAISES, sides: &[Side::Left], measure: |s, _| s.raised.angles.other_line,
        truth: |f, _, side| wrap_deg(-f.truth.limb(side).stance - 90.0), errors: [0.1, 0.5, 2.0], rolled: 2.2 },
    Case { name: "raised knee", clips: RAISES, sides: RIGHT, measure: |s, _| s.raised.angles.knee,
        truth: |f, _, side| f.truth.limb(side).knee, errors: [0.1, 0.5, 2.0], rolled: 0.0 },
    // A leg on a support.
    Case { name: "hand beyond knee", clips: STANDS, sides: RIGHT, measure: |s, _| s.raised.angles.hand,
        truth: |f, _, side| {
            let flat = |p: Point3<f64>| nalgebra::Point2::new(p.x, p.y);
            let at = |j| flat(joint(f, j, side));
            (at(Joint::Wrist) - at(Joint::Knee)).dot(&(at(Joint::Ankle) - at(Joint::Hip)).normalize()) / Body::average().shank
        }, errors: [0.01, 0.06, 0.12], rolled: 0.0 },
    Case { name: "hip fold", clips: STANDS, sides: RIGHT, measure: |s, _| s.raised.angles.fold,
        truth: |f, r, side| f.truth.limb(side).true_hip - r.truth.limb(side).true_hip, errors: [2.5, 3.0, 5.0], rolled: 0.0 },
    Case { name: "pelvis in a fold", clips: STANDS, sides: RIGHT, measure: |s, _| s.spine.pelvic_tilt,
        truth: |f, r, _| f.truth.pelvic_tilt - r.truth.pelvic_tilt, errors: [2.5, 3.0, 5.0], rolled: 0.0 },
    Case { name: "pelvis in the 70 degree test", clips: &["HS-70trap", "HS-70pass"], sides: RIGHT, measure: |s, _| s.spine.pelvic_tilt,
        truth: |f, r, _| f.truth.pelvic_tilt - r.truth.pelvic_tilt, errors: [3.5, 4.0, 6.0], rolled: 0.0 },
    // Half-kneeling.
    Case { name: "rear thigh", clips: KNEELS, sides: RIGHT, measure: |s, _| s.kneel.angles.thigh_change,
        truth: |f, r, side| f.truth.limb(side).thigh - r.truth.limb(side).thigh, errors: [0.1, 0.5, 1.5], rolled: 0.0 },
    Case { name: "hip extension", clips: KNEELS, sides: RIGHT, measure: |s, _| s.kneel.angles.hip_extension,
        truth: |f, r, side| r.truth.limb(side).true_hip - f.truth.limb(side).true_hip, errors: [2.0, 2.0, 3.0], rolled: 0.0 },
    Case { name: "kneeling trunk", clips: KNEELS, sides: RIGHT, measure: |s, _| s.trunk,
        truth: |f, _, _| f.truth.trunk, errors: [0.1, 1.2, 3.0], rolled: 2.2 },
    Case { name: "kneeling knee on the floor", clips: KNEELS, sides: RIGHT, measure: |s, _| s.kneel.angles.knee_height,
        truth: |_, _, _| 0.0, errors: [0.03, 0.03, 0.11], rolled: 0.1 },
    Case { name: "reach up", clips: &["HK-reach-up"], sides: RIGHT, measure: |s, _| s.kneel.angles.reach_up,
        truth: |f, r, side| (joint(f, Joint::Wrist, side).y - joint(f, Joint::Ear, side).y) / trunk_m(r), errors: [0.01, 0.3, 0.3], rolled: 0.05 },
    Case { name: "reach across", clips: &["HK-reach-across", "HK-reach-up"], sides: RIGHT, measure: |s, _| s.kneel.angles.reach_across,
        truth: |f, r, side| (f.pose.landmarks[Landmark::Nose].z - joint(f, Joint::Wrist, side).z) / trunk_m(r), errors: [0.02, 0.1, 0.28], rolled: 0.1 },
    // On the side.
    Case { name: "plank bend", clips: PLANKS, sides: RIGHT, measure: |s, _| s.plank.angles.bend,
        truth: |f, _, _| bend(f, Joint::Knee), errors: [0.1, 0.5, 2.0], rolled: 0.0 },
    Case { name: "plank bend of straight legs", clips: &["SP-feet"], sides: RIGHT, measure: |s, _| s.plank.angles.bend_full,
        truth: |f, _, _| bend(f, Joint::Ankle), errors: [0.1, 0.5, 2.0], rolled: 0.0 },
    Case { name: "supporting arm", clips: PLANKS, sides: RIGHT, measure: |s, _| s.plank.angles.upper_arm,
        truth: |f, _, side| lean(joint(f, Joint::Elbow, side), joint(f, Joint::Shoulder, side)), errors: [0.1, 0.5, 2.0], rolled: 3.0 },
    Case { name: "hips lifted", clips: PLANKS, sides: RIGHT, measure: |s, _| s.plank.angles.hip_lift,
        truth: |f, r, _| (middle(f, Joint::Hip).y - middle(r, Joint::Hip).y) / trunk_m(r), errors: [0.01, 0.01, 0.01], rolled: 0.02 },
    Case { name: "hip above the floor", clips: PLANKS, sides: RIGHT, measure: |s, _| s.plank.angles.hip_height,
        truth: |f, r, side| joint(f, Joint::Hip, side).y / trunk_m(r), errors: [0.035, 0.08, 0.13], rolled: 0.20 },
    Case { name: "plank length", clips: PLANKS, sides: RIGHT, measure: |s, _| s.plank.angles.length,
        truth: |_, _, _| 1.0, errors: [0.01, 0.02, 0.03], rolled: 0.0 },
    Case { name: "shoulders stacked", clips: PLANKS, sides: RIGHT, measure: |s, _| s.plank.angles.stacked,
        truth: |_, _, _| 1.0, errors: [0.01, 0.02, 0.03], rolled: 0.0 },
    Case { name: "bent lower knee", clips: PLANKS, sides: RIGHT, measure: |s, _| s.plank.angles.knee_down,
        truth: |f, _, side| f.truth.limb(side).knee_in_space, errors: [0.5, 15.0, 28.0], rolled: 0.0 },
    Case { name: "straight upper knee", clips: &["SP-feet"], sides: RIGHT, measure: |s, _| s.plank.angles.knee_top,
        truth: |f, _, side| f.truth.limb(side.other()).knee_in_space, errors: [5.0, 8.0, 20.0], rolled: 0.0 },
    Case { name: "thighs stacked", clips: PLANKS, sides: RIGHT, measure: |s, _| s.plank.angles.top_leg,
        truth: |_, _, _| 0.0, errors: [0.1, 0.5, 1.5], rolled: 0.0 },
];

/// Every case whose clips are seen in this way, against the truth; a list of what is off.
fn off(how: Watching, error: fn(&Case) -> f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut clips: Vec<&str> = CASES.iter().flat_map(|case| case.clips).copied().collect();
    clips.sort_unstable();
    clips.dedup();
    for id in clips {
        let (seen, _, rest) = watch(&by_id(id).unwrap(), how);
        for case in CASES.iter().filter(|case| case.clips.contains(&id)) {
            for &side in case.sides {
                let labelled = if how.mirror { side.other() } else { side };
                let (mut worst, mut measured) = (0.0f64, 0);
                for Seen { frame, sample } in &seen {
                    let Ok(value) = (case.measure)(sample, labelled) else { continue };
                    measured += 1;
                    // "+ the athlete's left higher" is the right higher in a mirror.
                    let mirror = if how.mirror && case.name.contains("tilt") { -1.0 } else { 1.0 };
                    let truth = mirror * (case.truth)(frame, &rest, side);
                    // Turned by a whole turn is the same line; ratios never differ by that much.
                    worst = worst.max(wrap_deg(value - truth).abs());
                }
                // A raised leg has no side until it is raised.
                if measured * 2 < seen.len() {
                    let why = (case.measure)(&seen[seen.len() / 2].sample, labelled);
                    lines.push(format!("{id}: {} {side:?}: seen in {measured} of {} ({why:?})", case.name, seen.len()));
                } else if worst > error(case) {
                    lines.push(format!("{id}: {} {side:?}: off by {worst:.3}, {:.3} allowed", case.name, error(case)));
                }
            }
        }
    }
    lines
}

fn check(label: &str, how: Watching, error: fn(&Case) -> f64) {
    let lines = off(how, error);
    assert!(lines.is_empty(), "{label}: {} off\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn from_far_away_measures_are_the_truth() {
    check("orthographic", Watching { camera: |c| c.orthographic(), ..PLAIN }, |case| case.errors[0]);
}

#[test]
fn from_where_the_camera_stands_they_are_near_it_at_any_frame_rate() {
    for fps in [15.0, 30.0, 60.0] {
        check("plain", Watching { fps, ..PLAIN }, |case| case.errors[1]);
    }
}

#[test]
fn a_mirror_swaps_the_sides_and_nothing_else() {
    check("mirrored", Watching { mirror: true, ..PLAIN }, |case| case.errors[1]);
}

#[test]
fn twelve_degrees_beside_they_are_still_near_it() {
    check("+12", Watching { camera: |c| c.yawed(12.0), ..PLAIN }, |case| case.errors[2]);
    check("-12", Watching { camera: |c| c.yawed(-12.0), ..PLAIN }, |case| case.errors[2]);
}

#[test]
fn three_degrees_of_roll_are_taken_out_where_the_floor_shows_them() {
    check("+3", Watching { camera: |c| Camera { roll_deg: 3.0, ..c }, ..PLAIN }, |case| case.errors[1] + case.rolled);
    check("-3", Watching { camera: |c| Camera { roll_deg: -3.0, ..c }, ..PLAIN }, |case| case.errors[1] + case.rolled);
}

/// From the athlete's left, people on their back lie with the head to the right, and those on all fours to the left.
#[test]
fn from_the_other_side_facing_and_near_side_change_and_the_measures_do_not() {
    let other = |camera: Camera| match camera.stand {
        Stand::Right => Camera { stand: Stand::Left, ..camera },
        _ => camera,
    };
    // A side plank from there shows the back; its truth is drawn for the chest.
    let lines: Vec<String> = off(Watching { camera: other, ..PLAIN }, |case| 2.0 * case.errors[1])
        .into_iter()
        .filter(|line| !line.starts_with("SP-"))
        .filter(|line| !line.contains("hand beyond knee"))
        .collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
    for id in ["DB-ok", "BD-ok", "HK-ok", "HS-slr70", "HS-stand-ok"] {
        let (here, ..) = watch(&by_id(id).unwrap(), PLAIN);
        let (there, ..) = watch(&by_id(id).unwrap(), Watching { camera: other, ..PLAIN });
        for (a, b) in here.iter().zip(&there) {
            assert_eq!((a.sample.facing, a.sample.near, a.sample.view), (1.0, Side::Right, View::Side), "{id}");
            assert_eq!((b.sample.facing, b.sample.near, b.sample.view), (-1.0, Side::Left, View::Side), "{id}");
        }
    }
}

#[test]
fn positions_and_sides_are_told_in_every_frame() {
    for (id, position) in [
        ("HK-tip30", Position::HalfKneeling),
        ("HK-reach-across", Position::HalfKneeling),
        ("HS-stand-ok", Position::LegUp),
        ("HS-round35", Position::LegUp),
        ("HS-70pass", Position::Upright),
        ("HS-slr80", Position::Supine),
        ("DB-both", Position::Supine),
        ("BD-sag30", Position::AllFours),
        ("BD-rot40", Position::AllFours),
        ("SP-sag32", Position::SideLying),
        ("SP-feet", Position::SideLying),
        ("SQ-ok2", Position::Upright),
        ("SQ-ok2-front", Position::Upright),
        ("HH-round40", Position::Upright),
    ] {
        for how in [PLAIN, Watching { eye: Eye::COCO17, ..PLAIN }, Watching { camera: |c| c.yawed(12.0), ..PLAIN }] {
            let (seen, ..) = watch(&by_id(id).unwrap(), how);
            assert!(seen.iter().all(|s| s.sample.position == Ok(position)), "{id}");
        }
    }
    let all = |id: &str, how: Watching, holds: fn(&Sample) -> bool| {
        let (seen, ..) = watch(&by_id(id).unwrap(), how);
        assert!(seen.iter().all(|s| holds(&s.sample)), "{id}");
    };
    all("HK-ok", PLAIN, |s| s.kneel.side == Ok(Side::Right));
    all("HK-ok", Watching { mirror: true, ..PLAIN }, |s| s.kneel.side == Ok(Side::Left));
    let front_knee_hidden = Watching { hidden: &[Landmark::LeftKnee], ..PLAIN };
    all("HK-ok", front_knee_hidden, |s| s.kneel.side == Ok(Side::Right));
    let (seen, ..) = watch(&by_id("SP-ok").unwrap(), Watching { hidden_later: Some(Landmark::RightKnee), ..PLAIN });
    let bends = seen.iter().filter(|s| s.sample.plank.angles.bend.is_ok()).count();
    assert!(2 * bends > seen.len(), "the upper leg tells of the lower one in a hold: {bends} of {}", seen.len());
    let hands_hidden = Watching { hidden: &[Landmark::LeftWrist, Landmark::RightWrist], ..PLAIN };
    all("BD-rot40", hands_hidden, |s| s.position == Ok(Position::AllFours));
    all("SQ-ok2-front", hands_hidden, |s| s.position == Ok(Position::Upright));
    all("HS-stand-ok", PLAIN, |s| s.raised.side == Ok(Side::Right));
    all("SP-ok", PLAIN, |s| s.plank.down == Ok(Side::Right));
    all("SP-ok", Watching { mirror: true, ..PLAIN }, |s| s.plank.down == Ok(Side::Left));
    // Standing people kneel on no knee, have no leg up and are on no side.
    all("SQ-ok2", PLAIN, |s| [s.kneel.side, s.raised.side, s.plank.down].iter().all(|side| side.is_err()));
}

#[test]
fn a_heel_on_a_support_is_where_it_was_put_when_a_model_puts_both_legs_on_one() {
    let clip = by_id("HS-round35").unwrap();
    let (plain, ..) = watch(&clip, PLAIN);
    let (mixed, ..) = watch(&clip, Watching { one_leg_later: true, ..PLAIN });
    for (plain, mixed) in plain.iter().zip(&mixed) {
        let (plain, mixed) = (plain.sample.raised, mixed.sample.raised);
        assert_eq!((plain.side, mixed.side), (Ok(Side::Right), Ok(Side::Right)));
        let off = plain.angles.hand.unwrap() - mixed.angles.hand.unwrap();
        assert!(off.abs() < 0.1, "{off:.2} shanks");
        assert_eq!(mixed.angles.knee, Err(Unseen::NotReached), "the standing leg's knee is not the raised one's");
    }
    let standing = by_id("HS-70pass").unwrap();
    let (seen, ..) = watch(&standing, Watching { one_leg_later: true, ..PLAIN });
    assert!(seen.iter().all(|s| s.sample.raised.side == Err(Unseen::NotReached)), "on both feet from the start");
}

/// The far side of a side view, hidden behind the near one for good.
const FAR: &[Landmark] = &[
    Landmark::LeftShoulder,
    Landmark::LeftElbow,
    Landmark::LeftWrist,
    Landmark::LeftHip,
    Landmark::LeftKnee,
    Landmark::LeftAnkle,
    Landmark::LeftHeel,
    Landmark::LeftBigToe,
];

#[test]
fn hidden_far_limbs_are_unseen_and_near_ones_measured() {
    let how = Watching { hidden: FAR, ..PLAIN };
    for (id, measure) in [
        ("BD-ok", (|s, side| s.limbs(side).leg_line) as Measure),
        ("BD-ok", |s, side| s.floor.limbs(side).arm_support),
        ("DB-ok", |s, side| s.floor.limbs(side).thigh_lowered),
        ("DB-ok", |s, side| s.floor.limbs(side).foot_height),
        ("HS-slr80", |s, side| s.floor.limbs(side).leg_raise),
    ] {
        let ((seen, ..), (full, ..)) = (watch(&by_id(id).unwrap(), how), watch(&by_id(id).unwrap(), PLAIN));
        for (hidden, full) in seen.iter().zip(&full) {
            assert_eq!((hidden.sample.view, hidden.sample.near), (View::Side, Side::Right), "{id}");
            let (now, before) =
                (measure(&hidden.sample, Side::Right).unwrap(), measure(&full.sample, Side::Right).unwrap());
            // Floor and body unit were measured from one side instead of both, and from one side no roll is known.
            assert!((now - before).abs() < 1.0, "{id}: {now} instead of {before}");
            assert!(matches!(measure(&hidden.sample, Side::Left), Err(Unseen::Hidden(_))), "{id}");
        }
        // What needs both legs, or an arm and the other leg, says so.
        let last = &seen[seen.len() / 2].sample;
        assert!(matches!(last.raised.side, Err(Unseen::Hidden(_))));
        assert!(id != "BD-ok" || matches!(last.floor.right.reach, Err(Unseen::Hidden(_))));
    }
}

/// Seen two ways: of the low back by outline and directions, of a plank by both legs or one.
const SEEN_TWICE: [&str; 6] = [
    "lumbar_flexion_deg",
    "pelvic_tilt_deg",
    "rear_hip_extension_deg",
    "hip_fold_deg",
    "plank_bend_deg",
    "plank_bend_full_deg",
];

#[test]
fn hiding_a_point_changes_no_value() {
    for id in ["BD-ok", "BD-rot28", "DB-lift15", "HK-tip17", "HK-reach-across", "HS-round23", "HS-slr70", "SP-sag21"] {
        let clip = by_id(id).unwrap();
        let slow = Watching { fps: 10.0, ..PLAIN };
        let (full, ..) = watch(&clip, slow);
        for landmark in Landmark::ALL.iter().copied().filter(|l| !matches!(l, Landmark::HeadTop)) {
            let (hidden, ..) = watch(&clip, Watching { hidden_later: Some(landmark), ..slow });
            for (full, hidden) in full.iter().zip(&hidden) {
                for ((name, before), (_, now)) in full.sample.named().zip(hidden.sample.named()) {
                    match (before, now) {
                        // Views and yaw are running votes; speed needs the frame before.
                        _ if name == "yaw_deg" => {}
                        // Without one of them the other speaks, a little differently.
                        (Ok(a), Ok(b)) if SEEN_TWICE.contains(&name) => {
                            assert!((a - b).abs() < 2.5, "{id} {name}: {a} → {b}")
                        }
                        (Ok(a), Ok(b)) => assert!((a - b).abs() < 1e-9, "{id} {name}: {a} → {b} without {landmark:?}"),
                        (Err(_), Ok(b)) => panic!("{id} {name}: {b} out of nothing without {landmark:?}"),
                        (_, Err(_)) => {}
                    }
                }
            }
        }
    }
}

#[test]
fn without_a_model_of_spine_or_outline_the_back_is_not_measured() {
    let (seen, ..) = watch(&by_id("DB-lift25").unwrap(), Watching { eye: Eye::COCO17, ..PLAIN });
    for Seen { sample, .. } in &seen {
        assert_eq!(sample.floor.trunk.arch, Err(Unseen::NoOutline));
        assert_eq!(sample.floor.trunk.ribs, Err(Unseen::NotInModel(Landmark::Xiphoid)));
        assert_eq!(sample.spine.pelvic_tilt, Err(Unseen::NoSpine));
        assert!(sample.floor.left.thigh_lowered.is_ok());
    }
}

/// Hands and knees have the shape of a chair squat turned by a quarter: no picture is turned for that.
#[test]
fn somebody_on_hands_and_knees_does_not_turn_the_picture() {
    for id in ["BD-ok", "BD-same", "BD-rot28", "DB-ok", "HK-ok"] {
        let clip = by_id(id).unwrap();
        let body = Body::average();
        let mut kinematics = Kinematics::new(Knows::everything(), Posture::Standing);
        for frame in clip.frames(&body, &clip.camera, 15.0, &Options::default()) {
            let sample = kinematics.observe(&pose(&frame, &clip.camera, Eye::OWN), None);
            assert_eq!(sample.roll_deg, 0.0, "{id} at {}", frame.t.secs());
        }
    }
}
