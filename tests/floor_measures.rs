//! What kinematics says of the five floor and stretch exercises, against the synthetic athlete's truth.

use formcheck::kinematics::{Baseline, Kinematics, Knows, Posture, Sample};
use formcheck::pose::{Landmark, Landmarks};
use formcheck::synth::observe::Eye;
use formcheck::synth::{Body, Camera, Clip, Options, TruthFrame, all, by_id};
use formcheck::track::Pose;

fn pose(frame: &TruthFrame, camera: &Camera, eye: Eye) -> Pose {
    let seen = eye.sees(frame, camera);
    let person = seen.person;
    Pose {
        t: frame.t,
        points: Landmarks(std::array::from_fn(|i| Some(person.as_ref()?.points.0[i]?.at))),
        bridged: Landmarks::default(),
        back: person.as_ref().and_then(|p| p.back),
        dowel: person.as_ref().and_then(|p| p.dowel),
        present: person.is_some(),
    }
}

/// Every frame with its sample; the baseline is taken from the quiet start.
fn measured(clip: &Clip, camera: &Camera, fps: f64, eye: Eye) -> (Vec<(TruthFrame, Sample)>, Baseline) {
    let mut kinematics = Kinematics::new(Knows::of(eye.landmarks), Posture::Floor);
    let body = Body::average();
    let mut baseline = None;
    let mut out = Vec::new();
    for frame in clip.frames(&body, camera, fps, &Options::default()) {
        let sample = kinematics.observe(&pose(&frame, camera, eye), baseline.as_ref());
        if baseline.is_none() && frame.t.secs() >= 1.7 {
            baseline = Some(kinematics.capture(1.5).unwrap());
        }
        out.push((frame, sample));
    }
    (out, baseline.unwrap())
}

#[test]
fn look() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let yaw: f64 = std::env::var("YAW").ok().and_then(|y| y.parse().ok()).unwrap_or(0.0);
    let roll: f64 = std::env::var("ROLL").ok().and_then(|y| y.parse().ok()).unwrap_or(0.0);
    for clip in all().into_iter().filter(|c| c.exercise != "squat" && c.exercise != "hip_hinge" && c.id.contains(&only))
    {
        let camera = Camera { roll_deg: roll, ..clip.camera.yawed(yaw) };
        let (frames, baseline) = measured(&clip, &camera, 15.0, Eye::OWN);
        let mut positions = std::collections::BTreeMap::new();
        let mut views = std::collections::BTreeMap::new();
        for (_, s) in &frames {
            *positions.entry(format!("{:?}", s.position)).or_insert(0) += 1;
            *views.entry(format!("{:?} {:+} {:?}", s.view, s.facing, s.near)).or_insert(0) += 1;
        }
        println!(
            "{} roll {:.2} doubt {:.2} floor {:?} {positions:?} {views:?}",
            clip.id, baseline.roll_deg, baseline.roll_doubt_deg, baseline.floor_y
        );
        if !only.is_empty() {
            let (a, b) = (&frames[28], frames.iter().max_by(|x, y| x.0.progress.total_cmp(&y.0.progress)).unwrap());
            let b = frames.iter().filter(|f| f.0.progress >= b.0.progress - 1e-6).nth(5).unwrap_or(b);
            println!("{:#?}", b.0.truth);
            for ((name, x), (_, y)) in a.1.named().zip(b.1.named()) {
                println!("  {name:30} {x:?} {y:?}");
            }
            for l in [
                Landmark::LeftHip,
                Landmark::LeftShoulder,
                Landmark::LeftWrist,
                Landmark::RightHip,
                Landmark::RightKnee,
                Landmark::RightAnkle,
                Landmark::RightHeel,
                Landmark::RightElbow,
                Landmark::RightShoulder,
                Landmark::LeftBigToe,
            ] {
                println!("  {l:?} height at rest {:.3} peak {:.3}", a.0.pose.landmarks[l].y, b.0.pose.landmarks[l].y);
            }
        }
    }
    let _ = by_id("SQ-ok1");
}
