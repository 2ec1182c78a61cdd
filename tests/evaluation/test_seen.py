"""How much a run has seen, beside what is known of the paper's run."""

from pathlib import Path

import pytest
from support.project import ROOT

from latentmotion.config import params
from latentmotion.core.errors import UserError
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation.seen import BUDGETS, published_budgets, seen

TRAINING = {"model": "halo", "steps": 5400, "settings": {"training": {"batch": 16}}}


def data(name: str) -> PreparedDataset:
    return PreparedDataset(Path(name), {"splits": {"train": {"sequences": 8100}}})


def test_sequences_epochs_and_the_papers_number():
    found = seen(TRAINING, data("sprites"), ROOT / BUDGETS)
    assert found["sequences"] == 86400 and found["epochs"] == 10.67 and found["training_sequences"] == 8100
    assert found["paper"] == 7200000 and "800 epochs" in found["paper_source"]


def test_a_stand_in_is_compared_with_the_paper_and_what_is_unknown_stays_so():
    assert seen(TRAINING, data("sprites-drawn"), ROOT / BUDGETS)["paper"] == 7200000
    unknown = seen(TRAINING, data("balls"), ROOT / BUDGETS)
    assert unknown["paper"] is None and unknown["paper_source"] is None


def test_the_table_is_of_runs_that_there_are():
    P = params.load(ROOT / "params.yaml")
    assert all(model in P.runs[dataset] for model, dataset in published_budgets(ROOT / BUDGETS))


@pytest.mark.parametrize(
    "text, message",
    [
        ("model,dataset\n", "its columns must be model,dataset,sequences,source"),
        ("model,dataset,sequences,source\nhalo,sprites,many,x\n", "line 2: needs a whole number of sequences"),
        ("model,dataset,sequences,source\nhalo,sprites,3,\n", "line 2: needs a whole number of sequences and a source"),
        ("model,dataset,sequences,source\nhalo,sprites,3,x\nhalo,sprites,4,x\n", "line 3: repeats halo, sprites"),
    ],
)
def test_a_wrong_table_is_named(tmp_path, text, message):
    (tmp_path / "budgets.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        published_budgets(tmp_path / "budgets.csv")


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(UserError, match="none.csv: no such file; restore it"):
        published_budgets(tmp_path / "none.csv")
