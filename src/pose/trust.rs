//! What was measured of a model's errors, carried with its poses so that the core can judge by it and a recording can be
//! judged again without the model.
//!
//! Two parts are vouched for apart: the points of the body, and those of the back. One model may give the first and another
//! the second.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far the points of a model can be relied on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trust {
    pub body: Standing,
    pub back: Standing,
}

/// One part's standing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Standing {
    /// It has not passed the checks it has to pass (`[gates]` of its card).
    pub experimental: bool,
    pub margins: Margins,
}

/// Something a model places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Body,
    Back,
}

/// Measured margins of error (smallest detectable change, 95 %): quantity → circumstances → margin in the quantity's unit.
///
/// A quantity is part of what a rule's check says it measures: "lumbar flexion" stands for "late gain of lumbar flexion"
/// and "lumbar flexion at the bottom"; or it is the name of one rule, "bird_dog.sags", whose readings of whole repetitions
/// were held to the truth. Circumstances are words of [`Margins::WORDS`] apart by spaces; all must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Margins(pub BTreeMap<String, BTreeMap<String, f64>>);

impl Margins {
    /// Views, what the back was seen by, where the exercise begins, clothes, and `any`; `turns` where pictures are looked at
    /// in turn; `over` where a reading above the truth is feared, `under` where one below it is: a model that mostly reads too
    /// high makes more of what good form reads than its margin says.
    #[rustfmt::skip]
    pub const WORDS: [&str; 14] = [
        "any", "side", "front", "rear", "oblique", "landmarks", "contour", "standing", "floor", "tight", "loose", "turns",
        "over", "under",
    ];
    /// Where pictures are looked at as they are and in the mirror in turn, as before a camera, and not each of them both ways.
    const TURNS: &str = "turns";
    /// Nobody knows what the athlete wears: the worse counts.
    const UNKNOWN: [&str; 3] = ["any", "tight", "loose"];

    /// The margin measured of a rule itself, in these circumstances, else the widest of what its check measures; `None` where
    /// nothing was measured. A rule goes by medians and extremes of many pictures, in which a mistake of one is lost: what
    /// single pictures are off by says little of it, so that its own margin takes their place.
    pub fn of(&self, rule: &str, what: &str, circumstances: &[&str]) -> Option<f64> {
        let holds = |word: &str| circumstances.contains(&word) || Margins::UNKNOWN.contains(&word);
        let widest = |is_meant: &dyn Fn(&str) -> bool| {
            self.0
                .iter()
                .filter(|(quantity, _)| is_meant(quantity))
                .flat_map(|(_, measured)| measured)
                .filter(|(when, _)| when.split_whitespace().all(holds))
                .map(|(_, margin)| *margin)
                .reduce(f64::max)
        };
        widest(&|quantity| quantity == rule).or_else(|| widest(&|quantity| what.contains(quantity)))
    }

    /// Those of looks in turn take the place of the others.
    fn in_turns(&self) -> Margins {
        let of = |measured: &BTreeMap<String, f64>| {
            let mut out = measured.clone();
            out.retain(|when, _| !when.split_whitespace().any(|word| word == Margins::TURNS));
            for (when, margin) in measured {
                let words: Vec<&str> = when.split_whitespace().filter(|word| *word != Margins::TURNS).collect();
                if words.join(" ") != *when {
                    out.insert(words.join(" "), *margin);
                }
            }
            out
        };
        Margins(self.0.iter().map(|(quantity, measured)| (quantity.clone(), of(measured))).collect())
    }

    /// Puts in a quantity with its circumstances and margins, unless something was measured of that quantity.
    pub fn add<'a>(&mut self, quantity: &str, measured: impl IntoIterator<Item = (&'a str, f64)>) {
        let measured: BTreeMap<String, f64> =
            measured.into_iter().map(|(when, margin)| (when.into(), margin)).collect();
        if !measured.is_empty() {
            self.0.entry(quantity.into()).or_insert(measured);
        }
    }

    /// What is wrong with the table, if anything.
    pub fn problem(&self) -> Option<String> {
        self.0
            .iter()
            .flat_map(|(quantity, measured)| measured.iter().map(move |(when, v)| (quantity, when, *v)))
            .find_map(|(quantity, when, margin)| {
                let strange = when.split_whitespace().find(|word| !Margins::WORDS.contains(word));
                match strange {
                    Some(word) => Some(format!("\"{quantity}\": '{word}' is none of {}", Margins::WORDS.join(", "))),
                    None if margin.is_finite() && margin > 0.0 => None,
                    None => Some(format!("\"{quantity}\": a margin is a number above 0")),
                }
            })
    }
}

impl Trust {
    /// The same models where pictures are looked at in turn.
    pub fn in_turns(self) -> Trust {
        let of = |standing: Standing| Standing { margins: standing.margins.in_turns(), ..standing };
        Trust { body: of(self.body), back: of(self.back) }
    }

    /// Points of the body from one model, of the back from another.
    pub fn shared(body: &Trust, back: &Trust) -> Trust {
        Trust { body: body.body.clone(), back: back.back.clone() }
    }

    /// The parts that have not passed their checks.
    pub fn experimental(&self) -> Vec<Part> {
        let parts = [(Part::Body, &self.body), (Part::Back, &self.back)];
        parts.into_iter().filter(|(_, standing)| standing.experimental).map(|(part, _)| part).collect()
    }

    /// The widest margin measured of either part; see [`Margins::of`].
    pub fn margin(&self, rule: &str, what: &str, circumstances: &[&str]) -> Option<f64> {
        let parts = [&self.body, &self.back];
        parts.into_iter().filter_map(|standing| standing.margins.of(rule, what, circumstances)).reduce(f64::max)
    }

