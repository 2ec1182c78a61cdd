"""Raw files of an option: MNIST's training images are asked for where moving digits are made from them, and only there.

No network: a mirror folder holds small files in MNIST's format, to which a copy's sources.csv is pinned.
"""

import csv
import hashlib
import json
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from support.mnist_files import write
from support.project import ROOT, Project, copy

from latentmotion.config import catalogue, downloads, params
from latentmotion.core.errors import UserError
from latentmotion.data import fetch
from latentmotion.data.readers import mnist

MANIFEST = "data/processed/tiny/moving_mnist/manifest.json"
EXTRA = "moving_mnist_training_images"


def names(source: str, training_images: bool) -> list[str]:
    """Where `sources.csv` is asked for files of moving digits."""
    section = {"source": source, "options": {"training_images": training_images}}
    found = params.load(overrides={"scale": "tiny", "datasets": {"moving_mnist": section}})
    return catalogue.raw_names(found, catalogue.ids(found)["moving_mnist"])


def test_an_option_asks_for_its_files_where_it_is_on():
    assert names("real", True) == ["moving_mnist", EXTRA]
    assert names("real", False) == ["moving_mnist"]
    assert names("drawn", True) == names("drawn", False) == []


def test_the_papers_scale_asks_for_them_and_no_other_dataset_has_such_files():
    paper = params.load(overrides={"scale": "paper"})
    asked = {name for dataset in catalogue.ids(paper).values() for name in catalogue.raw_names(paper, dataset)}
    assert asked - set(paper.datasets) == {EXTRA}


@pytest.fixture
def mirror(tmp_path) -> Path:
    """100 test images of grey levels 1 to 100 and 120 training images of 101 to 220."""
    write(tmp_path / "mirror", mnist.TEST, 100, 1)
    write(tmp_path / "mirror", mnist.TRAINING, 120, 101)
    return tmp_path / "mirror"


def pin(table: Path, mirror: Path) -> None:
    """Sizes and sums of the mirror's files into sources.csv, with an address that does not exist."""
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if (copied := mirror / row["path"]).is_file():
            content = copied.read_bytes()
            row |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "url": "https://invalid/"}
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, downloads.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def project(tmp_path, mirror) -> Project:
    made = copy(tmp_path / "project")
    pin(made.path / "data/sources.csv", mirror)
    return made


def test_the_workflow_fetches_them_where_the_option_is_on(project, mirror):
    def real(training_images: bool) -> list[str]:
        section = {"source": "real", "options": {"training_images": training_images}}
        file = project.path / f"{training_images}.json"
        file.write_text(json.dumps({"datasets": {"moving_mnist": section}}))
        return [MANIFEST, "--configfile", file.name]

    without = {"fetch_moving_mnist": 1, "prepare": 1}
    assert project.planned(*real(False)) == without
    assert project.planned(*real(True)) == without | {f"fetch_{EXTRA}": 1}
    project.run("snakemake", *real(True), LATENTMOTION_MIRROR=str(mirror))
    raw = project.path / "data/raw/moving_mnist"
    assert sorted(path.name for path in (raw / "mnist").iterdir()) == sorted(
        Path(file).name for file in mnist.TEST + mnist.TRAINING
    )
    facts = json.loads((project.path / MANIFEST).read_text())["facts"]
    assert facts["source"].startswith("MNIST test images (test) and training images")
    assert project.planned(*real(True)) == {}


def test_what_is_missing_from_a_mirror_is_found_where_the_message_says(tmp_path, mirror, monkeypatch):
    table = tmp_path / "sources.csv"
    table.write_bytes((ROOT / "data/sources.csv").read_bytes())
    pin(table, mirror)
    images = (mirror / mnist.TRAINING[0]).rename(tmp_path / "elsewhere")

    def urlopen(request, timeout):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setenv(fetch.MIRROR, str(mirror))
    with pytest.raises(UserError, match=f"to a folder that holds {mnist.TRAINING[0]}$"):
        fetch.fetch(EXTRA, tmp_path / "raw", table)
    images.rename(mirror / mnist.TRAINING[0])
    fetch.fetch(EXTRA, tmp_path / "raw", table)
    assert all((tmp_path / "raw" / file).is_file() for file in mnist.TRAINING)
