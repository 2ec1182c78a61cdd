"""A table with its provenance, as an RO-Crate."""

import json
import shutil
import subprocess

import pytest
from support.project import ROOT
from typer.testing import CliRunner

from latentmotion.cli import app
from latentmotion.core.files import file_digest

VALIDATOR = shutil.which("rocrate-validator")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the catalogue, the published table 1 and its records."""
    for name in ("config", "params.yaml", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "published").mkdir()
    for file in (ROOT / "published").glob("table1.*"):
        shutil.copyfile(file, tmp_path / "published" / file.name)
    record = json.loads((ROOT / "published/table1.json").read_text())
    for file in record["made_from"]:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, tmp_path / file)
        record["made_from"][file] = file_digest(ROOT / file)
    record.pop("sha256")
    (tmp_path / "published/table1.json").write_text(json.dumps(record))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def called(*words: str):
    return CliRunner().invoke(app, ["crate", *words])


def test_a_crate_leads_from_the_table_to_the_trainings_and_data(folder):
    assert called("table1").exit_code == 0
    out = folder / "crates/table1"
    graph = {entity["@id"]: entity for entity in json.loads((out / "ro-crate-metadata.json").read_text())["@graph"]}
    parts = [part["@id"] for part in graph["./"]["hasPart"]]
    assert {"table1.csv", "table1.json", "results/quick/halo/sprites/seed0.json"} <= set(parts)
    for part in parts:
        assert graph[part]["identifier"] == f"sha256:{file_digest(out / part)}"
    rendering = graph["#make-table1"]
    assert {"@id": "results/quick/halo/sprites/seed0.json"} in rendering["object"]
    assert {"@id": "table1.csv"} in rendering["result"]
    scored = graph["#evaluate-results/quick/halo/sprites/seed0.json"]
    weights = next(item["@id"] for item in scored["object"] if item["@id"].startswith("#weights-"))
    trained = graph["#train-results/quick/halo/sprites/seed0.json"]
    assert trained["result"] == {"@id": weights} and trained["startTime"] < trained["endTime"] == scored["startTime"]
    data = graph[trained["object"]["@id"]]
    assert data["identifier"].startswith("sha256:") and "GPL" in data["license"]
    named = {value["@id"] for entity in graph.values() for value in links(entity)}
    assert named <= set(graph) | {"https://w3id.org/ro/crate/1.1"}


def links(entity: dict):
    for value in entity.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield item


def test_a_record_that_was_made_again_is_one_line(folder):
    record = folder / "results/quick/halo/sprites/seed0.json"
    record.write_text(record.read_text() + " ")
    result = called("table1")
    assert result.exit_code == 1 and "seed0.json: is not the record that the report was made from" in result.stderr
    assert not (folder / "crates/table1").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [("table_1", "is no table or figure; did you mean"), ("table2", "make it with 'snakemake table2'")],
)
def test_what_cannot_be_described_is_one_line(folder, name, message):
    result = called(name)
    assert result.exit_code == 1 and message in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.skipif(not VALIDATOR, reason="rocrate-validator not found; pip install roc-validator")
def test_the_validator_of_ro_crate_finds_no_fault(folder):
    assert called("table1").exit_code == 0
    command = [VALIDATOR, "-y", "validate", "--no-paging", "-p", "process-run-crate", "crates/table1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
