//! Stick figures with angles known by hand, and what must not change when the picture does.

use super::*;
use crate::geometry::{ImagePoint, rotate_about};
use crate::pose::{Axis, BackContour, Joint, TrunkAxes};
use proptest::prelude::*;

type Points = Landmarks<Option<ImagePoint>>;

const TRUNK: f64 = 150.0;
const THIGH: f64 = 120.0;
const SHANK: f64 = 110.0;

fn p(x: f64, y: f64) -> ImagePoint {
    ImagePoint::new(x, y)
}

/// From `from`, `length` px along `inc` degrees from vertical, + to the side faced.
fn along(from: ImagePoint, length: f64, inc: f64, facing: f64) -> ImagePoint {
    let (sin, cos) = inc.to_radians().sin_cos();
    p(from.x + facing * length * sin, from.y - length * cos)
}

/// Somebody seen from the side. Degrees from vertical, + forward.
#[derive(Clone, Copy, Debug)]
struct SideOn {
    facing: f64,
    shank: f64,
    thigh: f64,
    trunk: f64,
    heel_up: f64,
    /// Shoulder to elbow, from straight down.
    arm: f64,
    /// K of the spine: S4→S1 tipped back against the trunk by this, L1→T8 along the trunk.
    sacrum_back: f64,
}

const STANDING: SideOn =
    SideOn { facing: 1.0, shank: 0.0, thigh: 0.0, trunk: 0.0, heel_up: 0.0, arm: 0.0, sacrum_back: -30.0 };
const SQUATTING: SideOn = SideOn { shank: 25.0, thigh: -70.0, trunk: 40.0, arm: 80.0, ..STANDING };

impl SideOn {
    fn points(self) -> Points {
        use Landmark::*;
        let f = self.facing;
        let toe = p(500.0 + f * 45.0, 800.0);
        let heel = along(toe, 60.0, self.heel_up - 90.0, f);
        // 25 px above the sole where the foot is flat, 45 px behind the toe.
        let ankle = along(toe, 45f64.hypot(25.0), self.heel_up - 45f64.atan2(25.0).to_degrees(), f);
        let knee = along(ankle, SHANK, self.shank, f);
        let hip = along(knee, THIGH, self.thigh, f);
        let shoulder = along(hip, TRUNK, self.trunk, f);
        let elbow = along(shoulder, 75.0, 180.0 - self.arm, f);
        let wrist = along(elbow, 70.0, 180.0 - self.arm, f);
        let ear = along(shoulder, 45.0, self.trunk + 10.0, f);
        let mut points = Landmarks::default();
        for (left, at) in [
            (LeftBigToe, toe),
            (LeftHeel, heel),
            (LeftAnkle, ankle),
            (LeftKnee, knee),
            (LeftHip, hip),
            (LeftShoulder, shoulder),
            (LeftElbow, elbow),
            (LeftWrist, wrist),
            (LeftEar, ear),
        ] {
            points[left] = Some(at);
            points[left.mirrored()] = Some(at);
        }
        points[Nose] = Some(along(ear, 22.0, self.trunk + 95.0, f));
        let s4 = along(hip, 30.0, self.trunk - 100.0, f);
        let s1 = along(s4, 30.0, self.trunk - self.sacrum_back, f);
        let l1 = along(s1, 45.0, self.trunk - 5.0, f);
        points[S4] = Some(s4);
        points[S1] = Some(s1);
        points[L1] = Some(l1);
        points[T8] = Some(along(l1, 60.0, self.trunk, f));
        points
    }
}

/// Somebody standing square to the camera; `left_is` +1 from the front, −1 from behind.
fn square(left_is: f64) -> Points {
    use Landmark::*;
    let mut points = Landmarks::default();
    for (left, x, y) in [
        (LeftEar, 15.0, 350.0),
        (LeftShoulder, 57.0, 400.0),
        (LeftElbow, 70.0, 475.0),
        (LeftWrist, 75.0, 545.0),
        (LeftHip, 30.0, 550.0),
        (LeftKnee, 38.0, 670.0),
        (LeftAnkle, 40.0, 780.0),
        (LeftHeel, 38.0, 795.0),
        (LeftBigToe, 50.0, 805.0),
    ] {
        points[left] = Some(p(500.0 + left_is * x, y));
        points[left.mirrored()] = Some(p(500.0 - left_is * x, y));
    }
    points[Nose] = Some(p(500.0, 355.0));
    points
}

/// The figure turned about its long axis as from far away, 0 facing screen right, 90 the camera, −90 away from it.
fn turned_by(yaw_deg: f64) -> Points {
    let (sin, cos) = yaw_deg.to_radians().sin_cos();
    let mut points = square(1.0);
    for &landmark in Landmark::ALL {
        let forward = match landmark {
            Landmark::LeftBigToe | Landmark::RightBigToe => 50.0,
            Landmark::LeftHeel | Landmark::RightHeel => -18.0,
            Landmark::Nose => 22.0,
            _ => 0.0,
        };
        if let Some(at) = &mut points[landmark] {
            at.x = 500.0 + (at.x - 500.0) * sin + forward * cos;
        }
    }
    points
}

