//! What one picture costs: judging, drawing, cropping, colour conversion, and beside them the networks. One thread.
//!
//! `cargo bench --bench frame`. The floor beside the pictures' figures is copying a 720p picture (`copy_720p`).

use divan::{Bencher, black_box, counter::ItemsCount};
use formcheck::estimate::card::{Dtype, InputSpec, Layout};
use formcheck::estimate::{self, BackForBench, CropForBench, EdgeForBench, Ways, store};
use formcheck::exercises;
use formcheck::form::{Session, SessionOptions, Step};
use formcheck::frame::{Frame, Mask};
use formcheck::geometry::{ImagePoint, Region};
use formcheck::kinematics::{Kinematics, Knows, Posture};
use formcheck::pose::{Joint, Keypoint, Landmark, Landmarks, Observation};
use formcheck::sink::overlay::Overlay;
use formcheck::source;
use formcheck::synth::observe::Eye;
use formcheck::synth::{Body, Options, by_id};
use formcheck::track::{Filter, Pose, Tracker};
use formcheck::units::Side;
use std::path::Path;
use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix, yuv420_to_rgb};

const WIDTH: u32 = 1280;
const HEIGHT: u32 = 720;

fn main() {
    divan::main();
}

/// Three squats at 30 pictures a second, every landmark and the outline of the back.
fn squats() -> Vec<Observation> {
    let clip = by_id("SQ-wink28").expect("a clip of this id");
    let body = Body::average();
    let frames = clip.frames(&body, &clip.camera, 30.0, &Options::default());
    frames.map(|frame| Eye::OWN.sees(&frame, &clip.camera).quantized()).collect()
}

fn picture() -> Frame {
    let mut frame = Frame::new(WIDTH, HEIGHT);
    for (i, byte) in frame.rgb_mut().iter_mut().enumerate() {
        *byte = (i * 7 % 251) as u8;
    }
    frame
}

/// Tracking, kinematics, counting and rules, a whole set at a time; per picture.
#[divan::bench(args = [Filter::Recorded, Filter::Live], sample_count = 20)]
fn judged(bencher: Bencher, filter: Filter) {
    let stream = squats();
    let exercise = exercises::by_name("squat").expect("an exercise that exists");
    bencher.counter(ItemsCount::new(stream.len())).bench_local(|| {
        let options = SessionOptions::new(filter);
        let mut session = Session::new(exercise, &options);
        for observation in &stream {
            session.push(black_box(observation), &mut |step| {
                black_box(step);
            });
        }
        session.finish(&mut |_| {})
    });
}

/// Of that, tracking alone; per picture.
#[divan::bench(args = [Filter::Recorded, Filter::Live], sample_count = 20)]
fn tracked(bencher: Bencher, filter: Filter) {
    let stream = squats();
    bencher.counter(ItemsCount::new(stream.len())).bench_local(|| {
        let mut tracker = Tracker::new(filter);
        stream.iter().for_each(|observation| {
            tracker.push(black_box(observation), &mut |pose| {
                black_box(pose);
            })
        });
    });
}

/// Of that, kinematics alone; per picture.
#[divan::bench(sample_count = 20)]
fn measured(bencher: Bencher) {
    let mut poses: Vec<Pose> = Vec::new();
    let mut tracker = Tracker::new(Filter::Live);
    squats().iter().for_each(|observation| tracker.push(observation, &mut |pose| poses.push(pose)));
    bencher.counter(ItemsCount::new(poses.len())).bench_local(|| {
        let mut kinematics = Kinematics::new(Knows::everything(), Posture::Standing);
        poses.iter().for_each(|pose| {
            black_box(kinematics.observe(pose, None));
        });
    });
}

/// Everything drawn over a 720p picture, in the middle of a repetition.
#[divan::bench(sample_count = 50, sample_size = 4)]
fn overlay_720p(bencher: Bencher) {
    let exercise = exercises::by_name("squat").expect("an exercise that exists");
    let options = SessionOptions::new(Filter::Live);
    let mut session = Session::new(exercise, &options);
    let mut steps: Vec<Step> = Vec::new();
    squats().iter().for_each(|observation| session.push(observation, &mut |step| steps.push(step.clone())));
    let step = &steps[steps.len() / 2];
    let mut overlay = Overlay::new(exercise, 720, 1280);
    let mut frame = picture();
    bencher.bench_local(|| overlay.draw(black_box(&mut frame), black_box(step)));
}

/// A turned region into a network's input of 256 × 256; the argument is the region's side, px.
#[divan::bench(args = [240.0, 500.0, 700.0], sample_count = 50, sample_size = 4)]
fn crop_256(bencher: Bencher, side: f64) {
    let input =
        InputSpec { width: 256, height: 256, layout: Layout::Nhwc, dtype: Dtype::F32, mean: [0.0; 3], std: [255.0; 3] };
    let mut crop = CropForBench::new(input);
    let region = Region::new(ImagePoint::new(640.0, 360.0), side, side, 12.0).expect("a region with sides");
    let frame = picture();
    bencher.bench_local(|| crop.fill(black_box(&frame), region));
}

