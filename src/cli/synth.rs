//! `synth`: the synthetic athlete's clips, as a list, as poses, as video; and how far a model is from their truth.

use super::Exit;
use super::args::{Synth, SynthAction, SynthClip, SynthModel, SynthNoise, SynthPoses, SynthRender, SynthShards};
use super::nearest::nearest;
use super::talk::{self, Voice};
use crate::runner::synth::{self as files, BackAgreement, DowelAgreement, Model, PosesJob};
use crate::synth::observe::Quality;
use crate::synth::{self, Body, Clip, Expected};
use anyhow::{Result, bail};
use std::fmt::Write;
use std::path::Path;

pub fn run(args: &Synth, voice: &Voice) -> Result<Exit> {
    match &args.action {
        SynthAction::List { exercise } => list(exercise.as_deref()),
        SynthAction::Poses(args) => poses(args, voice),
        SynthAction::Render(args) => render(args, voice),
        SynthAction::Shards(args) => shards(args, voice),
        SynthAction::Compare { poses, truth } => compare(poses, truth),
        SynthAction::Tally { folders } => {
            talk::stdout(&files::Tally::read(folders)?.to_string())?;
            Ok(Exit::Done)
        }
    }
}

fn list(exercise: Option<&str>) -> Result<Exit> {
    let clips = synth::all();
    if let Some(name) = exercise.filter(|name| !clips.iter().any(|clip| clip.exercise == *name)) {
        let mut names: Vec<&str> = clips.iter().map(|clip| clip.exercise).collect();
        names.dedup();
        bail!("no clips of '{name}'; there are {}", names.join(", "));
    }
    let mut text = String::new();
    for clip in clips.iter().filter(|clip| exercise.is_none_or(|name| clip.exercise == name)) {
        let view = files::view_word(clip);
        let secs = clip.timeline.duration_s();
        let _ = writeln!(text, "{:<16} {:<20} {view:<5} {secs:>4.0} s  {}", clip.id, clip.exercise, clip.what);
        for (verdict, expected) in [("good", Expected::Good), ("warn", Expected::Warn), ("fault", Expected::Fault)] {
            let rules: Vec<&str> =
                clip.expected.iter().filter(|(_, e)| *e == expected).map(|(rule, _)| short(rule.name)).collect();
            if !rules.is_empty() {
                let _ = writeln!(text, "{:>16} {}", format!("{verdict}:"), rules.join(" "));
            }
        }
    }
    talk::stdout(&text)?;
    Ok(Exit::Done)
}

/// `squat.butt_wink` → `butt_wink`.
fn short(rule: &str) -> &str {
    rule.split_once('.').map_or(rule, |(_, name)| name)
}

fn poses(args: &SynthPoses, voice: &Voice) -> Result<Exit> {
    let (clip, body) = cast(&args.clip)?;
    let model = match args.model {
        SynthModel::Own => Model::Own,
        SynthModel::Blazepose => Model::BlazePose,
        SynthModel::Coco17 => Model::Coco17,
    };
    let noise = args.noise.map(|noise| match noise {
        SynthNoise::Q1 => Quality::Q1,
        SynthNoise::Q2 => Quality::Q2,
    });
    let (fps, seed, out) = (args.clip.fps, args.clip.seed, args.clip.out.clone());
    let (path, frames) = files::write_poses(&PosesJob { clip, body, fps, model, noise, seed, out })?;
    voice.note(&format!("{frames} poses in {}", path.display()));
    Ok(Exit::Done)
}