fn pose(secs: f64, points: Points) -> Pose {
    Pose {
        t: Timestamp::from_secs(secs),
        points,
        bridged: Landmarks::default(),
        back: None,
        axes: None,
        dowel: None,
        present: true,
    }
}

fn new() -> Kinematics {
    Kinematics::new(Knows::everything(), Posture::Standing)
}

/// Shows the figure for a second, then takes a baseline.
fn rested(points: Points) -> (Kinematics, Baseline) {
    let mut kinematics = new();
    for i in 0..30 {
        kinematics.observe(&pose(i as f64 / 30.0, points), None);
    }
    let baseline = kinematics.capture(0.8).unwrap();
    (kinematics, baseline)
}

/// The sample of `points` after a second of `rest`.
fn after(rest: Points, points: Points) -> Sample {
    let (mut kinematics, baseline) = rested(rest);
    kinematics.observe(&pose(1.0, points), Some(&baseline))
}

fn near(reading: Reading, wanted: f64) {
    match reading {
        Ok(value) => assert!((value - wanted).abs() < 1e-6, "{value} instead of {wanted}"),
        Err(reason) => panic!("{reason:?} instead of {wanted}"),
    }
}

fn map(points: &Points, f: impl Fn(ImagePoint) -> ImagePoint) -> Points {
    Landmarks(points.0.map(|at| at.map(&f)))
}

fn mirrored(points: &Points) -> Points {
    let mut mirror = Landmarks::default();
    for (landmark, at) in points.iter() {
        mirror[landmark.mirrored()] = at.map(|at| p(1000.0 - at.x, at.y));
    }
    mirror
}

fn assert_same(a: &Sample, b: &Sample, tolerance: f64) {
    for ((name, x), (_, y)) in a.named().zip(b.named()) {
        match (x, y) {
            // Times are whole microseconds: a speed over a quarter of a second knows no more.
            (Ok(x), Ok(y)) if name == "hip_speed_trunks_per_s" => assert!((x - y).abs() <= 1e-5 + 1e-5 * x.abs()),
            (Ok(x), Ok(y)) => assert!((x - y).abs() <= tolerance, "{name}: {x} and {y}"),
            (x, y) => assert_eq!(x, y, "{name}"),
        }
    }
}

#[test]
fn a_squat_from_the_side_reads_as_drawn() {
    let sample = after(STANDING.points(), SQUATTING.points());
    assert_eq!((sample.view, sample.facing, sample.near), (View::Side, 1.0, Side::Right));
    let limbs = sample.near_limbs();
    near(limbs.shank, 25.0);
    near(limbs.thigh, -70.0);
    near(limbs.thigh_up, 20.0);
    near(limbs.knee, 95.0);
    near(sample.trunk, 40.0);
    near(limbs.hip, 110.0);
    near(limbs.share, 110.0 / 205.0);
    near(limbs.knee_over_ankle, 25f64.to_radians().sin());
    near(limbs.upper_arm, 80.0);
    near(limbs.elbow, 0.0);
    near(limbs.arm_line, -10.0);
    near(limbs.heel_rise, 0.0);
    near(sample.head, 10.0);
    let down = SHANK * (1.0 - 25f64.to_radians().cos()) + THIGH * (1.0 - 70f64.to_radians().cos());
    let forward = SHANK * 25f64.to_radians().sin() - THIGH * 70f64.to_radians().sin();
    near(sample.hip_up, -down / TRUNK);
    near(sample.hip_forward, forward / TRUNK);
    near(limbs.stance, forward.atan2(SHANK + THIGH - down).to_degrees());
}

#[test]
fn lifted_heels_are_measured_from_rest() {
    let rest = SideOn { heel_up: 4.0, ..STANDING };
    near(after(rest.points(), SideOn { heel_up: 19.0, ..SQUATTING }.points()).near_limbs().heel_rise, 15.0);
}

#[test]
fn neither_a_toe_seen_too_low_nor_a_camera_that_dips_lifts_a_heel() {
    let rest = SideOn { heel_up: 4.0, ..STANDING }.points();
    let near_side = after(rest, rest).near;
    let mut points = SideOn { heel_up: 4.0, ..SQUATTING }.points();
    if let Some(toe) = &mut points[Landmark::of(Joint::BigToe, near_side)] {
        toe.y += 15.0;
    }
    near(after(rest, points).near_limbs().heel_rise, 0.0);
    let points = SideOn { heel_up: 4.0, ..SQUATTING }.points();
    let camera_dips = points.0.map(|point| point.map(|p| p - nalgebra::Vector2::new(0.0, 15.0)));
    near(after(rest, crate::pose::Landmarks(camera_dips)).near_limbs().heel_rise, 0.0);
}

