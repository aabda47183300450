//! formcheck: a camera-based form checker for low-back exercises.
//!
//! Data flows one way: source → pose estimation → tracking → kinematics → phases and reps → rules → step → overlay,
//! window, reports. `ARCHITECTURE.md` has the picture and the map; a module uses what stands above it here, never below.

pub mod estimate;
pub mod form;
pub mod frame;
pub mod geometry;
pub mod kinematics;
pub mod pose;
#[cfg(feature = "render")]
pub mod render;
pub mod source;
pub mod synth;
pub mod track;
pub mod units;
