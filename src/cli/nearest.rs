//! "Did you mean": the names most like what was typed.

/// Names within a third of their length of `typed` by edits, or that contain it; the nearest first, at most `most`.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    let typed = typed.to_lowercase();
    let mut ranked: Vec<(usize, &str)> = names
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            // "wink" and "squat.wink" should both find "squat.butt_wink".
            let fault = lower.rsplit('.').next().unwrap_or(&lower);
            let typed_fault = typed.rsplit('.').next().unwrap_or(&typed);
            let part = typed_fault.len() >= 3 && fault.contains(typed_fault);
            let edits = edits(&typed, &lower).min(edits(typed_fault, fault));
            let near = edits <= (fault.chars().count() / 3).max(1);
            (part || near).then_some((if part { edits.min(1) } else { edits }, name))
        })
        .collect();
    ranked.sort();
    ranked.dedup_by_key(|(_, name)| *name);
    ranked.into_iter().take(most).map(|(_, name)| name).collect()
}

/// Levenshtein distance in characters.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["squat.butt_wink", "squat.knees_in", "hip_hinge.knees_drift", "squat.shallow"];

    #[test]
    fn slips_of_the_finger_find_the_name() {
        assert_eq!(nearest("squat.but_wink", NAMES, 3), ["squat.butt_wink"]);
        assert_eq!(nearest("wink", NAMES, 3), ["squat.butt_wink"]);
        assert_eq!(nearest("squat.kneesin", NAMES, 1), ["squat.knees_in"]);
    }

    #[test]
    fn something_else_finds_nothing() {
        assert!(nearest("xylophone", NAMES, 3).is_empty());
        assert!(nearest("", NAMES, 3).is_empty());
    }

    #[test]
    fn edits_are_counted_in_characters() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "äö"), 2);
        assert_eq!(edits("same", "same"), 0);
    }
}
