//! The dowel's rules on the truth of rendered clips: what a perfect eye would see of flesh, not of a stick figure.

mod common;

use common::exercise;
use formcheck::form::{Outcome, Session, SessionOptions};
use formcheck::geometry::ImagePoint;
use formcheck::pose::{BackContour, DowelLine, Keypoint, Landmark, Observation, Person};
use formcheck::runner::synth::truth::{self, TruthLine};
use formcheck::track::Filter;
use formcheck::units::Timestamp;
use std::path::{Path, PathBuf};

fn clip(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/clips/hip_hinge").join(name);
    if !folder.is_dir() {
        println!("skipped: no fixtures/clips (they are not part of the package)");
        return None;
    }
    Some(folder.join("truth.jsonl"))
}

fn point([x, y]: [f64; 2]) -> ImagePoint {
    ImagePoint::new(x, y)
}

/// The truth of one picture as if a model had seen it.
fn seen(landmarks: &[Landmark], line: &TruthLine) -> Observation {
    let mut person = Person::default();
    for (&landmark, &[x, y, visibility]) in landmarks.iter().zip(&line.points) {
        person.points[landmark] = (visibility > 0.5).then(|| Keypoint { at: point([x, y]), score: 0.9 });
    }
    let head =
        landmarks.iter().position(|&l| l == Landmark::Occiput).map(|n| point([line.points[n][0], line.points[n][1]]));
    person.dowel = line.dowel.map(|[bottom, top]| DowelLine {
        top: point(top),
        bottom: point(bottom),
        head,
        thickness: None,
        covered: None,
    });
    person.back = line.back.as_ref().map(|back| {
        let mut offsets = [None; BackContour::STATIONS];
        offsets.copy_from_slice(&back.offsets);
        BackContour { sacrum: point(back.sacrum), t8: point(back.t8), offsets }
    });
    Observation { t: Timestamp::from_micros(line.t_us), person: Some(person) }.quantized()
}

/// What a rule says of every repetition.
fn verdicts(path: &Path, rules: [&str; 2]) -> Vec<[Outcome; 2]> {
    let (header, lines) = truth::read(path).unwrap();
    let options = SessionOptions { landmarks: header.landmarks.clone(), ..SessionOptions::new(Filter::Recorded) };
    let mut session = Session::new(exercise("hip_hinge"), &options);
    lines.iter().for_each(|line| session.push(&seen(&header.landmarks, line), &mut |_| {}));
    let report = session.finish(&mut |_| {});
    let outcome = |findings: &[formcheck::form::Finding], rule: &str| {
        findings.iter().find(|f| f.rule.name == rule).unwrap_or_else(|| panic!("nothing said of {rule}")).outcome
    };
    report.reps.iter().map(|rep| rules.map(|rule| outcome(&rep.findings, rule))).collect()
}

/// Contacts and gap are right on flesh: nothing lost in good form, the head's 30 mm and a gap that opens or closes by
/// 22 mm (25 degrees) warned of, by 31 mm at least that.
#[test]
fn contacts_and_gap_are_told_from_the_true_outline() {
    use Outcome::{Fault, Good, Warn};
    let said: [(&str, &[Outcome], &[Outcome]); 5] = [
        ("HH-ok", &[Good], &[Good]),
        ("HH-arch25", &[Good], &[Warn]),
        ("HH-round24-slim", &[Good], &[Warn]),
        ("HH-round40", &[Good], &[Warn, Fault]),
        ("HH-head30-heavy", &[Warn], &[Good]),
    ];
    for (name, contacts, gap) in said {
        let Some(path) = clip(name) else { return };
        let verdicts = verdicts(&path, ["hip_hinge.contact_lost", "hip_hinge.gap_changes"]);
        assert_eq!(verdicts.len(), 3, "{name}: repetitions");
        for [contact_said, gap_said] in verdicts {
            assert!(contacts.contains(&contact_said), "{name}: contacts {contact_said:?}");
            assert!(gap.contains(&gap_said), "{name}: gap {gap_said:?}");
        }
    }
}
