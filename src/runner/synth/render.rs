//! A clip as a video with everything that is true of it.
//!
//! Pictures are drawn by several threads, a handful at a time, and encoded in order. While the athlete does not move, the
//! picture is not drawn again.

use super::case::{CASE, Case, Span};
use super::truth::{BackLine, SCHEMA, TruthHeader, TruthLine, named_values, rounded, tenth};
use super::{SynthError, view_word};
use crate::frame::Frame;
use crate::pose::{BackContour, Landmark};
use crate::render::athlete::{self, DowelOnBack};
use crate::render::linear::v3;
use crate::render::look::{clip_outfit, clip_scene};
use crate::render::outfit::Cloth;
use crate::render::scene::{Form, Prop};
use crate::render::{BodyPack, Figure, Person, Picture, Renderer, Scene};
use crate::sink::SinkError;
use crate::sink::files::{AtomicFile, write_text};
use crate::sink::mp4::Mp4Writer;
use crate::synth::motion::Shape;
use crate::synth::{Body, Clip, Options, Phase, Random, TruthFrame};
use crate::units::{Side, Timestamp};
use serde::Serialize;
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Different pictures drawn between two rounds of encoding, per thread: bounds memory at about 3 MB each.
const PER_THREAD: usize = 4;

/// One clip to be rendered.
#[derive(Clone, Debug)]
pub struct RenderJob {
    /// With its camera as it shall be: yawed, another size.
    pub clip: Clip,
    pub body: Body,
    /// A hanging shirt over shorts instead of a close one over leggings.
    pub loose: bool,
    /// Of the person's looks, the clothes, the room and the sensor's noise.
    pub seed: u64,
    pub fps: f64,
    /// Pictures of the whole clip that are rendered, counted from 0 at this rate; all when `None`.
    pub frames: Option<Range<u32>>,
    pub threads: usize,
    /// Folder for `<clip>.mp4`, `truth.jsonl` and `case.toml`.
    pub out: PathBuf,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub video: PathBuf,
    pub frames: usize,
}

/// Renders a clip; `progress` is told pictures done and pictures in all.
pub fn render_clip(
    job: &RenderJob,
    cancel: &AtomicBool,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Rendered, SynthError> {
    let pack = BodyPack::load()?;
    let frames = wanted(job)?;
    let studio = Studio::new(&pack, job, &frames[0]);
    let video = job.out.join(format!("{}.mp4", job.clip.id));
    let mut files = Files::create(job, &video, &frames[0])?;
    let threads = job.threads.clamp(1, 64);
    let mut renderers: Vec<Renderer> = (0..threads).map(|_| Renderer::new()).collect();
    let mut pictures = vec![Picture::default(); threads * PER_THREAD];
    let mut done = 0;
    while done < frames.len() {
        if cancel.load(Ordering::Relaxed) {
            return Err(SynthError::Cancelled);
        }
        let next = &frames[done..frames.len().min(done + pictures.len())];
        studio.draw(next, &mut renderers, &mut pictures);
        for (frame, picture) in next.iter().zip(&pictures) {
            files.push(frame, picture, studio.dowel_in_picture(frame))?;
        }
        done += next.len();
        progress(done, frames.len());
    }
    files.finish()?;
    let case = case(job, &frames);
    write_text(&job.out.join(CASE), &toml::to_string(&case).expect("strings, numbers and tables of them"))?;
    Ok(Rendered { video, frames: frames.len() })
}

/// The frames of the job, with the clip's own times.
fn wanted(job: &RenderJob) -> Result<Vec<TruthFrame>, SynthError> {
    let all: Vec<TruthFrame> = job.clip.frames(&job.body, &job.clip.camera, job.fps, &Options::default()).collect();
    let of = all.len();
    let Range { start, end } = job.frames.clone().unwrap_or(0..u32::MAX);
    let chosen: Vec<TruthFrame> =
        all.into_iter().skip(start as usize).take(end.saturating_sub(start) as usize).collect();
    if chosen.is_empty() { Err(SynthError::NoFrames { from: start, to: end, of }) } else { Ok(chosen) }
}

/// The person in the room.
struct Studio<'a> {
    pack: &'a BodyPack,
    person: Person,
    scene: Scene,
    seed: u64,
    /// The foot in a belt that the hands hold.
    in_belt: Option<Side>,
}

