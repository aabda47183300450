//! Sides and holds through the whole core, on exercises that are nothing but their counting: which side, same side twice,
//! both at once, one leg down as the other comes up, dropouts, leaving and coming back.

mod common;

use common::*;
use formcheck::form::*;
use formcheck::kinematics::{Position, View};
use formcheck::pose::{Joint, Landmark, Observation};
use formcheck::synth::observe::Eye;
use formcheck::synth::timeline::{Phase as Moves, Timeline};
use formcheck::synth::{Body, Clip, Options, by_id};
use formcheck::track::Filter;
use formcheck::units::Side::{self, Left, Right};

/// One leg, then the other, lowered from over the hips.
static MARCH: Exercise = Exercise {
    name: "march",
    title: "March",
    in_position: |s| Hint::placed(s, Position::Supine, "Lie on your back"),
    counting: Counting::Reps(RepSpec {
        signals: &[
            Signal { works: Works::One(Left), measure: |s| s.floor.left.thigh_lowered, ..THIGH },
            Signal { works: Works::One(Right), measure: |s| s.floor.right.thigh_lowered, ..THIGH },
        ],
        is_this: |_| Ok(()),
    }),
    rules: &[Rule { scope: Scope::Set, checks: &[Check { measure: |bout| bout.sides_repeated(), ..COUNTED }], ..RULE }],
    dose: Dose { alternate: true, ..Dose::OPEN },
    ..BLANK
};

/// Arm and leg out, held.
static REACH: Exercise = Exercise {
    name: "reach",
    title: "Reach",
    in_position: |s| Hint::placed(s, Position::AllFours, "Hands and knees"),
    counting: Counting::Holds(HoldSpec {
        signals: &[
            Signal { works: Works::One(Left), measure: |s| s.floor.left.reach, ..OUT },
            Signal { works: Works::One(Right), measure: |s| s.floor.right.reach, ..OUT },
        ],
        is_this: |_| Ok(()),
        enter: 0.7,
        leave: 0.5,
        still: 0.1,
        along: None,
        grace_secs: 0.5,
        least_secs: 1.0,
        words: PhaseWords { rest: "table", out: "reach", hold: "hold", back: "return" },
    }),
    rules: &[Rule { checks: &[Check { measure: |bout| bout.held_secs(), ..COUNTED }], ..RULE }],
    dose: Dose { alternate: true, ladder: &[Rung { hold_secs: 5.0, holds: 16 }], ..Dose::OPEN },
    ..BLANK
};

const THIGH: Signal = Signal {
    views: &[View::Side],
    variants: &[],
    works: Works::Together,
    what: "thigh",
    measure: |_| Ok(0.0),
    rest: 0.0,
    target: 50.0,
};
const OUT: Signal = Signal { target: 1.0, what: "reach", ..THIGH };
const COUNTED: Check = Check {
    what: "a count",
    measure: |bout| bout.held_secs(),
    unit: Unit::Count,
    limits: Limits { low: None, high: Some(Band::warn_only(0.0, 0.5)) },
    limits_by_landmarks: None,
    margin: 0.0,
    below_own_best: None,
};
const RULE: Rule = Rule {
    name: "march.same_side",
    id: "X1",
    asks: "",
    basis: Basis::Practice,
    measures: "",
    limits_because: "",
    views: &[View::Side],
    scope: Scope::Bout,
    checks: &[],
    fallback: &[],
    weight: Weight::Dose,
    cue: "Switch legs",
    text: "{measured}",
    sources: &[],
};
const BLANK: Exercise = Exercise {
    name: "",
    title: "",
    source: "made up",
    instructions: &[],
    posture: Posture::Floor,
    camera: &[CameraPlace { view: View::Side, shows: "", lens_height_m: 0.2, distance_m: 2.5 }],
    in_position: |_| Ok(()),
    settle_secs: 1.0,
    counting: Counting::Reps(RepSpec { signals: &[], is_this: |_| Ok(()) }),
    variants: &[],
    rules: &[],
    arcs: &[],
    dose: Dose::OPEN,
};

fn watched(clip: &Clip) -> Vec<Observation> {
    seen(&frames(clip, &Body::average(), 30.0, &Options::default()), &clip.camera, Eye::OWN)
}

fn clip(id: &str) -> Clip {
    by_id(id).expect("a clip of this id")
}

