//! What can be typed: commands, options, their help and examples. Decides nothing.

use super::wanted::{AUTO, Wanted};
use crate::exercises;
use crate::form::Exercise;
use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use std::path::PathBuf;
use std::str::FromStr;

/// Checks the form of low-back exercises in recorded clips, repetition by repetition.
#[derive(Debug, Parser)]
#[command(name = "formcheck", version, propagate_version = true, max_term_width = 100, after_help = TOP_EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    pub talk: Talk,
    #[command(subcommand)]
    pub command: Command,
}

const TOP_EXAMPLES: &str = "\
Examples:
  formcheck demo                                          see it work, nothing needed
  formcheck live squat                                    in front of a webcam
  formcheck replay squat.mp4 --exercise squat             watch a clip with the verdicts drawn in
  formcheck score clips/ --exercise squat --out results   one report per clip, one table over all
  formcheck explain squat.butt_wink                       what a rule looks at, its limits, its sources

Exit status: 0 done; 1 faults found (only with --check); 2 could not run.
It is not a medical device: it compares what a camera can see with exercise instructions, and can be wrong.";

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Talk {
    /// Say more: what runs the model, what was skipped and why
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Say nothing but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(Demo),
    Live(Live),
    Replay(Replay),
    Score(Score),
    Explain(Explain),
    Exercises(Exercises),
    Models(Models),
    Runtime(Runtime),
    Cameras(Cameras),
    Synth(Synth),
    History(HistoryArgs),
    Programme(ProgrammeArgs),
    Safety(Safety),
    Sounds(Sounds),
    Doctor(Doctor),
    Completions(Completions),
    Man(Man),
}

/// Play a bundled set of squats through the whole path: report and annotated video
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck demo                              a bundled clip; results in ./formcheck-demo
  formcheck demo --clip me.mp4                your own clip
  formcheck demo --clip me.mp4 --model m.onnx your own clip, with this model file

When no ONNX Runtime library is found, the demo tries `formcheck runtime install` once and carries on without it
if that fails; --offline keeps it from trying.")]
pub struct Demo {
    /// Score this clip instead of the bundled one
    #[arg(long, value_name = "CLIP", value_hint = ValueHint::AnyPath)]
    pub clip: Option<PathBuf>,
    /// The exercise shown in CLIP
    #[arg(short, long, value_parser = exercise_parser(), default_value = "squat")]
    pub exercise: &'static Exercise,
    /// Folder for the results
    #[arg(short, long, value_name = "DIR", default_value = "formcheck-demo", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// Do not reach for the network
    #[arg(long)]
    pub offline: bool,
    #[command(flatten)]
    pub eyes: Eyes,
}

/// Train in front of a camera: setup, repetitions, cues as they happen; a report of every set
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck live squat                              the first webcam
  formcheck live squat --camera 2 --delay 8         another one, with a mirror that shows what was 8 s ago
  formcheck live squat --record training            keep the video too; `formcheck replay training/squat-1` opens it
  formcheck live squat --camera http://phone:8080/video
  formcheck live squat --camera squat.mp4           a clip played as if it were a camera
  formcheck live squat --headless --count 10        without a window, until ten repetitions are done
  formcheck live --programme                        today's whole programme, one exercise after the other
  formcheck live --programme squat,hip_hinge --warm-up 2    these two, after two minutes of warm-up

A programme says and shows what comes next, waits until you are in position, counts, and times the rests; `formcheck
programme` lists its sets. n goes on (from a rest, or with a set that is enough), p (pain) ends it.

