//! What was measured of a model's errors reaches the verdicts and the report.

use formcheck::exercises;
use formcheck::form::{Finding, Outcome, Session, SessionOptions, SessionReport};
use formcheck::kinematics::Unseen;
use formcheck::pose::recording::{ModelInfo, SourceInfo};
use formcheck::pose::trust::{Margins, Part, Standing, Trust};
use formcheck::report::Report;
use formcheck::synth::observe::Eye;
use formcheck::synth::{Body, Options, by_id};
use formcheck::track::Filter;

/// Three squats that wink by 28 degrees, seen by a model of this trust.
fn judged(trust: &Trust) -> SessionReport {
    judged_by(Eye::OWN, trust)
}

fn judged_by(eye: Eye, trust: &Trust) -> SessionReport {
    seen("SQ-wink28", eye, trust)
}

fn seen(clip: &str, eye: Eye, trust: &Trust) -> SessionReport {
    let clip = by_id(clip).expect("a clip of this id");
    let exercise = exercises::by_name(clip.exercise).expect("an exercise that exists");
    let options = SessionOptions { trust: trust.clone(), ..SessionOptions::new(Filter::Recorded) };
    let mut session = Session::new(exercise, &options);
    for frame in clip.frames(&Body::average(), &clip.camera, 30.0, &Options::default()) {
        session.push(&eye.sees(&frame, &clip.camera).quantized(), &mut |_| {});
    }
    session.finish(&mut |_| {})
}

fn finding<'a>(set: &'a SessionReport, rule: &str) -> &'a Finding {
    set.reps[1].findings.iter().find(|f| f.rule.name == rule).expect("a rule of this name")
}

fn trusting(margins: &str) -> Trust {
    let margins = toml::from_str::<Margins>(margins).expect("a table");
    Trust { body: Standing { experimental: false, margins }, back: Standing::default() }
}

#[test]
fn a_measured_margin_counts_where_it_is_wider_and_judges_nothing_where_it_swallows_the_limit() {
    let plain = judged(&Trust::default());
    assert_eq!(plain.reps.len(), 3);
    let (chest, wink) = ("squat.chest_drops", "squat.butt_wink");
    let assumed = finding(&plain, chest).margin.expect("a margin");
    assert_ne!(finding(&plain, chest).outcome, Outcome::NotJudged);

    let narrower = judged(&trusting("\"trunk lean\" = { side = 1.0 }"));
    assert_eq!(finding(&narrower, chest).margin, Some(assumed), "nobody sees better than the rule book assumes");

    let wider = judged(&trusting("\"trunk lean\" = { side = 15.0, front = 90.0 }"));
    let margin = finding(&wider, chest).margin.expect("a margin");
    assert!((margin - 15.0).abs() < 1e-9, "{margin}");
    assert_eq!(finding(&wider, wink).outcome, finding(&plain, wink).outcome, "other quantities are as they were");

    let own = judged(&trusting("\"trunk lean\" = { any = 90.0 }\n\"squat.chest_drops\" = { side = 12.0 }"));
    let margin = finding(&own, chest).margin.expect("a margin");
    assert!((margin - 12.0).abs() < 1e-9, "{margin}: the rule's own takes the place of what it measures");

    let text = "\"squat.chest_drops\" = { side = 12.0, \"side over\" = 14.0, \"side under\" = 18.0 }";
    let too_high = finding(&judged(&trusting(text)), chest).margin.expect("a margin");
    assert!((too_high - 14.0).abs() < 1e-9, "{too_high}: who leans too far is warned by readings that are too high");

    // 17 degrees from good to fault; the whole margin one-sided is 0.84 of it.
    let too_wide = judged(&trusting("\"trunk lean\" = { any = 21.0 }"));
    assert_eq!(finding(&too_wide, chest).outcome, Outcome::NotJudged);
    assert_eq!(finding(&too_wide, chest).reason, Some(Unseen::MarginTooWide));
    assert_eq!(too_wide.reps.len(), 3, "counting goes on");
}

#[test]
fn a_margin_of_the_landmarks_says_nothing_of_the_outline() {
    // The synthetic eye sees the outline too, and the contour speaks for the low back where it is seen.
    let wink = "squat.butt_wink";
    let plain = judged(&Trust::default());
    let landmarks = judged(&trusting("\"lumbar flexion\" = { \"side landmarks loose\" = 60.0 }"));
    assert_eq!(finding(&landmarks, wink).outcome, finding(&plain, wink).outcome);
    assert_eq!(finding(&landmarks, wink).margin, finding(&plain, wink).margin);
    let contour = judged(&trusting("\"lumbar flexion\" = { \"side contour\" = 60.0 }"));
    assert_eq!(finding(&contour, wink).reason, Some(Unseen::MarginTooWide));
}

