//! A loaded network with its card and its buffers: picture and region in, raw outputs out.

use super::EstimateError;
use super::card::{Card, Family};
use super::crop::{self, Crop, Scratch};
use super::decode::{self, Length};
use super::runtime::{InputTensor, LoadProblem, Runtime, Session};
use super::store::ModelFile;
use crate::frame::Frame;

pub(super) struct Network {
    session: Box<dyn Session>,
    card: Card,
    runtime: String,
    input: InputTensor,
    scratch: Scratch,
    /// What the look before the one in the mirror gave; `None` where there is no second.
    straight: Option<Vec<Vec<f32>>>,
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
        let mut network = Network { session, input, scratch, straight: None, card, runtime: runtime.name(), outputs };
        network.run_input().map_err(|problem| layout(file, format!("a trial run failed ({problem})")))?;
        for ((name, output), &wanted) in network.card.output_names().iter().zip(&network.outputs).zip(lengths) {
            if !wanted.holds(output.len()) {
                return Err(layout(file, format!("output '{name}' has {} values instead of {wanted}", output.len())));
            }
        }
        Ok(network)
    }

    /// Whether formcheck's own looks at the mirror image of every crop too.
    pub(super) fn looking_both_ways(self, wanted: bool) -> Network {
        let wanted = wanted && self.card.family == Family::Formcheck;
        Network { straight: wanted.then(|| self.outputs.clone()), ..self }
    }

    pub(super) fn card(&self) -> &Card {
        &self.card
    }

    /// Runs on a crop of a picture.
    pub(super) fn run(&mut self, frame: &Frame, crop: &Crop) -> Result<(), EstimateError> {
        self.run_once(frame, crop)?;
        let Some(mut straight) = self.straight.take() else { return Ok(()) };
        std::mem::swap(&mut straight, &mut self.outputs);
        let done = self.run_once(frame, &Crop { mirrored: !crop.mirrored, ..*crop });
        std::mem::swap(&mut straight, &mut self.outputs);
        if done.is_ok() {
            decode::mean_of_both_ways(&self.card, &mut self.outputs, &straight);
        }
        self.straight = Some(straight);
        done
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

fn layout(file: &ModelFile, problem: String) -> EstimateError {
    EstimateError::Layout { path: file.path.clone(), card: file.card.name.clone(), problem }
}