fn sides(report: &SessionReport) -> Vec<Option<Side>> {
    report.reps.iter().map(|rep| rep.side).chain(report.holds.iter().map(|hold| hold.side)).collect()
}

/// The dead bug with its legs lowered as `steps` say: seconds and how far left and right are down then.
fn marching(steps: &[(f64, f64, f64)]) -> Clip {
    let quiet = Timeline::quiet([0.0; 4], 2.0);
    let go = |timeline: Timeline, &(secs, left, right): &(f64, f64, f64)| {
        timeline.go(secs, [left, right, 0.0, 0.0], Moves::Out).stay(0.2, Moves::Hold)
    };
    Clip { timeline: steps.iter().fold(quiet, go).stay(1.5, Moves::Rest), ..clip("DB-ok") }
}

#[test]
fn each_repetition_has_its_side() {
    let report = judge(&MARCH, Eye::OWN, &watched(&clip("DB-ok")));
    assert_eq!(sides(&report), [Right, Left, Right, Left, Right, Left].map(Some), "{:?}", report.notices);
    assert_eq!(report.findings[0].measured, Some(0.0));
    assert!(report.attempts.is_empty(), "{:?}", report.attempts);
}

#[test]
fn the_same_side_twice_counts_and_is_told() {
    let report = judge(&MARCH, Eye::OWN, &watched(&clip("DB-same")));
    assert_eq!(sides(&report), [Right, Right, Left, Right].map(Some));
    assert_eq!((report.findings[0].measured, report.findings[0].outcome), (Some(1.0), Outcome::Warn));
}

#[test]
fn both_at_once_are_one_repetition_of_no_side() {
    let report = judge(&MARCH, Eye::OWN, &watched(&clip("DB-both")));
    assert_eq!(sides(&report), [None; 3]);
    assert!(report.attempts.is_empty(), "{:?}", report.attempts);
}

#[test]
fn one_leg_down_while_the_other_comes_up_are_two() {
    let crossing = marching(&[(1.2, 1.0, 0.0), (1.2, 0.0, 1.0), (1.2, 1.0, 0.0), (1.2, 0.0, 0.0)]);
    let report = judge(&MARCH, Eye::OWN, &watched(&crossing));
    assert_eq!(sides(&report), [Left, Right, Left].map(Some), "{:?}", report.attempts);
}

/// Legs that lie one behind the other in the picture hide the far one until it moves, and a model reads both thighs too
/// far down: what the near one rests at, the far one does.
#[test]
fn a_leg_hidden_at_the_start_rests_as_the_other_one_does() {
    let mut stream = watched(&clip("DB-ok"));
    for observation in &mut stream {
        let hidden = observation.t.secs() < 2.1;
        let Some(person) = &mut observation.person else { continue };
        for knee in [Landmark::LeftKnee, Landmark::RightKnee] {
            // 17 degrees of a thigh of 134 px.
            person.points[knee].as_mut().expect("every point is seen").at.x += 40.0;
        }
        if hidden {
            person.points[Landmark::LeftKnee] = None;
        }
    }
    let report = judge(&MARCH, Eye::OWN, &stream);
    assert_eq!(sides(&report), [Right, Left, Right, Left, Right, Left].map(Some), "{:?}", report.attempts);
    assert!(report.attempts.is_empty(), "{:?}", report.attempts);
}

#[test]
fn a_leg_that_twitches_does_not_swallow_the_tap_of_the_other() {
    let twitch = marching(&[(0.6, 0.6, 0.5), (0.8, 0.0, 1.0), (1.2, 0.0, 0.0)]);
    let report = judge(&MARCH, Eye::OWN, &watched(&twitch));
    assert_eq!((sides(&report), report.attempts.len()), (vec![Some(Right)], 1), "{:?}", report.attempts);
}

#[test]
fn half_way_is_an_attempt_and_a_bounce_is_one() {
    let report = judge(&MARCH, Eye::OWN, &watched(&marching(&[(1.0, 0.6, 0.0), (1.0, 0.0, 0.0)])));
    assert_eq!((report.reps.len(), report.attempts.len()), (0, 1));
    let bounce = marching(&[(1.2, 0.0, 1.0), (0.4, 0.0, 0.8), (0.4, 0.0, 1.0), (1.2, 0.0, 0.0)]);
    assert_eq!(sides(&judge(&MARCH, Eye::OWN, &watched(&bounce))), [Some(Right)]);
}

