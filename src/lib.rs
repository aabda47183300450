//! formcheck: a camera-based form checker for low-back exercises.
//!
//! Data flows one way: source → pose estimation → tracking → kinematics → phases and reps → rules → step → overlay,
//! window, reports. `ARCHITECTURE.md` has the picture and the map; a module uses what stands above it here, never below.

pub mod units;
pub mod geometry;
pub mod frame;
pub mod pose;
pub mod source;
pub mod estimate;
pub mod track;
pub mod kinematics;
#[cfg(feature = "render")]
pub mod render;
