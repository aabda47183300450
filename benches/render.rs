//! How fast pictures of the synthetic human are drawn, on one thread.
//!
//! `FORMCHECK_BODY=… cargo bench --bench render`; for training build with `RUSTFLAGS="-C target-cpu=x86-64-v3"`. Without a body
//! pack it says so and measures nothing. The floor beside each figure: filling and JPEG-encoding an empty picture of the
//! same size (`empty_jpeg`).

use divan::{Bencher, black_box, counter::ItemsCount};
use formcheck::render::look::{Trainer, clip_outfit, clip_scene};
use formcheck::render::scene::Camera;
use formcheck::render::{BodyPack, Figure, Person, Picture, Renderer, RigPose, Shape, linear::v3};
use std::sync::OnceLock;

fn main() {
    if pack().is_none() {
        println!("skipped: no body pack at {}; see models/body/README.md", BodyPack::path().display());
        return;
    }
    divan::main();
}

fn pack() -> Option<&'static BodyPack> {
    static PACK: OnceLock<Option<BodyPack>> = OnceLock::new();
    PACK.get_or_init(|| BodyPack::load().ok()).as_ref()
}

/// Training crops, person and all; the argument is the side in px.
#[divan::bench(args = [128, 192, 256], sample_count = 20, sample_size = 16)]
fn training_crop(bencher: Bencher, side: usize) {
    let Some(pack) = pack() else { return };
    let mut trainer = Trainer::new(pack, side);
    let (mut picture, mut seed) = (Picture::default(), 0);
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| {
        seed += 1;
        black_box(trainer.draw(seed, 0.4, &mut picture));
    });
}

/// A 1280 × 720 frame of a fixture clip.
#[divan::bench(sample_count = 10)]
fn clip_frame(bencher: Bencher) {
    let Some(pack) = pack() else { return };
    let person = Person::new(pack, &Shape::default(), clip_outfit(1, false));
    let pose = RigPose { mid_hip: v3(0.0, 0.0, person.body.hip_height()), ..RigPose::default() };
    let camera = Camera::looking_at(v3(2.5, 0.0, 0.9), v3(0.0, 0.0, 0.9), 0.0, 0.8, 1280, 720);
    let scene = clip_scene(1, camera, v3(0.0, 0.0, 0.0));
    let (mut renderer, mut picture) = (Renderer::new(), Picture::default());
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| {
        renderer.render(pack, &scene, &[Figure { person: &person, pose: &pose, until: None }], &mut picture);
    });
}

/// A new person: once per eight crops.
#[divan::bench(sample_count = 20)]
fn person(bencher: Bencher) {
    let Some(pack) = pack() else { return };
    bencher.bench_local(|| black_box(Person::new(pack, &Shape::default(), clip_outfit(1, true))));
}

/// The floor: an empty 256 × 256 picture filled and JPEG-encoded.
#[divan::bench(sample_count = 50)]
fn empty_jpeg(bencher: Bencher) {
    let mut jpeg = Vec::new();
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| {
        let rgb = vec![90u8; 256 * 256 * 3];
        jpeg.clear();
        let done = jpeg_encoder::Encoder::new(&mut jpeg, 85).encode(&rgb, 256, 256, jpeg_encoder::ColorType::Rgb);
        black_box(done.is_ok());
    });
}
