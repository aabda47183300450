//! Legs and arms of somebody on the floor that a model, or the repair of its exchanges, mixed up: a knee of one and the foot of
//! the other.
//!
//! Seen from the side two legs that do different things offer two knees and two ankles, and nothing but their appearance
//! tells which belong together. Put together wrongly one shank comes out much too long, or much too short; from the side
//! shanks lie in the picture and have their length. So do the arms of a bird dog.

use super::lengths::Lengths;
use crate::geometry::ImagePoint;
use crate::pose::{Joint, Landmark, Landmarks};
use crate::units::Side;

/// A shank or forearm that looks longer or shorter by this factor is none …
const UNLIKE: f64 = 1.5;
/// … and by no more than this is one.
const ALIKE: f64 = 1.25;

/// Forearm over upper arm (Winter, Biomechanics and Motor Control, table 4.1: 0.146 and 0.186 of stature).
const FOREARM: f64 = 0.785;

/// Gives each knee and each elbow the other one's end where only then shanks and forearms are as long as they are. A knee or
/// elbow that is not seen is not asked.
pub(super) fn sort(points: &mut Landmarks<Option<ImagePoint>>, lengths: &Lengths) {
    let either_way = |part: f64| part.max(1.0 / part);
    sort_ends(points, Joint::Knee, &[Joint::Ankle, Joint::Heel, Joint::BigToe], lengths.shank, either_way);
    // An arm may point at the camera: too long is wrong, short is not.
    let forearm = lengths.upper_arm.map(|px| FOREARM * px);
    sort_ends(points, Joint::Elbow, &[Joint::Wrist], forearm, |part| part);
}

/// The first of `ends` lies `length` px from its `middle`; `off` says how far a part of that is from being one.
fn sort_ends(
    points: &mut Landmarks<Option<ImagePoint>>,
    middle: Joint,
    ends: &[Joint],
    length: Option<f64>,
    off: fn(f64) -> f64,
) {
    let at = |joint| Side::BOTH.map(|side| points[Landmark::of(joint, side)]);
    let (middles, [Some(left), Some(right)], Some(length)) = (at(middle), at(ends[0]), length) else { return };
    let worst = |ends: [ImagePoint; 2]| {
        let lengths = middles.iter().zip(ends).filter_map(|(middle, end)| Some((end - (*middle)?).norm().max(1e-9)));
        lengths.map(|px| off(px / length)).reduce(f64::max)
    };
    if worst([left, right]) >= Some(UNLIKE) && worst([right, left]) <= Some(ALIKE) {
        for &joint in ends {
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

    fn shanks() -> Lengths {
        Lengths { shank: Some(125.0), ..Lengths::default() }
    }

    #[test]
    fn an_elbow_gets_its_own_hand_back() {
        // A drawn bird dog: one arm level ahead, the other one on the floor.
        let mut mixed = Landmarks::default();
        for (landmark, x, y) in [
            (Landmark::LeftElbow, 766.0, 447.0),
            (Landmark::LeftWrist, 938.0, 343.0),
            (Landmark::RightElbow, 861.0, 347.0),
            (Landmark::RightWrist, 791.0, 530.0),
        ] {
            mixed[landmark] = Some(ImagePoint::new(x, y));
        }
        let mut seen = mixed;
        sort(&mut seen, &Lengths { upper_arm: Some(101.0), ..Lengths::default() });
        assert_eq!(seen[Landmark::RightWrist], mixed[Landmark::LeftWrist]);
        assert_eq!(seen[Landmark::LeftWrist], mixed[Landmark::RightWrist]);

        // A forearm that points at the camera, beside one that does not.
        let mut short = mixed;
        short[Landmark::LeftWrist] = Some(ImagePoint::new(800.0, 520.0));
        short[Landmark::RightWrist] = Some(ImagePoint::new(842.0, 357.0));
        let mut seen = short;
        sort(&mut seen, &Lengths { upper_arm: Some(101.0), ..Lengths::default() });
        assert_eq!(seen, short);
    }

    #[test]
    fn a_knee_gets_its_own_foot_back() {
        let mixed = tap();
        let mut seen = mixed;
        sort(&mut seen, &shanks());
        assert_eq!(seen[Landmark::RightAnkle], mixed[Landmark::LeftAnkle]);
        assert_eq!(seen[Landmark::LeftBigToe], mixed[Landmark::RightBigToe]);
        let mut again = seen;
        sort(&mut again, &shanks());
        assert_eq!(again, seen, "what is right stays");
    }

    #[test]
    fn one_knee_is_enough_and_none_is_not() {
        let mut hidden = tap();
        hidden[Landmark::LeftKnee] = None;
        let mut seen = hidden;
        sort(&mut seen, &shanks());
        assert_eq!(seen[Landmark::RightAnkle], hidden[Landmark::LeftAnkle]);
        hidden[Landmark::RightKnee] = None;
        let mut seen = hidden;
        sort(&mut seen, &shanks());
        assert_eq!(seen, hidden);
        let mut seen = tap();
        sort(&mut seen, &Lengths::default());
        assert_eq!(seen, tap(), "before a shank was measured");
    }
}
