//! The in-process backend: rten, the only file that names it.

use super::{InputData, InputTensor, LoadProblem, Session, check_input, check_outputs, unwound};
use crate::estimate::card::{Card, Dtype, one_line};
use rten::{DataType, Dimension, Model, NodeId, RunOptions, ThreadPool, ValueType, ValueView};
use std::sync::Arc;

pub(super) const NAME: &str = "rten 0.27";

struct RtenSession {
    model: Model,
    input: NodeId,
    outputs: Vec<NodeId>,
    names: Vec<String>,
    options: RunOptions,
}

pub(super) fn load(model: &[u8], card: &Card, threads: usize) -> Result<Box<dyn Session>, LoadProblem> {
    let model = Model::load(model.to_vec()).map_err(|e| LoadProblem::Broken(one_line(&e.to_string())))?;
    let name = |id: &NodeId| model.node_info(*id).and_then(|n| n.name().map(str::to_string)).unwrap_or_default();
    let [input] = *model.input_ids() else {
        return Err(LoadProblem::Layout(format!("it has {} inputs instead of one", model.input_ids().len())));
    };
    check_declared_input(&model, input, card)?;
    check_outputs(card, &model.output_ids().iter().map(name).collect::<Vec<_>>())?;
    let names: Vec<String> = card.output_names().iter().map(|n| n.to_string()).collect();
    let outputs = names.iter().filter_map(|n| model.find_node(n)).collect();
    let mut options = RunOptions::default();
    options.thread_pool = Some(Arc::new(ThreadPool::with_num_threads(threads)));
    Ok(Box::new(RtenSession { input, outputs, names, options, model }))
}

fn check_declared_input(model: &Model, input: NodeId, card: &Card) -> Result<(), LoadProblem> {
    let Some(info) = model.node_info(input) else { return Ok(()) };
    let dtype = match info.dtype() {
        Some(ValueType::Tensor(DataType::Float)) => Some(Dtype::F32),
        Some(ValueType::Tensor(DataType::Int32)) => Some(Dtype::I32),
        _ => None,
    };
    let shape: Vec<Option<usize>> = info
        .shape()
        .unwrap_or_default()
        .iter()
        .map(|d| match d {
            Dimension::Fixed(n) => Some(*n),
            Dimension::Symbolic(_) => None,
        })
        .collect();
    check_input(card, &shape, dtype, &format!("{:?}", info.dtype()))
}

impl Session for RtenSession {
    fn run(&mut self, input: &InputTensor, outputs: &mut [Vec<f32>]) -> Result<(), String> {
        let view = match &input.data {
            InputData::F32(data) => ValueView::from_shape(input.shape, data).map_err(|e| e.to_string())?,
            InputData::I32(data) => ValueView::from_shape(input.shape, data).map_err(|e| e.to_string())?,
        };
        let run = || self.model.run(vec![(self.input, view.into())], &self.outputs, Some(self.options.clone()));
        let values = unwound(run)?.map_err(|e| one_line(&e.to_string()))?;
        for ((value, output), name) in values.iter().zip(outputs).zip(&self.names) {
            let tensor =
                value.as_tensor_view::<f32>().ok_or_else(|| format!("output '{name}' is not of 32-bit floats"))?;
            output.clear();
            match tensor.data() {
                Some(contiguous) => output.extend_from_slice(contiguous),
                None => output.extend(tensor.iter()),
            }
        }
        Ok(())
    }
}