#[test]
fn holds_have_sides_and_the_step_says_whose_turn_it_is() {
    let clip = clip("BD-ok");
    let (mut held, mut next): (Vec<f64>, Vec<Option<Side>>) = (Vec::new(), Vec::new());
    let report = judge_steps(&REACH, Eye::OWN, Filter::Recorded, &watched(&clip), &mut |step| {
        if let Some(hold) = step.hold {
            assert!(hold.credited_secs <= hold.elapsed_secs + 1e-6 && hold.target_secs == Some(5.0));
            held.push(hold.credited_secs);
        }
        if step.counted {
            next.push(step.next_side);
        }
    });
    assert_eq!(sides(&report), clip.timeline.holds().iter().map(|hold| hold.side).collect::<Vec<_>>());
    assert_eq!(next, [Left, Right, Left, Right, Left, Right].map(Some));
    let longest = held.iter().copied().fold(0.0, f64::max);
    assert!((4.5..6.0).contains(&longest), "the live timer reached {longest}");
}

/// The arm comes down two seconds before the leg: both out is what is held. Without an arm, the leg alone is.
#[test]
fn a_bird_dog_is_held_until_the_first_limb_comes_down() {
    let held = |arm: f64| {
        let timeline = Timeline::quiet([0.0; 4], 2.0)
            .go(1.0, [0.0, 1.0, arm, 0.0], Moves::Out)
            .stay(5.0, Moves::Hold)
            .go(0.5, [0.0, 1.0, 0.0, 0.0], Moves::Hold)
            .stay(1.5, Moves::Hold)
            .go(1.0, [0.0; 4], Moves::Back)
            .stay(1.5, Moves::Rest);
        let report = judge(exercise("bird_dog"), Eye::OWN, &watched(&Clip { timeline, ..clip("BD-ok") }));
        assert!(report.attempts.is_empty(), "{:?}", report.attempts);
        report.holds.iter().map(|hold| (hold.side, hold.end.secs())).collect::<Vec<_>>()
    };
    let [(Some(Right), end)] = held(1.0)[..] else { panic!("one hold of the right leg: {:?}", held(1.0)) };
    assert!((end - 8.1).abs() < 0.3, "{end}");
    let [(Some(Right), end)] = held(0.0)[..] else { panic!("one hold of the right leg: {:?}", held(0.0)) };
    assert!((end - 10.2).abs() < 0.4, "{end}");
}

/// A model takes near limbs for far ones for most of a hold, and for a while sees both legs where one is: the hold goes on, of
/// the leg that went up, and the limbs that are up are judged whichever they are said to be.
#[test]
fn a_bird_dog_is_held_through_exchanged_limbs() {
    let mut observations = watched(&clip("BD-ok"));
    let limbs = [Joint::Knee, Joint::Ankle, Joint::Heel, Joint::BigToe, Joint::Elbow, Joint::Wrist];
    for observation in &mut observations {
        let (t, Some(person)) = (observation.t.secs(), &mut observation.person) else { continue };
        for [left, right] in limbs.map(|joint| Side::BOTH.map(|side| Landmark::of(joint, side))) {
            // The first hold is from 3 to 8 s, of the right leg.
            if (6.5..7.0).contains(&t) {
                person.points[left] = person.points[right];
            } else if (4.0..7.8).contains(&t) {
                person.points.0.swap(left as usize, right as usize);
            }
        }
    }
    let report = judge(exercise("bird_dog"), Eye::OWN, &observations);
    assert!(report.attempts.is_empty(), "{:?}", report.attempts);
    let hold = &report.holds[0];
    assert_eq!((report.holds.len(), hold.side), (6, Some(Right)), "by the way there");
    let held = (hold.start.secs(), hold.end.secs());
    assert!((held.0 - 3.0).abs() < 0.2 && (held.1 - 8.0).abs() < 0.3, "{held:?}");
    for rule in ["bird_dog.leg_height", "bird_dog.arm_height", "bird_dog.limb_bends"] {
        let finding = hold.findings.iter().find(|f| f.rule.name == rule).expect("a finding");
        assert_eq!(finding.outcome, Outcome::Good, "{rule}: {:?}", finding.measured);
    }
}