#[test]
fn a_heel_put_up_the_shank_is_no_lifted_one() {
    let rest = SideOn { heel_up: 4.0, ..STANDING }.points();
    let near_side = after(rest, rest).near;
    let [toe, heel, ankle, knee] =
        [Joint::BigToe, Joint::Heel, Joint::Ankle, Joint::Knee].map(|joint| Landmark::of(joint, near_side));
    let towards = |points: &mut Points, from: Landmark, to: Landmark, share: f64| {
        let (start, end) = (points[from].unwrap(), points[to].unwrap());
        points[from] = Some(start + share * (end - start));
    };
    let mut points = SideOn { heel_up: 19.0, ..SQUATTING }.points();
    towards(&mut points, heel, toe, 0.4);
    let short_foot = after(rest, points).near_limbs().heel_rise;
    assert_eq!(short_foot, Err(Unseen::Hidden(heel)), "a foot has a length");
    let mut points = SideOn { heel_up: 19.0, ..SQUATTING }.points();
    towards(&mut points, ankle, knee, 0.3);
    assert_eq!(after(rest, points).near_limbs().heel_rise, Err(Unseen::Hidden(heel)), "a shank has one");
    let mut points = SideOn { heel_up: 4.0, ..SQUATTING }.points();
    points[heel] = SideOn { heel_up: 30.0, ..SQUATTING }.points()[heel];
    assert_eq!(after(rest, points).near_limbs().heel_rise, Err(Unseen::Hidden(heel)), "its ankle comes along");
}

#[test]
fn whoever_faces_screen_right_shows_the_right_side() {
    // Screen right is east and the camera looks north: facing east, the right hand is to the south, at the camera.
    let right = after(STANDING.points(), SQUATTING.points());
    assert_eq!((right.facing, right.near), (1.0, Side::Right));
    let left = after(SideOn { facing: -1.0, ..STANDING }.points(), SideOn { facing: -1.0, ..SQUATTING }.points());
    assert_eq!((left.facing, left.near), (-1.0, Side::Left));
    assert_same(&right, &left, 1e-9);
}

#[test]
fn with_only_the_far_side_seen_the_labels_are_taken_to_be_wrong() {
    let mut points = STANDING.points();
    for landmark in [Landmark::RightHip, Landmark::RightKnee, Landmark::RightAnkle, Landmark::RightShoulder] {
        points[landmark] = None;
    }
    let mut kinematics = new();
    let sample = (0..60).map(|i| kinematics.observe(&pose(i as f64 / 30.0, points), None)).last().unwrap();
    assert_eq!((sample.view, sample.near), (View::Side, Side::Left));
    near(sample.near_limbs().knee, 0.0);
}

#[test]
fn facing_is_read_from_seventeen_points_too() {
    for facing in [1.0, -1.0] {
        for figure in [STANDING, SQUATTING] {
            let mut points = SideOn { facing, ..figure }.points();
            for &landmark in &Landmark::ALL[17..] {
                points[landmark] = None;
            }
            assert_eq!(new().observe(&pose(0.0, points), None).facing, facing);
        }
    }
}

#[test]
fn a_line_between_the_sides_that_grows_says_that_the_joint_that_strayed_was_hidden() {
    let rest = square(1.0);
    for (landmark, outwards) in [(Landmark::LeftShoulder, 1.0), (Landmark::RightShoulder, -1.0)] {
        let with = |x: f64, y: f64| {
            let mut points = rest;
            *points[landmark].as_mut().unwrap() += nalgebra::Vector2::new(outwards * x, y);
            after(rest, points).front.shoulder_line
        };
        assert_eq!(with(30.0, -20.0), Err(Unseen::Hidden(landmark)));
        // As long as before, or shorter: a shoulder that is up.
        assert!(with(0.0, -20.0).is_ok() && with(-10.0, -20.0).is_ok());
    }
}

