//! Legs on the floor that a model mixed up: a knee of one and the foot of the other.
//!
//! Seen from the side two legs that do different things offer two knees and two ankles, and nothing but their appearance
//! tells which belong together. Put together wrongly one shank comes out much too long, or much too short; from the side
//! shanks lie in the picture and have their length.

use crate::geometry::ImagePoint;
use crate::pose::{Joint, Landmark, Landmarks};
use crate::units::Side;

/// A shank that looks longer or shorter by this factor is none …
const UNLIKE: f64 = 1.5;
/// … and by no more than this is one.
const ALIKE: f64 = 1.25;

/// Gives each knee the other one's foot where only then the shanks are as long as they are, px. A knee that is not seen is
/// not asked.
pub(super) fn sort(points: &mut Landmarks<Option<ImagePoint>>, shank: Option<f64>) {
    let at = |joint| Side::BOTH.map(|side| points[Landmark::of(joint, side)]);
    let (knees, [Some(left), Some(right)], Some(shank)) = (at(Joint::Knee), at(Joint::Ankle), shank) else { return };
    let worst = |ankles: [ImagePoint; 2]| {
        let lengths = knees.iter().zip(ankles).filter_map(|(knee, ankle)| Some((ankle - (*knee)?).norm().max(1e-9)));
        lengths.map(|px| (px / shank).max(shank / px)).reduce(f64::max)
    };
    if worst([left, right]) >= Some(UNLIKE) && worst([right, left]) <= Some(ALIKE) {
        for joint in [Joint::Ankle, Joint::Heel, Joint::BigToe] {
            let [left, right] = Side::BOTH.map(|side| Landmark::of(joint, side));
            (points[left], points[right]) = (points[right], points[left]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dead bug as formcheck's own model once saw it: the left leg is up, the right one taps, each with the other's foot.
    fn tap() -> Landmarks<Option<ImagePoint>> {
        let mut points = Landmarks::default();
        for (joint, left, right) in [
            (Joint::Knee, (729.0, 270.0), (784.0, 301.0)),
            (Joint::Ankle, (870.0, 398.0), (842.0, 251.0)),
            (Joint::BigToe, (930.0, 420.0), (855.0, 190.0)),
        ] {
            for (side, (x, y)) in Side::BOTH.into_iter().zip([left, right]) {
                points[Landmark::of(joint, side)] = Some(ImagePoint::new(x, y));
            }
        }
        points
    }

    #[test]
    fn a_knee_gets_its_own_foot_back() {
        let mixed = tap();
        let mut seen = mixed;
        sort(&mut seen, Some(125.0));
        assert_eq!(seen[Landmark::RightAnkle], mixed[Landmark::LeftAnkle]);
        assert_eq!(seen[Landmark::LeftBigToe], mixed[Landmark::RightBigToe]);
        let mut again = seen;
        sort(&mut again, Some(125.0));
        assert_eq!(again, seen, "what is right stays");
    }

    #[test]
    fn one_knee_is_enough_and_none_is_not() {
        let mut hidden = tap();
        hidden[Landmark::LeftKnee] = None;
        let mut seen = hidden;
        sort(&mut seen, Some(125.0));
        assert_eq!(seen[Landmark::RightAnkle], hidden[Landmark::LeftAnkle]);
        hidden[Landmark::RightKnee] = None;
        let mut seen = hidden;
        sort(&mut seen, Some(125.0));
        assert_eq!(seen, hidden);
        let mut seen = tap();
        sort(&mut seen, None);
        assert_eq!(seen, tap(), "before a shank was measured");
    }
}
