//! The exercises: one file each, and one line here.

mod bird_dog;
mod dead_bug;
mod hamstring_stretch;
mod hip_flexor_stretch;
mod hip_hinge;
mod side_plank;
mod squat;

use crate::form::{Exercise, Rule};

/// Every exercise, in the order they are listed to people.
pub static ALL: &[&Exercise] = &[
    &squat::SQUAT,
    &hip_hinge::HIP_HINGE,
    &hip_flexor_stretch::HIP_FLEXOR_STRETCH,
    &hamstring_stretch::HAMSTRING_STRETCH,
    &side_plank::SIDE_PLANK,
    &dead_bug::DEAD_BUG,
    &bird_dog::BIRD_DOG,
];

/// The exercise of this name.
pub fn by_name(name: &str) -> Option<&'static Exercise> {
    ALL.iter().copied().find(|e| e.name == name)
}

/// Whether a dowel is held along the spine: in these exercises' pictures one is looked for.
pub fn with_dowel(exercise: &Exercise) -> bool {
    exercise.name == hip_hinge::HIP_HINGE.name
}

/// The rule of this name (`squat.butt_wink`) or id (`SQ1`), with its exercise.
pub fn rule(name_or_id: &str) -> Option<(&'static Exercise, &'static Rule)> {
    ALL.iter().copied().find_map(|exercise| {
        let matches = |r: &&Rule| r.name == name_or_id || r.id.eq_ignore_ascii_case(name_or_id);
        exercise.rules.iter().find(matches).map(|rule| (exercise, rule))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_ids_are_unique_and_belong_to_their_exercise() {
        let mut seen = BTreeSet::new();
        for exercise in ALL {
            for rule in exercise.rules {
                assert!(rule.name.starts_with(&format!("{}.", exercise.name)), "{}", rule.name);
                assert!(seen.insert(rule.name) && seen.insert(rule.id), "{} twice", rule.name);
            }
        }
    }

    #[test]
    fn cues_are_short_and_texts_show_the_measured_value() {
        for rule in ALL.iter().flat_map(|e| e.rules) {
            assert!(rule.cue.split_whitespace().count() <= 5, "{}: {}", rule.name, rule.cue);
            assert!(rule.text.contains("{measured}"), "{}", rule.name);
            assert!(!rule.views.is_empty() && !rule.checks.is_empty(), "{}", rule.name);
        }
    }

    #[test]
    fn limits_stand_in_order() {
        for rule in ALL.iter().flat_map(|e| e.rules) {
            for check in rule.checks.iter().chain(rule.fallback) {
                let limits = [Some(check.limits), check.limits_by_landmarks];
                for limits in limits.into_iter().flatten() {
                    if let Some(band) = limits.high {
                        assert!(band.good < band.warn && band.fault.is_none_or(|f| band.warn <= f), "{}", rule.name);
                    }
                    if let Some(band) = limits.low {
                        assert!(band.good > band.warn && band.fault.is_none_or(|f| band.warn >= f), "{}", rule.name);
                    }
                }
            }
        }
    }
}