Each set gets a folder (squat-1, squat-2, ...) with report.json, report.html, poses.jsonl, angles.csv, cues.vtt.
In the window: space pauses, n begins the next set, s says which side faces the camera, m mutes, d delays the picture,
r records, p (pain) ends the set without a score, x turns the mirror, h hides the keys, q quits.
Before the first session the questions of `formcheck safety` must be answered. Every set in which something counted is
added to `formcheck history`; a clip played as a camera is neither a session nor history.
Whoever trains alone stops when pain increases, spreads down the leg, or tingling or weakness is felt.")]
pub struct Live {
    /// The exercise; `formcheck exercises` lists them
    #[arg(value_name = "EXERCISE", value_parser = exercise_parser(), required_unless_present = "programme")]
    pub exercise: Option<&'static Exercise>,
    /// The whole programme, or these exercises of it in this order (squat,hip_hinge), set by set as history leads to
    #[arg(long, value_name = "LIST", num_args = 0.., value_delimiter = ',', value_parser = exercise_parser(),
          conflicts_with_all = ["exercise", "side"], help_heading = "Programme")]
    pub programme: Option<Vec<&'static Exercise>>,
    /// Warm up for so many minutes before the first set; 0: warm already
    #[arg(long, value_name = "MINUTES", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=30),
          conflicts_with = "exercise", help_heading = "Programme")]
    pub warm_up: u32,
    /// Rest so long after every set instead of as the programme says
    #[arg(long, value_name = "SECS", value_parser = clap::value_parser!(u32).range(1..=600), conflicts_with = "exercise",
          help_heading = "Programme")]
    pub rest: Option<u32>,
    #[command(flatten)]
    pub camera: CameraArgs,
    /// Folder for the sets
    #[arg(short, long, value_name = "DIR", default_value = "formcheck-live", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// Keep the video of each set too, in this folder instead of --out
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "out")]
    pub record: Option<PathBuf>,
    /// Show the picture as in a mirror; left and right stay the athlete's
    #[arg(long, value_name = "yes|no", default_value = "yes", value_parser = yes_or_no, action = clap::ArgAction::Set)]
    pub mirror: bool,
    /// Show what was so many seconds ago, for those who cannot look while they move [0 to 60]
    #[arg(long, value_name = "SECS", default_value_t = 0.0, value_parser = delay)]
    pub delay: f64,
    /// Fill the whole screen; its size as WxH where the system does not tell it
    #[arg(long, value_name = "WxH", num_args = 0..=1, require_equals = true, value_parser = screen)]
    pub fullscreen: Option<Option<(usize, usize)>>,
    /// The side of your body that is to be nearer the camera
    #[arg(long, value_enum)]
    pub side: Option<SideArg>,
    /// A set is over after so many repetitions
    #[arg(long, value_name = "REPS", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub count: Option<u32>,
    /// Open no window; ends with the clip, with --count, with the programme, or with Ctrl-C
    #[arg(long)]
    pub headless: bool,
    #[command(flatten)]
    pub sound: SoundArgs,
    /// Also write everything that is heard to FILE, one JSON line each
    #[arg(long, value_name = "FILE", help_heading = "Sound", value_hint = ValueHint::FilePath)]
    pub cue_log: Option<PathBuf>,
    /// Tell at the end how many pictures were seen and how long they took from the camera to the screen
    #[arg(long)]
    pub stats: bool,
    #[command(flatten)]
    pub eyes: Eyes,
}

/// What is heard.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Sound")]
pub struct SoundArgs {
    /// Tones and spoken cues [the default]
    #[arg(long, conflicts_with_all = ["beep", "mute"])]
    pub voice: bool,
    /// Tones only
    #[arg(long, conflicts_with = "mute")]
    pub beep: bool,
    /// No sound
    #[arg(long)]
    pub mute: bool,
    /// Say repetitions and times too
    #[arg(long)]
    pub say_counts: bool,
    /// 0 to 100
    #[arg(long, value_name = "PERCENT", default_value_t = 80, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub volume: u8,
    /// A voice of the system's speech program, by its own name
    #[arg(long, value_name = "NAME")]
    pub voice_name: Option<String>,
}

/// Play the tones and say what each of them means
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck sounds                 can you hear them from the mat?
  formcheck sounds --beep --volume 50
  formcheck sounds --out tones     as WAV files")]
pub struct Sounds {
    #[command(flatten)]
    pub sound: SoundArgs,
    /// Write the tones to this folder instead of playing them
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}

/// Past sets, and the next step of each progression
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck history
  formcheck history side_plank