impl<'a> Studio<'a> {
    fn new(pack: &'a BodyPack, job: &RenderJob, first: &TruthFrame) -> Studio<'a> {
        let outfit = clip_outfit(job.seed, job.loose);
        let gender = if Random::new(job.seed).unit() < 0.5 { 0.05 } else { 0.95 };
        let person = athlete::person(pack, &job.body, gender, outfit);
        let hips = athlete::place(first.pose.hips);
        let mut scene = clip_scene(job.seed, athlete::camera(&job.clip.camera), v3(hips.x, hips.y, 0.0));
        if let Shape::HeelOnSupport(_) = job.clip.shape {
            scene.props.push(support(first));
        }
        let in_belt = matches!(job.clip.shape, Shape::LegRaise(_)).then_some(Side::Right);
        Studio { pack, person, scene, seed: job.seed, in_belt }
    }

    fn dowel(&self, frame: &TruthFrame) -> Option<DowelOnBack> {
        let pose = athlete::rig_pose(&frame.pose, [grip(frame); 2]);
        frame.dowel.map(|ends| athlete::dowel_on_back(self.pack, &self.person, &pose, &frame.pose, ends))
    }

    /// Lower and upper end of the edge that lies against the back, px.
    fn dowel_in_picture(&self, frame: &TruthFrame) -> Option<[[f64; 2]; 2]> {
        let px = |p| {
            let seen = self.scene.camera.project(p);
            [tenth(f64::from(seen.x)), tenth(f64::from(seen.y))]
        };
        self.dowel(frame).map(|dowel| dowel.edge.map(px))
    }

    /// Draws each frame into the picture of the same number.
    fn draw(&self, frames: &[TruthFrame], renderers: &mut [Renderer], pictures: &mut [Picture]) {
        let share = frames.len().div_ceil(renderers.len()).max(1);
        thread::scope(|threads| {
            let shares = frames.chunks(share).zip(pictures.chunks_mut(share));
            for (renderer, (frames, pictures)) in renderers.iter_mut().zip(shares) {
                threads.spawn(move || {
                    let mut scene = self.scene.clone();
                    for (frame, picture) in frames.iter().zip(pictures) {
                        self.draw_one(frame, renderer, &mut scene, picture);
                    }
                });
            }
        });
    }

    fn draw_one(&self, frame: &TruthFrame, renderer: &mut Renderer, scene: &mut Scene, picture: &mut Picture) {
        let grip = if self.in_belt.is_some() { 0.9 } else { grip(frame) };
        let pose = athlete::rig_pose(&frame.pose, [grip; 2]);
        scene.props.truncate(self.scene.props.len());
        if let Some(dowel) = self.dowel(frame) {
            scene.props.push(dowel.prop(Cloth::plain(v3(0.5, 0.35, 0.15))));
        }
        if let Some(foot) = self.in_belt {
            let blue = Cloth::plain(v3(0.05, 0.09, 0.3));
            scene.props.extend(athlete::belt(self.pack, &self.person, &pose, foot, blue));
        }
        // The sensor's noise is another one in every picture, and the same in every run.
        scene.optics.seed = self.seed.wrapping_mul(0x9E37_79B9).wrapping_add(frame.t.micros() as u64);
        renderer.render(self.pack, scene, &[Figure { person: &self.person, pose: &pose, until: None }], picture);
    }
}

/// How closed the hands are.
fn grip(frame: &TruthFrame) -> f32 {
    if frame.dowel.is_some() { 0.9 } else { 0.25 }
}

/// A box under the heel that is put up.
fn support(first: &TruthFrame) -> Prop {
    const HALF_LENGTH: f32 = 0.2;
    let heel = athlete::place(first.pose.joint(crate::pose::Joint::Heel, Side::Right));
    let half = v3(0.25, HALF_LENGTH, (heel.z - 0.02).max(0.05) * 0.5);
    // The renderer's −y is the way the athlete faces.
    let at = [heel.x, heel.y - HALF_LENGTH + 0.1];
    Prop::on_floor(Form::Box, at, half, 0.0, Cloth::plain(v3(0.28, 0.20, 0.13)))
}

/// The files as they grow.
struct Files {
    video: Mp4Writer,
    video_path: PathBuf,
    truth: AtomicFile,
    start: Timestamp,
    names: usize,
    frame: Frame,
}

impl Files {
    fn create(job: &RenderJob, video_path: &Path, first: &TruthFrame) -> Result<Files, SynthError> {
        let camera = &job.clip.camera;
        let video = Mp4Writer::create(video_path)?;
        let mut truth = AtomicFile::create(&job.out.join("truth.jsonl"))?;
        let header = TruthHeader {
            schema: SCHEMA.into(),
            clip: job.clip.id.into(),
            width: camera.width,
            height: camera.height,
            landmarks: Landmark::ALL.to_vec(),
            angles: named_values(&first.truth).into_iter().map(|(name, _)| name).collect(),
        };
        write_line(&mut truth, &header)?;
        let names = header.angles.len();
        let frame = Frame::new(camera.width, camera.height);
        Ok(Files { video, video_path: video_path.into(), truth, start: first.t, names, frame })
    }

