//! formcheck's own skeleton: the named points of a body, each with its anatomical definition, written down once.

use crate::units::Side;
use serde::{Deserialize, Serialize};

macro_rules! landmarks {
    ($($variant:ident $name:literal $definition:literal,)+) => {
        /// A named point of the body. Joint points are joint centres; spine points lie on the skin of the midline.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum Landmark { $(#[doc = $definition] $variant,)+ }

        impl Landmark {
            /// Every landmark, in the order of the models' outputs and of recordings.
            pub const ALL: &[Landmark] = &[$(Landmark::$variant,)+];
            pub const COUNT: usize = Self::ALL.len();

            /// The name used in recordings, cards and messages.
            pub const fn name(self) -> &'static str {
                match self { $(Landmark::$variant => $name,)+ }
            }

            /// What the point is on a body.
            pub const fn definition(self) -> &'static str {
                match self { $(Landmark::$variant => $definition,)+ }
            }
        }
    };
}

// The first 17 are COCO's, in COCO's order.
landmarks! {
    Nose "nose" "Tip of the nose.",
    LeftEye "left_eye" "Centre of the left eye.",
    RightEye "right_eye" "Centre of the right eye.",
    LeftEar "left_ear" "Tragus of the left ear.",
    RightEar "right_ear" "Tragus of the right ear.",
    LeftShoulder "left_shoulder" "Left glenohumeral joint centre.",
    RightShoulder "right_shoulder" "Right glenohumeral joint centre.",
    LeftElbow "left_elbow" "Left elbow joint centre.",
    RightElbow "right_elbow" "Right elbow joint centre.",
    LeftWrist "left_wrist" "Left wrist joint centre.",
    RightWrist "right_wrist" "Right wrist joint centre.",
    LeftHip "left_hip" "Left hip joint centre.",
    RightHip "right_hip" "Right hip joint centre.",
    LeftKnee "left_knee" "Left knee joint centre.",
    RightKnee "right_knee" "Right knee joint centre.",
    LeftAnkle "left_ankle" "Left ankle joint centre.",
    RightAnkle "right_ankle" "Right ankle joint centre.",
    HeadTop "head_top" "Vertex: the highest point of the skull in upright standing.",
    LeftHeel "left_heel" "Rearmost point of the left heel.",
    RightHeel "right_heel" "Rearmost point of the right heel.",
    LeftBigToe "left_big_toe" "Tip of the left big toe.",
    RightBigToe "right_big_toe" "Tip of the right big toe.",
    LeftSmallToe "left_small_toe" "Tip of the left small toe.",
    RightSmallToe "right_small_toe" "Tip of the right small toe.",
    Occiput "occiput" "Most prominent point of the back of the head, midline.",
    C7 "c7" "Skin over the spinous process of the seventh cervical vertebra.",
    T4 "t4" "Skin over the spinous process of the fourth thoracic vertebra.",
    T8 "t8" "Skin over the spinous process of the eighth thoracic vertebra.",
    L1 "l1" "Skin over the spinous process of the first lumbar vertebra.",
    L3 "l3" "Skin over the spinous process of the third lumbar vertebra.",
    S1 "s1" "Skin over the top of the sacrum, carried rigidly by the pelvis.",
    S2 "s2" "Skin over the sacrum at the level of the posterior superior iliac spines.",
    S4 "s4" "Skin over the lower sacrum, at the upper end of the gluteal cleft.",
    LeftAsis "left_asis" "Left anterior superior iliac spine.",
    RightAsis "right_asis" "Right anterior superior iliac spine.",
    LeftPsis "left_psis" "Left posterior superior iliac spine.",
    RightPsis "right_psis" "Right posterior superior iliac spine.",
    LeftTrochanter "left_trochanter" "Skin over the left greater trochanter.",
    RightTrochanter "right_trochanter" "Skin over the right greater trochanter.",
    JugularNotch "jugular_notch" "Upper end of the breastbone, midline.",
    Xiphoid "xiphoid" "Lower end of the breastbone, midline.",
    Navel "navel" "Navel.",
}

impl Landmark {
    /// The landmark with this [`Landmark::name`].
    pub fn from_name(name: &str) -> Option<Landmark> {
        Landmark::ALL.iter().copied().find(|l| l.name() == name)
    }

    /// The side it belongs to; `None` on the midline.
    pub fn side(self) -> Option<Side> {
        match self.name() {
            n if n.starts_with("left_") => Some(Side::Left),
            n if n.starts_with("right_") => Some(Side::Right),
            _ => None,
        }
    }

