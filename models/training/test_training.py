"""pytest: reading shards, geometry of crops, mirror images, losses, the exported file."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import export
import fit
import floor
import limbs
import losses
import mean
import peers
import rules
from data import HEADER, Item, Shard, View, facing_class, framed, upright_turn, view_sample
from net import OUTPUTS, Net
from reader import Eyes, places
from skeleton import COUNT, FACING, INDEX, LANDMARKS, MIRROR, TAUGHT
from store import BODY, TRUNK, Cutter, Pictures, Views, outline_distance


def figure() -> Item:
    """A picture whose red dot lies on the left knee and nowhere else; the mask is its right half."""
    rng = np.random.default_rng(3)
    points = rng.uniform(20, 140, (COUNT, 2)).astype(np.float32)
    points[INDEX["left_knee"]] = (50, 90)
    pixels = np.zeros((160, 160, 3), np.uint8)
    pixels[89:92, 49:52, 0] = 255
    mask = np.zeros((128, 128), np.uint8)
    mask[:, 64:] = 255
    axes = np.array([[0.6, -0.8, 1.0], [0.0, -1.0, 1.0], [-0.6, -0.8, 0.5]], np.float32)
    known = np.ones(COUNT, np.float32)
    return Item(Image.fromarray(pixels), mask, points, known, known, axes, np.array([-0.9, 0.1, 0.3]))


def red(image: np.ndarray) -> np.ndarray:
    w = image[..., 0].astype(float)
    y, x = np.mgrid[: w.shape[0], : w.shape[1]]
    return np.array([(w * x).sum(), (w * y).sum()]) / w.sum()


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turn", [0.0, 0.7, -1.6])
@pytest.mark.parametrize("side", [90.0, 400.0])
def test_points_follow_the_picture(mirrored: bool, turn: float, side: float) -> None:
    view = View.about(np.array([60.0, 80.0]), side, turn, mirrored, 128)
    sample = view_sample(figure(), view, 128)
    knee = sample.points[INDEX["right_knee" if mirrored else "left_knee"]]
    assert np.abs(red(sample.image) - knee).max() < 0.3


def test_mirrored_is_the_mirror_image() -> None:
    item = figure()
    views = [View.about(np.array([79.5, 79.5]), 160, 0.4, m, 128) for m in (False, True)]
    plain, mirror = (view_sample(item, v, 128) for v in views)
    assert np.abs(plain.image[:, ::-1].astype(int) - mirror.image).max() <= 1
    assert np.abs(plain.mask[:, ::-1].astype(int) - mirror.mask).max() <= 1
    flipped = plain.points[MIRROR] * [-1, 1] + [127, 0]
    assert np.allclose(flipped, mirror.points, atol=1e-3)
    assert np.allclose(plain.axes[:, :2] * [-1, 1], mirror.axes[:, :2], atol=1e-5)
    assert {plain.facing, mirror.facing} == {FACING.index("left"), FACING.index("right")}
    assert [LANDMARKS[i] for i in MIRROR].count("right_hip") == 1 and MIRROR[INDEX["c7"]] == INDEX["c7"]


def test_the_mask_covers_the_same_half_as_the_picture() -> None:
    item = figure()
    item.picture = Image.fromarray(
        np.repeat(np.asarray(Image.fromarray(item.mask).resize((160, 160)))[..., None], 3, 2)
    )
    sample = view_sample(item, View.about(np.array([70.0, 70.0]), 150, 0.3, True, 128), 128)
    inside = sample.image[..., 0].astype(int)
    assert np.abs(inside - sample.mask).mean() < 4


def store_of(item: Item, count: int, kind: int = BODY) -> Pictures:
    store = Pictures(count, item.picture.width, len(item.mask), torch.device("cpu"))
    picture = np.asarray(item.picture).transpose(2, 0, 1)
    fields = {"picture": picture, "mask": item.mask, "points": item.points, "weight": item.weight, "seen": item.seen}
    fields |= {"axes": item.axes, "facing": item.facing.astype(np.float32), "kind": np.uint8(kind)}
    store.add({name: np.repeat(np.asarray(value)[None], count, 0) for name, value in fields.items()})
    return store


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turn", [0.0, 0.7, -1.6])
def test_the_device_cuts_what_a_single_view_cuts(mirrored: bool, turn: float) -> None:
    item = figure()
    rng = np.random.default_rng(8)
    coarse = Image.fromarray(rng.integers(0, 255, (12, 12, 3), np.uint8))
    item.picture = coarse.resize((160, 160), Image.Resampling.BICUBIC)
    one = view_sample(item, View.about(np.array([75.0, 82.0]), 130.0, turn, mirrored, 128), 128)
    cutter, store = Cutter(128, 1, torch.device("cpu")), store_of(item, 1)
    about = (torch.tensor([[75.0, 82.0]]), torch.tensor([130.0]), torch.tensor([turn]), torch.tensor([mirrored]))
    out = cutter.cut(store.pick(torch.tensor([0])), Views.about(*about, 128), 160)
    away = np.abs(out["image"][0].permute(1, 2, 0).numpy() - one.image)
    assert np.median(away) < 1 and away[20:-20, 20:-20].max() < 3
    assert np.abs(out["mask"][0].numpy() * 255 - one.mask)[20:-20, 20:-20].mean() < 2
    for name in ("points", "weight", "seen", "axes", "facing", "side_on"):
        ours = out[name][0].numpy()
        assert np.allclose(ours, getattr(one, name), atol=2e-3), name


def test_crops_by_chance_hold_the_person_and_no_person() -> None:
    item = figure()
    item.points[:] = np.random.default_rng(3).uniform(90, 150, (COUNT, 2))
    item.mask[:] = 0
    item.mask[70:122, 70:122] = 255
    cutter = Cutter(64, 2, torch.device("cpu"))
    for kind in (BODY, TRUNK):
        store = store_of(item, 200, kind)
        items = store.pick(store.of_kind(kind))
        out = cutter.cut(items, cutter.views(items, 160, False), 160)
        assert (out["weight"] > 0).float().mean() > 0.8 and out["mask"].mean() > 0.2
        empty, room = cutter.empty_views(items, 160)
        assert room.float().mean() > 0.8
        out = cutter.cut(items, empty, 160)
        assert out["mask"][room].mean() < 0.02
        cutter.emptied(out, room)
        assert out["weight"][room].max() == 0 and out["person"][room].max() == 0


def test_the_newest_pictures_take_the_place_of_the_oldest() -> None:
    store = store_of(figure(), 6, BODY)
    newer = {name: value.numpy()[:4] for name, value in store.fields.items()}
    store.add({**newer, "kind": np.full(4, TRUNK, np.uint8)})
    store.add({**newer, "kind": np.full(4, TRUNK, np.uint8)})
    assert store.count == 6 and len(store.of_kind(TRUNK)) == 6 and store.at == 2


def test_the_outline_is_where_the_mask_ends() -> None:
    mask = torch.zeros(1, 160, 160, dtype=torch.uint8)
    mask[:, :, 80:] = 255
    away = outline_distance(mask)[0]
    cells = torch.arange(80)
    assert torch.allclose(away, (cells + 0.5 - 40).abs().expand(80, 80) / 80)


def test_upright_crops_have_the_trunk_upright() -> None:
    points = figure().points
    turn = upright_turn(points)
    turned = View.about(np.array([80.0, 80.0]), 160, turn, False, 128).points(points)
    hips, shoulders = (turned[[INDEX["left_" + n], INDEX["right_" + n]]].mean(0) for n in ("hip", "shoulder"))
    assert abs(shoulders[0] - hips[0]) < 1e-3 and shoulders[1] < hips[1]
    centre, side = framed(points, np.ones(COUNT, bool), turn)
    inside = View.about(centre, side, turn, False, 128).points(points)
    assert math.isclose(max(np.ptp(inside, axis=0)), 128, abs_tol=1e-3)


def test_facing_classes() -> None:
    names = [FACING[facing_class(np.array(v))] for v in ([-1, 0, 0], [1, 0, 0], [0, 0, -1], [0, 0, 1])]
    assert names == FACING
    assert facing_class(np.array([0.4, 0.8, 0.4])) == -1


def test_a_shard_reads_as_written(tmp_path: Path) -> None:
    names, formats = (
        ["seed", "jpeg_at", "jpeg_length", "points", "mask"],
        ["<u8", "<u8", "<u4", f"({COUNT},3)<f4", "(2,)u1"],
    )
    offsets = [0, 8, 16, 20, 20 + COUNT * 12]
    size = offsets[-1] + 2
    text = json.dumps(
        {"names": names, "formats": formats, "offsets": offsets, "itemsize": size, "landmarks": LANDMARKS, "facing": FACING,
         "mask_side": 4}
    ).encode()  # fmt: skip
    head = b"FCSHARD1" + np.array([1, 2, 96, size, COUNT, 4], "<u4").tobytes() + np.array([70], "<u8").tobytes()
    head += np.array([0.25], "<f4").tobytes() + bytes(8) + np.array([len(text)], "<u4").tobytes() + text
    dtype = np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": size})
    records = np.zeros(2, dtype)
    records["seed"], records["points"][1, 5] = [70, 71], (1, 2, 3)
    records["mask"][1] = (0b11110000, 0b00001111)
    path = tmp_path / "a.fcs"
    path.write_bytes(head.ljust(HEADER, b" ") + records.tobytes())
    shard = Shard.open(path)
    assert shard.records["seed"].tolist() == [70, 71] and shard.records["points"][1, 5].tolist() == [1, 2, 3]
    assert shard.header["side"] == 96 and shard.header["level"] == 0.25
    assert (shard.mask(1) // 255).tolist() == [[1] * 4, [0] * 4, [0] * 4, [1] * 4]


def test_cross_entropy_equals_the_one_with_built_targets() -> None:
    torch.manual_seed(1)
    maps, at, sigma = torch.randn(2, 3, 16, 12), torch.rand(2, 3, 2) * 10, torch.tensor(1.7)
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(12.0), indexing="ij")
    bell = (-((x - at[..., 0, None, None]) ** 2 + (y - at[..., 1, None, None]) ** 2) / (2 * sigma**2)).exp()
    target = bell.flatten(2) / bell.flatten(2).sum(-1, keepdim=True)
    wanted = -(target * maps.flatten(2).log_softmax(-1)).sum(-1)
    assert torch.allclose(losses.separable_cross_entropy(maps, at, sigma), wanted, atol=1e-4)


def test_decoders_find_a_bell_between_cells() -> None:
    y, x = np.mgrid[:32, :32]
    at = np.random.default_rng(4).uniform(5, 27, (COUNT, 2))
    maps = np.stack([-((x - a) ** 2 + (y - b) ** 2) / (2 * 0.8**2) for a, b in at]).astype(np.float32)
    found = losses.peak_place(torch.from_numpy(maps)[None])[0].numpy()
    assert np.abs(found - at).max() < 0.2
    ours, mass = places(maps, np.ones((32, 32)), 128)
    assert np.abs(ours - (found + 0.5) * 4).max() < 1e-3 and mass.min() > 0.9


def test_wrong_directions_are_drawn_to_the_right_ones() -> None:
    """Both trunk directions upside down: each must be pulled over, not held by the other."""
    truth = {
        "image": torch.zeros(1, 3, 32, 32), "points": torch.zeros(1, COUNT, 2), "weight": torch.zeros(1, COUNT),
        "person": torch.ones(1), "axes": torch.tensor([[[0.0, -1.0, 1.0]] * 3]), "side_on": torch.ones(1),
        "seen": -torch.ones(1, COUNT), "mask": torch.zeros(1, 32, 32), "mask_weight": torch.ones(1),
        "facing": torch.tensor([-1]), "outline": torch.zeros(1, 16, 16), "outline_weight": torch.zeros(1),
    }  # fmt: skip
    out = {
        "heatmaps": torch.zeros(1, COUNT, 16, 16), "visibility": torch.zeros(1, COUNT), "log_sigma": torch.zeros(1, COUNT),
        "mask": torch.zeros(1, 1, 16, 16), "facing": torch.zeros(1, 4), "person": torch.zeros(1, 1),
    }  # fmt: skip
    axes = torch.tensor([[[0.1, 0.9, 0.0], [0.1, 0.9, 0.0], [0.1, -0.9, 0.0]]], requires_grad=True)
    optimiser = torch.optim.Adam([axes], 0.05)
    for _ in range(150):
        loss, _ = losses.total({**out, "axes": axes}, truth, torch.tensor(0.5))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert axes.detach()[0, :, 1].max() < -0.8


@pytest.mark.parametrize("size", [128, 192])
def test_the_exported_file_says_what_the_network_says(size: int) -> None:
    from export import greatest_difference, halved, onnx_model, widened

    torch.manual_seed(2)
    net = Net().eval()
    model = onnx_model(net, size, 42)
    assert [o.name for o in model.graph.output] == OUTPUTS
    assert model.ByteSize() < 8_000_000
    assert max(greatest_difference(model, net, size, 2).values()) < 0.05
    again = widened(model)
    assert not [n for n in again.graph.node if n.op_type == "Cast"]
    halved(again)


def test_a_side_view_with_left_and_right_exchanged_is_half_forgiven_and_a_front_view_is_not() -> None:
    places = torch.rand(1, COUNT, 2) * 24 + 4
    weight = torch.ones(1, COUNT)
    cells = torch.arange(32.0)
    seen = places[:, MIRROR]
    maps = -((cells - seen[..., :1, None]).square() + (cells[:, None] - seen[..., 1:, None]).square()) / 8
    sigma = torch.tensor(2.0)
    front, side = (losses.side_tolerant(maps, places, sigma, weight, torch.tensor([s])).mean() for s in (0.0, 1.0))
    right = losses.side_tolerant(maps[:, MIRROR], places, sigma, weight, torch.tensor([1.0])).mean()
    assert right < side < front
    assert torch.isclose(side, (right + front) / 2)


def test_both_ways_a_mirrored_picture_is_read_as_the_mirrored_one(tmp_path: Path) -> None:
    torch.manual_seed(4)
    path = tmp_path / "net.onnx"
    path.write_bytes(export.onnx_model(Net().eval(), 64, 0).SerializeToString())
    image = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    image[:, 0] = image[:, -1]
    other = np.roll(image[:, ::-1], 1, axis=1)
    ways = [Eyes(path, both_ways=both) for both in (True, False)]
    apart = []
    for eyes in ways:
        here, there = eyes.look(image), eyes.look(other)
        apart.append(np.abs(here.points - [64, 0] - there.points[MIRROR] * [-1, 1]).max())
        if eyes.both_ways:
            assert np.allclose(here.facing, there.facing[[1, 0, 2, 3]], atol=1e-4)
            assert np.allclose(here.axes, there.axes * [-1, 1], atol=1e-3)
            assert np.allclose(here.mask, there.mask[:, ::-1], atol=1e-3)
    assert apart[0] < 0.1 < apart[1], apart


def test_a_single_high_cell_moves_a_place_little() -> None:
    x, y = np.meshgrid(np.arange(96) + 0.5, np.arange(96) + 0.5)
    bell = -((x - 40.3) ** 2 + (y - 50.7) ** 2) / (2 * 2.0**2)
    bell[50, 42] += 0.8
    ((*at, share),) = limbs.peaks(bell, 1)
    assert np.linalg.norm(np.array(at) - (40.3, 50.7)) < 0.4
    assert share < 0.7


def test_one_model_that_errs_does_not_move_what_the_others_are_held_to() -> None:
    body = np.random.default_rng(4).uniform(0, 100, (COUNT, 2))
    body[[INDEX["left_shoulder"], INDEX["right_shoulder"]]] = 50, 20
    body[[INDEX["left_hip"], INDEX["right_hip"]]] = 50, 60
    consensus = peers.Consensus()
    everything = np.ones(COUNT, bool)
    consensus.add("pictures", {"a": body, "b": body, "c": body, "d": body + 7}, everything, 100.0)
    lying = body[:, ::-1]
    consensus.add("pictures", {"a": lying, "b": lying, "c": lying, "d": lying}, everything, 100.0)
    figures = consensus.figures()
    upright, low = figures["pictures"], figures["pictures, trunk level or hanging"]
    assert (upright["pictures"], low["pictures"]) == (2, 1)
    assert upright["models"]["a"]["mean"] == 0
    assert math.isclose(upright["models"]["d"]["mean"], 7 * math.sqrt(2) / 2)


def test_two_legs_are_not_placed_as_one_where_the_maps_offer_another_place() -> None:
    def hills(*places: tuple[float, float, float]) -> np.ndarray:
        y, x = np.mgrid[:64, :64] + 0.5
        return np.log(sum(s * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 2) for px, py, s in places) + 1e-12)

    # On the back, trunk 13 cells long; the right leg is up, the left one lowered.
    places = {"shoulder": (19, 38), "hip": (32, 38), "elbow": (19, 30), "wrist": (19, 23)}
    maps = np.stack([hills((5, 5, 1.0)) for _ in LANDMARKS])
    for name, at in places.items():
        for side in ("left_", "right_"):
            maps[INDEX[side + name]] = hills((*at, 1.0))
    up, down = (
        {"knee": (32, 28), "ankle": (42, 28), "heel": (43, 30)},
        {"knee": (39, 32), "ankle": (46, 39), "heel": (47, 41)},
    )
    for name in up:
        maps[INDEX["right_" + name]] = hills((*up[name], 1.0))
        maps[INDEX["left_" + name]] = hills((*up[name], 0.55), (*down[name], 0.45))
    everywhere = np.ones((64, 64))
    at, share, chance = limbs.chosen(maps, everywhere)
    for name in up:
        assert np.abs(at[INDEX["left_" + name]] - down[name]).max() < 0.2
        assert np.abs(at[INDEX["right_" + name]] - up[name]).max() < 0.2
    assert 0.3 < share[INDEX["left_knee"]] < 0.5 < chance[INDEX["left_knee"]]
    # A faint second hill is no second leg.
    for name in up:
        maps[INDEX["left_" + name]] = hills((*up[name], 0.97), (*down[name], 0.03))
    assert np.abs(limbs.chosen(maps, everywhere)[0][INDEX["left_knee"]] - up["knee"]).max() < 0.2
    # A leg lies on the body.
    for name in up:
        maps[INDEX["left_" + name]] = hills((*up[name], 0.55), (*down[name], 0.45))
    raised = everywhere.copy()
    raised[28:, 34:] = 0
    assert np.abs(limbs.chosen(maps, raised)[0][INDEX["left_knee"]] - up["knee"]).max() < 0.2


def test_a_part_of_an_upright_body_that_only_one_leg_explains_is_that_leg() -> None:
    def hills(*places: tuple[float, float, float]) -> np.ndarray:
        y, x = np.mgrid[:96, :96] + 0.5
        return np.log(sum(s * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 2) for px, py, s in places) + 1e-12)

    places = {"shoulder": (38, 19), "hip": (38, 43), "elbow": (38, 31), "wrist": (38, 41), "knee": (38, 62)}
    places |= {"ankle": (38, 82), "heel": (38, 84), "big_toe": (44, 84), "small_toe": (44, 84)}
    maps = np.stack([hills((5, 5, 1.0)) for _ in LANDMARKS])
    for name, at in places.items():
        for side in ("left_", "right_"):
            maps[INDEX[side + name]] = hills((*at, 1.0))
    # One leg is raised before the body; its maps would rather have it beside the other one.
    for name, beside, raised in (("knee", (41, 62), (58, 43)), ("ankle", (41, 82), (77, 43))):
        maps[INDEX["right_" + name]] = hills((*beside, 0.8), (*raised, 0.2))
    y, x = np.mgrid[:96, :96]
    mask = ((np.abs(x - 38) < 6) & (y > 10) & (y < 90)) | ((np.abs(y - 43) < 6) & (x > 38) & (x < 84))
    for lying, wanted in ((False, (58, 43)), (True, (41, 62))):
        at, _, _ = limbs.chosen(maps, mask.astype(float), lying)
        assert np.abs(at[INDEX["right_knee"]] - wanted).max() < 0.3


def test_angles_on_the_floor_forgive_exchanged_limbs_and_nothing_else() -> None:
    rng = np.random.default_rng(3)
    true = rng.uniform(0, 190, (COUNT, 2))
    sure = np.ones(COUNT, bool)
    found = floor.limb_errors(true, true, sure)
    assert {n: len(e) for n, e in found.items()} == dict.fromkeys(
        ["knee", "thigh", "leg from level", "elbow", "arm"], 2
    )
    assert max(map(max, found.values())) < 1e-9
    legs = [INDEX[s + j] for s in ("left_", "right_") for j in ("knee", "ankle")]
    exchanged = true.copy()
    exchanged[legs] = true[[MIRROR[i] for i in legs]]
    assert max(map(max, floor.limb_errors(exchanged, true, sure).values())) < 1e-9
    hip, knee, ankle = (INDEX["left_" + j] for j in ("hip", "knee", "ankle"))
    for i, at in ((hip, (0, 0)), (knee, (0, 50)), (ankle, (0, 100))):
        true[i] = at
    off = true.copy()
    off[ankle] = (50, 50)
    assert abs(floor.limb_errors(off, true, sure)["knee"][0] - 90) < 1e-6
    sure[ankle] = False
    assert len(floor.limb_errors(off, true, sure)["knee"]) == 1, "what is not sure is not compared"
    bent = floor.plank_errors(true, true, np.ones(COUNT, bool))
    assert len(bent["bend at the hip"]) == 2 and max(bent["bend at the hip"]) < 1e-9


def test_a_reading_is_held_to_the_repetition_it_overlaps_and_only_of_its_kind() -> None:
    def bout(start: float, end: float, side: str = "left", **of: tuple[float | None, str]) -> dict:
        verdicts = [{"rule": f"x.{name}", "measured": value, "measure": what} for name, (value, what) in of.items()]
        return {"start_s": start, "end_s": end, "side": side, "view": "side", "verdicts": verdicts}

    exact = [
        bout(0, 2, knee=(90.0, "bend"), hold_short=(1.0, "time")),
        bout(3, 5, "right", knee=(80.0, "bend"), hold_short=(1.0, "time")),
    ]
    read = [
        bout(2.9, 4.5, knee=(84.0, "bend"), hold_short=(2.0, "time")),
        bout(0.5, 1.5, knee=(None, None)),
        bout(0.5, 1.5, knee=(30.0, "height")),
        bout(8, 9, knee=(20.0, "bend")),
    ]
    assert list(rules.readings(read, exact, "x")) == [(("x.knee", "side"), 84.0, 80.0)]
    # Knees over toes and knees over ankles: whichever was worse is told.
    of_toes, of_ankles = (
        {"rule": "squat.knees_in", "measured": m, "measure": f"knees / {of}"}
        for m, of in ((0.68, "toes"), (0.93, "ankles"))
    )
    one, other = (bout(0, 2) | {"verdicts": [verdict]} for verdict in (of_toes, of_ankles))
    assert not list(rules.readings([other], [one], "squat"))
    assert list(rules.readings([one], [one], "squat")) == [(("squat.knees_in", "side"), 0.68, 0.68)]
    again = list(rules.readings(read[1::-1], exact, "dead_bug"))
    assert again[-1] == (("dead_bug.same_leg_again", "side"), 1.0, 0.0), "one leg was taken for the other"


def test_the_margin_of_a_rule_comes_from_enough_readings() -> None:
    sags = {("bird_dog.sags", "side"): [(-9.0, -17.0)] * 20, ("bird_dog.same_side", "side"): [(2.0, 0.0)] * 20}
    sags |= {("dead_bug.same_leg_again", "side"): [(1.0, 0.0), *[(0.0, 0.0)] * 39]}
    measured = rules.figures(
        {("x.knee", "side"): [(84.0, 80.0), (78.0, 80.0)], ("x.hip", "front"): [(1.0, 1.0)] * 20} | sags
    )
    of_knee = {"n": 2, "bias": 1.0, "mean": 3.0, "within_95": 3.9, "over_95": 3.7, "under_95": 1.7}
    assert measured["x.knee"]["side"] == of_knee
    known = export.Measured()
    turns = {"bird_dog.sags": {"side": {"n": 20, "within_95": 9.001, "over_95": 4.0, "under_95": 7.5}}}
    known.take_rules(measured, turns)
    same_side = {"side": 2.0, "side over": 2.39, "oblique": 2.0, "oblique over": 2.39}
    once = {"dead_bug.same_leg_again": {"side": 1.0, "oblique": 1.0}}
    assert known.rules["body"] == {"bird_dog.same_side": same_side} | once, "two readings tell nothing"
    sags = {"side landmarks": 8.0, "side landmarks over": 9.53}
    assert known.rules["back"] == {"bird_dog.sags": sags | {"side landmarks turns": 9.01}}, "always too high, by 8"
    assert export.rule_margins({}) == ""


def test_a_card_is_written_again_with_what_was_not_measured_anew() -> None:
    known = export.Measured(1.3, {"knee_deg": 7.8}, {"knee": 34.0}, {"body": {"x.hip": {"front": 2.0}}, "back": {}})
    text = export.card("0" * 64, 192, 1000, known)
    again = export.Measured.of_card(text)
    assert again.floor.pop("elbow") == export.LOST, "never measured"
    again.floor = {"knee": again.floor["knee"]}
    assert again == known
    assert export.card("0" * 64, 192, 1000, export.Measured.of_card(text)) == text


def test_a_mean_of_weights_normalises_what_it_sees_itself() -> None:
    torch.manual_seed(3)
    one, other = Net("S").state_dict(), Net("S").state_dict()
    between = mean.mean_of(one, other)
    name = next(n for n in one if n.endswith("weight"))
    assert torch.allclose(between[name], (one[name] + other[name]) / 2)
    kept = {name: value.half() if value.is_floating_point() else value for name, value in one.items()}
    assert torch.allclose(mean.mean_of(kept, other)[name], between[name], atol=1e-3), "a checkpoint has half the digits"
    net = Net("S")
    net.load_state_dict(between)
    layer = next(m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d))
    seen: list[torch.Tensor] = []
    layer.register_forward_hook(lambda _, given, __: seen.append(given[0]))
    mean.measure_again(net, [torch.rand(2, 3, 64, 64) * 255 for _ in range(3)])
    # Each of the three batches counts alike, the first not less for being long ago.
    expected = torch.stack([x.mean((0, 2, 3)) for x in seen]).mean(0)
    assert torch.allclose(layer.running_mean, expected, atol=1e-3)
    assert layer.momentum is not None


@pytest.mark.skipif("FORMCHECK_BODY" not in os.environ, reason="skipped: no body pack (FORMCHECK_BODY)")
def test_a_body_is_found_again_from_its_points_and_its_outline() -> None:
    pack = fit.read_pack(Path(os.environ["FORMCHECK_BODY"]))
    side, facing = 160, np.array([[1.0, 0.0, 0.0]])
    # Who leans by 53 degrees and faces right, with the low back, a hip and a knee bent; trunk and facing tell where to begin.
    points = np.zeros((1, COUNT, 2))
    points[0, [INDEX["left_shoulder"], INDEX["right_shoulder"]]] = [0.4, -0.3]
    photos = {"points": points, "weight": np.ones((1, COUNT)), "seen": np.ones((1, COUNT)), "facing": facing}
    photos |= {"mask": np.full((1, side, side), 255, np.uint8), "side": np.array([side])}
    person = fit.Fit(fit.Body(pack, np.arange(len(pack.weights))), fit.targets(photos, np.array([0]))[0])
    with torch.no_grad():
        for part, turn in (("lumbar", 1.5), ("thigh", -0.7), ("shank", 0.8), ("upper_arm", -0.4)):
            person.turns[0, list(fit.SPREAD).index(part), 0] = turn
        person.shape[0, 0] = 1.0
        at = person.posed()[0].numpy()
    low, high = at.min(0), at.max(0)
    at = (at - (low + high) / 2) / (high - low).max() * 120 + side / 2
    true = at[-COUNT:]
    mask = fit.silhouette(at[:-COUNT], pack.triangles, side)
    photos["points"] = np.where(np.isin(np.arange(COUNT), TAUGHT)[:, None], true, np.nan)[None]
    photos["mask"] = (mask * 255).astype(np.uint8)[None]
    found = fit.fitted(pack, photos, np.array([0]))
    assert found["overlap"][0] > fit.LEAST_OVERLAP
    assert np.median(np.linalg.norm(found["points"][0] - true, axis=1)[fit.SPINE]) < 0.015 * 120
