#!/usr/bin/env python3
"""A pose model for a machine on which a real one takes minutes a picture: it sees somebody standing wherever there is light.

    light.py FOLDER       writes FOLDER/light.onnx and its card

What the camera's tests want of a model is that it sees pictures that arrive, and nobody in the dark. The network is one mean
and one sum; its bytes are protobuf, written field by field (onnx.proto3 of ONNX 1.14).
"""

import hashlib
import struct
import sys

SIDE = 64
# Down and across, in parts of the picture that the network gets: so that the next look is the same again.
POSE = [(0.12, 0.50), (0.10, 0.51), (0.10, 0.49), (0.12, 0.53), (0.12, 0.47), (0.26, 0.56), (0.26, 0.44), (0.40, 0.58),
        (0.40, 0.42), (0.53, 0.58), (0.53, 0.42), (0.52, 0.54), (0.52, 0.46), (0.71, 0.54), (0.71, 0.46), (0.90, 0.54),
        (0.90, 0.46)]
NAMES = ["nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow",
         "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle",
         "right_ankle"]


def varint(v):
    out = b""
    while v >= 0x80:
        out, v = out + bytes([v & 0x7F | 0x80]), v >> 7
    return out + bytes([v])


def number(field, v):
    return varint(field << 3) + varint(v)


def part(field, v):
    v = v.encode() if isinstance(v, str) else v
    return varint(field << 3 | 2) + varint(len(v)) + v


def tensor(name, dims, values):
    return b"".join(number(1, d) for d in dims) + number(2, 1) + part(8, name) + part(9, struct.pack(f"<{len(values)}f", *values))


def node(op, inputs, output, attributes=b""):
    return b"".join(part(1, i) for i in inputs) + part(2, output) + part(4, op) + attributes


def value(name, dims):
    shape = b"".join(part(1, number(1, d)) for d in dims)
    return part(1, name) + part(2, part(1, number(1, 1) + part(2, shape)))


axes = part(5, part(1, "axes") + b"".join(number(8, axis) for axis in (1, 2, 3)) + number(20, 7))
rows = [1, 1, len(POSE), 3]
# Half the light of a white picture is certainty.
score = tensor("score", rows, [x for _ in POSE for x in (0.0, 0.0, 1.9)])
pose = tensor("pose", rows, [x for down, across in POSE for x in (down, across, 0.0)])
graph = (part(1, node("ReduceMean", ["image"], "light", axes)) + part(1, node("Mul", ["light", "score"], "seen"))
         + part(1, node("Add", ["seen", "pose"], "poses")) + part(2, "light") + part(5, score) + part(5, pose)
         + part(11, value("image", [1, SIDE, SIDE, 3])) + part(12, value("poses", rows)))
model = number(1, 7) + part(7, graph) + part(8, part(1, "") + number(2, 12))

with open(f"{sys.argv[1]}/light.onnx", "wb") as file:
    file.write(model)
with open(f"{sys.argv[1]}/light.toml", "w") as file:
    file.write(f"""name = "light"
file = "light.onnx"
sha256 = "{hashlib.sha256(model).hexdigest()}"
licence = "MIT OR Apache-2.0"
source = "tests/camera_vm/light.py"
family = "movenet"
landmarks = {NAMES!r}

[input]
width = {SIDE}
height = {SIDE}
layout = "nhwc"

[crop]
rule = "box"
margin = 1.0776
border = "black"

[presence]
start = 0.4
keep = 0.3
point = 0.2

[outputs]
landmarks = "poses"
""".replace("'", '"'))