    /// Whether the model of the back has passed its checks, this very rule's readings were held to the truth in these
    /// circumstances, and single pictures (`what`) are not known to be off by more than `most`.
    pub fn back_is_proven(&self, rule: &str, what: &str, most: f64, circumstances: &[&str]) -> bool {
        let margins = &self.back.margins;
        let of_rule = margins.of(rule, "", circumstances);
        let of_pictures = margins.of("", what, circumstances);
        !self.back.experimental && of_rule.is_some() && of_pictures.is_none_or(|margin| margin <= most)
    }

    /// A few words to stand beside the picture, if there is something to be wary of.
    pub fn remark(&self) -> Option<&'static str> {
        match (self.body.experimental, self.back.experimental) {
            (true, _) => Some("experimental model"),
            (false, true) => Some("low back: experimental"),
            (false, false) => None,
        }
    }

    /// True when there is nothing to tell.
    pub fn is_plain(&self) -> bool {
        *self == Trust::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn margins(text: &str) -> Margins {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn the_widest_margin_that_applies_counts() {
        let m = margins(
            "\"trunk lean\" = { side = 8.0, oblique = 12.0 }\n\
             \"lumbar flexion\" = { \"side landmarks tight\" = 14.0, \"side landmarks loose\" = 30.0, contour = 9.0 }",
        );
        assert_eq!(m.problem(), None);
        assert_eq!(m.of("squat.some_rule", "trunk lean at the bottom", &["side"]), Some(8.0));
        assert_eq!(m.of("squat.some_rule", "trunk lean at the bottom", &["oblique"]), Some(12.0));
        assert_eq!(m.of("squat.some_rule", "trunk lean at the bottom", &["front"]), None);
        assert_eq!(
            m.of("squat.some_rule", "late gain of lumbar flexion", &["side", "landmarks"]),
            Some(30.0),
            "clothes are unknown"
        );
        assert_eq!(m.of("squat.some_rule", "late gain of lumbar flexion", &["side", "contour"]), Some(9.0));
        assert_eq!(m.of("squat.some_rule", "share of the hip", &["side"]), None);
    }

    #[test]
    fn readings_may_be_further_off_one_way_than_the_other() {
        let m = margins("\"squat.chest_drops\" = { side = 11.5, \"side over\" = 13.7, \"side under\" = 12.0 }");
        assert_eq!(m.problem(), None);
        let of = |way| m.of("squat.chest_drops", "trunk lean at the bottom", &["side", way]);
        assert_eq!([of("over"), of("under"), of("")], [Some(13.7), Some(12.0), Some(11.5)]);
    }

    #[test]
    fn what_was_measured_of_a_rule_takes_the_place_of_what_was_measured_of_pictures() {
        let m = margins(
            "\"low back\" = { floor = 180.0 }\n\"bird_dog.sags\" = { \"side landmarks\" = 11.0 }\nknee = { floor = 34.0 }",
        );
        assert_eq!(m.of("bird_dog.sags", "sag of the low back", &["side", "landmarks", "floor"]), Some(11.0));
        assert_eq!(m.of("bird_dog.sags", "sag of the low back", &["side", "contour", "floor"]), Some(180.0));
        assert_eq!(m.of("bird_dog.rounds", "rounding of the low back", &["side", "landmarks", "floor"]), Some(180.0));
        assert_eq!(m.of("bird_dog.limb_bends", "knee of the raised leg", &["side", "floor"]), Some(34.0));
    }

    #[test]
    fn what_was_measured_of_looks_in_turn_counts_where_they_are_taken_so() {
        let of = |text: &str| Standing { experimental: false, margins: margins(text) };
        let both = Trust {
            body: of("\"squat.stance\" = { front = 2.0, \"front turns\" = 3.0, side = 4.0 }\nknee = { floor = 5.0 }"),
            back: of("\"squat.rounded\" = { \"side landmarks turns\" = 9.0 }"),
        };
        let turns = both.clone().in_turns();
        assert_eq!(both.body.margins.problem(), None);
        let stance = |trust: &Trust, view| trust.body.margins.of("squat.stance", "stance", &[view]);
        assert_eq!([stance(&both, "front"), stance(&turns, "front")], [Some(2.0), Some(3.0)]);
        assert_eq!([stance(&both, "side"), stance(&turns, "side")], [Some(4.0), Some(4.0)], "measured one way only");
        let rounded = |trust: &Trust| trust.back.margins.of("squat.rounded", "", &["side", "landmarks"]);
        assert_eq!([rounded(&both), rounded(&turns)], [None, Some(9.0)]);
        assert_eq!(turns.body.margins.of("", "knee", &["floor"]), Some(5.0));
    }

    #[test]
    fn a_wrong_table_is_told() {
        assert!(margins("knee = { sideways = 3.0 }").problem().unwrap().contains("'sideways'"));
        assert!(margins("knee = { side = -3.0 }").problem().unwrap().contains("above 0"));
        assert!(margins("knee = { side = nan }").problem().is_some());
    }

    #[test]
    fn a_shared_pair_answers_each_for_its_part() {
        let standing = |experimental, text| Standing { experimental, margins: margins(text) };
        let body =
            Trust { body: standing(false, "knee = { any = 5.0 }"), back: standing(true, "lumbar = { any = 50.0 }") };
        let back =
            Trust { body: standing(true, "knee = { any = 40.0 }"), back: standing(false, "lumbar = { any = 9.0 }") };
        let pair = Trust::shared(&body, &back);
        assert_eq!((pair.margin("", "knee", &[]), pair.margin("", "lumbar", &[])), (Some(5.0), Some(9.0)));
        assert_eq!((pair.experimental(), pair.remark()), (vec![], None));
        assert_eq!(Trust::shared(&back, &body).experimental(), [Part::Body, Part::Back]);
    }
}