    fn push(&mut self, frame: &TruthFrame, picture: &Picture, dowel: Option<[[f64; 2]; 2]>) -> Result<(), SynthError> {
        self.frame.t = Timestamp::from_micros(frame.t.micros() - self.start.micros());
        let rgb = self.frame.rgb_mut();
        if rgb.len() != picture.rgb.len() {
            let problem = format!("a picture of {}x{} came out", picture.width, picture.height);
            return Err(SinkError::Encode { path: self.video_path.clone(), problem }.into());
        }
        rgb.copy_from_slice(&picture.rgb);
        self.video.push(&self.frame)?;
        let line = line(frame, self.frame.t, picture, dowel, self.names);
        write_line(&mut self.truth, &line)?;
        Ok(())
    }

    fn finish(self) -> Result<(), SinkError> {
        self.video.finish()?;
        self.truth.commit()
    }
}

fn write_line(file: &mut AtomicFile, line: &impl Serialize) -> Result<(), SinkError> {
    let mut bytes = serde_json::to_vec(line).expect("plain structs of numbers and strings");
    bytes.push(b'\n');
    file.write_all(&bytes).map_err(|e| SinkError::write(file.path(), e))
}

fn line(frame: &TruthFrame, t: Timestamp, picture: &Picture, dowel: Option<[[f64; 2]; 2]>, names: usize) -> TruthLine {
    let truth = &picture.truth;
    let point = |p: &crate::render::truth::TruePoint| {
        [tenth(f64::from(p.at[0])), tenth(f64::from(p.at[1])), f64::from(p.visibility as u8)]
    };
    let mut angles: Vec<f64> =
        named_values(&frame.truth).into_iter().map(|(name, value)| rounded(&name, value)).collect();
    angles.resize(names, f64::NAN);
    TruthLine {
        t_us: t.micros(),
        phase: phase_word(frame.phase).into(),
        rep: frame.rep,
        hold_s: frame.hold_s.map(|s| (s * 100.0).round() / 100.0),
        points: truth.points.0.iter().map(point).collect(),
        angles,
        back: truth.back.as_ref().map(back_line),
        dowel,
    }
}

fn back_line(back: &BackContour) -> BackLine {
    BackLine {
        sacrum: [tenth(back.sacrum.x), tenth(back.sacrum.y)],
        t8: [tenth(back.t8.x), tenth(back.t8.y)],
        offsets: back.offsets.iter().map(|o| o.map(tenth)).collect(),
    }
}

fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Rest => "rest",
        Phase::Out => "out",
        Phase::Hold => "hold",
        Phase::Back => "back",
        Phase::Walk => "walk",
    }
}

/// What is true of the pictures that were rendered.
fn case(job: &RenderJob, frames: &[TruthFrame]) -> Case {
    let clip = &job.clip;
    let (first, last) = (frames[0].t.secs(), frames[frames.len() - 1].t.secs());
    let own = |s: f64| ((s - first) * 1000.0).round() / 1000.0;
    let inside = |start: f64, end: f64| start < last && end > first;
    let whole = |start: f64, end: f64| start >= first && end <= last + 1.0 / job.fps;
    let word = |side: Option<Side>| side.map(|s| if s == Side::Left { "left" } else { "right" }.to_string());
    let rep = |r: &crate::synth::timeline::RepTruth| Span {
        n: r.n,
        side: word(r.side),
        start_s: own(r.start_s),
        turn_s: Some(own(r.turn_s)),
        end_s: own(r.end_s),
        complete: r.complete && whole(r.start_s, r.end_s),
    };
    let hold = |h: &crate::synth::timeline::HoldTruth| Span {
        n: h.n,
        side: word(h.side),
        start_s: own(h.start_s),
        turn_s: None,
        end_s: own(h.end_s),
        complete: whole(h.start_s, h.end_s),
    };
    let start = job.frames.as_ref().map_or(0, |f| f.start as usize);
    let all = clip.frames(&job.body, &clip.camera, job.fps, &Options::default()).count();
    Case {
        id: clip.id.into(),
        exercise: clip.exercise.into(),
        what: clip.what.into(),
        view: view_word(clip).into(),
        yaw_deg: clip.camera.yaw_deg,
        distance_m: clip.camera.distance_m,
        body: job.body.name.into(),
        clothes: if job.loose { "loose" } else { "tight" }.into(),
        seed: job.seed,
        width: clip.camera.width,
        height: clip.camera.height,
        fps: job.fps,
        frames: frames.len(),
        shortened_to: (frames.len() < all).then_some([start, start + frames.len()]),
        source: "rendered by formcheck synth render".into(),
        licence: "CC0-1.0".into(),
        expected: clip.expected.iter().map(|(rule, expected)| (rule.name.to_string(), *expected)).collect(),
        reps: clip.timeline.reps().iter().filter(|r| inside(r.start_s, r.end_s)).map(rep).collect(),
        holds: clip.timeline.holds().iter().filter(|h| inside(h.start_s, h.end_s)).map(hold).collect(),
    }
}