#[test]
fn a_front_view_gives_frontal_measures_and_no_sagittal_ones() {
    for (left_is, view) in [(1.0, View::Front), (-1.0, View::Rear)] {
        let rest = square(left_is);
        let mut points = rest;
        let mut shift = |landmark: Landmark, x: f64, y: f64| {
            let at = points[landmark].as_mut().unwrap();
            *at += nalgebra::Vector2::new(left_is * x, y);
        };
        shift(Landmark::LeftKnee, -8.0, 0.0);
        shift(Landmark::LeftShoulder, 0.0, -10.0);
        shift(Landmark::LeftHip, 6.0, 46.0);
        shift(Landmark::RightHip, 6.0, 46.0);
        let sample = after(rest, points);
        assert_eq!(sample.view, view);
        let shank = (110f64.powi(2) + 2f64.powi(2)).sqrt();
        let thigh = (120f64.powi(2) + 8f64.powi(2)).sqrt();
        near(sample.front.kts, 68.0 / 100.0);
        near(sample.front.kasr, 68.0 / 80.0);
        near(sample.front.stance_width, 80.0 / 114.0);
        near(sample.front.shoulder_line, 10f64.atan2(114.0).to_degrees());
        near(sample.front.hip_line, 0.0);
        near(sample.front.hip_shift, 6.0 / 60.0);
        near(sample.front.hip_drop, 46.0 / (shank + thigh));
        near(sample.hip_up, -46.0 / 150.0);
        near(sample.left.knee_over_toe, -20.0 / shank);
        near(sample.right.knee_over_toe, -12.0 / shank);
        let wrong = Err(Unseen::WrongView(View::Side));
        for reading in [sample.left.knee, sample.right.hip, sample.trunk, sample.hip_forward, sample.head] {
            assert_eq!(reading, wrong);
        }
    }
}

#[test]
fn a_side_view_gives_no_frontal_measures() {
    let sample = after(STANDING.points(), SQUATTING.points());
    let front = sample.front;
    for reading in [front.kts, front.kasr, front.hip_line, front.hip_drop, sample.left.knee_over_toe] {
        assert_eq!(reading, Err(Unseen::WrongView(View::Front)));
    }
}

#[test]
fn views_are_told_by_how_far_the_shoulders_lie_apart() {
    for (yaw, view) in [
        (0.0, View::Side),
        (12.0, View::Side),
        (40.0, View::Oblique),
        (45.0, View::Oblique),
        (75.0, View::Front),
        (90.0, View::Front),
        (-75.0, View::Rear),
        (-40.0, View::Oblique),
    ] {
        let sample = after(turned_by(yaw), turned_by(yaw));
        assert_eq!(sample.view, view, "{yaw}");
        assert!((sample.yaw_deg.unwrap() - f64::abs(yaw)).abs() < 20.0, "{yaw}: {:?}", sample.yaw_deg);
    }
    let half = after(turned_by(50.0), turned_by(50.0));
    assert!(half.near_limbs().knee.is_ok() && half.front.kasr.is_ok());
    assert_eq!(half.spine.lumbar_flexion, Err(Unseen::WrongView(View::Side)));
    let third = after(turned_by(30.0), turned_by(30.0));
    assert_eq!(third.front.kasr, Err(Unseen::WrongView(View::Front)));
}

#[test]
fn a_glimpse_of_another_view_changes_nothing_and_a_turn_does() {
    let mut kinematics = new();
    let mut at = 0.0;
    let mut show = |points: Points, secs: f64| {
        let mut view = View::Unknown;
        for _ in 0..(secs * 30.0) as usize {
            at += 1.0 / 30.0;
            view = kinematics.observe(&pose(at, points), None).view;
        }
        view
    };
    assert_eq!(show(STANDING.points(), 1.0), View::Side);
    assert_eq!(show(square(1.0), 0.3), View::Side);
    assert_eq!(show(STANDING.points(), 1.0), View::Side);
    assert_eq!(show(square(1.0), 2.5), View::Front);
    assert_eq!(show(square(-1.0), 2.5), View::Rear);
}

#[test]
fn nobody_and_points_the_model_never_has_are_told_apart_from_hidden_ones() {
    let nobody = Pose { present: false, ..pose(0.0, Landmarks::default()) };
    let sample = new().observe(&nobody, None);
    assert!(sample.named().all(|(_, reading)| reading == Err(Unseen::NoPerson)));
    assert_eq!((sample.view, sample.person_px), (View::Unknown, 0.0));

    let coco = &Landmark::ALL[..17];
    let mut points = STANDING.points();
    for &landmark in &Landmark::ALL[17..] {
        points[landmark] = None;
    }
    points[Landmark::RightKnee] = None;
    let sample = Kinematics::new(Knows::of(coco), Posture::Standing).observe(&pose(0.0, points), None);
    assert_eq!(sample.right.heel_rise, Err(Unseen::NotInModel(Landmark::RightHeel)));
    assert_eq!(sample.right.knee, Err(Unseen::Hidden(Landmark::RightKnee)));
    assert_eq!(sample.front.kts, Err(Unseen::NotInModel(Landmark::LeftBigToe)));
    assert_eq!(sample.spine.lumbar_flexion, Err(Unseen::NoSpine));
    assert_eq!(Knows::of(&[]), Knows::everything());
}

#[test]
fn without_a_baseline_changes_are_not_measured_and_angles_are() {
    let sample = new().observe(&pose(0.0, SQUATTING.points()), None);
    near(sample.near_limbs().knee, 95.0);
    for reading in [sample.near_limbs().heel_rise, sample.hip_up, sample.hip_forward, sample.spine.lumbar_flexion] {
        assert_eq!(reading, Err(Unseen::NoBaseline));
    }
}