    /// The same point of the other side; a midline point is its own mirror image.
    pub const fn mirrored(self) -> Landmark {
        use Landmark::*;
        match self {
            LeftEye => RightEye,
            RightEye => LeftEye,
            LeftEar => RightEar,
            RightEar => LeftEar,
            LeftShoulder => RightShoulder,
            RightShoulder => LeftShoulder,
            LeftElbow => RightElbow,
            RightElbow => LeftElbow,
            LeftWrist => RightWrist,
            RightWrist => LeftWrist,
            LeftHip => RightHip,
            RightHip => LeftHip,
            LeftKnee => RightKnee,
            RightKnee => LeftKnee,
            LeftAnkle => RightAnkle,
            RightAnkle => LeftAnkle,
            LeftHeel => RightHeel,
            RightHeel => LeftHeel,
            LeftBigToe => RightBigToe,
            RightBigToe => LeftBigToe,
            LeftSmallToe => RightSmallToe,
            RightSmallToe => LeftSmallToe,
            LeftAsis => RightAsis,
            RightAsis => LeftAsis,
            LeftPsis => RightPsis,
            RightPsis => LeftPsis,
            LeftTrochanter => RightTrochanter,
            RightTrochanter => LeftTrochanter,
            Nose | HeadTop | Occiput | C7 | T4 | T8 | L1 | L3 | S1 | S2 | S4 | JugularNotch | Xiphoid | Navel => self,
        }
    }

    /// The landmark of `joint` on `side`.
    pub const fn of(joint: Joint, side: Side) -> Landmark {
        use Landmark::*;
        match (joint, side) {
            (Joint::Ear, Side::Left) => LeftEar,
            (Joint::Ear, Side::Right) => RightEar,
            (Joint::Shoulder, Side::Left) => LeftShoulder,
            (Joint::Shoulder, Side::Right) => RightShoulder,
            (Joint::Elbow, Side::Left) => LeftElbow,
            (Joint::Elbow, Side::Right) => RightElbow,
            (Joint::Wrist, Side::Left) => LeftWrist,
            (Joint::Wrist, Side::Right) => RightWrist,
            (Joint::Hip, Side::Left) => LeftHip,
            (Joint::Hip, Side::Right) => RightHip,
            (Joint::Knee, Side::Left) => LeftKnee,
            (Joint::Knee, Side::Right) => RightKnee,
            (Joint::Ankle, Side::Left) => LeftAnkle,
            (Joint::Ankle, Side::Right) => RightAnkle,
            (Joint::Heel, Side::Left) => LeftHeel,
            (Joint::Heel, Side::Right) => RightHeel,
            (Joint::BigToe, Side::Left) => LeftBigToe,
            (Joint::BigToe, Side::Right) => RightBigToe,
        }
    }
}

/// A paired point that rules measure limbs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joint {
    Ear,
    Shoulder,
    Elbow,
    Wrist,
    Hip,
    Knee,
    Ankle,
    Heel,
    BigToe,
}

/// One value for every landmark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Landmarks<T>(pub [T; Landmark::COUNT]);

impl<T: Copy + Default> Default for Landmarks<T> {
    fn default() -> Self {
        Landmarks([T::default(); Landmark::COUNT])
    }
}

impl<T> Landmarks<T> {
    /// Pairs in the order of [`Landmark::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Landmark, &T)> {
        Landmark::ALL.iter().copied().zip(&self.0)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Landmark, &mut T)> {
        Landmark::ALL.iter().copied().zip(&mut self.0)
    }
}

impl<T> std::ops::Index<Landmark> for Landmarks<T> {
    type Output = T;
    fn index(&self, landmark: Landmark) -> &T {
        &self.0[landmark as usize]
    }
}

impl<T> std::ops::IndexMut<Landmark> for Landmarks<T> {
    fn index_mut(&mut self, landmark: Landmark) -> &mut T {
        &mut self.0[landmark as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirroring_twice_is_nothing_and_swaps_sides() {
        for &l in Landmark::ALL {
            assert_eq!(l.mirrored().mirrored(), l);
            assert_eq!(l.mirrored().side(), l.side().map(Side::other));
            assert_eq!(Landmark::from_name(l.name()), Some(l));
            assert_eq!(serde_json::to_value(l).unwrap(), l.name());
        }
    }

    #[test]
    fn the_first_seventeen_are_coco() {
        assert_eq!(Landmark::ALL[5], Landmark::LeftShoulder);
        assert_eq!(Landmark::ALL[16], Landmark::RightAnkle);
    }
}
