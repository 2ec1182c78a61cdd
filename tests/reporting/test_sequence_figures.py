"""Figures of sequences from untrained models: each shows what its caption promises, and errors are one line."""

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
from latentmotion.core.keyed_random import seed_torch
from latentmotion.core.pixels import to_uint8
from latentmotion.core.source_code import modules
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.reporting.drawing import plots, projections, sequences
from latentmotion.reporting.drawing.trained_run import Shown, open_runs
from latentmotion.reporting.figures import (
    content_swap,
    energy,
    image_to_sequence,
    long,
    operators,
    phase_space,
    prediction,
)
from latentmotion.reporting.render_figure import render_figure
from latentmotion.training.load import build

TINY = {"width": 4, "dense": 16, "features": 16, "content": 8, "motion": 8, "position": 4}
MODELS = {
    "halo": {},
    "halo-unconditional": {"conditional": False},
    "halo-linear": {"dynamics": "linear"},
    "halo-rnn": {"dynamics": "recurrent"},
}
DATA = {
    "balls": {"source": "real", "size": 16, "frames": 16, "options": {"sequences": 24, "test": 10, "validation": 4}},
    "faces-drawn": {"source": "drawn", "size": 16, "frames": 8, "options": {"people": 4, "takes": 3}},
}
CASES = [
    ("prediction", ["halo"], ["balls", "faces-drawn"], {"sequences": 2}, 16),
    ("image_to_sequence", ["halo-linear", "halo"], ["faces-drawn"], {}, 16),
    ("motion_swap", ["halo-linear", "halo-rnn", "halo"], ["faces-drawn"], {"pairs": 2}, 8),
    ("operators", ["halo-unconditional"], ["faces-drawn"], {"length": 12}, 12),
    ("energy", ["halo", "halo-unconditional"], ["faces-drawn"], {"length": 9}, 9),
    ("phase_space", ["halo"], ["balls", "faces-drawn"], {"encoded": 8}, 16),
    ("long", ["halo"], ["balls", "faces-drawn"], {"length": 30}, 30),
    ("content_swap", ["halo"], ["balls", "faces-drawn"], {}, 16),
]
# Figures of other papers and data have their tests in test_rotating_mnist_reports.py, test_hgan_reports.py,
# test_sound_swap.py, test_rwae_figures.py and models/test_hamiltonian_flow.py.
OWN_TESTS = {"rotating_mnist", "density", "learning_curves"}
OWN_TESTS |= {"generated_videos", "motion_manifold", "sound_swap"}
OWN_TESTS |= {"swap", "unconditional", "content_codes", "sampled_motion"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Prepared data, and a run of every model on each: untrained weights and the record that a training leaves."""
    root = tmp_path_factory.mktemp("figures")
    for dataset, settings in DATA.items():
        data = root / "data" / dataset
        prepare(dataset.removesuffix("-drawn"), None, data, settings)
        shape = PreparedDataset.open(data).shape
        for model, extra in MODELS.items():
            plane = {"position": 1, "sees": "state"} if dataset == "balls" else {}
            settings = {"system": "halo", "network": TINY | plane | extra}
            seed_torch(0, model)
            run = root / "runs/tiny" / model / dataset / "seed0"
            run.mkdir(parents=True)
            save_file(build(settings, shape).state_dict(), run / "weights.safetensors")
            record = {"weights": file_digest(run / "weights.safetensors"), "settings": settings}
            record |= {"shape": vars(shape), "data_folder": str(data)}
            (run / "record.json").write_text(json.dumps(record))
    return root


def declared(folder: Path, report: str, models: list[str], datasets: list[str], options: dict) -> tuple[list, dict]:
    """The runs of a figure and its settings."""
    runs = [folder / "runs/tiny" / model / dataset / "seed0" for dataset in datasets for model in models]
    settings = {"scale": "tiny", "titles": TITLES, "report": report, "models": models, "options": options}
    settings["datasets"] = [dataset.removesuffix("-drawn") for dataset in datasets]
    return runs, settings | {"shown": ["/".join(run.parts[-3:]) for run in runs]}


def shown(folder: Path, model: str, dataset: str, needs: frozenset = frozenset()) -> Shown:
    return open_runs(*declared(folder, "test", [model], [dataset], {}), "cpu", needs)[0]


def rendered(report: str, *arguments) -> dict[str, bytes]:
    return importlib.import_module(f"latentmotion.reporting.figures.{report}").render(*arguments)


@pytest.mark.parametrize(("report", "models", "datasets", "options", "moments"), CASES, ids=[c[0] for c in CASES])
def test_every_figure_is_a_still_and_a_film_of_the_same_bytes(
    folder, tmp_path, report, models, datasets, options, moments
):
    runs, settings = declared(folder, report, models, datasets, options)
    render_figure("figure", runs, tmp_path / "figure", settings, "cpu")
    again = rendered(report, runs, settings, "cpu")
    assert {suffix: (tmp_path / f"figure.{suffix}").read_bytes() for suffix in again} == again
    still, film = (Image.open(io.BytesIO(again[suffix])) for suffix in ("png", "gif"))
    assert film.n_frames == moments and film.info["loop"] == 0
    for picture in (still.convert("L"), film.convert("L")):
        assert min(picture.size) > 150 and max(picture.size) < 3000
        ink = np.asarray(picture) < 250
        assert ink[-picture.height // 3 :].any() and ink[:, -picture.width // 3 :].any(), "half of it is empty"


def test_every_figure_of_sequences_is_tried_here():
    assert {case[0] for case in CASES} == set(modules("reporting/figures")) - OWN_TESTS


def test_sequences_are_chosen_by_a_key_from_every_action_and_no_group_twice(folder):
    run = shown(folder, "halo", "faces-drawn")
    ids = run.choose(6, "one")
    assert sorted(run.split.labels["action"][ids]) == list(range(6))
    assert len(np.unique(run.split.group[ids])) == 6
    assert np.array_equal(ids, run.choose(6, "one")) and not np.array_equal(ids, run.choose(6, "two"))
    assert np.array_equal(run.choose(3, "one"), ids[:3])
    assert len(run.choose(1000, "one")) == len(np.unique(run.split.group))


def test_the_title_says_system_data_scale_and_seed_and_calls_drawn_data_so(folder):
    assert shown(folder, "halo-linear", "faces-drawn").title == "Linear, faces (drawn), seed 0, scale tiny"


def test_models_stand_in_the_order_of_the_catalogue(folder):
    runs, settings = declared(folder, "test", ["halo-rnn", "halo"], ["faces-drawn", "balls"], {})
    opened = [run.name for run in open_runs(runs[::-1], settings, "cpu", set())]
    assert opened == [f"{m}/{d}/seed0" for d in ("faces-drawn", "balls") for m in ("halo-rnn", "halo")]


def test_prediction_shows_truth_reconstruction_and_what_one_frame_gives(folder):
    run = shown(folder, "halo", "faces-drawn")
    for block, i in zip(prediction.predictions(run, 2, 16), run.choose(2, "prediction figure"), strict=True):
        assert [clip.label for clip in block.clips] == ["original", "reconstruction", "generated"]
        original, reconstruction, generated = (clip.frames for clip in block.clips)
        ids = np.array([i])
        assert np.array_equal(original, run.split.continued[i])
        x, action = run.tensor(original)[None], run.on_device(run.split.labels["action"][ids])
        assert np.array_equal(generated, to_uint8(run.model.predict(x[:, :1], 16, action))[0])
        assert (
            np.abs(to_uint8(run.model.decode(*run.model.encode(x, action)))[0] - reconstruction.astype(int)).max() < 2
        )


def test_image_to_sequence_asks_for_every_action_by_name(folder):
    run = shown(folder, "halo", "faces-drawn")
    (block,) = image_to_sequence.continuations(run, 1, 12)
    assert tuple(clip.label for clip in block.clips) == run.actions
    i = run.choose(1, "image to sequence figure")[0]
    assert np.array_equal(block.start.frames, run.split.x[i, :1])
    for action, clip in enumerate(block.clips):
        alone = run.model.predict(run.tensor(run.split.x[i : i + 1, :1]), 12, run.on_device([action]))
        assert np.abs(to_uint8(alone)[0] - clip.frames.astype(int)).max() < 2


def test_one_operator_moves_one_subspace_from_the_same_picture(folder):
    run = shown(folder, "halo-unconditional", "faces-drawn")
    path = run.model.advance(torch.randn(1, run.model.operators, run.model.size), 0, 5)
    for k, alone in enumerate(sequences.alone(path)):
        moved = (alone != path[0, :1]).flatten(2).any(2).any(0)
        assert moved.tolist() == [operator == k for operator in range(run.model.operators)]
        assert torch.equal(alone[:, k], path[0, :, k])
    (block,) = operators.operators(run, 1, 6)
    assert [clip.label for clip in block.clips] == [*(f"operator {k + 1}" for k in range(6)), "all operators"]
    first = block.clips[-1].frames[0].astype(int)
    assert all(np.abs(clip.frames[0] - first).max() < 2 for clip in block.clips)


@pytest.mark.parametrize("model", ["halo", "halo-unconditional"])
def test_energies_add_up_and_the_total_stays(folder, model):
    run = shown(folder, model, "faces-drawn")
    start, motions = energy.motions(run, 100)
    assert start.startswith("from the first frame of test sequence ")
    assert len(motions) == 6
    for motion in motions:
        terms = [motion.energies[name] for name in ("kinetic", "potential", "nonseparable")]
        assert np.allclose(sum(terms), motion.energies["total"], rtol=1e-9, atol=1e-12)
        assert motion.drift < 1e-5 and np.ptp(terms[0]) > 1e-3 * abs(motion.energies["total"][0])
        assert len(motion.frames) == 100 and motion.between == energy.BETWEEN == (len(terms[0]) - 1) / 99


def test_between_the_frames_the_energies_are_those_of_the_flow(folder):
    run = shown(folder, "halo-unconditional", "faces-drawn")
    state = torch.randn(1, run.model.operators, run.model.size)
    frames, fine = energy._paths(run.model, state, 5)
    assert torch.allclose(fine[:, :: energy.BETWEEN], frames, atol=1e-5)
    half = run.model.dynamics.flow(torch.tensor([2.5]))[0].float() @ state[0, :, :, None]
    assert torch.allclose(fine[0, 2 * energy.BETWEEN + energy.BETWEEN // 2], half[..., 0], atol=1e-4)


def test_times_are_round():
    assert energy._times(100, 7).tolist() == [0, 20, 40, 60, 80]
    assert energy._times(9, 7).tolist() == [0, 2, 4, 6, 8] and energy._times(3, 7).tolist() == [0, 1, 2]


def test_a_long_sequence_is_broken_into_lines_without_loss(folder):
    run = shown(folder, "halo", "faces-drawn")
    block = long.rollouts(run, 1, 47)[0]
    wrapped = long.wrapped(block, 20)
    assert [clip.label for clip in wrapped.clips] == [
        "original",
        "frames 1 to 20",
        "frames 21 to 40",
        "frames 41 to 47",
    ]
    assert np.array_equal(np.concatenate([clip.frames for clip in wrapped.clips[1:]]), block.clips[1].frames)


def test_swapped_content_is_the_others_and_motion_is_ones_own(folder):
    run = shown(folder, "halo", "balls")
    found = run.pairs(["colour"], 3, "content swap figure")
    assert len(found) == 3 and len(set(np.ravel(found))) == 6
    for (a, b), block in zip(found, content_swap.swaps(run, 3), strict=True):
        assert run.split.labels["colour"][a] != run.split.labels["colour"][b]
        rows = ("original", "reconstruction", "content swapped")
        assert [clip.label for clip in block.clips] == [f"{row} {who}" for row in rows for who in "AB"]
        content, motion = run.model.encode(*run.given(np.array([a, b])))
        expected = to_uint8(run.model.decode(content.flip(0), motion))
        for clip, frames in zip(block.clips[4:], expected, strict=True):
            assert np.abs(clip.frames - frames.astype(int)).max() < 2


def test_the_phase_space_of_balls_is_the_plane_of_position_and_momentum(folder):
    run = shown(folder, "halo", "balls")
    now = phase_space.scene(run, 8)
    plane = projections.plane_of(now.encoded[:, :, 0].flatten(0, 1).numpy())
    assert plane.names == ("position q", "momentum p") and np.array_equal(plane.directions, np.eye(2))
    assert np.allclose(plane.project(now.paths[0, :, 0].numpy()), now.paths[0, :, 0])
    assert [clip.label for clip in now.block.clips[2:]] == [f"random state {letter}" for letter in "ABC"]
    ((plot, points),) = phase_space.planes(run, now)
    assert len(points) == 4
    for x, y in (plot.at(*point) for path in points for point in path):
        assert 0 < x < plot.picture.width and 0 < y < plot.picture.height


def test_a_larger_phase_space_is_shown_where_its_states_vary_most():
    states = np.random.default_rng(0).normal(size=(500, 6)) * [0.1, 3, 0.1, 0.1, 1, 0.1] + 2
    plane = projections.plane_of(states)
    assert np.abs(plane.directions[0, 1]) > 0.99 and np.abs(plane.directions[1, 4]) > 0.99
    assert plane.directions.max() > 0.99, "the sign of a component depends on the machine"
    assert np.allclose(plane.project(states).mean(0), 0)
    assert plane.names[0] == "component 1 (89%)"


def test_a_mark_is_drawn_at_its_coordinates():
    line = plots.Curve("total", np.full(21, 2.0), plots.BLACK, "-")
    other = plots.Curve("kinetic", np.linspace(0, 5, 21), plots.BLUE, "--")
    plot = plots.over_time([line, other], "title", 300, 150, 6, np.array([0, 20]), 1, len(line.values) - 1)
    assert plot.picture.size == (plots.MARGIN + 300 + plots.RIGHT, 150)
    ends = [plot.at(time, 2.0) for time in (0, 20)]
    for x, y in ends:
        assert min(plot.picture.getpixel((int(x) + dx, int(y)))[0] for dx in (-1, 0, 1)) < 60
    assert (round(ends[0][0]), round(ends[1][0])) == (plots.MARGIN + 6, plots.MARGIN + 294)


@pytest.mark.parametrize(
    ("report", "model", "dataset", "options", "message"),
    [
        ("image_to_sequence", "halo", "balls", {}, "halo/balls/seed0: the dataset has one action only"),
        ("image_to_sequence", "halo-unconditional", "faces-drawn", {}, "seed0: the model lacks 'action_motion'"),
        ("operators", "halo", "faces-drawn", {}, "halo/faces-drawn/seed0: the model is conditional, so that one"),
        ("energy", "halo-linear", "faces-drawn", {}, "halo-linear/faces-drawn/seed0: the model lacks 'energy'"),
        ("prediction", "halo", "faces-drawn", {"length": 20}, "faces-drawn/test: sequences of 16 frames"),
    ],
)
def test_what_a_figure_cannot_show_is_named(folder, report, model, dataset, options, message):
    with pytest.raises(UserError, match=message) as caught:
        rendered(report, *declared(folder, report, [model], [dataset], options), "cpu")
    assert "\n" not in str(caught.value)


def test_a_figure_without_runs_is_refused(folder):
    _, settings = declared(folder, "long", ["halo"], ["balls"], {})
    for report in ("long", "motion_swap"):
        with pytest.raises(UserError, match=r"no model of \['halo'\] is trained on any of \['balls'\]"):
            rendered(report, [], settings, "cpu")


def test_sequences_with_hidden_frames_are_refused(folder, monkeypatch):
    opened = PreparedDataset.split

    def with_hidden(data, name):
        split = opened(data, name)
        split.seen[0, 0] = False
        return split

    monkeypatch.setattr(PreparedDataset, "split", with_hidden)
    with pytest.raises(UserError, match="balls: its sequences have hidden frames"):
        shown(folder, "halo", "balls")