Two sessions in a row that complete a step on both sides, without a fault and seen well enough for a score, lead to the
next one. The file is history.jsonl in the data folder (`formcheck doctor` names it), one line per set.")]
pub struct HistoryArgs {
    /// Only this exercise
    #[arg(value_name = "EXERCISE", value_parser = exercise_parser())]
    pub exercise: Option<&'static Exercise>,
}

/// Today's sets: the seven exercises in order, each on the step that history leads to
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck programme
  formcheck programme squat hip_hinge      these, in this order

`formcheck live --programme` walks you through them in front of a camera.")]
pub struct ProgrammeArgs {
    /// Only these, in this order
    #[arg(value_name = "EXERCISE", value_parser = exercise_parser())]
    pub exercises: Vec<&'static Exercise>,
}

/// The questions before the first session: ask and keep the answers, or show the words
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck safety
  formcheck safety --show
  formcheck safety --urgent no --see-first no --understood yes     the same answers without a terminal

Every question has an option of its own: nothing counts as answered that was not. The answers are kept with their date in
safety.json in the data folder; they are asked for again when the words change or pain ended a set.")]
pub struct Safety {
    /// Only show the words
    #[arg(long, conflicts_with_all = ["urgent", "see_first", "cleared", "understood"])]
    pub show: bool,
    /// Any of the signs that need urgent help
    #[arg(long, value_name = "yes|no", value_enum)]
    pub urgent: Option<YesNo>,
    /// Any of the reasons to see a health professional first
    #[arg(long, value_name = "yes|no", value_enum)]
    pub see_first: Option<YesNo>,
    /// After a yes to --see-first: a health professional said that these exercises are right for you
    #[arg(long, value_name = "yes|no", value_enum)]
    pub cleared: Option<YesNo>,
    /// The words under "Always" are read, and you will stop when they say so
    #[arg(long, value_name = "yes|no", value_enum)]
    pub understood: Option<YesNo>,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum YesNo {
    Yes,
    No,
}

/// Which camera, and how.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Camera")]
pub struct CameraArgs {
    /// A number or a part of the name (see `formcheck cameras`), a device, an http:// address (MJPEG), or a clip
    /// [default: the first that opens]
    #[arg(short, long, value_name = "CAMERA", value_hint = ValueHint::AnyPath)]
    pub camera: Option<String>,
    /// Picture size to ask a webcam for
    #[arg(long, value_name = "WxH", default_value = "1280x720", value_parser = camera_size)]
    pub camera_size: (u32, u32),
    /// Pictures a second to ask a webcam for
    #[arg(long, value_name = "FPS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=240))]
    pub camera_fps: u32,
    /// Play a clip from its beginning again at its end
    #[arg(long = "loop")]
    pub again: bool,
    /// Take every picture of a clip, however long that takes, instead of playing it in real time
    #[arg(long, conflicts_with = "again")]
    pub every_picture: bool,
}

/// `--side`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SideArg {
    Left,
    Right,
}

fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("use yes or no"),
    }
}

fn delay(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|secs| (0.0..=60.0).contains(secs)).ok_or("use 0 to 60 seconds")
}

fn screen(text: &str) -> Result<(usize, usize), &'static str> {
    camera_size(text).map(|(w, h)| (w as usize, h as usize))
}

fn camera_size(text: &str) -> Result<(u32, u32), &'static str> {
    const WAY_OUT: &str = "write it as WxH, like 1280x720";
    let (w, h) = text.split_once('x').ok_or(WAY_OUT)?;
    let side = |text: &str| text.parse().ok().filter(|n: &u32| (16..=8192).contains(n)).ok_or(WAY_OUT);
    Ok((side(w)?, side(h)?))
}

/// List the cameras of this machine that open, with their modes
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  formcheck cameras")]
pub struct Cameras {}

/// Show one clip with its verdicts, or write its files
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck replay squat.mp4 --exercise squat
  formcheck replay squat.mp4 -e squat --headless --out results    results/squat/report.html, annotated.mp4, ...
  formcheck replay results/squat/poses.jsonl -e squat --headless  again, without a model
  formcheck replay training/squat-1 -e squat                      a recorded live set (live --record)
  formcheck replay squat.mp4 -e squat --headless --trace > angles.csv

