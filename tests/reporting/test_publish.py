"""`latentmotion publish` copies the reports of one configuration, and refuses every other one in one line."""

import json
from pathlib import Path

import pytest
from support.project import ROOT

from latentmotion.config.params import load
from latentmotion.config.paths import report_files, report_records
from latentmotion.config.settings import claims_settings, report_settings
from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.core.records import write_record
from latentmotion.core.yaml_loader import read_yaml
from latentmotion.pipeline.fingerprints import report_code
from latentmotion.reporting.publish import publish

REAL = Path("config/real.yaml")
CLAIMS = {"verb": "claims", "name": "claims", "made_from": {}, "claims": []}


@pytest.fixture
def params(tmp_path, monkeypatch):
    """The parameters of config/real.yaml, in a folder with the reports table1 and table2 that it describes."""
    monkeypatch.chdir(tmp_path)
    for name in ("params.yaml", "config", "data"):
        Path(name).symlink_to(ROOT / name)
    params = load(overrides=read_yaml(REAL))
    for name in ("table1", "table2"):
        make(params, name)
    return params


def make(params, name: str, **changes) -> None:
    records = report_records(params, params.tables[name])
    for number, record in enumerate(map(Path, records)):
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(record.read_text() if record.exists() else f"{name} {number}")
    *files, last = map(Path, report_files(params, "tables", name))
    last.parent.mkdir(exist_ok=True)
    for file in files:
        file.write_text(f"new {file.name}")
    content = {"settings": report_settings(params, "tables", name), "code": report_code(params, "tables", name)}
    write_record(last, content | {"made_from": {file: file_digest(Path(file)) for file in records}} | changes)


def published() -> set[str]:
    return {file.stem for file in Path("published").glob("*.json")}


def test_every_report_of_the_configuration_is_published(params, capsys):
    make(load(overrides={"scale": "tiny"}), "table3")
    publish([], REAL, force=False)
    assert published() == {"table1", "table2"}
    assert capsys.readouterr().out.splitlines() == [
        "table1: published",
        "table2: published",
        "table3: left out, it is of scale 'tiny' and not of 'quick'",
    ]
    assert Path("published/table2.csv").read_text() == "new table2.csv"
    assert 'id="table2"' in Path("published/index.html").read_text()


def test_one_report_is_published(params):
    publish(["table2"], REAL, force=False)
    assert published() == {"table2"}


def other_scale(params):
    make(load(overrides={"scale": "tiny"}), "table2")


def other_source(params):
    make(load(), "table2")


def other_code(params):
    make(params, "table2", code="0")


def own_record(params) -> Path:
    """A record that table2 shows and table1 does not."""
    return Path(next(file for file in report_records(params, params.tables["table2"]) if "/s3vae/" in file))


def other_records(params):
    own_record(params).write_text("new scores")


def no_record(params):
    own_record(params).unlink()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (other_scale, "it is of scale 'tiny' and not of 'quick'"),
        (other_source, "it was made with other settings (shown, models, datasets, titles)"),
        (other_code, "it was rendered by other code"),
        (other_records, "it was made from other records than those in results/"),
        (no_record, "a record that it was made from is not there or damaged"),
    ],
)
def test_another_report_is_refused_unless_it_is_forced(params, change, message):
    change(params)
    with pytest.raises(UserError) as error:
        publish(["table1", "table2"], REAL, force=False)
    text = str(error.value)
    assert text.startswith(f"table2: not published, {message}") and "\n" not in text and "--force" in text
    assert published() == set()
    publish(["table2"], REAL, force=True)
    assert published() == {"table2"}


@pytest.mark.parametrize("force", [False, True])
def test_an_incomplete_damaged_or_unknown_report_is_refused(params, force):
    with pytest.raises(UserError, match="'tabel2': no such report; did you mean 'table2'"):
        publish(["tabel2"], REAL, force)
    Path("reports/table2.tex").unlink()
    with pytest.raises(UserError, match="reports/table2.tex: missing; make it with 'snakemake --configfile"):
        publish(["table2"], REAL, force)
    Path("reports/table1.json").write_text("{}")
    with pytest.raises(UserError, match="table1.json: damaged record"):
        publish(["table1"], REAL, force)
    Path("reports/table1.md").unlink()
    with pytest.raises(UserError, match="nothing to publish"):
        publish([], REAL, force)
    assert published() == set()


def test_verdicts_are_published_while_their_records_are_the_same(params):
    record = Path("results/quick/toy.json")
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text("a record")
    content = CLAIMS | {"settings": json.loads(json.dumps(claims_settings(params)))}
    for suffix in ("csv", "md", "html"):
        Path(f"reports/claims.{suffix}").touch()
    write_record(Path("reports/claims.json"), content | {"made_from": {str(record): file_digest(record)}})
    publish(["claims"], REAL, force=False)
    assert published() == {"claims"}
    record.write_text("another one")
    with pytest.raises(UserError, match="claims: not published, results/quick/toy.json has changed since"):
        publish(["claims"], REAL, force=False)
