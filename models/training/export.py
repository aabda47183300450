"""Writes the averaged weights as `formcheck.onnx` with its card: half-precision storage, float arithmetic.

    python export.py --run DIR --out DIR [--size 128]
    python export.py --again DIR [--figures evaluation.json] [--rules rules.json] --out DIR
        the same network, what was measured of it in the card; what is not given stays as DIR's card has it

Checked against PyTorch in ONNX Runtime before the files are renamed into place; the greatest difference is printed.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import math
import os
import tempfile
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from net import OUTPUTS, Net
from rules import OF_SIDES, OF_THE_BACK, YES_OR_NO
from skeleton import LANDMARKS

VERSION = "1"
# Of what the gates do not measure; to be looked at anew with every network.
MARGINS = """\
# On the floor far limbs are taken for near ones. Degrees that 95 % of the angles are within, of renders never trained
# on (models/training/floor.py); feet against the floor were not measured.
[margins.body]
{floor}
"height of the foot" = {{ floor = 100.0 }}
# On fixtures/clips flat soles read 1 to 8 degrees up in the squats of 6 clips: 1.96 times the RMS.
"heel rise" = {{ any = 11.5 }}
{rules}"""
RULE_MARGINS = """\
# Readings of whole repetitions and holds, of exercises drawn for this (models/training/rules.py): 95 % are within.
{body}
[margins.back]
{back}
"""
# Of fewer readings nobody can tell what 95 % are within.
LEAST_READINGS = 20
# Told by perspective, from the side alone: at an angle one arm or leg is taken for the other as often as it was (arms
# in 14 of 51, legs from one tap to the next in 9 of 36).
AT_AN_ANGLE = {"bird_dog.same_side": 2.0, "dead_bug.same_leg_again": 1.0}
# As of src/form/judge.rs.
ONE_SIDED = 0.84
ON_THE_FLOOR = ["knee", "elbow", "thigh", "arm", "leg from level", "bend at the hip"]
LOST = 180.0
OPSET = 17
# What rten 0.27 and ONNX Runtime both run.
PLAIN = set(
    "Add Cast Clip Concat Constant Conv ConvTranspose Div Expand Flatten Gather Gemm Identity LogSoftmax MatMul Mul "
    "ReduceMax ReduceMean Relu Reshape Resize Softmax Split Squeeze Sub Transpose Unsqueeze Slice "
    "GlobalAveragePool".split()
)


class Rows(nn.Module):
    """The network with its outputs in a row, for the exporter."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        out = self.net(image)
        return tuple(out[name] for name in OUTPUTS)


def folded(net: nn.Module) -> nn.Module:
    """Batch norms folded into the convolutions before them."""
    net = copy.deepcopy(net).eval()
    for module in net.modules():
        if isinstance(module, nn.Sequential) and len(module) >= 2 and isinstance(module[1], nn.BatchNorm2d):
            module[0] = nn.utils.fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()
    return net


def halved(model: onnx.ModelProto) -> None:
    """Stores large constants in half precision, each behind a cast that runtimes fold when they load."""
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < 64:
            continue
        wanted = tensor.name
        stored = numpy_helper.from_array(values.astype(np.float16), wanted + "_half")
        tensor.CopyFrom(stored)
        casts.append(helper.make_node("Cast", [tensor.name], [wanted], to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)


def widened(model: onnx.ModelProto) -> onnx.ModelProto:
    """Undoes `halved`: float constants without casts, for tools that look at weights."""
    stored = {t.name: t for t in model.graph.initializer}
    for node in [n for n in model.graph.node if n.op_type == "Cast" and n.input[0] in stored]:
        tensor = stored[node.input[0]]
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), node.output[0]))
        model.graph.node.remove(node)
    return model


def onnx_model(net: nn.Module, size: int, passes: int) -> onnx.ModelProto:
    net = folded(net).float()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.onnx"
        torch.onnx.export(
            Rows(net), (torch.zeros(1, 3, size, size),), path, input_names=["image"], output_names=OUTPUTS,
            opset_version=OPSET, dynamo=False,
        )  # fmt: skip
        model = onnx.load(path)
    halved(model)
    notes = {"version": VERSION, "passes": str(passes), "landmarks": ",".join(LANDMARKS)}
    helper.set_model_props(model, {f"formcheck.{k}": v for k, v in notes.items()})
    onnx.checker.check_model(model, full_check=True)
    strange = {n.op_type for n in model.graph.node} - PLAIN
    if strange:
        raise SystemExit(f"operators that may not run everywhere: {sorted(strange)}")
    return model


