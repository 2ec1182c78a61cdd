"""params.yaml is closed: every misspelt key or name is one line that offers the nearest."""

import shutil
from pathlib import Path

import pytest

from latentmotion import catalogue, params
from latentmotion.errors import UserError


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"modls": {}}, "unknown key 'modls'; did you mean 'models'"),
        ({"datasets": {"sprites": {"sizee": 3}}}, "unknown key 'datasets.sprites.sizee'; did you mean 'size'"),
        ({"models": {"halo": {"netwrk": {}}}}, "did you mean 'network'"),
        (
            {"models": {"halo": {"network": {"contnt": 2}}}},
            "models.halo.network: unknown 'contnt'; did you mean 'content'",
        ),
        ({"models": {"halo": {"training": {"step": 2}}}}, "did you mean 'steps'"),
        ({"models": {"halo": {"system": "hallo"}}}, "models.halo.system: unknown 'hallo'; did you mean 'halo'"),
        ({"models": {"halo": {"per_dataset": {"sprits": {}}}}}, "did you mean 'sprites'"),
        ({"models": {"a/../b": {"system": "halo"}}}, "lower-case"),
        ({"runs": {"sprites": ["dsave"]}}, "runs.sprites: unknown 'dsave'; did you mean 'dsvae'"),
        ({"tables": {"table2": {"report": "table_2"}}}, "did you mean 'table2'"),
        ({"tables": {"table2": {"models": ["mocogun"]}}}, "did you mean 'mocogan'"),
        ({"scale": "quik"}, "scale 'quik' has no file .*did you mean 'quick'"),
        ({"judge": {"lr": -1}}, "judge.lr.*greater than 0"),
        ({"datasets": {"sprites": {"source": "fake"}}}, "datasets.sprites.source.*'real' or 'drawn'"),
    ],
)
def test_what_is_wrong_is_named(overrides, message):
    with pytest.raises(UserError, match=message) as caught:
        params.load(overrides=overrides)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scale: quick\nscale: tiny\n", "key 'scale' stands twice"),
        ("scale: !!python/object:os.system x\n", "not valid YAML"),
        ("- a\n", "expected keys and values"),
    ],
)
def test_yaml_that_is_not_what_it_seems(tmp_path, text, message):
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(UserError, match=message):
        params.load(tmp_path / "params.yaml")


@pytest.mark.parametrize("scale", ["tiny", "quick", "paper"])
def test_every_scale_is_whole(scale):
    loaded = params.load(overrides={"scale": scale})
    assert catalogue.runs(loaded)
    for run in catalogue.runs(loaded):
        settings = catalogue.training_settings(loaded, run.model, run.dataset)
        params.Training(**settings["training"])
        assert catalogue.run_folder(loaded, run).startswith(f"runs/{scale}/{run.model}/{run.dataset}/")


@pytest.mark.parametrize(
    ("evaluation", "message"),
    [
        ({"splt": "test"}, "unknown key 'evaluation.splt'; did you mean 'split'"),
        ({"split": "tests"}, "did you mean 'test'"),
    ],
)
def test_evaluation_is_closed_too(evaluation, message):
    loaded = params.load(overrides={"evaluation": evaluation})
    with pytest.raises(UserError, match=message):
        catalogue.scored_split(loaded)


def test_a_drawn_set_never_bears_the_real_name():
    drawn = params.load(overrides={"scale": "quick"})
    real = params.load(overrides={"scale": "quick", "datasets": {"sprites": {"source": "real"}}})
    assert catalogue.ids(drawn)["sprites"] == "sprites-drawn" and catalogue.ids(real)["sprites"] == "sprites"


def test_exponents_are_numbers(tmp_path):
    shutil.copytree("config", tmp_path / "config")
    text = Path("params.yaml").read_text().replace("lr: 1.0e-3", "lr: 1e-3")
    (tmp_path / "params.yaml").write_text(text)
    assert params.load(tmp_path / "params.yaml").judge.lr == 0.001
