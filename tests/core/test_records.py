"""Records state the digest of their own content, and a damaged one is one line."""

import json
from pathlib import Path

import pytest
from support.project import ROOT

from latentmotion.core.errors import UserError
from latentmotion.core.history import read_history
from latentmotion.core.records import Evaluation, Run, read_record, write_record

RECORD = {
    "verb": "evaluate", "model": "halo", "dataset": "faces", "scale": "tiny", "source": "real", "seed": 0,
    "metrics": [{"protocol": "real", "metric": "mse", "value": 0.5, "n": 3}],
}  # fmt: skip


@pytest.fixture
def path(tmp_path) -> Path:
    write_record(tmp_path / "record.json", RECORD)
    return tmp_path / "record.json"


def test_a_record_that_was_altered_is_refused(path):
    assert read_record(path, Evaluation) == RECORD and "sha256" in json.loads(path.read_text())
    path.write_text(path.read_text().replace("0.5", "0.9"))
    with pytest.raises(UserError, match=r"record.json: damaged record \(altered after it was written"):
        read_record(path)


def test_a_record_from_before_digests_were_introduced_is_read(path):
    path.write_text(json.dumps(RECORD))
    assert read_record(path, Evaluation) == RECORD


@pytest.mark.parametrize(
    "text, message",
    [
        ("[]", "no entries"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("{}", "entry 'verb': is missing"),
        (json.dumps(RECORD | {"model": "../x"}), "entry 'model'"),
        (json.dumps(RECORD | {"dataset": "x\n"}), "entry 'dataset'"),
        (json.dumps(RECORD | {"seed": -1}), "entry 'seed'"),
        (json.dumps(RECORD | {"metrics": [{"protocol": "real", "metric": "mse", "value": "0.5"}]}), "metrics.0.value"),
        (json.dumps(RECORD).replace("0.5", "NaN"), "metrics.0.value"),
    ],
)
def test_what_a_record_lacks_is_named_in_one_line(path, text, message):
    path.write_text(text)
    with pytest.raises(UserError, match=f"damaged record .*{message}") as caught:
        read_record(path, Evaluation)
    assert "\n" not in str(caught.value)


def test_the_committed_records_can_be_read():
    found = list((ROOT / "results").glob("*/*/*/seed*.json"))
    assert len(found) > 50
    for file in found:
        record = read_record(file, Evaluation)
        assert file.name == f"seed{record['seed']}.json" and file.parent.name == record["dataset"]


def test_the_record_of_a_run_names_its_weights(path):
    with pytest.raises(UserError, match="entry 'weights': is missing"):
        read_record(path, Run)


@pytest.mark.parametrize(
    "line", ["", "[]", '{"loss": 1}', '{"step": 1, "loss": NaN}', '{"step": 0, "loss": 1}', "\x00", '{"step": true}']
)
def test_a_damaged_line_of_a_history_is_named(tmp_path, line):
    (tmp_path / "history.jsonl").write_text(f'{{"step": 1, "loss": 2}}\n{line}\n')
    with pytest.raises(UserError, match="history.jsonl: line 2 is damaged"):
        read_history(tmp_path / "history.jsonl")


def test_a_history_is_read(tmp_path):
    (tmp_path / "history.jsonl").write_text('{"step": 1, "loss": 2}\n{"step": 3, "loss": 1.5}\n')
    assert read_history(tmp_path / "history.jsonl")[-1] == {"step": 3, "loss": 1.5}
    (tmp_path / "history.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="not text"):
        read_history(tmp_path / "history.jsonl")