#[test]
fn landmarks_proven_truer_than_assumed_are_held_to_limits_nearer_to_the_outline_s() {
    let eye = Eye { contour: false, ..Eye::OWN };
    let back = |experimental, margins: &str| Trust {
        back: Standing { experimental, margins: toml::from_str(margins).expect("a table") },
        body: Standing::default(),
    };
    let of = |trust: &Trust| {
        let set = judged_by(eye, trust);
        let wink = finding(&set, "squat.butt_wink");
        (wink.margin.expect("a margin"), wink.limit.expect("a limit"))
    };
    let assumed = of(&Trust::default());
    assert_eq!(assumed, (20.0, 30.0));
    // For the outline: 14 degrees, and a fault at 25, good being 8.
    let (margin, limit) = of(&back(false, "\"squat.butt_wink\" = { \"side landmarks\" = 16.0 }"));
    assert!((margin - 16.0).abs() < 1e-9 && (limit - (8.0 + 17.0 * 16.0 / 14.0)).abs() < 1e-9, "{margin} {limit}");
    let (margin, limit) = of(&back(false, "\"squat.butt_wink\" = { \"side landmarks\" = 9.0 }"));
    assert_eq!((margin, limit), (14.0, 25.0), "never nearer than the outline's");
    assert_eq!(of(&back(true, "\"squat.butt_wink\" = { \"side landmarks\" = 16.0 }")), assumed, "gates not passed");
    let worse_known = "\"squat.butt_wink\" = { \"side landmarks\" = 16.0 }\n\"lumbar flexion\" = { standing = 21.0 }";
    assert_eq!(of(&back(false, worse_known)), assumed);
}

#[test]
fn an_arch_without_an_outline_is_read_from_the_points_of_the_spine() {
    let margins = toml::from_str("\"dead_bug.arch_grows\" = { \"side landmarks\" = 2.0 }").expect("a table");
    let proven = Trust { back: Standing { experimental: false, margins }, body: Standing::default() };
    let of = |clip: &str, eye: Eye, trust: &Trust| {
        let set = seen(clip, eye, trust);
        let arch = finding(&set, "dead_bug.arch_grows");
        (arch.outcome, arch.measured.unwrap_or(f64::NAN), arch.reason)
    };
    let outline = of("DB-lift25", Eye::OWN, &Trust::default());
    let points = Eye { contour: false, ..Eye::OWN };
    let arch = of("DB-lift25", points, &proven);
    assert!(outline.0 == Outcome::Fault && (arch.1 - outline.1).abs() < 0.5, "{arch:?} {outline:?}");
    assert_eq!(arch.0, Outcome::Warn, "a fault is 3.1 % beyond good by the outline, 4.4 by points known to 2");
    assert_eq!(of("DB-ok", points, &proven).0, Outcome::Good);
    assert_eq!(
        of("DB-lift25", points, &Trust::default()).0,
        Outcome::Good,
        "of points that nobody measured 4 % are nothing"
    );
    let neither = of("DB-lift25", Eye { contour: false, ..Eye::BLAZEPOSE }, &proven);
    assert_eq!((neither.0, neither.2), (Outcome::NotJudged, Some(Unseen::NoOutline)));
}

#[test]
fn what_has_not_passed_its_checks_is_said_in_the_report_and_survives_the_recording() {
    let standing = |experimental| Standing { experimental, margins: Margins::default() };
    let trust = Trust { body: standing(false), back: standing(true) };
    let model = ModelInfo { name: "some".into(), trust: trust.clone(), ..ModelInfo::default() };
    let again: ModelInfo = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
    assert_eq!(again, model);

    let report = Report::new(&judged(&trust), &SourceInfo::default(), &again);
    assert_eq!(report.model.experimental, [Part::Back]);
    assert_eq!(report.notices[0].code, "experimental_back");
    let rules = exercises::by_name("squat").unwrap().rules;
    let experimental: Vec<&str> = rules.iter().filter(|r| report.model.makes_experimental(r)).map(|r| r.name).collect();
    assert_eq!(experimental, ["squat.butt_wink", "squat.rounded"]);

    let plain = Report::new(&judged(&Trust::default()), &SourceInfo::default(), &ModelInfo::default());
    assert!(plain.notices.iter().all(|n| !n.code.starts_with("experimental")));
    assert!(!plain.to_json().contains("experimental"));
}

#[cfg(feature = "model")]
#[test]
fn every_measured_quantity_of_a_built_in_card_is_what_some_rule_measures() {
    let rules: Vec<_> = exercises::ALL.iter().flat_map(|exercise| exercise.rules).collect();
    let measured: Vec<&str> = rules.iter().flat_map(|r| r.checks.iter().chain(r.fallback)).map(|c| c.what).collect();
    let is_rule = |quantity: &str| rules.iter().any(|r| r.name == quantity);
    for card in formcheck::estimate::card::built_in() {
        let Trust { body, back } = card.trust();
        for rule in &rules {
            // A margin that says by which eye it was measured would never apply to a rule that knows of one eye only.
            let seen =
                [&body, &back].into_iter().filter_map(|part| part.margins.0.get(rule.name)).flat_map(|m| m.keys());
            let two_eyes = rule.checks[0].limits_by_landmarks.is_some();
            for when in seen {
                assert_eq!(when.contains("landmarks"), two_eyes, "{}: {} \"{when}\"", card.name, rule.name);
            }
        }
        for quantity in body.margins.0.keys().chain(back.margins.0.keys()) {
            assert!(
                is_rule(quantity) || measured.iter().any(|what| what.contains(quantity.as_str())),
                "{}: no rule measures {quantity}",
                card.name
            );
        }
    }
}