def greatest_difference(model: onnx.ModelProto, net: nn.Module, size: int, count: int = 8) -> dict[str, float]:
    """Between ONNX Runtime and PyTorch, per output, relative to the output's own spread."""
    import onnxruntime as ort

    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    net = net.eval()
    generator = torch.Generator().manual_seed(5)
    worst = dict.fromkeys(OUTPUTS, 0.0)
    for _ in range(count):
        coarse = torch.rand(1, 3, 8, 8, generator=generator) * 255
        image = nn.functional.interpolate(coarse, (size, size), mode="bilinear")
        with torch.no_grad():
            ours = net(image)
        for name, theirs in zip(OUTPUTS, session.run(OUTPUTS, {"image": image.numpy()}), strict=True):
            spread = max(float(ours[name].std()) if ours[name].numel() > 1 else 1.0, 1e-3)
            worst[name] = max(worst[name], float(np.abs(theirs - ours[name].numpy()).max()) / spread)
    return worst


@dataclass
class Measured:
    """What is known of a network. Nothing measured is nothing passed: the program then calls the model experimental."""

    sigma_scale: float | None = None
    gates: dict[str, float] = field(default_factory=dict)
    # Angle on the floor to margin, degrees.
    floor: dict[str, float] = field(default_factory=dict)
    # Part ("body", "back"), rule, circumstances, margin.
    rules: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)

    @staticmethod
    def of_card(text: str) -> Measured:
        card = tomllib.loads(text)
        margins = card.get("margins", {})
        floor = {name: m["floor"] for name, m in margins.get("body", {}).items() if name in ON_THE_FLOOR}
        rules = {part: {rule: m for rule, m in of.items() if "." in rule} for part, of in margins.items()}
        return Measured(card.get("sigma_scale"), card.get("gates", {}), floor, rules)

    def take_figures(self, figures: dict) -> None:
        """Of evaluate.py."""
        self.sigma_scale = figures.get("sigma_scale")
        self.gates = {k: v for k, v in figures.get("gates", {}).items() if v is not None}
        self.floor = {k: math.ceil(v["within_95"]) for k, v in figures.get("renders", {}).get("floor", {}).items()}

    def take_rules(self, rules: dict[str, dict[str, dict]], turns: dict[str, dict[str, dict]]) -> None:
        """Of rules.py: looked at both ways, and in turn as before a camera."""
        self.rules = {"body": {}, "back": {}}
        for readings, looks in ((rules, ""), (turns, " turns")):
            for rule, views in readings.items():
                part, eye = ("back", " landmarks") if rule in OF_THE_BACK else ("body", "")
                margins = self.rules[part].setdefault(rule, {})
                for view, f in views.items():
                    if rule in YES_OR_NO and f["mean"] > 0:
                        f = f | {"within_95": max(f["within_95"], 1.0)}
                    if f["n"] < LEAST_READINGS:
                        continue
                    for seen in [view, "oblique"] if rule in OF_SIDES and view == "side" else [view]:
                        least = AT_AN_ANGLE.get(rule, 0.0) if seen == "oblique" else 0.0
                        known = f | {"within_95": max(f["within_95"], least)}
                        margins |= {seen + eye + way + looks: m for way, m in by_way(known).items() if m > 0}
        self.rules = {part: {rule: m for rule, m in of.items() if m} for part, of in self.rules.items()}


def by_way(f: dict[str, float]) -> dict[str, float]:
    """The margin of a rule's readings, and of those too high or too low where these are more often far off: a warning
    stands `ONE_SIDED` of a margin beyond good."""
    margins = {"": f["within_95"], " over": f["over_95"] / ONE_SIDED, " under": f["under_95"] / ONE_SIDED}
    return {way: math.ceil(100 * m) / 100 for way, m in margins.items() if not way or m > margins[""]}


def card(digest: str, size: int, passes: int, measured: Measured) -> str:
    """The model card the program reads."""
    names = ", ".join(f'"{n}"' for n in LANDMARKS)
    gates = "".join(f"{k} = {json.dumps(v)}\n" for k, v in measured.gates.items())
    scale = f"sigma_scale = {measured.sigma_scale}\n" if measured.sigma_scale is not None else ""
    return f"""# formcheck's own network: 42 points with the spine, mask, trunk directions. Made by models/training.

name = "formcheck"
file = "formcheck.onnx"
sha256 = "{digest}"
licence = "MIT OR Apache-2.0"
source = "models/training, {passes} passes"
family = "formcheck"
{scale}landmarks = [{names}]

[input]
width = {size}
height = {size}
layout = "nchw"

[crop]
rule = "box"
margin = 1.25
border = "black"

[presence]
start = 0.5
keep = 0.3
point = 0.2

[outputs]
heatmaps = "heatmaps"
visibility = "visibility"
log_sigma = "log_sigma"
mask = "mask"
axes = "axes"
facing = "facing"
person = "person"

# Measured by models/training/evaluate.py: median error on photographs in % of the box's longest side; degrees. The low
# back on rendered clips that begin on the feet, and on the floor.
[gates]
{gates}
{MARGINS.format(floor=floor_margins(measured.floor), rules=rule_margins(measured.rules))}"""


