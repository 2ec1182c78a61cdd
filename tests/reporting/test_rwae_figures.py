"""R-WAE's figures of videos from untrained models: each shows what its caption promises; errors are one line."""

import importlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from support.titles import TITLES

from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.core.keyed_random import normal, seed_torch
from latentmotion.core.pixels import to_uint8
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.protocols import neighbours
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.reporting.drawing import sequences
from latentmotion.reporting.drawing.image_grid import Block, Clip, numbered, wall
from latentmotion.reporting.drawing.trained_run import Shown, open_runs
from latentmotion.reporting.figures import content_codes as codes
from latentmotion.reporting.figures import sampled_motion, unconditional
from latentmotion.reporting.render_figure import render_figure
from latentmotion.training.load import build

SMALL = {"width": 4, "dense": 16, "features": 16, "content": 8, "motion": 4, "hidden": 8}
MODELS = {
    "rwae": {"system": "rwae", "network": SMALL},
    "rwae-weak": {"system": "rwae", "network": SMALL | {"weak": True}},
    "dsvae": {"system": "dsvae", "network": SMALL},
    "mocogan": {"system": "mocogan", "network": {"width": 4, "content": 8}},
}
DIGITS = {"sequences": 90, "test": 48, "validation": 10, "continued": 24, "training_images": False}
DATA = {
    "moving_mnist-drawn": ({"frames": 8, "options": DIGITS}, ["rwae", "dsvae"]),
    "faces-drawn": ({"frames": 8, "options": {"people": 4, "takes": 3}}, ["rwae-weak", "mocogan"]),
    "moving_shapes": ({"frames": 16, "options": {"takes": 1}}, ["rwae"]),
}
CASES = [
    ("swap", ["moving_mnist-drawn/rwae"], {"pairs": 2, "length": 24, "steps": 6}, 24),
    ("swap", ["faces-drawn/rwae-weak"], {"pairs": 2}, 8),
    ("unconditional", ["moving_mnist-drawn/rwae", "moving_mnist-drawn/dsvae"], {"length": 24, "steps": 6}, 24),
    ("unconditional", ["faces-drawn/rwae-weak", "faces-drawn/mocogan"], {"samples": 9, "length": 10}, 10),
    ("content_codes", ["moving_mnist-drawn/dsvae", "moving_mnist-drawn/rwae"], {"sequences": 40}, 8),
    ("content_codes", ["moving_shapes/rwae"], {}, 16),
    ("sampled_motion", ["moving_shapes/rwae"], {"sequences": 2}, 16),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Prepared data and untrained runs, with the record that a training leaves."""
    root = tmp_path_factory.mktemp("rwae")
    for dataset, (settings, models) in DATA.items():
        data, name = root / "data" / dataset, dataset.removesuffix("-drawn")
        prepare(name, None, data, {"source": "real" if name == dataset else "drawn", "size": 16, **settings})
        shape = PreparedDataset.open(data).shape
        for model in models:
            seed_torch(0, model)
            run = root / "runs/tiny" / model / dataset / "seed0"
            run.mkdir(parents=True)
            save_file(build(MODELS[model], shape).state_dict(), run / "weights.safetensors")
            record = {"weights": file_digest(run / "weights.safetensors"), "settings": MODELS[model]}
            (run / "record.json").write_text(json.dumps(record | {"shape": vars(shape), "data_folder": str(data)}))
    return root


def declared(folder: Path, report: str, names: list[str], options: dict) -> tuple[list[Path], dict]:
    """The runs of a figure, of names dataset/model, and its settings."""
    pairs = [name.split("/") for name in names]
    runs = [folder / "runs/tiny" / model / dataset / "seed0" for dataset, model in pairs]
    settings = {
        "scale": "tiny",
        "titles": TITLES,
        "report": report,
        "models": [model for _, model in pairs],
        "options": options,
    }
    settings["datasets"] = list(dict.fromkeys(dataset.removesuffix("-drawn") for dataset, _ in pairs))
    return runs, settings | {"shown": ["/".join(run.parts[-3:]) for run in runs]}


def shown(folder: Path, name: str) -> Shown:
    return open_runs(*declared(folder, "test", [name], {}), "cpu", set())[0]


@pytest.mark.parametrize(("report", "names", "options", "moments"), CASES, ids=[f"{c[0]} {c[1][0]}" for c in CASES])
def test_every_figure_is_a_still_and_a_film_of_the_same_bytes(folder, tmp_path, report, names, options, moments):
    runs, settings = declared(folder, report, names, options)
    render_figure("figure", runs, tmp_path / "figure", settings, "cpu")
    again = importlib.import_module(f"latentmotion.reporting.figures.{report}").render(runs, settings, "cpu")
    assert {suffix: (tmp_path / f"figure.{suffix}").read_bytes() for suffix in again} == again
    still, film = (Image.open(io.BytesIO(again[suffix])) for suffix in ("png", "gif"))
    assert film.n_frames == moments and film.info["loop"] == 0
    for picture in (still.convert("L"), film.convert("L")):
        assert min(picture.size) > 150 and max(picture.size) < 3000
        ink = np.asarray(picture) < 250
        assert ink[-picture.height // 3 :].any() and ink[:, -picture.width // 3 :].any(), "half of it is empty"


def test_swapped_codes_stand_beside_the_sequence_that_they_move_as(folder):
    run = shown(folder, "moving_mnist-drawn/rwae")
    pairs = run.pairs(["digit"], 3, "motion-swap figure")
    blocks = sequences.swaps(run, 3, 24)
    assert len(blocks) == 3
    for (a, b), block in zip(pairs, blocks, strict=True):
        digits = run.split.labels["digit"][[a, b]]
        assert digits[0] != digits[1] and run.split.group[a] != run.split.group[b]
        labels = [f"A: digit {digits[0]}", "B moving as A", "A moving as B", f"B: digit {digits[1]}"]
        assert [clip.label for clip in block.clips] == labels
        truth = run.split.continued[[a, b]][:, :24]
        content, motion = run.model.encode(run.tensor(truth), run.on_device(np.zeros(2, int)))
        b_as_a, a_as_b = to_uint8(run.model.decode(content.flip(0), motion))
        for clip, frames in zip(block.clips, (truth[0], b_as_a, a_as_b, truth[1]), strict=True):
            assert np.abs(clip.frames - frames.astype(int)).max() < 2


def test_swapped_sequences_differ_in_action_where_there_are_several(folder):
    run = shown(folder, "faces-drawn/rwae-weak")
    for block in sequences.swaps(run, 3, 8):
        a, *_, b = block.clips
        assert a.label.removeprefix("A: ") != b.label.removeprefix("B: ")
        assert {a.label.removeprefix("A: "), b.label.removeprefix("B: ")} <= set(run.actions)


def test_titles_say_when_sequences_are_longer_than_in_training(folder):
    run = shown(folder, "moving_mnist-drawn/rwae")
    assert sequences.extent(run, 8) == ", T = 8" and sequences.extent(run, 24) == ", T = 24 (trained on 8)"


def test_samples_are_of_both_priors_and_as_long_as_asked_for(folder):
    runs = [shown(folder, f"faces-drawn/{model}") for model in ("rwae-weak", "mocogan")]
    data, *models = unconditional.rows(runs, 4, 10)
    assert [block.heading for block in models] == ["R-WAE(MMD), complex, weak", "MoCoGAN"]
    ids = runs[0].choose(4, "unconditional figure")
    for i, clip in zip(ids, data.clips, strict=True):
        assert np.array_equal(clip.frames, runs[0].split.continued[i, :10])
    for run, block in zip(runs, models, strict=True):
        model, third = run.model, np.array([2])
        noise = [
            normal(third, size, "generated videos figure", part)
            for part, size in (("content", model.content_noise), ("motion", model.motion_noise(10)))
        ]
        motion = model.sample_motion(torch.tensor([2]), 10, noise[1])
        expected = to_uint8(model.decode(model.sample_content(noise[0]), motion))[0]
        assert np.abs(block.clips[2].frames - expected.astype(int)).max() < 2 and len(block.clips) == 4


def test_sampled_motions_share_a_content_and_each_is_the_same_for_all(folder):
    run = shown(folder, "moving_shapes/rwae")
    blocks = sampled_motion.sampled(run, 2, 3)
    ids = run.choose(2, "sampled motion figure")
    noise = normal(np.arange(3), run.model.motion_noise(16), "sampled motion figure")
    for i, block in zip(ids, blocks, strict=True):
        assert [clip.label for clip in block.clips] == ["real", "motion 1", "motion 2", "motion 3"]
        assert np.array_equal(block.clips[0].frames, run.split.x[i])
        content, _ = run.model.encode(*run.given(np.array([i])))
        motion = run.model.sample_motion(torch.zeros(1, dtype=torch.long), 16, noise[1:2])
        expected = to_uint8(run.model.decode(content, motion))[0]
        assert np.abs(block.clips[2].frames - expected.astype(int)).max() < 2
        assert not np.array_equal(block.clips[2].frames, block.clips[3].frames)


def test_the_number_beside_the_dots_is_that_of_the_record(folder):
    run = shown(folder, "moving_mnist-drawn/rwae")
    given = EvaluationContext(run.model, run.split, run.split, run.data, run.device, {}, None)
    content = run.model.encode(*run.given(np.arange(48)))[0]
    found = neighbours.votes(given, content.double().numpy())
    now = codes.chart(run, 40)
    expected = f"{found['digit_knn']:.3f}, chance {found['digit_knn_chance']:.3f}"
    assert now.title == f"R-WAE(MMD): 5-NN accuracy {expected}"
    assert now.places.shape == (40, 2) and (now.perplexity, now.label) == (10, "digit")
    for frames, digit in zip(now.frames, now.classes, strict=True):
        assert any(
            np.array_equal(frames, x) and digit == known
            for x, known in zip(run.split.x, run.split.labels["digit"], strict=True)
        )


def test_sequences_on_the_map_leave_room_to_each_other():
    points = np.random.default_rng(0).uniform(0, 300, (200, 2))
    taken = codes.apart(points, 42)
    gaps = [np.abs(a - b).max() for i, a in taken.items() for j, b in taken.items() if i < j]
    assert len(taken) > 15 and min(gaps) >= 42 and 0 in taken
    assert all(min(np.abs(point - other).max() for other in taken.values()) < 42 for point in points), "room is left"
    assert len(set(codes.COLOURS)) == 10


def test_a_still_over_time_has_the_first_and_the_last_frame_and_a_wall_every_sequence():
    films = [
        Clip(np.full((100, 1, 8, 8), 40 * n + np.arange(100)[:, None, None, None] % 40, np.uint8), f"{n}")
        for n in range(5)
    ]
    block = Block("five", films)
    still = np.asarray(numbered("title", [block], 4))
    for clip in films:
        for time in (0, 33, 66, 99):
            assert (still == clip.frames[time, 0, 0, 0]).all(-1).sum() >= 64 * 64, (clip.label, time)
    picture = np.asarray(wall(block, 50))
    assert [(picture == 40 * n + 10).all(-1).sum() for n in range(5)] == [64 * 64] * 5
    assert picture.shape[1] == 3 * 65 - 1 and picture.shape[0] < 3 * 65


@pytest.mark.parametrize(
    ("report", "name", "options", "message"),
    [
        ("swap", "faces-drawn/mocogan", {}, "mocogan/faces-drawn/seed0: the model lacks 'encode'"),
        ("swap", "moving_mnist-drawn/rwae", {"length": 30}, "moving_mnist-drawn/test: sequences of 24 frames"),
        ("unconditional", "faces-drawn/mocogan", {"length": 40}, "faces-drawn/test: sequences of 16 frames"),
    ],
)
def test_what_a_figure_cannot_show_is_named(folder, report, name, options, message):
    module = importlib.import_module(f"latentmotion.reporting.figures.{report}")
    with pytest.raises(UserError, match=message) as caught:
        module.render(*declared(folder, report, [name], options), "cpu")
    assert "\n" not in str(caught.value)


def test_more_classes_than_colours_are_refused(folder, monkeypatch):
    monkeypatch.setattr(codes, "COLOURS", codes.COLOURS[:3])
    with pytest.raises(UserError, match="seed0: the dots .* which must have at most 3 classes; got identity") as caught:
        codes.chart(shown(folder, "faces-drawn/rwae-weak"), 40)
    assert "\n" not in str(caught.value)
