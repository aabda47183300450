//! The recording that `formcheck demo` plays is what the synthetic figure does: three squats whose pelvis tucks under by
//! 28 degrees near the bottom, seen from the side at 25 pictures a second.
//!
//! `FORMCHECK_BLESS=1 cargo test --test demo_recording` writes it anew.

use formcheck::pose::recording::{Header, ModelInfo, RecordingReader, RecordingWriter, SourceInfo};
use formcheck::pose::{Landmark, Observation};
use formcheck::synth::{Options, body::Body, clips, observe::Eye};
use std::fs;
use std::path::Path;

const FPS: f64 = 25.0;
const CLIP: &str = "SQ-wink28";

#[test]
fn the_bundled_recording_is_what_the_figure_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/poses.jsonl");
    let fresh = recording();
    if std::env::var_os("FORMCHECK_BLESS").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    let kept = fs::read(&path).unwrap();
    let (kept, fresh) = (observations(&kept), observations(&fresh));
    assert_eq!(kept.len(), fresh.len());
    for (a, b) in kept.iter().zip(&fresh) {
        assert_eq!(a.t, b.t);
        let (a, b) = (a.person.unwrap(), b.person.unwrap());
        for ((landmark, p), (_, q)) in a.points.iter().zip(b.points.iter()) {
            // Sines may differ in the last digit from machine to machine, and so fall on the other side of a rounding.
            let apart = (p.unwrap().at - q.unwrap().at).norm();
            assert!(apart < 0.05, "{} is {apart} px away: write the recording anew", landmark.name());
        }
    }
}

fn recording() -> Vec<u8> {
    let clip = clips::by_id(CLIP).unwrap();
    let (body, camera) = (Body::average(), clip.camera);
    let source = SourceInfo {
        path: "the synthetic figure".into(),
        width: camera.width,
        height: camera.height,
        ..SourceInfo::default()
    };
    let model = ModelInfo {
        name: "synthetic figure".into(),
        runtime: "none".into(),
        landmarks: Landmark::ALL.to_vec(),
        ..ModelInfo::default()
    };
    let mut writer = RecordingWriter::new(Vec::new(), &Header::new(source, model)).unwrap();
    for frame in clip.frames(&body, &camera, FPS, &Options::default()) {
        writer.write(&Eye::OWN.sees(&frame, &camera).quantized()).unwrap();
    }
    writer.finish().unwrap()
}

fn observations(bytes: &[u8]) -> Vec<Observation> {
    let mut reader = RecordingReader::new(bytes).unwrap();
    std::iter::from_fn(|| reader.read().unwrap()).collect()
}