def floor_margins(measured: dict[str, float]) -> str:
    """What was not measured is not to be believed."""
    return "\n".join(f'"{name}" = {{ floor = {float(measured.get(name, LOST))} }}' for name in ON_THE_FLOOR)


def rule_margins(measured: dict[str, dict[str, dict[str, float]]]) -> str:
    def line(rule: str, margins: dict[str, float]) -> str:
        seen = ", ".join(f'"{circumstances}" = {margin}' for circumstances, margin in margins.items())
        return f'"{rule}" = {{ {seen} }}'

    body, back = ("\n".join(line(*of) for of in measured.get(part, {}).items()) for part in ("body", "back"))
    return RULE_MARGINS.format(body=body, back=back) if body or back else ""


def keep(run: Path, out: Path) -> None:
    """A checkpoint small enough to keep in the repository: averaged weights in half precision, counters, losses."""
    saved = torch.load(run / "last.pt", map_location="cpu", weights_only=True)
    saved["ema"] = {k: v.half() if v.is_floating_point() else v for k, v in saved["ema"].items()}
    del saved["net"]
    saved["history"] = saved["history"][-1:]
    torch.save(saved, out)


def load(run: Path) -> tuple[Net, int, int]:
    """The averaged network of a run, its passes and its input size."""
    saved = torch.load(run / "last.pt", map_location="cpu", weights_only=True)
    net = Net(saved["width"])
    net.load_state_dict(saved["ema"])
    return net.eval(), saved["passes"], saved["size"]


def write(data: bytes, text: str, out: Path) -> None:
    """Both files, each renamed into place when whole."""
    out.mkdir(parents=True, exist_ok=True)
    for name, content in (("formcheck.onnx", data), ("formcheck.toml", text.encode())):
        temporary = out / (name + ".tmp")
        temporary.write_bytes(content)
        os.replace(temporary, out / name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", type=Path, help="the trainer's folder")
    source.add_argument("--again", type=Path, help="an earlier --out: the same network, a new card")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, help="side of the input; otherwise as trained")
    parser.add_argument("--figures", type=Path, help="of evaluate.py, for the card")
    parser.add_argument("--rules", type=Path, help="of rules.py, for the card")
    args = parser.parse_args()
    torch.set_num_threads(1)
    measured = Measured()
    if args.again:
        measured = Measured.of_card((args.again / "formcheck.toml").read_text())
        data = (args.again / "formcheck.onnx").read_bytes()
        model = onnx.load_from_string(data)
        passes = int(next(p.value for p in model.metadata_props if p.key == "formcheck.passes"))
        size = model.graph.input[0].type.tensor_type.shape.dim[2].dim_value
        print(f"{args.out / 'formcheck.onnx'}: {len(data)} bytes, {passes} passes, with figures")
    else:
        net, passes, size = load(args.run)
        size = args.size or size
        model = onnx_model(net, size, passes)
        differences = greatest_difference(model, net, size)
        data = model.SerializeToString()
        shown = ", ".join(f"{k} {v:.4f}" for k, v in differences.items())
        print(f"{args.out / 'formcheck.onnx'}: {len(data)} bytes, {passes} passes; difference over spread: {shown}")
        args.out.mkdir(parents=True, exist_ok=True)
        keep(args.run, args.out / "checkpoint.pt")
        if max(differences.values()) > 0.05:
            raise SystemExit("the exported network differs from the trained one")
    digest = hashlib.sha256(data).hexdigest()
    if args.figures:
        figures = json.loads(args.figures.read_text())
        if (figures["passes"], figures["size"]) != (passes, size):
            raise SystemExit("these figures were measured of another network")
        measured.take_figures(figures)
    if args.rules:
        readings = json.loads(args.rules.read_text())
        if readings["sha256"] != digest:
            raise SystemExit("these readings are another network's")
        measured.take_rules(readings["rules"], readings["turns"])
    write(data, card(digest, size, passes, measured), args.out)


if __name__ == "__main__":
    main()
