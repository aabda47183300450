//! Pictures of a synthetic human with exact truth, in software.
//!
//! A parametric body ([`pack`], [`shape`]) is dressed ([`outfit`]), posed ([`rig`]), set into a room ([`scene`]) and drawn
//! ([`picture`]) together with everything that is known about it ([`truth`]). Two looks come from the same code: a calm one for
//! fixture clips and a randomised one for training pictures ([`look`], poses from [`sampler`]); [`shard`] writes the latter in
//! bulk. Every random choice comes from a seed: equal seeds give equal bytes on one platform.
//!
//! The body pack is made by `models/body/make_pack.py` and is not part of the program; without it everything else works.
//!
//! [`athlete`] takes motions from `synth`.
//!
//! Not handled: motions themselves, video files (see `sink`).

pub mod athlete;
mod coarse;
mod hold;
pub mod linear;
pub mod look;
mod noise;
pub mod outfit;
pub mod pack;
pub mod picture;
mod post;
mod raster;
pub mod rig;
pub mod sampler;
pub mod scene;
mod shade;
pub mod shape;
pub mod shard;
pub mod truth;

pub use outfit::{Outfit, Person};
pub use pack::{BodyPack, PackError};
pub use picture::{Figure, Picture, Renderer};
pub use rig::{Group, RigAngles, RigPose};
pub use scene::{Camera, Scene};
pub use shape::{Body, Shape};
pub use truth::Truth;

#[cfg(test)]
mod testing {
    use super::pack::BodyPack;
    use std::sync::OnceLock;

    pub fn pack_bytes() -> Option<Vec<u8>> {
        let bytes = std::fs::read(BodyPack::path()).ok();
        if bytes.is_none() {
            println!("skipped: no body pack at {}", BodyPack::path().display());
        }
        bytes
    }

    /// The pack, read once for all tests.
    pub fn pack() -> Option<&'static BodyPack> {
        static PACK: OnceLock<Option<BodyPack>> = OnceLock::new();
        let pack = PACK.get_or_init(|| BodyPack::load().ok()).as_ref();
        if pack.is_none() {
            println!("skipped: no body pack at {}", BodyPack::path().display());
        }
        pack
    }
}
