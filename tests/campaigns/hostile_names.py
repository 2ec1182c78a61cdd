"""40 hostile names by every door: each is refused in one line, nothing is written elsewhere, and no shell sees it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from support.campaign import report, size
from support.hostile import NAMES as ALL
from support.project import ROOT
from typer.testing import CliRunner

from latentmotion.cli import app
from latentmotion.config import params
from latentmotion.config.downloads import COLUMNS, read_sources
from latentmotion.core.errors import UserError
from latentmotion.core.records import Evaluation, read_record
from latentmotion.pipeline import one_run

NAMES = ALL[:: max(1, len(ALL) // size(len(ALL)))]


def command(*words: str) -> Callable[[str], None]:
    """A door on the command line; NAME in the words is replaced."""

    def door(name: str) -> None:
        result = CliRunner().invoke(app, [word.replace("NAME", name) for word in words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code != 0, f"accepted: {result.output}"
        lines = [line for line in result.stderr.splitlines() if line.strip()]
        if result.exit_code != 2:  # 2: an error of use, which typer explains in a box
            assert len(lines) == 1, lines
            raise UserError(lines[0])
        raise UserError("an error of use")

    return door


def catalogue(section: str) -> Callable[[str], None]:
    """A key of params.yaml."""

    def door(name: str) -> None:
        content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
        if section == "scale":
            content["scale"] = name
        else:
            content[section][name] = next(iter(content[section].values()))
        Path("params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
        try:
            params.load("params.yaml")
        finally:
            Path("params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())

    return door


def record(key: str) -> Callable[[str], None]:
    """An entry of a record whose text becomes a part of paths."""

    def door(name: str) -> None:
        content = {
            "verb": "evaluate",
            "model": "halo",
            "dataset": "faces",
            "scale": "tiny",
            "source": "real",
            "seed": 0,
        }
        Path("record.json").write_text(json.dumps(content | {key: name}), encoding="utf-8")
        read_record(Path("record.json"), Evaluation)

    return door


def pinned_path(name: str) -> None:
    row = ["toy", f'"{name}"' if '"' not in name else name, "https://example.org/a", "3", "0" * 64, "CC0", ""]
    Path("sources.csv").write_text("\n".join(map(",".join, (COLUMNS, row))) + "\n", encoding="utf-8", newline="")
    for source in read_sources("toy", Path("sources.csv")):
        inside = Path("raw", source.path).resolve().is_relative_to(Path("raw").resolve())
        assert inside and Path(source.path) == Path(name), "a path outside, or another one"
        raise UserError("a harmless name of a file")


DOORS: dict[str, Callable[[str], None]] = {
    "train": command("train", "--", "NAME", "sprites"),
    "train on": command("train", "--", "halo", "NAME"),
    "scale": command("train", "halo", "sprites", "--scale=NAME"),
    "show": command("show", "--scale", "tiny", "--", "NAME", "sprites"),
    "export": command("export", "--scale", "tiny", "--", "halo", "NAME"),
    "list": command("list", "--", "NAME "),
    "table": command("table", "--", "NAME"),
    "publish": command("publish", "--", "NAME"),
    "figure": command("figure", "--name=NAME", "--out=out", '--settings={"report": "x"}', "runs/x"),
    "fetch": command("fetch", "--dataset=NAME", "--out=raw"),
    "prepare": command(
        "prepare", "--dataset=NAME", "--out=out", '--settings={"source": "drawn", "options": {}, "size": 16}'
    ),
    "importer": command(
        "prepare", "--dataset=x", "--out=out", '--settings={"source": "real", "options": {}, "importer": "NAME"}'
    ),
    "judge": command("judge", "--data=NAME", "--label=action", "--out=out", "--settings={}"),
    "gpu-check": command("gpu-check", "--device", "cpu", "--", "NAME"),
    **{f"params.yaml: {key}": catalogue(key) for key in ("models", "datasets", "tables", "figures", "scale")},
    **{f"record: {key}": record(key) for key in ("model", "dataset", "scale")},
    "sources.csv": pinned_path,
}


@pytest.fixture(scope="module", autouse=True)
def result():
    yield
    report(f"names: {len(NAMES)} by {len(DOORS)} doors")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the catalogue; whoever starts a process in it fails the test."""
    (tmp_path / "root").mkdir()
    monkeypatch.chdir(tmp_path / "root")
    Path("config").symlink_to(ROOT / "config")
    Path("params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    Path("data").mkdir()
    Path("data/sources.csv").symlink_to(ROOT / "data/sources.csv")

    def started(*words, **_):
        raise AssertionError(f"a process was started: {words}")

    monkeypatch.setattr(one_run.subprocess, "run", started)
    monkeypatch.setattr(os, "system", started)
    return tmp_path


@pytest.mark.parametrize("door", DOORS)
def test_no_name_gets_through(door, folder):
    allowed = {"root", "root/config", "root/params.yaml", "root/data", "root/data/sources.csv"}
    allowed |= {"root/record.json", "root/sources.csv"}
    for name in NAMES:
        with pytest.raises(UserError):
            DOORS[door](name)
        there = {str(path.relative_to(folder)) for path in folder.rglob("*")}
        assert there <= allowed, name
        assert not Path("/tmp/outside").exists(), name