#[test]
fn a_baseline_needs_somebody_and_some_pictures() {
    let mut kinematics = new();
    assert_eq!(kinematics.capture(1.0).unwrap_err(), Unseen::NoPerson);
    kinematics.observe(&pose(0.0, STANDING.points()), None);
    assert_eq!(kinematics.capture(1.0).unwrap_err(), Unseen::TooFewFrames);
    let mut headless = STANDING.points();
    for landmark in [Landmark::LeftShoulder, Landmark::RightShoulder] {
        headless[landmark] = None;
    }
    for i in 1..30 {
        kinematics.observe(&pose(i as f64 / 30.0, headless), None);
    }
    assert!(matches!(kinematics.capture(0.8), Err(Unseen::Hidden(_))));
}

#[test]
fn a_baseline_shrugs_off_a_few_wild_pictures() {
    let mut kinematics = new();
    for i in 0..60 {
        let figure = if i % 5 == 4 { SQUATTING } else { STANDING };
        kinematics.observe(&pose(i as f64 / 30.0, figure.points()), None);
    }
    let baseline = kinematics.capture(1.0).unwrap();
    near(baseline.rest.near_limbs().knee, 0.0);
    near(baseline.rest.trunk, 0.0);
    assert!((baseline.lengths.trunk.unwrap() - TRUNK).abs() < 1e-9);
    assert!((baseline.lengths.leg().unwrap() - THIGH - SHANK).abs() < 1e-9);
}

#[test]
fn a_small_roll_is_taken_out_where_it_is_sure_and_doubted_where_not() {
    let rolled = |points: Points, deg: f64| map(&points, |at| rotate_about(at, p(500.0, 500.0), deg));
    for (deg, left) in [(0.0, 0.0), (3.0, 1.0), (-5.0, -1.0), (12.0, 6.0)] {
        let (_, baseline) = rested(rolled(square(1.0), deg));
        assert!((baseline.roll_deg - (deg - left)).abs() < 1e-6, "front, {deg}: {}", baseline.roll_deg);
        assert!((baseline.roll_doubt_deg - f64::abs(left)).abs() < 1e-6);
    }
    // From the side people stand up to 5.5 degrees forward, 0.5 back: that is left to them.
    for (deg, least, most) in [(2.0, 0.0, 0.0), (5.0, 0.0, 0.0), (8.0, 2.0, 3.0), (-5.0, -5.0, -3.5)] {
        let (_, baseline) = rested(rolled(STANDING.points(), deg));
        assert!(baseline.roll_deg >= least && baseline.roll_deg <= most, "side, {deg}: {}", baseline.roll_deg);
    }
}

#[test]
fn a_deep_fold_does_not_turn_the_picture() {
    let folded = SideOn { shank: -8.0, thigh: -30.0, trunk: 100.0, ..STANDING }.points();
    let mut kinematics = new();
    for i in 0..120 {
        let sample = kinematics.observe(&pose(i as f64 / 30.0, folded), None);
        assert_eq!((sample.roll_deg, sample.facing), (0.0, 1.0));
        near(sample.trunk, 100.0);
    }
}

#[test]
fn a_picture_that_starts_with_a_fall_is_put_right_within_two_seconds() {
    let fallen = map(&STANDING.points(), |at| rotate_about(at, p(500.0, 500.0), 90.0));
    let mut kinematics = new();
    let roll = |kinematics: &mut Kinematics, points: Points, from: usize| {
        (from..from + 45).map(|i| kinematics.observe(&pose(i as f64 / 30.0, points), None).roll_deg).last()
    };
    assert_eq!(roll(&mut kinematics, fallen, 0), Some(90.0));
    assert_eq!(roll(&mut kinematics, STANDING.points(), 45), Some(0.0));
}

#[test]
fn a_lying_persons_picture_is_not_turned() {
    let lying = map(&STANDING.points(), |at| rotate_about(at, p(500.0, 500.0), -90.0));
    let mut kinematics = Kinematics::new(Knows::everything(), Posture::Floor);
    let sample = (0..30).map(|i| kinematics.observe(&pose(i as f64 / 30.0, lying), None)).last().unwrap();
    assert_eq!((sample.roll_deg, sample.view, sample.facing), (0.0, View::Side, 1.0));
    near(sample.trunk, -90.0);
    near(sample.near_limbs().leg_line, 0.0);
}