#[cfg(all(feature = "render", feature = "video"))]
fn render(args: &SynthRender, voice: &Voice) -> Result<Exit> {
    let (mut clip, body) = cast(&args.clip)?;
    if let Some((width, height)) = args.size {
        (clip.camera.width, clip.camera.height) = (width, height);
    }
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let job = files::RenderJob {
        clip,
        body,
        loose: args.loose,
        seed: args.clip.seed,
        fps: args.clip.fps,
        frames: args.frames.clone(),
        threads: args.jobs.map_or_else(cores, usize::from),
        out: args.clip.out.clone(),
    };
    let stop = super::batch::stop_flag();
    let bar = voice.bar(1);
    bar.set_message(job.clip.id);
    let rendered = files::render_clip(&job, &stop, &mut |done, of| {
        bar.set_length(of as u64);
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let rendered = rendered?;
    voice.note(&format!("{} pictures in {}", rendered.frames, rendered.video.display()));
    Ok(Exit::Done)
}

#[cfg(not(all(feature = "render", feature = "video")))]
fn render(_args: &SynthRender, _voice: &Voice) -> Result<Exit> {
    bail!("this program was built without the renderer; build it with the default features")
}

#[cfg(feature = "render")]
fn shards(args: &SynthShards, voice: &Voice) -> Result<Exit> {
    use crate::render::BodyPack;
    use crate::render::shard::{ShardLook, Written, write_shards};
    let pack = BodyPack::load()?;
    let mut look = ShardLook { side: usize::from(args.side), level: args.level, backdrops: Vec::new() };
    if let Some(folder) = &args.backdrops {
        let mut pictures = crate::source::open(folder, &crate::source::OpenOptions::default())?;
        let mut frame = crate::frame::Frame::default();
        while pictures.read(&mut frame)? {
            look.backdrops.push(std::sync::Arc::new(frame.clone()));
        }
    }
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = args.jobs.map_or_else(cores, usize::from);
    let bar = voice.bar((args.seeds.end - args.seeds.start).div_ceil(args.per_shard));
    bar.set_message("shards");
    let done = |written: &Written| {
        if let Written::Skipped(path) = written {
            voice.detail(&format!("{} was there already", path.display()));
        }
        bar.inc(1);
    };
    let written = write_shards(&pack, args.seeds.clone(), args.per_shard, &look, &args.out, jobs, &done);
    bar.finish_and_clear();
    written?;
    voice.note(&format!("{} pictures in {}", args.seeds.end - args.seeds.start, args.out.display()));
    Ok(Exit::Done)
}

#[cfg(not(feature = "render"))]
fn shards(_args: &SynthShards, _voice: &Voice) -> Result<Exit> {
    bail!("this program was built without the renderer; build it with the default features")
}

fn compare(poses: &Path, truth: &Path) -> Result<Exit> {
    let found = files::compare(poses, truth)?;
    let percent = |share: f64| if share.is_nan() { "-".to_string() } else { format!("{:.1} %", share * 100.0) };
    let mut text = String::new();
    let _ = writeln!(text, "pictures            {}", found.frames);
    let _ = writeln!(text, "with a person       {}", percent(found.with_person));
    let _ = writeln!(text, "points compared     {}", found.points);
    let _ = writeln!(text, "median distance     {} of body size", percent(found.median));
    let _ = writeln!(text, "  of visible points {}", percent(found.median_visible));
    let _ = writeln!(text, "nine of ten within  {}", percent(found.p90));
    if let Some(back) = &found.back {
        text.push_str(&the_back(back));
    }
    if let Some(dowel) = &found.dowel {
        text.push_str(&the_dowel(dowel));
    }
    talk::stdout(&text)?;
    Ok(Exit::Done)
}

fn the_dowel(dowel: &DowelAgreement) -> String {
    let mut text = format!("dowels found        {:.1} % of {}", dowel.found * 100.0, dowel.there);
    if dowel.absent > 0 {
        let _ = write!(text, "; {} found in {} pictures without one", dowel.alarms, dowel.absent);
    }
    text.push('\n');
    if dowel.found > 0.0 {
        let ([px, px95], [mm, mm95], [deg, deg95]) = (dowel.off_px, dowel.off_mm, dowel.turned_deg);
        let _ = writeln!(
            text,
            "  off the true edge {px:.1} px, {mm:.1} mm, {deg:.2}° (95 of 100: {px95:.1} px, {mm95:.1} mm, {deg95:.2}°)"
        );
    }
    if dowel.gap_read > 0.0 {
        let [low, middle, high] = dowel.gap_mm;
        let [upper, sacrum] = dowel.contacts_mm;
        let _ = writeln!(
            text,
            "lumbar gap          read in {:.1} %: {middle:+.0} mm from the true one, nine of ten {low:+.0} to {high:+.0} mm",
            dowel.gap_read * 100.0
        );
        let _ = writeln!(text, "contacts            upper back within {upper:.0} mm, sacrum within {sacrum:.0} mm");
    }
    text
}

fn the_back(back: &BackAgreement) -> String {
    let mut text = format!("backs found         {:.1} %\n", back.found * 100.0);
    if back.found > 0.0 {
        let _ = writeln!(
            text,
            "  outside the skin  {:.1} px, {:.0} mm, give or take {:.0} mm",
            back.outside_px, back.outside_mm, back.spread_mm
        );
    }
    if let Some(f) = &back.flexion {
        let (there, seen) = f.far_end;
        let _ = writeln!(
            text,
            "lumbar flexion      {seen:.0}° for {there:.0}° at the far end; mean error {:.1}°, bias {:+.1}°, slope {:.2}",
            f.mean_error, f.bias, f.slope
        );
    } else if let Some(why) = back.unseen {
        let _ = writeln!(text, "lumbar flexion      not read: {}", why.advice());
    }
    text
}

/// The clip and who plays it.
fn cast(args: &SynthClip) -> Result<(Clip, Body)> {
    let Some(clip) = synth::by_id(&args.clip) else {
        let clips = synth::all();
        let near = nearest(&args.clip, clips.iter().map(|clip| clip.id), 1);
        let hint = near.first().map(|id| format!("did you mean '{id}'? ")).unwrap_or_default();
        bail!("no clip '{}'; {hint}`formcheck synth list` shows them", args.clip);
    };
    let Some(body) = Body::by_name(&args.body) else {
        let names: Vec<&str> = Body::all().iter().map(|body| body.name).collect();
        bail!("no body '{}'; there are {}", args.body, names.join(", "));
    };
    let mut clip = if args.yaw == 0.0 { clip } else { clip.yawed(args.yaw) };
    clip.camera.distance_m = args.distance.unwrap_or(clip.camera.distance_m);
    Ok((clip, body))
}
