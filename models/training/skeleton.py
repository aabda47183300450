"""What the network, the shards and the Rust program call things: landmarks, their mirror images, groups of them."""

from __future__ import annotations

# In the order of `pose::Landmark::ALL`; every shard lists them too and is checked against this.
LANDMARKS = (
    "nose left_eye right_eye left_ear right_ear left_shoulder right_shoulder left_elbow right_elbow left_wrist "
    "right_wrist left_hip right_hip left_knee right_knee left_ankle right_ankle head_top left_heel right_heel "
    "left_big_toe right_big_toe left_small_toe right_small_toe occiput c7 t4 t8 l1 l3 s1 s2 s4 left_asis right_asis "
    "left_psis right_psis left_trochanter right_trochanter jugular_notch xiphoid navel"
).split()
COUNT = len(LANDMARKS)
INDEX = {name: i for i, name in enumerate(LANDMARKS)}
AXES = ["pelvis", "thoraco_lumbar", "upper_thorax"]
FACING = ["left", "right", "front", "back"]
FAMILIES = (
    "stand squat hinge half_kneel bird_dog dead_bug side_plank leg_raise forward_bend plank bridge sit walk heel_up"
).split()
CROPS = ["body", "trunk", "far"]


def mirrored(name: str) -> str:
    """The landmark on the other side of the body; midline ones are their own."""
    if name.startswith("left_"):
        return "right_" + name[5:]
    return "left_" + name[6:] if name.startswith("right_") else name


MIRROR = [INDEX[mirrored(name)] for name in LANDMARKS]


def indices(names: str) -> list[int]:
    return [INDEX[name] for name in names.split()]


# Rows of BlazePose's 33 points that are landmarks of ours.
BLAZEPOSE = {
    0: "nose", 2: "left_eye", 5: "right_eye", 7: "left_ear", 8: "right_ear", 11: "left_shoulder", 12: "right_shoulder",
    13: "left_elbow", 14: "right_elbow", 15: "left_wrist", 16: "right_wrist", 23: "left_hip", 24: "right_hip",
    25: "left_knee", 26: "right_knee", 27: "left_ankle", 28: "right_ankle", 29: "left_heel", 30: "right_heel",
    31: "left_big_toe", 32: "right_big_toe",
}  # fmt: skip
TAUGHT = [INDEX[name] for name in BLAZEPOSE.values()]
COCO = list(range(17))

PARTS = {
    "head": indices("nose left_eye right_eye left_ear right_ear"),
    "shoulder": indices("left_shoulder right_shoulder"),
    "elbow": indices("left_elbow right_elbow"),
    "wrist": indices("left_wrist right_wrist"),
    "hip": indices("left_hip right_hip"),
    "knee": indices("left_knee right_knee"),
    "ankle": indices("left_ankle right_ankle"),
    "foot": indices("left_heel right_heel left_big_toe right_big_toe"),
    "spine": indices("c7 t4 t8 l1 l3 s1 s2 s4"),
    "pelvis": indices("left_asis right_asis left_psis right_psis left_trochanter right_trochanter"),
    "front": indices("jugular_notch xiphoid navel"),
}
SPINE = PARTS["spine"]
# Points whose place decides the spine's angles.
CORE = SPINE + PARTS["pelvis"] + PARTS["front"] + PARTS["hip"]
# C7 to knee: what a trunk crop holds.
IN_TRUNK = indices("c7 t4 t8 l1 s1 s4 left_shoulder right_shoulder left_hip right_hip left_knee right_knee")
PAIRS = [(INDEX[n], INDEX[mirrored(n)]) for n in LANDMARKS if n.startswith("left_")]
