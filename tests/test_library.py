"""The package as a library: a trained model on numpy arrays, and the notebook that shows it."""

import ast
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image
from support.prepared_data import prepared_once
from support.project import ROOT
from support.shared import once
from support.untrained_runs import write_run

import latentmotion
from latentmotion.core.errors import UserError
from latentmotion.data.prepared import PreparedDataset

RUN = "halo/sprites-drawn/seed0"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with params.yaml, drawn sprites at scale tiny, and untrained models with the records of trained ones."""
    data = PreparedDataset.open(prepared_once(tmp_path_factory, "sprites", "drawn"))

    def make(folder):
        for model in ("halo", "dsvae", "mocogan"):
            write_run(folder, model, data, "sprites-drawn")
        (folder / "params.yaml").write_text("scale: tiny\n")

    return once(tmp_path_factory, "library", make)


def opened(project, name=RUN):
    model = latentmotion.load(name, project=project, device="cpu")
    test = model.data("test")
    return model, test.x[:4], test.labels["action"][:4]


def test_codes_and_sequences_are_those_of_the_network(project):
    model, x, action = opened(project)
    content, motion = model.encode(x, action)
    with torch.no_grad():
        expected = model.network.encode(torch.from_numpy(x[:]).float() / 127.5 - 1, torch.from_numpy(action))
    np.testing.assert_allclose(content, expected[0].numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(motion, expected[1].numpy(), rtol=1e-5, atol=1e-6)
    again = model.decode(content, motion)
    assert (again.shape, again.dtype) == (x.shape, np.uint8)


def test_a_swap_takes_the_motion_of_the_second_argument(project):
    model, x, action = opened(project)
    swapped = model.swap(x[:2], x[2:], action[:2], action[2:])
    content, motion = model.encode(x, action)
    assert np.array_equal(swapped, model.decode(content[:2], motion[2:]))
    assert not np.array_equal(swapped, model.decode(content[:2], motion[:2]))


def test_predictions_and_samples_have_the_asked_length(project):
    model, x, action = opened(project)
    assert model.predict(x[:, :1], 11, action).shape == (4, 11, *x.shape[2:])
    samples = model.sample(3, length=5, action=np.array([0, 1, 2]), seed=4)
    assert samples.shape == (3, 5, *x.shape[2:])
    alone = model.sample(1, length=5, action=np.int64(0), seed=4)
    assert np.abs(alone[0].astype(int) - samples[0]).max() <= 1  # a sample does not depend on its neighbours
    assert not np.array_equal(alone, model.sample(1, length=5, action=0, seed=5))


def test_a_model_without_action_labels_needs_none(project):
    model, x, _ = opened(project, "dsvae/sprites-drawn/seed0")
    assert not model.takes_actions
    assert model.swap(x[:2], x[2:]).shape == (2, *x.shape[1:])


def test_what_cannot_work_is_one_line(project):
    model, x, action = opened(project)
    for call, message in [
        (lambda: model.encode(x), "takes action labels"),
        (lambda: model.encode(x / 255, action), "float64 of shape"),
        (lambda: model.encode(x[..., :8], action), r"\(N, T, 3, 16, 16\)"),
        (lambda: model.encode(x, action[:2]), "give 4 integers"),
        (lambda: model.sample(3, action=np.array([0, 1])), "give 3 integers"),
        (lambda: model.encode(x, action + 100), "there are 0 to 8"),
        (lambda: model.decode(np.zeros((2, 16)), np.zeros((3, 8, 54))), "give as many of both"),
        (
            lambda: opened(project, "mocogan/sprites-drawn/seed0")[0].encode(x, action),
            "mocogan: the model lacks 'encode'",
        ),
        (lambda: latentmotion.load("halo/sprites/seed0", project=project), f"did you mean '{RUN}'"),
        (lambda: latentmotion.load(RUN, scale="quick", project=project), "no trained runs"),
    ]:
        with pytest.raises(UserError, match=message) as error:
            call()
        assert "\n" not in str(error.value)


def test_pictures_and_films(project, tmp_path):
    _, x, _ = opened(project)
    rows = {"A": x[0], "B": x[1]}
    assert latentmotion.picture(rows).height == 2 * 65
    with Image.open(latentmotion.film(rows, tmp_path / "film.gif")) as film:
        assert film.n_frames == x.shape[1]


def test_the_package_is_imported_without_torch():
    code = "import latentmotion, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT / "src").returncode == 0
    with pytest.raises(AttributeError, match="no attribute 'loads'"):
        latentmotion.loads  # noqa: B018


def test_the_notebook_runs_and_shows_pictures(project):
    """Runs its cells at scale tiny; the pictures in the committed file are of scale quick, from the real Sprites."""
    notebook = json.loads((ROOT / "docs/library.ipynb").read_text(encoding="utf-8"))
    names: dict = {}
    pictures = 0
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        if cell["metadata"].get("tags") == ["parameters"]:
            names |= {"run": RUN, "scale": "tiny", "project": project}
            continue
        tree = ast.parse("".join(cell["source"]))
        last = ast.Expression(tree.body.pop().value)
        exec(compile(tree, "library.ipynb", "exec"), names)
        value = eval(compile(last, "library.ipynb", "eval"), names)
        committed = cell["outputs"][0]["data"]
        assert ("image/png" in committed) == isinstance(value, Image.Image)
        pictures += isinstance(value, Image.Image)
    assert pictures == 2


def test_the_example_on_the_page_runs(project, tmp_path, monkeypatch):
    page = (ROOT / "docs/library.md").read_text(encoding="utf-8")
    code = page.split("```python\n")[1].split("```")[0].replace('"halo/sprites/seed0"', repr(RUN))
    monkeypatch.chdir(project)
    names: dict = {}
    exec(code.replace('"swap.gif"', repr(str(tmp_path / "swap.gif"))), names)
    assert names["longer"].shape[1] == names["new"].shape[1] == 16
    assert (tmp_path / "swap.gif").is_file()
