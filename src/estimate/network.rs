//! A loaded network with its card and its buffers: picture and region in, raw outputs out.

use super::card::{Card, Family};
use super::crop::{self, Crop, Scratch};
use super::decode::{self, Length};
use super::runtime::{InputTensor, LoadProblem, Runtime, Session};
use super::store::ModelFile;
use super::{EstimateError, Ways};
use crate::frame::Frame;
use crate::units::Timestamp;

/// What a crop shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Body,
    Trunk,
}

/// Two looks taken in turn are of the same posture when they are no further apart, seconds.
const MOST_APART_SECS: f64 = 0.1;

/// The last look at a part.
struct Last {
    t: Timestamp,
    crop: Crop,
    in_mirror: bool,
    /// Of that look alone, as the crop has them; and room for the next one's.
    outputs: Vec<Vec<f32>>,
    spare: Vec<Vec<f32>>,
}

pub(super) struct Network {
    session: Box<dyn Session>,
    card: Card,
    runtime: String,
    input: InputTensor,
    scratch: Scratch,
    ways: Ways,
    /// The last looks at the body and at the trunk.
    last: [Option<Last>; 2],
    /// In the order of [`Card::output_names`]; refilled by each run.
    pub(super) outputs: Vec<Vec<f32>>,
}

impl Network {
    /// Loads the file and runs it once on an empty picture: `lengths` are the output sizes that the card's family reads
    /// (in the order of [`Card::output_names`]), so that a foreign layout is told here and not met while decoding.
    pub(super) fn load(file: &ModelFile, runtime: &Runtime, lengths: &[Length]) -> Result<Network, EstimateError> {
        let card = file.card.clone();
        let session = runtime.load(&file.bytes, &card).map_err(|problem| match problem {
            LoadProblem::Broken(problem) => {
                EstimateError::Broken { path: file.path.clone(), runtime: runtime.name(), problem }
            }
            LoadProblem::Layout(problem) => layout(file, problem),
        })?;
        let outputs = vec![Vec::new(); card.output_names().len()];
        let input = InputTensor::new(&card);
        let scratch = Scratch::default();
        let mut network = Network {
            session,
            input,
            scratch,
            ways: Ways::One,
            last: [None, None],
            card,
            runtime: runtime.name(),
            outputs,
        };
        network.run_input().map_err(|problem| layout(file, format!("a trial run failed ({problem})")))?;
        for ((name, output), &wanted) in network.card.output_names().iter().zip(&network.outputs).zip(lengths) {
            if !wanted.holds(output.len()) {
                return Err(layout(file, format!("output '{name}' has {} values instead of {wanted}", output.len())));
            }
        }
        Ok(network)
    }

    /// How formcheck's own looks; others always look at a crop as it is.
    pub(super) fn looking(self, ways: Ways) -> Network {
        let ways = if self.card.family == Family::Formcheck { ways } else { Ways::One };
        Network { ways, ..self }
    }

    pub(super) fn card(&self) -> &Card {
        &self.card
    }

    /// Runs on a crop of a picture, in the way or ways it looks.
    pub(super) fn run(&mut self, frame: &Frame, crop: &Crop, part: Part) -> Result<(), EstimateError> {
        if self.ways == Ways::One {
            return self.run_once(frame, crop);
        }
        let room = || self.outputs.clone();
        let first = || Last { t: frame.t, crop: *crop, in_mirror: false, outputs: room(), spare: room() };
        let mut last = self.last[part as usize].take().unwrap_or_else(first);
        let both = if self.ways == Ways::Both {
            self.run_once(frame, crop)?;
            copy(&self.outputs, &mut last.outputs);
            last.crop = *crop;
            true
        } else {
            crop.is_near(&last.crop) && frame.t > last.t && frame.t.secs_since(last.t) < MOST_APART_SECS
        };
        last.in_mirror = both && (self.ways == Ways::Both || !last.in_mirror);
        if last.in_mirror {
            self.run_once(frame, &Crop { mirrored: !crop.mirrored, ..*crop })?;
            decode::straighten(&self.card, &mut self.outputs);
        } else {
            self.run_once(frame, crop)?;
        }
        copy(&self.outputs, &mut last.spare);
        if both {
            decode::average(&mut self.outputs, &last.outputs, crop, &last.crop);
        }
        std::mem::swap(&mut last.outputs, &mut last.spare);
        (last.t, last.crop) = (frame.t, *crop);
        self.last[part as usize] = Some(last);
        Ok(())
    }

    fn run_once(&mut self, frame: &Frame, crop: &Crop) -> Result<(), EstimateError> {
        crop::fill(frame, crop, &self.card.input, self.card.crop.border, &mut self.scratch, &mut self.input);
        self.run_input().map_err(|problem| EstimateError::Run { runtime: self.runtime.clone(), problem })
    }

    fn run_input(&mut self) -> Result<(), String> {
        self.session.run(&self.input, &mut self.outputs)
    }

    /// Runs on a tensor made elsewhere.
    #[cfg(test)]
    pub(super) fn run_tensor(&mut self, fill: impl FnOnce(&mut InputTensor)) -> Result<(), String> {
        fill(&mut self.input);
        self.run_input()
    }
}

fn copy(from: &[Vec<f32>], to: &mut [Vec<f32>]) {
    from.iter().zip(to).for_each(|(from, to)| to.copy_from_slice(from));
}

fn layout(file: &ModelFile, problem: String) -> EstimateError {
    EstimateError::Layout { path: file.path.clone(), card: file.card.name.clone(), problem }
}
