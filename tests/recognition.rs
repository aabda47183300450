//! Which exercise is it, told from the synthetic athlete's clips; and from what is none of the seven.

use formcheck::form::Recogniser;
use formcheck::pose::{Landmark, Observation};
use formcheck::synth::nuisance::Nuisance;
use formcheck::synth::observe::{Eye, Noise, Quality};
use formcheck::synth::{Body, Camera, Clip, Options, all, by_id};
use formcheck::track::{Filter, Tracker};

fn recognised(observations: impl IntoIterator<Item = Observation>, landmarks: &[Landmark]) -> Option<&'static str> {
    let mut recogniser = Recogniser::new(landmarks);
    let mut tracker = Tracker::new(Filter::Recorded);
    for observation in observations {
        tracker.push(&observation, &mut |pose| recogniser.push(&pose));
    }
    tracker.finish(&mut |pose| recogniser.push(&pose));
    recogniser.exercise()
}

fn seen(clip: &Clip, camera: &Camera, fps: f64, eye: Eye, options: &Options, noise: Option<u64>) -> Vec<Observation> {
    let mut noise = noise.map(|seed| Noise::new(Quality::Q1, seed));
    let body = Body::average();
    let frames = clip.frames(&body, camera, fps, options).map(|frame| {
        let mut observation = eye.sees(&frame, camera);
        if let Some(noise) = &mut noise {
            noise.disturb(&frame, camera, &mut observation);
        }
        observation
    });
    frames.collect()
}

/// What each clip is taken for where that is not its exercise.
///
/// - A hinge done as a squat, no dowel to be seen, is a squat: nothing else tells them apart (RULES.md HH4 says so).
fn taken_for(clip: &Clip) -> Option<&'static str> {
    match clip.id {
        "HH-squatty-free" => Some("squat"),
        _ => Some(clip.exercise),
    }
}

fn check(label: &str, eye: Eye, play: impl Fn(&Clip) -> Vec<Observation>) {
    let mut wrong = Vec::new();
    let mut count = 0;
    for clip in all() {
        count += 1;
        let name = recognised(play(&clip), eye.landmarks);
        if name != taken_for(&clip) {
            wrong.push(format!("{}: {name:?}", clip.id));
        }
    }
    assert!(count >= 80 && wrong.is_empty(), "{label}: {} of {count} wrong: {}", wrong.len(), wrong.join(", "));
}

fn plain(eye: Eye) -> impl Fn(&Clip) -> Vec<Observation> {
    move |clip| seen(clip, &clip.camera, 15.0, eye, &Options::default(), None)
}

#[test]
fn every_clip_is_taken_for_its_exercise() {
    check("exact", Eye::OWN, plain(Eye::OWN));
}

#[test]
fn seventeen_points_are_enough() {
    // Without a dowel in sight a hinge done as a squat is one.
    let squatty = |clip: &Clip| clip.id == "HH-squatty";
    let mut wrong = Vec::new();
    for clip in all().into_iter().filter(|clip| !squatty(clip)) {
        let name = recognised(plain(Eye::COCO17)(&clip), Eye::COCO17.landmarks);
        if name != taken_for(&clip) {
            wrong.push(format!("{}: {name:?}", clip.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join(", "));
}

#[test]
fn turned_cameras_noise_and_mirrors_change_nothing() {
    for deg in [-12.0, 12.0] {
        check("turned", Eye::OWN, move |clip| {
            seen(clip, &clip.camera.yawed(deg), 15.0, Eye::OWN, &Options::default(), None)
        });
    }
    check("rolled", Eye::OWN, |clip| {
        let camera = Camera { roll_deg: 3.0, ..clip.camera };
        seen(clip, &camera, 15.0, Eye::OWN, &Options::default(), None)
    });
    check("noisy", Eye::OWN, |clip| seen(clip, &clip.camera, 15.0, Eye::OWN, &Options::default(), Some(7)));
    check("mirrored", Eye::OWN, |clip| {
        let mut observations = plain(Eye::OWN)(clip);
        Nuisance::Mirrored { width: clip.camera.width }.apply(&mut observations);
        observations
    });
}

#[test]
fn walking_in_and_out_changes_nothing() {
    let options = Options { walk_in: true, walk_out: true, uneven: Some(3) };
    check("walking", Eye::OWN, |clip| seen(clip, &clip.camera, 15.0, Eye::OWN, &options, None));
}

/// The first two quiet seconds of a clip, over and over for 20 s: somebody waits in the start position.
fn waiting(id: &str) -> Vec<Observation> {
    let clip = by_id(id).unwrap();
    let body = Body::average();
    (0..300)
        .map(|i| {
            let t = formcheck::units::Timestamp::from_secs(f64::from(i) / 15.0);
            Eye::OWN.sees(&clip.frame_at(&body, &clip.camera, t, 1.0), &clip.camera)
        })
        .collect()
}

#[test]
fn waiting_in_a_start_position_is_no_exercise() {
    for id in
        ["SQ-ok2", "SQ-ok2-front", "HH-ok", "HK-ok", "HS-stand-ok", "HS-slr70", "SP-ok", "DB-ok", "BD-ok", "BD-rot8"]
    {
        assert_eq!(recognised(waiting(id), &[]), None, "{id}");
    }
}

#[test]
fn nobody_walkers_and_quadrupeds_without_a_reach_are_none_of_the_seven() {
    assert_eq!(recognised([], &[]), None);
    let nobody =
        (0..100).map(|i| Observation { t: formcheck::units::Timestamp::from_secs(f64::from(i) / 15.0), person: None });
    assert_eq!(recognised(nobody, &[]), None);
    // Walks in, stands, walks out.
    let clip = by_id("SQ-ok2").unwrap();
    let options = Options { walk_in: true, walk_out: true, uneven: None };
    let lead = clip.lead_s(&options);
    let walk: Vec<Observation> = seen(&clip, &clip.camera, 15.0, Eye::OWN, &options, None);
    let walk = walk.into_iter().filter(|o| o.t.secs() < lead + 1.5);
    assert_eq!(recognised(walk, &[]), None);
    // Cat and camel: the back of a bird dog goes up and down, the limbs stay.
    let clip = by_id("BD-ok").unwrap();
    let body = Body::average();
    let cat = (0..300).map(|i| {
        let t = formcheck::units::Timestamp::from_secs(f64::from(i) / 15.0);
        let mut observation = Eye::OWN.sees(&clip.frame_at(&body, &clip.camera, t, 1.0), &clip.camera);
        let bob = 30.0 * t.secs().sin();
        if let Some(person) = &mut observation.person {
            for joint in [Landmark::L1, Landmark::L3, Landmark::S1, Landmark::LeftHip, Landmark::RightHip] {
                if let Some(point) = &mut person.points[joint] {
                    point.at.y += bob;
                }
            }
        }
        observation
    });
    assert_eq!(recognised(cat, &[]), None);
}
