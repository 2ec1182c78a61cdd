"""The section `videos` of params.yaml: one entry stands for a data set, a judge, trainings and a table."""

import pytest
import yaml
from support.project import ROOT

from latentmotion.config import catalogue, paths
from latentmotion.config.params import load
from latentmotion.config.settings import prepare_settings
from latentmotion.core.errors import UserError


@pytest.fixture
def params(tmp_path):
    """Loads params.yaml at scale tiny with these tables of own videos."""
    (tmp_path / "config").symlink_to(ROOT / "config")
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))

    def loaded(tables: dict):
        path = tmp_path / "params.yaml"
        path.write_text(yaml.safe_dump(content | {"videos": {"size": 64, "frames": 8, "tables": tables}}))
        return load(path, {"scale": "tiny"})

    return loaded


def test_one_entry_is_a_whole_comparison(params, tmp_path, monkeypatch):
    found = params({"my_table": {"models": ["halo", "dsvae"]}})
    assert prepare_settings(found, "videos") == {
        "source": "real", "size": 16, "frames": 8, "options": {}, "importer": "videos",
    }  # fmt: skip
    table = found.tables["my_table"]
    assert (table.report, table.models, table.datasets) == ("comparison", ["halo", "dsvae"], ["videos"])
    assert {run.model for run in catalogue.report_runs(found, table)} == {"halo", "dsvae"}
    assert catalogue.judged_labels(found, "videos") == ["action"]
    assert catalogue.dataset_module(found, "videos") == "data/importers/videos"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/raw/videos/walk").mkdir(parents=True)
    for name in ("walk/2.gif", "walk/1.gif", "walk/.hidden"):
        (tmp_path / "data/raw/videos" / name).touch()
    assert paths.own_files(found, "videos") == ["data/raw/videos/walk/1.gif", "data/raw/videos/walk/2.gif"]
    assert paths.own_files(found, "sprites-drawn") == []


def test_several_tables_share_a_folder_or_have_their_own(params):
    found = params(
        {
            "first": {"models": ["halo"]},
            "second": {"models": ["halo", "rwae"]},
            "pets": {"models": ["dsvae"], "folder": "pets", "size": 32, "frames": 16, "metrics": ["predict/mse"]},
        }
    )
    assert found.runs["videos"] == ["halo", "rwae"] and found.runs["pets"] == ["dsvae"]
    assert (found.datasets["pets"].size, found.datasets["pets"].frames) == (32, 16)
    assert found.tables["pets"].options == {"metrics": ["predict/mse"]}


def test_nothing_changes_without_an_entry(params):
    assert params({}) == load(ROOT / "params.yaml", {"scale": "tiny"})


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"mine": {"models": ["hallo"]}}, "did you mean 'halo'"),
        ({"mine": {}}, "videos.tables.mine.models': Field required"),
        ({"mine": {"models": ["halo"], "sise": 3}}, "videos.tables.mine.sise': Extra inputs"),
        ({"My table": {"models": ["halo"]}}, "'My table' must be lower-case"),
        ({"mine": {"models": ["halo"], "folder": "../x"}}, "'../x' must be lower-case"),
        ({"table2": {"models": ["halo"]}}, "has a table 'table2'"),
        ({"mine": {"models": ["halo"], "folder": "sprites"}}, "or a data set 'sprites' already"),
        ({"a": {"models": ["halo"]}, "b": {"models": ["halo"], "size": 32}}, "other settings; make them equal"),
        ({"mine": {"models": ["halo"], "options": {"continued": 10}}}, "clips of 10 frames, but 16 are predicted"),
    ],
)
def test_a_wrong_entry_is_one_line(params, tables, message):
    with pytest.raises(UserError, match=message.replace("../", r"\.\./")) as error:
        params(tables)
    assert "\n" not in str(error.value)