/// Left joints for right ones throughout.
fn exchange(stream: &mut [Observation], joints: &[Joint]) {
    for points in stream.iter_mut().filter_map(|seen| Some(&mut seen.person.as_mut()?.points)) {
        for &joint in joints {
            points.0.swap(Landmark::of(joint, Left) as usize, Landmark::of(joint, Right) as usize);
        }
    }
}

/// Models take the far arm for the near one while it is up: how long it looks and where the other hand lies tell.
#[test]
fn an_arm_taken_for_the_other_one_is_known_by_perspective() {
    let arms = [Joint::Shoulder, Joint::Elbow, Joint::Wrist];
    for (id, distance_m, expected) in
        [("BD-ok", 2.5, Outcome::Good), ("BD-ok", 4.0, Outcome::Good), ("BD-same", 2.5, Outcome::Fault)]
    {
        let mut clip = clip(id);
        clip.camera.distance_m = distance_m;
        let told = |exchanged: bool| {
            let mut stream = watched(&clip);
            if exchanged {
                exchange(&mut stream, &arms);
            }
            let report = judge(exercise("bird_dog"), Eye::OWN, &stream);
            let of_hold =
                |hold: &Hold| hold.findings.iter().find(|f| f.rule.name == "bird_dog.same_side").map(|f| f.outcome);
            report.holds.iter().map(of_hold).collect::<Vec<_>>()
        };
        let exact = told(false);
        assert!(
            !exact.is_empty() && exact.iter().all(|said| *said == Some(expected)),
            "{id} from {distance_m} m: {exact:?}"
        );
        assert_eq!(told(true), exact, "{id} from {distance_m} m, arms exchanged");
    }
}

/// Models take the far leg for the near one, through a whole tap: how long it looks beside the other one tells.
#[test]
fn a_leg_taken_for_the_other_one_is_known_by_perspective() {
    let legs = [Joint::Hip, Joint::Knee, Joint::Ankle, Joint::Heel, Joint::BigToe];
    for (id, distance_m) in [("DB-ok", 2.5), ("DB-ok", 4.0), ("DB-same", 2.5)] {
        let mut clip = clip(id);
        clip.camera.distance_m = distance_m;
        let told = |exchanged: bool| {
            let mut stream = watched(&clip);
            if exchanged {
                exchange(&mut stream, &legs);
            }
            sides(&judge(exercise("dead_bug"), Eye::OWN, &stream))
        };
        let exact = told(false);
        assert!(exact.len() > 2 && exact.contains(&Some(Left)) && exact.contains(&Some(Right)), "{id}: {exact:?}");
        assert_eq!(told(true), exact, "{id} from {distance_m} m, legs exchanged");
    }
}

/// Two seconds unseen in a hold: it goes on, and they are not credited. Five: it ends, and another begins.
#[test]
fn what_is_not_seen_is_not_credited() {
    let hidden = |from: f64, secs: f64| {
        let mut stream = watched(&clip("HK-time25"));
        for observation in stream.iter_mut().filter(|o| (from..from + secs).contains(&o.t.secs())) {
            observation.person = None;
        }
        judge(exercise("hip_flexor_stretch"), Eye::OWN, &stream)
    };
    let [hold] = &hidden(12.0, 2.0).holds[..] else { panic!("one hold") };
    let length = hold.end.secs_since(hold.start);
    assert!((length - hold.credited_secs - 2.0).abs() < 0.4, "{length} s, {:.2} credited", hold.credited_secs);
    let gone = hidden(12.0, 5.0);
    assert_eq!(gone.holds.len(), 1, "who left has to take the start position again: {:?}", gone.holds);
    assert!((gone.holds[0].end.secs() - 12.0).abs() < 0.3, "{:?}", gone.holds[0].end);
}

#[test]
fn who_leaves_and_comes_back_goes_on_counting() {
    let mut stream = watched(&clip("SP-sag10"));
    let last = stream[stream.len() - 1].t;
    let away = (1..150).map(|i| Observation { t: last + f64::from(i) / 30.0, person: None });
    let again = watched(&clip("SP-sag10")).into_iter().map(|o| Observation { t: o.t + last.secs() + 5.0, ..o });
    let again: Vec<Observation> = away.chain(again).collect();
    stream.extend(again);
    let report = judge(exercise("side_plank"), Eye::OWN, &stream);
    assert_eq!(report.holds.iter().map(|hold| hold.n).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert!(sides(&report).iter().all(|side| *side == Some(Right)));
}
