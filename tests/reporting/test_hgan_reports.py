"""Hamiltonian GAN's figures 2 to 7 from untrained models, and the table of generated motion from made-up records."""

import csv
import importlib
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from support.project import PUBLISHED
from support.protocols_page import documented
from support.titles import TITLES

from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.core.keyed_random import normal, seed_torch
from latentmotion.core.pixels import to_uint8
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.metrics.participation_ratio import participation_ratio
from latentmotion.evaluation.metrics.two_nearest_neighbours import local_dimension
from latentmotion.reporting.drawing import projections, sequences
from latentmotion.reporting.drawing.trained_run import Shown, open_runs
from latentmotion.reporting.figures import generated_videos as videos
from latentmotion.reporting.figures import motion_manifold as manifold
from latentmotion.reporting.render_figure import render_figure
from latentmotion.reporting.render_table import render_table
from latentmotion.reporting.tables import hgan_motion
from latentmotion.training.load import build

SIMULATED = {"sequences": 16, "test": 8, "validation": 4, "span": 20}
DATA = {
    "pendulum": {"options": SIMULATED},
    "two_body": {"options": SIMULATED | {"dt": 0.1}},
    "balls": {"options": {"sequences": 16, "test": 8, "validation": 4}},
}
MODELS = {
    "mocogan-unconditional": {"system": "mocogan", "network": {"width": 4, "content": 8, "conditional": False}},
    "hnn-gan": {"system": "hgan", "network": {"width": 4, "content": 8, "hidden": 16, "map": False, "cyclic": 0.0}},
    "hgan": {"system": "hgan", "network": {"width": 4, "content": 8, "hidden": 16}},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Prepared data, and an untrained run of every model on each."""
    root = tmp_path_factory.mktemp("motion")
    for dataset, settings in DATA.items():
        data = root / "data" / dataset
        prepare(dataset, None, data, {"source": "real", "size": 16, "frames": 16, **settings})
        shape = PreparedDataset.open(data).shape
        for model, settings in MODELS.items():
            seed_torch(0, model)
            run = root / "runs/tiny" / model / dataset / "seed0"
            run.mkdir(parents=True)
            save_file(build(settings, shape).state_dict(), run / "weights.safetensors")
            record = {"weights": file_digest(run / "weights.safetensors"), "settings": settings}
            (run / "record.json").write_text(json.dumps(record | {"shape": vars(shape), "data_folder": str(data)}))
    return root


def declared(folder: Path, report: str, datasets: list[str], options: dict) -> tuple[list[Path], dict]:
    runs = [folder / "runs/tiny" / model / dataset / "seed0" for dataset in datasets for model in MODELS]
    shown = ["/".join(run.parts[-3:]) for run in runs]
    settings = {
        "scale": "tiny",
        "titles": TITLES,
        "report": report,
        "models": list(MODELS),
        "datasets": datasets,
        "options": options,
    }
    return runs, settings | {"shown": shown}


def opened(folder: Path, dataset: str) -> dict[str, Shown]:
    shown = open_runs(*declared(folder, "test", [dataset], {}), "cpu", set())
    return {run.name.split("/")[0]: run for run in shown}


@pytest.mark.parametrize(
    ("report", "datasets", "options"),
    [
        ("generated_videos", ["pendulum", "two_body"], {"samples": 2}),
        ("motion_manifold", ["pendulum"], {"samples": 40}),
    ],
)
def test_every_figure_is_a_still_and_a_film_of_the_same_bytes(folder, tmp_path, report, datasets, options):
    runs, settings = declared(folder, report, datasets, options)
    render_figure("figure", runs, tmp_path / "figure", settings, "cpu")
    again = importlib.import_module(f"latentmotion.reporting.figures.{report}").render(runs, settings, "cpu")
    assert {suffix: (tmp_path / f"figure.{suffix}").read_bytes() for suffix in again} == again
    still, film = (Image.open(io.BytesIO(again[suffix])) for suffix in ("png", "gif"))
    assert film.n_frames == 16 and film.info["loop"] == 0
    for picture in (still.convert("L"), film.convert("L")):
        assert min(picture.size) > 300 and max(picture.size) < 3000
        ink = np.asarray(picture) < 250
        assert ink[-picture.height // 3 :].any() and ink[:, -picture.width // 3 :].any(), "half of it is empty"


def test_videos_are_test_sequences_and_the_first_samples_of_each_model(folder):
    runs = opened(folder, "pendulum")
    data, *models = videos.rows(list(runs.values()), 3)
    assert [block.heading for block in models] == ["MoCoGAN (unconditional)", "HNN-GAN", "HGAN"]
    ids = runs["hgan"].choose(3, "generated videos figure")
    assert data.heading == "data" and [clip.label for clip in data.clips] == [f"test {i}" for i in ids]
    for i, clip in zip(ids, data.clips, strict=True):
        assert np.array_equal(clip.frames, runs["hgan"].split.x[i])
    for block, (name, run) in zip(models, runs.items(), strict=True):
        assert [clip.label for clip in block.clips] == ["sample 0", "sample 1", "sample 2"], name
        model, alone = run.model, np.array([2])
        content = model.sample_content(normal(alone, model.content_noise, "generated videos figure", "content"))
        noise = normal(alone, model.motion_noise(16), "generated videos figure", "motion")
        expected = to_uint8(model.decode(content, model.sample_motion(torch.zeros(1, dtype=torch.long), 16, noise)))
        assert np.abs(block.clips[2].frames - expected[0].astype(int)).max() < 2


def test_titles_say_data_seed_and_scale_and_runs_stay_with_their_data(folder):
    shown = open_runs(*declared(folder, "test", ["pendulum", "two_body"], {}), "cpu", set())
    found = sequences.by_dataset(shown, "tiny")
    assert list(found) == ["pendulum, seed 0, scale tiny", "two body, seed 0, scale tiny"]
    assert [[run.name.split("/")[1] for run in runs] for runs in found.values()] == [["pendulum"] * 3, ["two_body"] * 3]


def test_no_more_sequences_are_shown_than_there_are(folder):
    rows = videos.rows(list(opened(folder, "pendulum").values()), 100)
    assert [len(block.clips) for block in rows] == [8, 8, 8, 8]


def test_videos_of_what_has_no_time_are_refused(folder):
    runs, settings = declared(folder, "generated_videos", ["balls"], {})
    with pytest.raises(UserError, match="balls: the data are of no simulated system") as caught:
        videos.render(runs, settings, "cpu")
    assert "\n" not in str(caught.value)


def test_dots_are_motions_and_their_colours_the_energy_where_there_is_one(folder):
    for name, run in opened(folder, "pendulum").items():
        model, noise = run.model, normal(np.arange(50), run.model.motion_noise(16), "motion manifold figure")
        motion, energy = manifold.motions(run, 50)
        expected = model.sample_motion(torch.zeros(50, dtype=torch.long), 16, noise)
        assert np.allclose(motion, expected.numpy(), atol=1e-5) and motion.shape == (50, 16, 10)
        if name == "mocogan-unconditional":
            assert energy is None
        else:
            assert np.allclose(energy, model.energies(expected[:, 1:2, None])["total"][:, 0, 0], atol=1e-4)
        cloud = manifold.cloud(run, 50)
        assert cloud.neighbours.shape == (50, 2) and cloud.paths.shape == (50, 16, 2) and cloud.values.shape == (50,)
        by_variance, nearby = participation_ratio(motion[:, 1]), local_dimension(motion[:, 1])
        assert cloud.size == f"dimension {by_variance:.2f} of 10, locally {nearby:.1f}"
        assert cloud.meaning == ("energy" if energy is not None else "first component")


def test_neighbours_stay_neighbours():
    random = np.random.default_rng(0)
    far = np.repeat(np.eye(6)[:3] * 50, 40, axis=0) + random.standard_normal((120, 6))
    found = projections.tsne(far).reshape(3, 40, 2)
    within = np.linalg.norm(found - found.mean(1, keepdims=True), axis=2).max()
    between = np.linalg.norm(found.mean(1)[:, None] - found.mean(1), axis=2)
    assert between[~np.eye(3, dtype=bool)].min() > 2 * within
    assert np.array_equal(projections.tsne(far), found.reshape(120, 2))


def test_too_few_samples_for_a_neighbourhood_are_named(folder):
    runs, settings = declared(folder, "motion_manifold", ["pendulum"], {"samples": 30})
    with pytest.raises(UserError, match=r"options\.samples: 30, but t-SNE needs more than 30"):
        manifold.render(runs, settings, "cpu")


def record(model: str, seed: int, metrics: dict[tuple[str, str], float], status: str = "ok") -> dict:
    cells = [{"protocol": p, "metric": m, "value": v, "n": 256} for (p, m), v in metrics.items()]
    common = {"verb": "evaluate", "model": model, "dataset": "pendulum", "source": "real", "scale": "quick"}
    common |= {"seed": seed, "split": "test", "data": "pendulum", "judges": {}, "classes": {}, "notes": []}
    common |= {"settings": {"predict_length": 16, "rollout_length": 100}}
    return common | {"status": status, "learnt": True, "metrics": cells}


def test_the_table_of_motion(tmp_path):
    dimension = {("motion-manifold", "participation_ratio"): 4.25, ("motion-manifold", "motion_size"): 10}
    dimension |= {("motion-manifold", "local_dimension"): 1.5}
    energy = {("generated-energy", "energy_drift"): 0.0021, ("generated-energy", "reversal_error"): 2e-7}
    energy |= {("generated-energy", "cyclic_coordinates"): 3, ("generated-energy", "coordinates"): 5}
    other = {("generated-energy", "cyclic_coordinates"): 2, ("motion-manifold", "participation_ratio"): 1.25}
    records = {
        "real/pendulum/seed0": record("real", 0, {}),
        "mocogan-unconditional/pendulum/seed0": record("mocogan-unconditional", 0, dimension),
        "hgan/pendulum/seed0": record("hgan", 0, dimension | energy),
        "hgan/pendulum/seed1": record("hgan", 1, dimension | energy | other),
        "hnn-gan/pendulum/seed0": record("hnn-gan", 0, {}, "failed (NaN at step 7)"),
        "hgn/pendulum/seed0": record("hgn", 0, dimension | {("motion-manifold", "encoded_dimension"): 1.75} | energy),
    }
    for name, content in records.items():
        path = tmp_path / f"{name.replace('/', '-')}.json"
        path.write_text(json.dumps(content))
    models = ["mocogan-unconditional", "hnn-gan", "hgan", "hgn"]
    settings = {
        "scale": "quick",
        "titles": TITLES,
        "report": "hgan_motion",
        "models": models,
        "datasets": ["pendulum"],
        "options": {},
    }
    settings["shown"] = list(records)[1:]
    render_table("hgan_motion", sorted(tmp_path.glob("*.json")), PUBLISHED, tmp_path / "out/t.csv", settings)
    text = (tmp_path / "out/t.md").read_text()
    assert (
        "| HGAN | 2.75 ± 2.12 (2) of 10 | 1.50 ± 0.00 (2) |  | 2.1e-03 ± 0.0e+00 (2) | 2.0e-07 ± 0.0e+00 (2) "
        "| 2.5 ± 0.707 (2) of 5 |" in text
    )
    assert "| MoCoGAN (unconditional) | 4.25 (1) of 10 | 1.50 (1) |  |  |  |  |" in text
    assert "| HNN-GAN | failed | failed | failed | failed | failed | failed |" in text
    assert "| HGN | 4.25 (1) of 10 | 1.50 (1) | 1.75 (1) |" in text
    assert "over 100 frames, relative" in text and "after 16 frames forward" in text and "below 0.1 of that" in text
    lines = list(csv.DictReader((tmp_path / "out/t.csv").open()))
    assert {line["metric"] for line in lines if line["row"] == "HGAN"} == {m for _, m in dimension | energy}
    assert not any(line["published"] for line in lines)


def test_the_table_of_motion_has_a_column_for_each_metric_of_its_protocols():
    metrics = {
        (protocol, metric)
        for protocols, text in documented()
        for protocol in protocols & {hgan_motion.MANIFOLD, hgan_motion.ENERGY}
        for metric in re.findall(r"`([a-z_]+)`", text)
    }
    assert {metric for _, metric in metrics - hgan_motion.COLUMNS.keys()} == set(hgan_motion.WHOLE.values())