#[test]
fn a_leg_reached_out_of_the_picture_has_no_ankle_beside_its_knee() {
    use Landmark::*;
    // On hands and knees, facing left: shanks along the floor, thighs and arms straight down.
    let mut rest = Points::default();
    let places = [
        (LeftShoulder, 350.0, 650.0),
        (LeftElbow, 350.0, 725.0),
        (LeftWrist, 350.0, 795.0),
        (LeftHip, 350.0 + TRUNK, 680.0),
        (LeftKnee, 350.0 + TRUNK, 680.0 + THIGH),
        (LeftAnkle, 350.0 + TRUNK + SHANK, 680.0 + THIGH),
        (LeftBigToe, 350.0 + TRUNK + SHANK + 45.0, 690.0 + THIGH),
        (LeftEar, 310.0, 640.0),
    ];
    for (left, x, y) in places {
        (rest[left], rest[left.mirrored()]) = (Some(p(x, y)), Some(p(x, y)));
    }
    rest[Nose] = Some(p(290.0, 655.0));
    let out = |ankle: ImagePoint| {
        let mut points = rest;
        points[LeftKnee] = Some(p(350.0 + TRUNK + THIGH, 680.0));
        points[LeftAnkle] = Some(ankle);
        let mut kinematics = Kinematics::new(Knows::everything(), Posture::Floor);
        for i in 0..30 {
            kinematics.observe(&pose(f64::from(i) / 30.0, rest), None);
        }
        let baseline = kinematics.capture(0.8).unwrap();
        kinematics.observe(&pose(1.0, points), Some(&baseline)).floor.left.leg_out
    };
    let reached = out(p(350.0 + TRUNK + THIGH + SHANK, 680.0));
    assert!(reached.is_ok_and(|out| (out - 1.0).abs() < 0.05), "{reached:?}");
    assert_eq!(out(p(350.0 + TRUNK + THIGH + 20.0, 680.0 + 0.3 * SHANK)), Err(Unseen::Hidden(LeftAnkle)));
}

#[test]
fn a_rounding_back_is_flexion_by_landmarks() {
    let rounded = |deg: f64| SideOn { sacrum_back: STANDING.sacrum_back + deg, ..SQUATTING };
    for deg in [-20.0, 0.0, 15.0, 40.0] {
        let sample = after(STANDING.points(), rounded(deg).points());
        near(sample.spine.by_landmarks, deg / 1.01);
        assert_eq!(sample.spine.by_contour, Err(Unseen::NoSpine));
        assert_eq!(sample.spine.lumbar_flexion, sample.spine.by_landmarks);
    }
}

/// Directions of a trunk that leans by `lean` with a low back rounded by `flexion` beyond 20 degrees of hollow, facing right.
fn directions(lean: f64, flexion: f64, sd_deg: f64) -> TrunkAxes {
    let axis = |deg: f64| Axis { deg, sd_deg };
    TrunkAxes { pelvis: axis(lean + 20.0), thoraco_lumbar: axis(lean + 0.91 * flexion), upper_thorax: axis(lean + 5.0) }
}

fn with_directions(posture: Posture, rest: TrunkAxes, now: Option<TrunkAxes>, mirror: bool) -> Spine {
    let flip = |axes: TrunkAxes| {
        let axis = |a: Axis| Axis { deg: if mirror { -a.deg } else { a.deg }, ..a };
        let TrunkAxes { pelvis, thoraco_lumbar, upper_thorax } = axes;
        TrunkAxes { pelvis: axis(pelvis), thoraco_lumbar: axis(thoraco_lumbar), upper_thorax: axis(upper_thorax) }
    };
    let figure = |figure: SideOn| SideOn { facing: if mirror { -1.0 } else { 1.0 }, ..figure }.points();
    let mut kinematics = Kinematics::new(Knows::everything(), posture);
    for i in 0..30 {
        let pose = Pose { axes: Some(flip(rest)), ..pose(i as f64 / 30.0, figure(STANDING)) };
        kinematics.observe(&pose, None);
    }
    let baseline = kinematics.capture(0.8).unwrap();
    kinematics.observe(&Pose { axes: now.map(flip), ..pose(1.0, figure(SQUATTING)) }, Some(&baseline)).spine
}

#[test]
fn a_rounding_back_is_flexion_by_directions_where_people_begin_on_their_feet() {
    let rest = directions(0.0, 0.0, 4.0);
    for mirror in [false, true] {
        for flexion in [-25.0, 0.0, 40.0] {
            let spine = with_directions(Posture::Standing, rest, Some(directions(50.0, flexion, 5.0)), mirror);
            near(spine.by_landmarks, flexion);
            near(spine.lumbar_flexion, flexion);
        }
    }
    let unsure = Some(directions(50.0, 40.0, 12.0));
    for now in [None, unsure] {
        let spine = with_directions(Posture::Standing, rest, now, false);
        assert_eq!(spine.by_landmarks, Err(Unseen::SpineUnclear), "the landmarks do not stand in for one picture");
    }
    // On the floor the landmarks speak: these show a back as at rest.
    near(with_directions(Posture::Floor, rest, Some(directions(50.0, 40.0, 5.0)), false).by_landmarks, 0.0);
}

