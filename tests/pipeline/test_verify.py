"""`latentmotion verify` names every damaged artefact of a folder, and changes nothing."""

import hashlib
import json

import pytest
from support.prepared_data import prepared_once
from support.tracked_runs import make

from latentmotion.config.downloads import COLUMNS
from latentmotion.core.errors import UserError
from latentmotion.core.records import write_record
from latentmotion.pipeline.verify import verify

RUN = "runs/tiny/halo/sprites-drawn/seed0"


@pytest.fixture
def root(tmp_path, tmp_path_factory):
    (tmp_path / "data/processed/tiny").mkdir(parents=True)
    (tmp_path / "data/processed/tiny/ring").symlink_to(prepared_once(tmp_path_factory, "ring", "real"))
    (tmp_path / "data/raw/toy").mkdir(parents=True)
    (tmp_path / "data/raw/toy/a.png").write_bytes(b"raw")
    row = ["toy", "a.png", "https://example.org/a.png", 3, hashlib.sha256(b"raw").hexdigest(), "CC0", ""]
    (tmp_path / "data/sources.csv").write_text("\n".join(",".join(map(str, line)) for line in (COLUMNS, row)) + "\n")
    (tmp_path / "data/published.csv").write_text("1\n")
    total = hashlib.sha256(b"1\n").hexdigest()
    (tmp_path / "data/published.csv.sha256").write_text(f"{total}  published.csv\n")
    make(tmp_path)
    history = (tmp_path / RUN / "history.jsonl").read_bytes()
    digests = {"weights": hashlib.sha256(b"heavy").hexdigest(), "history": hashlib.sha256(history).hexdigest()}
    write_record(tmp_path / RUN / "record.json", {"settings": {}, "shape": {}, "data": "", "seed": 0} | digests)
    (tmp_path / "judges/tiny/ring").mkdir(parents=True)
    (tmp_path / "judges/tiny/ring/action.safetensors").write_bytes(b"judge")
    judge = {"weights": hashlib.sha256(b"judge").hexdigest(), "settings": {}}
    write_record(tmp_path / "judges/tiny/ring/action.json", judge)
    write_record(tmp_path / "reports/table2.json", {"settings": {"scale": "tiny"}})
    return tmp_path


def test_a_whole_folder_is_reported_as_such(root, capsys):
    verify(root)
    assert "10 of 10 artefacts are whole" in capsys.readouterr().out


@pytest.mark.parametrize(
    "file, message",
    [
        ("data/raw/toy/a.png", "a.png: 4 bytes instead of 3"),
        (f"{RUN}/weights.safetensors", "weights.safetensors: altered"),
        (f"{RUN}/history.jsonl", "history.jsonl: "),
        (f"{RUN}/record.json", "record.json: damaged record"),
        ("judges/tiny/ring/action.safetensors", "action.safetensors: altered"),
        ("results/tiny/halo/sprites-drawn/seed0.json", "seed0.json: damaged record"),
        ("reports/table2.json", "table2.json: damaged record"),
        ("data/published.csv", "published.csv: its sha256"),
    ],
)
def test_a_damaged_file_is_named(root, capsys, file, message):
    with (root / file).open("ab") as content:
        content.write(b"1")
    with pytest.raises(UserError, match="damaged or missing: 1, named above"):
        verify(root)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and message in lines[0] and lines[1] == "9 of 10 artefacts are whole"


def test_a_record_in_another_runs_place_is_named(root, capsys):
    path = root / "results/tiny/halo/sprites-drawn/seed0.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"seed": 1}))
    with pytest.raises(UserError):
        verify(root)
    assert "seed0.json: damaged record (it is the record tiny/halo/sprites-drawn/seed1.json)" in capsys.readouterr().out
