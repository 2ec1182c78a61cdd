"""What breaks the contract of a data set is one line when it is prepared."""

import numpy as np
import pytest

from latentmotion.core.errors import UserError
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import LabelSpec, Sequences, write

N = 12
X = np.random.default_rng(0).integers(256, size=(N, 4, 3, 8, 8), dtype=np.uint8)


def made(x=X, labels=None, kind="motion", **changes) -> Sequences:
    content = {
        "x": x,
        "labels": {"action": np.arange(N) % 2} if labels is None else labels,
        "specs": {"action": LabelSpec(kind, ("left", "right"))},
        "group": np.arange(N),
        "split": np.repeat(["train", "validation", "test"], [6, 3, 3]),
        "facts": {},
    }
    return Sequences(**content | changes)


def test_what_keeps_the_contract_is_written(tmp_path):
    write(made(), tmp_path / "data", {})
    assert len(PreparedDataset.open(tmp_path / "data").split("train")) == 6


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        (made(X.transpose(0, 1, 3, 4, 2)), "the channels come last"),
        (made((X / 255).astype(np.float32)), "pictures are uint8 from 0 to 255, not float32"),
        (made(X[:, :1]), "one frame"),
        (made(X[..., :6]), "8 x 6 pixels and must be square"),
        (made(X[:, :, :2]), "with 1 or 3 channels, not \\(2, 8, 8\\)"),
        (made(np.zeros((N, 4, 3))), "sequences are .* not float64"),
        (made(np.full((N, 4, 3), np.nan, np.float32)), "not finite"),
        (made(labels={}, specs={}), "the label 'action' is missing"),
        (
            made(labels={"action": np.arange(N) % 2 + 1}),
            "values from 1 to 2, but its 2 classes are 0 to 1; count from 0",
        ),
        (made(labels={"action": np.arange(N) * 0.1}), "label 'action' is float64; give integers"),
        (made(labels={"action": (np.arange(N) > 5).astype(int)}), "class 'right' .* is not in the training split"),
        (made(labels={"action": np.arange(N) % 2, "more": np.arange(N) % 2}), "labels .* and specs .* differ"),
    ],
)
def test_what_breaks_it_is_named_and_nothing_is_written(sequences, message, tmp_path):
    with pytest.raises(UserError, match=message) as caught:
        write(sequences, tmp_path / "data", {})
    assert "\n" not in str(caught.value) and list(tmp_path.iterdir()) == []


def test_a_class_of_a_label_without_a_judge_may_be_unseen(tmp_path):
    write(made(labels={"action": (np.arange(N) > 5).astype(int)}, kind="aside"), tmp_path / "data", {})


def test_left_overs_of_a_killed_attempt_go(tmp_path):
    (tmp_path / ".data.0123abcd/train").mkdir(parents=True)
    write(made(), tmp_path / "data", {})
    write(made(), tmp_path / "data", {})
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
