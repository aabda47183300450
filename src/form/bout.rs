use crate::units::Timestamp;
/// A value and when it was reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    pub value: f64,
    pub at: Timestamp,
}
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    pub low: Moment,
    pub high: Moment,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Whole,
}
/// One repetition.
pub struct Bout<'a> {
    pub samples: &'a [crate::kinematics::Sample],
}