/// The outline of a back 200 px long, from a mask of 256 × 256 and the 720p picture.
#[divan::bench(sample_count = 50, sample_size = 4)]
fn back_of_256(bencher: Bencher) {
    let region = Region::new(ImagePoint::new(640.0, 360.0), 700.0, 700.0, 0.0).expect("a region with sides");
    let inside = |i: usize| if (108..140).contains(&(i % 256)) { 0.95 } else { 0.05 };
    let mask = Mask { region, width: 256, height: 256, probability: (0..256 * 256).map(inside).collect() };
    let mut frame = Frame::new(WIDTH, HEIGHT);
    for (i, pixel) in frame.rgb_mut().chunks_exact_mut(3).enumerate() {
        let x = i % WIDTH as usize;
        pixel.fill(if (585..680).contains(&x) { 60 } else { 190 });
    }
    let mut points = Landmarks::default();
    for (joint, y) in [(Joint::Hip, 440.0), (Joint::Shoulder, 240.0)] {
        for side in Side::BOTH {
            points[Landmark::of(joint, side)] = Some(Keypoint { at: ImagePoint::new(630.0, y), score: 0.9 });
        }
    }
    let mut finder = BackForBench::default();
    assert!(finder.find(&frame, EdgeForBench::Mask(&mask), &points, 1.0).is_some(), "a back to be found");
    bencher.bench_local(|| finder.find(black_box(&frame), EdgeForBench::Mask(black_box(&mask)), &points, 1.0));
}

/// Models on this machine, formcheck's own first; FORMCHECK_MODELS names folders with more.
fn models() -> Vec<String> {
    let alone = ["formcheck", "blazepose_full", "blazepose_lite", "movenet_lightning", "tinypose_256x192"];
    let shared = ["blazepose_full+formcheck", "blazepose_lite+formcheck"];
    let here = |name: &&str| store::select(Some(name), &estimate::Options::default()).is_ok();
    alone.into_iter().chain(shared).filter(here).map(String::from).collect()
}

/// Looking at a 720 × 1280 picture of somebody being followed, from the side: every run of a network with its crops and
/// decoding. Runs of formcheck's own network: one; with the closer look
/// at the trunk, as before a camera; at both their mirror images too, as in recordings.
#[divan::bench(args = models(), consts = [1, 2, 4], sample_count = 20)]
fn looked<const RUNS: u8>(bencher: Bencher, model: &str) {
    let clip = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/squats.mp4");
    let mut source = source::open(&clip, &source::OpenOptions::default()).expect("the demo's clip");
    let ways = if RUNS > 2 { Ways::Both } else { Ways::InTurn };
    let options = estimate::Options { closer_look: RUNS > 1, ways, ..estimate::Options::default() };
    let mut estimator = estimate::open(Some(model), &options).expect("a model that is here");
    let mut frame = Frame::default();
    // Long enough to lock on.
    for _ in 0..10 {
        source.read(&mut frame).expect("a picture");
        estimator.estimate(&frame).expect("an observation");
    }
    bencher.bench_local(|| {
        frame.t = frame.t + 0.033;
        estimator.estimate(black_box(&frame)).expect("an observation")
    });
}

/// A decoded 720p picture to RGB.
#[divan::bench(sample_count = 50, sample_size = 4)]
fn yuv_to_rgb_720p(bencher: Bencher) {
    let (width, height) = (WIDTH as usize, HEIGHT as usize);
    let luma = picture().rgb()[..width * height].to_vec();
    let chroma = vec![117u8; width * height / 4];
    let planes = YuvPlanarImage {
        y_plane: &luma,
        y_stride: WIDTH,
        u_plane: &chroma,
        u_stride: WIDTH / 2,
        v_plane: &chroma,
        v_stride: WIDTH / 2,
        width: WIDTH,
        height: HEIGHT,
    };
    let mut rgb = vec![0; 3 * width * height];
    bencher.bench_local(|| {
        yuv420_to_rgb(black_box(&planes), &mut rgb, WIDTH * 3, YuvRange::Limited, YuvStandardMatrix::Bt709)
            .expect("planes of the right size");
    });
}

/// The floor: copying a 720p picture.
#[divan::bench(sample_count = 50, sample_size = 4)]
fn copy_720p(bencher: Bencher) {
    let from = picture();
    let mut to = Frame::new(WIDTH, HEIGHT);
    bencher.bench_local(|| black_box(&mut to).rgb_mut().copy_from_slice(black_box(&from).rgb()));
}
