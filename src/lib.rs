//! formcheck: a camera-based form checker for low-back exercises.
//!
//! Data flows one way: source → pose estimation → tracking → kinematics → phases and reps → rules → step → overlay,
//! window, reports. `ARCHITECTURE.md` has the picture and the map; a module uses what stands above it here, never below.

#[cfg(feature = "cli")]
pub mod cli;
pub mod estimate;
pub mod exercises;
pub mod form;
pub mod frame;
pub mod geometry;
pub mod kinematics;
pub mod pose;
pub mod programme;
#[cfg(feature = "render")]
pub mod render;
pub mod report;
#[cfg(feature = "report-files")]
pub mod runner;
pub mod sink;
pub mod source;
pub mod synth;
pub mod track;
pub mod units;