In the window: space pauses, comma and full stop step by one picture, the arrows move by 1 s (left, right) and 5 s (down,
up), n and p go to the next and previous fault, m mirrors, h hides the help, q closes. A pose recording has no pictures, so
it needs --headless.")]
pub struct Replay {
    /// A video, an animated GIF, a folder of images, a pose recording (poses.jsonl), or the folder of a recorded live set
    #[arg(value_name = "CLIP", value_hint = ValueHint::AnyPath)]
    pub clip: PathBuf,
    /// The exercise to judge (`formcheck exercises` lists them), or `auto` to tell it from the clip
    #[arg(short, long, value_parser = wanted_parser())]
    pub exercise: Wanted,
    /// Open no window; write the files instead (with --out), or just print the result
    #[arg(long)]
    pub headless: bool,
    /// Folder for the results: report.json, report.html, poses.jsonl, angles.csv, cues.vtt, annotated.mp4
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Exit with status 1 when a fault was found
    #[arg(long)]
    pub check: bool,
    /// Print the measured series as CSV on stdout, one line per picture (implies --headless)
    #[arg(long)]
    pub trace: bool,
    #[command(flatten)]
    pub eyes: Eyes,
}

/// Score many clips: one report per clip, one table over all
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck score squat.mp4 --exercise squat --out results
  formcheck score clips/ -e squat -o results --jobs 4          every clip in the folder and below it
  formcheck score 'clips/**/*_front.mp4' -e squat -o results   the quotes keep the shell from expanding it
  formcheck score clips/ -e auto -o results                    each clip as the exercise it shows
  formcheck score clips.csv -o results                         a manifest with the columns path,exercise
  formcheck score results/*/poses.jsonl -e squat -o again      rescored without a model
  formcheck score clips/ -e squat -o results --resume          only what is missing or was made differently
  formcheck score clips/ -e squat -o results --shard 2/5       the second fifth, e.g. one of five machines

A clip that cannot be scored is one line on stderr and in the table; the others are still scored and the exit status
is 2. Ctrl-C keeps what is finished; go on with --resume.")]
pub struct Score {
    /// Clips, folders (searched to the bottom), globs, manifests (.csv), pose recordings (.jsonl)
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    /// The exercise to judge, or `auto` to tell it from each clip; may be left out when a manifest names it for every clip
    #[arg(short, long, value_parser = wanted_parser())]
    pub exercise: Option<Wanted>,
    /// Folder for the results: one folder per clip, and summary.csv
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// How many clips at a time [default: the number of cores]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Skip clips whose report is complete and was made from the same file with the same options
    #[arg(long)]
    pub resume: bool,
    /// Score only every N-th clip, beginning with the K-th
    #[arg(long, value_name = "K/N")]
    pub shard: Option<Shard>,
    /// Also write annotated.mp4 for every clip
    #[arg(long)]
    pub annotate: bool,
    /// Add every clip's set to `formcheck history`, as done today
    #[arg(long, conflicts_with = "resume")]
    pub history: bool,
    /// Exit with status 1 when a fault was found
    #[arg(long)]
    pub check: bool,
    /// Print the measured series of all clips as CSV on stdout; the table then goes to stderr
    #[arg(long)]
    pub trace: bool,
    #[command(flatten)]
    pub eyes: Eyes,
}

/// How pictures are read and who in them is looked at.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Model and pictures")]
pub struct Eyes {
    /// The variant of the exercise (`formcheck exercises` lists them) [default: as the start position or the first movement shows]
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Pose model: a name of `formcheck models list`, an ONNX file with its card beside it, or BODY+formcheck: limbs by
    /// BODY, the back by formcheck's own [default: the best here]
    #[arg(short, long, value_name = "NAME|FILE", value_hint = ValueHint::FilePath)]
    pub model: Option<String>,
    /// What runs the model
    #[arg(long, value_name = "RUNTIME", default_value = "auto", value_parser = RuntimeArg::parser())]
    pub runtime: RuntimeArg,
    /// Threads inside one run of the model
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: u16,
    /// Look at another person: 2 is the second most prominent in the picture, and so on
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub person: u32,
    /// Look once at each picture: no closer look at the trunk for the line of the back, none at its mirror image (up to
    /// four times as fast with models that have them)
    #[arg(long)]
    pub one_look: bool,
    /// Look at one picture of a recording as it is, at the next in the mirror, as before a camera, and not at every picture
    /// both ways (up to twice as fast with formcheck's own model, which then mistakes a limb more often)
    #[arg(long)]
    pub in_turn: bool,
    /// What decodes video: `auto` is the built-in decoder where it can, else ffmpeg
    #[arg(long, value_name = "DECODER", value_enum, default_value_t)]
    pub decoder: DecoderArg,
    /// Pictures per second, for a folder of images
    #[arg(long, value_name = "FPS", default_value_t = 30.0)]
    pub image_fps: f64,
}

/// `--runtime`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RuntimeArg {
    #[default]
    Auto,
    /// ONNX Runtime, from this library file or folder if one is named.
    OnnxRuntime(Option<PathBuf>),
    Rten,
}

impl RuntimeArg {
    fn parser() -> ValueParser {
        ValueParser::from(|text: &str| match text {
            "auto" => Ok(RuntimeArg::Auto),
            "rten" => Ok(RuntimeArg::Rten),
            "onnxruntime" | "ort" => Ok(RuntimeArg::OnnxRuntime(None)),
            path if path.contains(['/', '\\', '.']) => Ok(RuntimeArg::OnnxRuntime(Some(PathBuf::from(path)))),
            _ => Err("use auto, onnxruntime, rten, or the path of an ONNX Runtime library"),
        })
    }
}

/// `--decoder`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DecoderArg {
    /// The built-in decoder where it can, else ffmpeg
    #[default]
    Auto,
    /// Only the built-in decoder
    Builtin,
    /// Only ffmpeg
    Ffmpeg,
}

/// One of `of` equal shares of a batch, `k` from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub k: usize,
    pub of: usize,
}

impl Shard {
    /// Whether the clip at this place of the sorted list is in this share.
    pub fn takes(self, index: usize) -> bool {
        index % self.of == self.k - 1
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Shard, Self::Err> {
        const WAY_OUT: &str = "write it as K/N with 1 <= K <= N, like 2/5";
        let (k, of) = text.split_once('/').ok_or(WAY_OUT)?;
        let k: usize = k.trim().parse().map_err(|_| WAY_OUT)?;
        let of: usize = of.trim().parse().map_err(|_| WAY_OUT)?;
        if (1..=of).contains(&k) { Ok(Shard { k, of }) } else { Err(WAY_OUT) }
    }
}

/// Explain a rule: what it asks, what it measures, its limits and why, its sources
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck explain squat.butt_wink
  formcheck explain SQ1               the same rule by its number
  formcheck explain squat             all rules of an exercise
  formcheck explain                   the names of all rules")]
pub struct Explain {
    /// A rule by name or number, or an exercise
    #[arg(value_name = "RULE")]
    pub rule: Option<String>,
}

/// List the exercises: instructions, views, where to put the camera
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck exercises
  formcheck exercises squat")]
pub struct Exercises {
    /// Only this one
    #[arg(value_name = "EXERCISE", value_parser = exercise_parser())]
    pub exercise: Option<&'static Exercise>,
}

/// List, fetch and verify pose models
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck models list
  formcheck models pull blazepose_lite
  formcheck models verify")]
pub struct Models {
    #[command(subcommand)]
    pub action: ModelsAction,
}

#[derive(Debug, Subcommand)]
pub enum ModelsAction {
    /// All known models: on this machine or not, size, licence
    #[command(after_help = "Example:\n  formcheck models list")]
    List,
    /// One model's card: input, output, landmarks, licence, hashes, addresses
    #[command(after_help = "Example:\n  formcheck models info movenet_lightning")]
    Info {
        /// A name of `formcheck models list`
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Fetch models (and the detector they need), checked by hash before they are used
    #[command(after_help = "\
Examples:
  formcheck models pull blazepose_lite
  formcheck models pull rtmpose_s rtmpose_m

An interrupted download goes on where it stopped when the command is given again.")]
    Pull {
        /// Names of `formcheck models list`
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
    },
    /// Check the files on this machine against their hashes
    #[command(after_help = "\
Examples:
  formcheck models verify                 all that are here
  formcheck models verify blazepose_lite")]
    Verify {
        /// Names of `formcheck models list` [default: all that are on this machine]
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
}

/// The ONNX Runtime library: install it, or show which one is used
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck runtime status
  formcheck runtime install

Without the library formcheck runs the models itself, with the same results, several times slower.")]
pub struct Runtime {
    #[command(subcommand)]
    pub action: RuntimeAction,
}

#[derive(Debug, Subcommand)]
pub enum RuntimeAction {
    /// Bring the pinned ONNX Runtime library into the data folder, checked by hash
    #[command(after_help = "Example:\n  formcheck runtime install")]
    Install,
    /// What would run a model now, and where the library was looked for
    #[command(after_help = "Example:\n  formcheck runtime status")]
    Status,
}

/// A synthetic athlete with known truth: list its clips, write them as poses or as video
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck synth list
  formcheck synth poses SQ-wink28 --out made && formcheck replay made/SQ-wink28.poses.jsonl -e squat --headless
  formcheck synth render SQ-wink28 --out made")]
pub struct Synth {
    #[command(subcommand)]
    pub action: SynthAction,
}

#[derive(Debug, Subcommand)]
pub enum SynthAction {
    /// All clips: exercise, what a person sees, what a checker must say
    #[command(after_help = "Examples:\n  formcheck synth list\n  formcheck synth list squat")]
    List {
        /// Only clips of this exercise
        #[arg(value_name = "EXERCISE")]
        exercise: Option<String>,
    },
    /// Write a clip as a pose recording, exact or with a model's errors
    #[command(after_help = "\
Examples:
  formcheck synth poses SQ-ok2 --out made
  formcheck synth poses HH-round40 --out made --body heavy --model blazepose --noise q1 --seed 3")]
    Poses(SynthPoses),
    /// Render a clip as video, with per-picture truth and its expected verdicts (needs a body pack, see models/body)
    #[command(after_help = "\
Examples:
  formcheck synth render SQ-ok2 --out made
  formcheck synth render HH-round40 --out made --body heavy --loose --seed 3 --fps 15
  formcheck synth render SP-ok --out made --fps 6 --frames 0..240

Writes DIR/CLIP.mp4, DIR/truth.jsonl (one line per picture) and DIR/case.toml.")]
    Render(SynthRender),
    /// Draw training pictures with their truth into shards (needs a body pack, see models/body)
    #[command(after_help = "\
Examples:
  formcheck synth shards --seeds 0..20000 --out shards
  formcheck synth shards --seeds 20000..40000 --level 0.8 --jobs 16 --out shards

The same seeds give the same shards, so any number of machines can share the work; shards that are there are kept.")]
    Shards(SynthShards),
    /// How far a model's poses of a rendered clip are from the truth
    #[command(after_help = "Example:\n  formcheck synth compare results/SQ-ok2/poses.jsonl made/truth.jsonl")]
    Compare {
        /// A pose recording of the rendered clip
        #[arg(value_name = "POSES", value_hint = ValueHint::FilePath)]
        poses: PathBuf,
        /// The clip's truth.jsonl
        #[arg(value_name = "TRUTH", value_hint = ValueHint::FilePath)]
        truth: PathBuf,
    },
    /// How often the reports of rendered clips say what is true of them, as Markdown tables
    #[command(after_help = "\
Example:
  formcheck score made --exercise squat --out results
  formcheck synth tally results")]
    Tally {
        /// Folders that `formcheck score` wrote
        #[arg(value_name = "DIR", required = true, value_hint = ValueHint::DirPath)]
        folders: Vec<PathBuf>,
    },
}

/// Training pictures.
#[derive(Debug, Args)]
pub struct SynthShards {
    /// One picture for each of these numbers
    #[arg(long, value_name = "FROM..TO", value_parser = seeds)]
    pub seeds: std::ops::Range<u64>,
    /// Folder for the shards
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// Pictures in one shard
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub per_shard: u64,
    /// Side of the square pictures, pixels
    #[arg(long, value_name = "PX", default_value_t = 256, value_parser = clap::value_parser!(u16).range(64..=1024))]
    pub side: u16,
    /// How wild the pictures are, 0 mild to 1 violent
    #[arg(long, value_name = "LEVEL", default_value_t = 0.4, value_parser = level)]
    pub level: f32,
    /// A folder of pictures without people, of one size, to put behind a third of the renders
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub backdrops: Option<PathBuf>,
    /// Shards drawn at the same time [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
}

fn seeds(text: &str) -> Result<std::ops::Range<u64>, String> {
    const WAY_OUT: &str = "write two whole numbers, the smaller first, as 0..20000";
    let (from, to) = text.split_once("..").ok_or(WAY_OUT)?;
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| WAY_OUT);
    let range = number(from)?..number(to)?;
    if range.is_empty() { Err(WAY_OUT.into()) } else { Ok(range) }
}

fn metres(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|m| (1.0..=10.0).contains(m)).ok_or_else(|| "write a number of metres from 1 to 10".into())
}

fn level(text: &str) -> Result<f32, String> {
    text.parse().ok().filter(|l| (0.0..=1.0).contains(l)).ok_or_else(|| "write a number from 0 to 1".into())
}

/// Which clip, played by whom, seen from where.
#[derive(Debug, Args)]
pub struct SynthClip {
    /// A clip of `formcheck synth list`
    #[arg(value_name = "CLIP")]
    pub clip: String,
    /// Folder for the files
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    /// Who: average, slim, heavy, long_femur, short, tall, older
    #[arg(long, value_name = "NAME", default_value = "average")]
    pub body: String,
    /// Pictures per second
    #[arg(long, value_name = "FPS", default_value_t = 30.0, value_parser = rate)]
    pub fps: f64,
    /// Moves the camera around the athlete, degrees
    #[arg(long, value_name = "DEG", default_value_t = 0.0, allow_negative_numbers = true)]
    pub yaw: f64,
    /// How far from the athlete the camera stands, 1 to 10 m [default: the clip's, mostly 2.5]
    #[arg(long, value_name = "M", value_parser = metres)]
    pub distance: Option<f64>,
    /// Chance comes from this number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, Args)]
pub struct SynthPoses {
    #[command(flatten)]
    pub clip: SynthClip,
    /// Which points the model has
    #[arg(long, value_enum, default_value_t)]
    pub model: SynthModel,
    /// A model's errors: q1 a good model, q2 twice its errors [default: none]
    #[arg(long, value_enum)]
    pub noise: Option<SynthNoise>,
}

/// `synth poses --model`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SynthModel {
    /// All landmarks and the line of the back
    #[default]
    Own,
    /// BlazePose's points and the line of the back
    Blazepose,
    /// COCO's 17 points
    Coco17,
}

/// `synth poses --noise`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SynthNoise {
    Q1,
    Q2,
}

#[derive(Debug, Args)]
pub struct SynthRender {
    #[command(flatten)]
    pub clip: SynthClip,
    /// A hanging shirt over shorts
    #[arg(long)]
    pub loose: bool,
    /// Picture size, px [default: the clip's, 720x1280 standing, 1280x720 on the floor]
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub size: Option<(u32, u32)>,
    /// Only these pictures of the clip: FROM..TO, counted from 0
    #[arg(long, value_name = "FROM..TO", value_parser = pictures)]
    pub frames: Option<std::ops::Range<u32>>,
    /// How many pictures at a time [default: the number of cores]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: Option<u16>,
}

fn rate(text: &str) -> Result<f64, &'static str> {
    let rate: f64 = text.parse().map_err(|_| "write a number, like 30")?;
    if (0.1..=240.0).contains(&rate) { Ok(rate) } else { Err("use 0.1 to 240") }
}

fn size(text: &str) -> Result<(u32, u32), &'static str> {
    const WAY_OUT: &str = "write it as WxH with even sides of 64 to 1920 px, like 720x1280";
    let (w, h) = text.split_once('x').ok_or(WAY_OUT)?;
    let side =
        |text: &str| text.parse().ok().filter(|n: &u32| (64..=1920).contains(n) && n.is_multiple_of(2)).ok_or(WAY_OUT);
    Ok((side(w)?, side(h)?))
}

fn pictures(text: &str) -> Result<std::ops::Range<u32>, &'static str> {
    const WAY_OUT: &str = "write it as FROM..TO with FROM < TO, like 0..120";
    let (from, to) = text.split_once("..").ok_or(WAY_OUT)?;
    let (from, to): (u32, u32) = (from.parse().map_err(|_| WAY_OUT)?, to.parse().map_err(|_| WAY_OUT)?);
    if from < to { Ok(from..to) } else { Err(WAY_OUT) }
}

/// What is installed, what is missing, and how to get it
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  formcheck doctor")]
pub struct Doctor {}

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck completions bash > ~/.local/share/bash-completion/completions/formcheck
  formcheck completions zsh > ~/.zfunc/_formcheck
  formcheck completions fish > ~/.config/fish/completions/formcheck.fish")]
pub struct Completions {
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Write the manual pages
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formcheck man ~/.local/share/man/man1      one page per command
  formcheck man - | man -l -                 only the first page, to stdout")]
pub struct Man {
    /// Folder to write to, or `-` for stdout
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
}

/// Accepts the name of an exercise; completions and errors list the names.
fn exercise_parser() -> ValueParser {
    PossibleValuesParser::new(exercises::ALL.iter().map(|e| e.name))
        .map(|name| exercises::by_name(&name).expect("the parser admits only names of the list"))
        .into()
}

/// The same, or `auto`.
fn wanted_parser() -> ValueParser {
    PossibleValuesParser::new(exercises::ALL.iter().map(|e| e.name).chain([AUTO]))
        .map(|name| exercises::by_name(&name).map_or(Wanted::Auto, Wanted::Named))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn visit(command: &clap::Command, path: &str) {
            let help = command.get_after_help().map(|h| h.to_string()).unwrap_or_default();
            assert!(help.contains("Example"), "`{path}` has no example in its help");
            for sub in command.get_subcommands() {
                visit(sub, &format!("{path} {}", sub.get_name()));
            }
        }
        visit(&Cli::command(), "formcheck");
    }

    #[test]
    fn shards_share_a_list_out_completely() {
        let of = 3;
        for index in 0..20 {
            let takers = (1..=of).filter(|&k| Shard { k, of }.takes(index)).count();
            assert_eq!(takers, 1, "clip {index}");
        }
        assert_eq!("2/5".parse(), Ok(Shard { k: 2, of: 5 }));
        for bad in ["0/5", "6/5", "5", "a/b", "1/0", "-1/3", ""] {
            assert!(bad.parse::<Shard>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_runtime_is_a_word_or_a_path() {
        let parse = |text: &str| {
            Cli::try_parse_from(["formcheck", "replay", "x.mp4", "-e", exercises::ALL[0].name, "--runtime", text]).map(
                |cli| match cli.command {
                    Command::Replay(replay) => replay.eyes.runtime,
                    _ => unreachable!("the command given was replay"),
                },
            )
        };
        assert_eq!(parse("ort").unwrap(), RuntimeArg::OnnxRuntime(None));
        assert_eq!(parse("./lib").unwrap(), RuntimeArg::OnnxRuntime(Some("./lib".into())));
        assert_eq!(parse("rten").unwrap(), RuntimeArg::Rten);
        assert!(parse("fast").is_err());
    }
}