/// The outline of a back with this much lumbar flexion, after the chain of RULES.md's own spine model: sacrum, five
/// lumbar joints that share the flexion, thorax to T8. `None` at the stations named.
fn outline(flexion: f64, hidden: &[usize]) -> BackContour {
    let mut chain = vec![p(0.0, 0.0), p(15.0, -35.0)];
    let mut lean: f64 = 18.0;
    for share in [0.18, 0.25, 0.23, 0.19, 0.15] {
        chain.push(along(chain[chain.len() - 1], 36.0, lean, 1.0));
        lean += flexion * share - 6.0;
    }
    chain.push(along(chain[chain.len() - 1], 95.0, lean, 1.0));
    let (sacrum, t8) = (chain[0], chain[chain.len() - 1]);
    let chord = (t8 - sacrum).norm();
    let axis = (t8 - sacrum) / chord;
    // Facing right, outwards is to the left.
    let outward = nalgebra::Vector2::new(axis.y, -axis.x);
    let flat: Vec<(f64, f64)> =
        chain.iter().map(|&at| ((at - sacrum).dot(&axis), (at - sacrum).dot(&outward))).collect();
    let offsets = std::array::from_fn(|i| {
        let s = chord * i as f64 / (BackContour::STATIONS - 1) as f64;
        let (a, b) = flat.windows(2).map(|w| (w[0], w[1])).find(|(_, b)| s <= b.0 + 1e-9)?;
        (!hidden.contains(&i)).then(|| a.1 + (b.1 - a.1) * (s - a.0) / (b.0 - a.0))
    });
    BackContour { sacrum, t8, offsets }
}

fn with_backs(rest: BackContour, now: BackContour, figure: SideOn) -> Spine {
    let mut kinematics = new();
    for i in 0..30 {
        let pose = Pose { back: Some(rest), ..pose(i as f64 / 30.0, STANDING.points()) };
        kinematics.observe(&pose, None);
    }
    let baseline = kinematics.capture(0.8).unwrap();
    kinematics.observe(&Pose { back: Some(now), ..pose(1.0, figure.points()) }, Some(&baseline)).spine
}

#[test]
fn a_rounding_back_is_flexion_by_its_outline_near_enough() {
    for flexion in [-20.0, -10.0, 0.0, 10.0, 20.0, 30.0] {
        let figure = SideOn { sacrum_back: STANDING.sacrum_back + flexion, ..SQUATTING };
        for hidden in [&[][..], &[5, 6, 7, 12][..]] {
            let spine = with_backs(outline(0.0, &[]), outline(flexion, hidden), figure);
            let by_contour = spine.by_contour.unwrap();
            assert!(
                (by_contour - flexion).abs() <= 1.0 + 0.1 * flexion.abs(),
                "{by_contour} for {flexion}, {hidden:?}"
            );
            let (k, both) = (spine.by_landmarks.unwrap(), spine.lumbar_flexion.unwrap());
            assert!(both >= k.min(by_contour) && both <= k.max(by_contour));
        }
    }
}

#[test]
fn a_back_that_is_not_clear_gives_no_number() {
    let hidden: Vec<usize> = (8..17).collect();
    let spine = with_backs(outline(0.0, &[]), outline(20.0, &hidden), SQUATTING);
    assert_eq!(spine.by_contour, Err(Unseen::NoSpine));
    let disagree = with_backs(outline(0.0, &[]), outline(35.0, &[]), SQUATTING);
    assert_eq!(disagree.lumbar_flexion, Err(Unseen::SpineUnclear));
    let mut shirt = outline(0.0, &[]);
    shirt.offsets = [Some(0.0); BackContour::STATIONS];
    assert_eq!(with_backs(shirt, outline(20.0, &[]), SQUATTING).by_contour, Err(Unseen::LooseClothes));
}

#[test]
fn every_measure_has_one_name_of_its_own() {
    let a = after(STANDING.points(), SQUATTING.points());
    let names: Vec<&str> = a.named().map(|(name, _)| name).collect();
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), names.len());
    assert!(names.contains(&"near_knee_deg") && names.contains(&"knees_to_toes_ratio"));
    let b = after(square(1.0), square(1.0));
    assert!(b.named().map(|(name, _)| name).eq(names));
}

/// Landmarks of one joint on both sides, for hiding them one by one.
fn measured() -> impl Iterator<Item = Landmark> {
    use Joint::*;
    let joints = [Ear, Shoulder, Elbow, Wrist, Hip, Knee, Ankle, Heel, BigToe];
    let paired = joints.into_iter().flat_map(|joint| Side::BOTH.map(|side| Landmark::of(joint, side)));
    paired.chain([Landmark::S4, Landmark::S1, Landmark::L1, Landmark::T8])
}

