"""The pages of documentation: their links, the verbs that they name, and their examples, which are run."""

import ast
import importlib
import importlib.util
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from support.project import ROOT

from latentmotion.cli import app
from latentmotion.config.params import load
from latentmotion.config.settings import prepare_settings
from latentmotion.contracts.datasets import agrees_with_its_manifest
from latentmotion.core.keyed_random import seed_torch
from latentmotion.core.source_code import constant, modules
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import write
from latentmotion.models.base import Batch, DataShape

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "config/README.md"]
PAGES += [ROOT / "benchmarks/README.md"]
PAGES += sorted(page for page in (ROOT / "docs").glob("*.md") if page.name != "results.md")
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def example(page: str, number: int) -> dict:
    """The names that a code example of a page defines."""
    names: dict = {"__name__": "example"}
    exec(compile(PYTHON.findall((ROOT / page).read_text(encoding="utf-8"))[number], page, "exec"), names)
    return names


def test_every_protocol_is_on_its_page():
    page = (ROOT / "docs/protocols.md").read_text(encoding="utf-8")
    names = [constant(f"evaluation/protocols/{name}", "NAME", None) for name in modules("evaluation/protocols")]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page):
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    files = [link for link in links if "://" not in link]
    assert [link for link in files if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_source_files_exist(page):
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"(?<![\w/.])((?:src|tests|profiles|workflow)/[\w/.-]*[\w/])(?![\w<*])", text)
    assert [path for path in named if not (ROOT / path).exists()] == []
    modules = re.findall(r"python -m (latentmotion[\w.]*)", text)
    assert [module for module in modules if importlib.util.find_spec(module) is None] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_verbs_exist(page):
    """Checks every `latentmotion <verb>` in code; the changelog may name verbs that are gone."""
    text = "" if page.name == "CHANGELOG.md" else page.read_text(encoding="utf-8")
    verbs = {command.name or command.callback.__name__.replace("_", "-") for command in app.registered_commands}
    named = re.findall(r"(?:`|^    |^)latentmotion ([a-z][a-z0-9-]*)", text, re.MULTILINE)
    assert set(named) <= verbs


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_examples_import_exists(page):
    for code in PYTHON.findall(page.read_text(encoding="utf-8")):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module)
                missing = [name.name for name in node.names if not hasattr(module, name.name)]
                assert [name for name in missing if not importlib.util.find_spec(f"{node.module}.{name}")] == []


@pytest.mark.parametrize("size", [16, 32])
def test_the_example_of_a_data_set_keeps_the_contract(tmp_path, size):
    settings = {"source": "real", "size": size, "frames": 16, "options": {"things": 40}}
    write(example("docs/adding-a-dataset.md", 0)["prepare"](None, settings), tmp_path / "mydata", settings)
    test = PreparedDataset.open(tmp_path / "mydata").split("test")
    assert test.truth(16, np.arange(len(test))).shape == (16, 16, 3, size, size)  # as many frames as are predicted
    assert np.any(test.x[:, 1:] != test.x[:, :-1], axis=(1, 2, 3, 4)).all()


def test_the_example_of_own_videos_is_a_data_set(tmp_path, monkeypatch):
    """The program draws the videos that the entry names; tests/pipeline/test_own_data.py makes the table."""
    monkeypatch.chdir(tmp_path)
    example("docs/own-videos.md", 0)
    entry = re.search(r"^```yaml\n(.*?)^```", (ROOT / "docs/own-videos.md").read_text(encoding="utf-8"), re.S | re.M)
    (tmp_path / "config").symlink_to(ROOT / "config")
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text[: text.index("\nvideos:")] + "\n" + entry[1], encoding="utf-8")
    params = load(tmp_path / "params.yaml", {"scale": "tiny"})
    settings = prepare_settings(params, params.tables["my_table"].datasets[0])
    prepare("videos", Path("data/raw/videos"), tmp_path / "made", settings)
    agrees_with_its_manifest(tmp_path / "made", settings)
    data = PreparedDataset.open(tmp_path / "made")
    assert data.labels["action"].classes == ("fall", "slide") and len(data.split("train")) >= 16


def test_the_example_of_a_model_learns():
    names = example("docs/adding-a-model.md", 0)
    seed_torch(0, "example")
    model = names["Model"](names["Config"](code=8), DataShape(frames=8, channels=3, size=16, actions=2, groups=4))
    x = torch.rand(4, 8, 3, 16, 16) * 2 - 1
    batch = Batch(x, torch.arange(4) % 2, torch.arange(4), torch.ones(4, 8, dtype=torch.bool))
    model.losses(batch)["total"].backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    content, motion = model.encode(x, batch.action)
    assert (content.shape, motion.shape) == ((4, 8), (4, 8, 8))
    assert model.decode(content, motion).shape == x.shape


def committed(path: str) -> str:
    """A file as the last commit has it."""
    shown = subprocess.run(["git", "show", f"HEAD:{path}"], cwd=ROOT, capture_output=True, encoding="utf-8")
    if shown.returncode:
        pytest.skip(f"git cannot show {path}: {shown.stderr.strip()}")
    return shown.stdout


def test_the_results_in_the_readme_are_those_of_the_reports():
    """Every number of ours, and every printed one, stands in the committed report that its row links to."""
    rows = re.findall(
        r"^\| \[[^]]+\]\((published/[^)]+)\) \|[^|]*\|([^|]*)\|([^|]*)\|", committed("README.md"), re.MULTILINE
    )
    assert 1 <= len(rows) <= 10
    for report, ours, printed in rows:
        text = committed(report)
        assert ours.strip() in text, f"{report} has no {ours.strip()}; bring the row of README.md up to date"
        assert not re.search(r"\d", printed) or printed.strip() in text, f"{report} has no printed {printed.strip()}"
