"""Titles and footnotes about data: they say what params.yaml says, and nothing where it says nothing."""

import pytest

from latentmotion.reporting.tabulation.footnotes import footnotes
from latentmotion.reporting.titles import Titles

SETTINGS = {
    "scale": "quick",
    "titles": {
        "models": {"mine": "My Model"},
        "datasets": {
            "gifs": {"title": "my films", "published_as": "", "origin": "", "stand_in": None},
            "faces": {
                "title": "Faces",
                "published_as": "F",
                "origin": "They were recorded.",
                "stand_in": {"title": "made-up faces", "origin": "They are drawn."},
            },
        },
    },
}


@pytest.mark.parametrize(
    ("dataset", "title", "published", "origin"),
    [
        ("faces", "Faces", "F", "They were recorded."),
        ("faces-drawn", "made-up faces", "F", "They are drawn."),
        ("gifs", "my films", "my films", ""),
        ("gifs-drawn", "my films (drawn)", "my films", ""),
        ("other_data", "other data", "other data", ""),
    ],
)
def test_data_are_called_as_they_are_described(dataset, title, published, origin):
    titles = Titles.of(SETTINGS)
    assert (titles.dataset(dataset), titles.published(dataset), titles.origin(dataset)) == (title, published, origin)


def test_models_are_called_by_title_or_by_name():
    titles = Titles.of(SETTINGS)
    assert [titles.model(name) for name in ("mine", "real", "other")] == ["My Model", "real data", "other"]


def test_footnotes_say_of_data_what_their_description_says():
    real = [{"model": "real", "dataset": name, "judges": {}, "status": "ok"} for name in ("gifs", "faces-drawn")]
    text = "\n".join(footnotes(real, SETTINGS, prints=False))
    assert "my films" not in text and "published" not in text
    assert "Data set 'made-up faces': They are drawn. It stands in for Faces; numbers on the one are not" in text


def test_a_footnote_counts_the_trainings_in_another_precision_than_the_settings_ask_for():
    def run(seed: int, asked: str, *computed: str) -> dict:
        training = {"settings": {"compute": {"precision": asked}}, "precisions": list(computed)}
        return {"model": "mine", "dataset": "gifs", "seed": seed, "status": "ok", "metrics": [], "training": training}

    asked = [run(0, "bfloat16", "bfloat16"), run(1, "float32", "float32"), run(2, "bfloat16")]
    assert "in place of bfloat16" not in "\n".join(footnotes(asked, SETTINGS, prints=False))
    other = [run(3, "bfloat16", "float32"), run(4, "bfloat16", "bfloat16", "float32")]
    assert "2 of 5 trainings computed in float32" in "\n".join(footnotes(asked + other, SETTINGS, prints=False))


def test_a_footnote_names_the_runs_that_other_judges_have_scored():
    def scored(model: str, weights: str) -> dict:
        judge = {"weights": weights, "test_accuracy": 1.0, "floor": 0.9, "weak": False}
        judged = {"metrics": [], "judges": {"action": judge}}
        return {"model": model, "dataset": "gifs", "seed": 0, "status": "ok"} | judged

    same = [scored("real", "a"), scored("mine", "a")]
    assert "Other judges" not in "\n".join(footnotes(same, SETTINGS, prints=False))
    other = footnotes([*same, scored("other", "b")], SETTINGS, prints=False)
    assert [note for note in other if "Other judges than those of the real data scored other on my films." in note]