#[test]
fn hiding_a_point_hides_measures_and_changes_none() {
    for (rest, moved) in [(STANDING.points(), SQUATTING.points()), (square(1.0), square(1.0))] {
        let full = after(rest, moved);
        for landmark in measured() {
            let mut points = moved;
            points[landmark] = None;
            let mut hidden_any = false;
            for ((name, before), (_, now)) in full.named().zip(after(rest, points).named()) {
                match (before, now) {
                    (Ok(_), Err(reason)) => {
                        assert_eq!(reason, Unseen::Hidden(landmark), "{name}");
                        hidden_any = true;
                    }
                    // Without the point nobody can tell that the position is another one, either.
                    (Err(Unseen::NotReached), Err(reason)) if reason == Unseen::Hidden(landmark) => {}
                    // The yaw is a running vote.
                    (Ok(x), Ok(y)) if name == "yaw_deg" => assert!((x - y).abs() < 10.0),
                    (before, now) => assert_eq!(before, now, "{name} without {landmark:?}"),
                }
            }
            let used = rest[landmark].is_some() && full.view == View::Side && landmark.side() != Some(Side::Left);
            assert!(hidden_any || !used, "{landmark:?} is never used");
        }
    }
}

prop_compose! {
    fn side_on()(
        facing in prop::bool::ANY,
        shank in -5.0..40.0f64,
        thigh in -95.0..-5.0f64,
        trunk in -5.0..60.0f64,
        heel_up in 0.0..20.0f64,
        arm in 0.0..150.0f64,
        sacrum_back in -50.0..20.0f64,
    ) -> SideOn {
        SideOn { facing: if facing { 1.0 } else { -1.0 }, shank, thigh, trunk, heel_up, arm, sacrum_back }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn moving_scaling_and_delaying_change_nothing(
        figure in side_on(), dx in -400.0..400.0f64, dy in -400.0..400.0f64, scale in 0.2..4.0f64, late in 0.0..1000.0f64,
    ) {
        let rest = SideOn { facing: figure.facing, ..STANDING }.points();
        let elsewhere = |points: &Points| map(points, |at| p(at.x * scale + dx, at.y * scale + dy));
        let mut kinematics = new();
        for i in 0..30 {
            kinematics.observe(&pose(late + i as f64 / 30.0, elsewhere(&rest)), None);
        }
        let baseline = kinematics.capture(0.8).unwrap();
        let moved = kinematics.observe(&pose(late + 1.0, elsewhere(&figure.points())), Some(&baseline));
        assert_same(&after(rest, figure.points()), &moved, 1e-6);
        let before = after(rest, figure.points()).person_px;
        prop_assert!((moved.person_px / before / scale - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_mirror_swaps_the_sides_and_nothing_else(figure in side_on()) {
        let rest = SideOn { facing: figure.facing, ..STANDING }.points();
        let (seen, mirror) = (after(rest, figure.points()), after(mirrored(&rest), mirrored(&figure.points())));
        prop_assert_eq!(seen.near, mirror.near.other());
        prop_assert_eq!(seen.facing, -mirror.facing);
        assert_same(&seen, &mirror, 1e-6);
    }

    #[test]
    fn a_picture_on_its_side_or_head_shows_the_same_body(figure in side_on(), quarters in 1..4i32) {
        let rest = SideOn { facing: figure.facing, ..STANDING }.points();
        let deg = 90.0 * f64::from(quarters);
        let turn = |points: &Points| map(points, |at| rotate_about(at, p(640.0, 360.0), deg));
        let (upright, turned) = (after(rest, figure.points()), after(turn(&rest), turn(&figure.points())));
        prop_assert_eq!(turned.roll_deg, deg);
        prop_assert_eq!(turned.facing, upright.facing);
        assert_same(&upright, &turned, 1e-6);
        // Before any baseline too.
        let mut kinematics = new();
        kinematics.observe(&pose(0.0, turn(&rest)), None);
        let running = kinematics.observe(&pose(0.1, turn(&figure.points())), None);
        prop_assert_eq!(running.roll_deg, deg);
        prop_assert!((running.trunk.unwrap() - figure.trunk).abs() < 1e-6);
    }

    #[test]
    fn frontal_measures_are_mirrored_with_their_sign(lift in -20.0..20.0f64, shift in -15.0..15.0f64) {
        let rest = square(1.0);
        let mut points = rest;
        points[Landmark::LeftShoulder].as_mut().unwrap().y += lift;
        for hip in [Landmark::LeftHip, Landmark::RightHip] {
            points[hip].as_mut().unwrap().x += shift;
        }
        let (seen, mirror) = (after(rest, points).front, after(mirrored(&rest), mirrored(&points)).front);
        near(mirror.shoulder_line, -seen.shoulder_line.unwrap());
        near(mirror.hip_shift, -seen.hip_shift.unwrap());
        near(mirror.kts, seen.kts.unwrap());
    }
}
