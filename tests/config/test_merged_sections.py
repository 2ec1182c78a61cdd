"""What a job would get in the end is checked when it is planned: types, ranges, and names that become paths."""

import pytest
from support.project import ROOT

from latentmotion.config import params
from latentmotion.core.errors import UserError
from latentmotion.core.yaml_loader import read_yaml
from latentmotion.pipeline import network_settings

REPORT = {"report": "ehf_figure2a", "models": ["flow"], "datasets": ["ring"]}


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"lr": "abc"}, "training.lr': Input should be a valid number; got 'abc'; correct it"),
        ({"lr": -1}, "training.lr': .*greater than 0"),
        ({"lr": float("nan")}, "training.lr': .*finite"),
        ({"lr": True}, "training.lr': .*valid number"),
        ({"batch": 0}, "training.batch': .*greater than or equal to 2"),
        ({"steps": 1.5}, "training.steps': .*valid integer"),
        ({"betas": [2, 3]}, "training.betas.0': .*less than 1"),
        ({"clip": -1}, "training.clip': .*greater than 0"),
        ({"decay": "linear"}, "training.decay': .*'none' or 'cosine'"),
    ],
)
@pytest.mark.parametrize("place", ["training", "models.dsvae.training", "models.dsvae.per_dataset.faces.training"])
def test_a_wrong_hyper_parameter_is_named_where_it_stands(section, message, place):
    overrides = section
    for key in reversed(place.split(".")):
        overrides = {key: overrides}
    with pytest.raises(UserError, match=f"params.yaml: key '{place.removesuffix('training')}{message}") as caught:
        params.load(overrides={"scale": "paper", **overrides})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"seeds": [-1]}, "seeds.0.*greater than or equal to 0"),
        ({"datasets": {"sprites": {"size": "010"}}}, "datasets.sprites.size.*valid integer; got '010'"),
        ({"datasets": {"sprites": {"frames": "1:30"}}}, "datasets.sprites.frames.*valid integer"),
        ({"judge": {"per_dataset": {"faces": {"lr": 0}}}}, "judge.per_dataset.faces.lr.*greater than 0"),
        ({"models": {"halo": {"training": [1]}}}, "models.halo.training"),
        (
            {"models": {"halo": {"per_dataset": {"faces": {"network": 3}}}}},
            "faces.network.: Input should be a valid dictionary; got 3",
        ),
        ({"models": {3: {}}}, "models.3"),
        ({"tables": [1]}, "key 'tables'.*dictionary"),
        ({"tables": {"x`touch /tmp/c`": REPORT}}, "tables: .*cannot be used in a path"),
        ({"tables": {"../../outside": REPORT}}, "tables: .*cannot be used in a path"),
        ({"figures": {"x\n": REPORT | {"report": "density"}}}, "figures: .*cannot be used in a path"),
        ({"models": {"x\n": {"title": "X", "system": "halo"}}}, "models: .*cannot be used in a path"),
        ({"judge": {"labels": {"faces": ["../action"]}}}, "judge.labels.faces: .*cannot be used in a path"),
        ({"scale": "../config/tiny"}, "scale: '../config/tiny' cannot be used in a path"),
        ({"scale": "real"}, "real.yaml is not a scale; use it as snakemake --configfile"),
        ({"models": {"real": {"title": "X", "system": "halo"}}}, "models.real: records of the real data"),
        ({"tables": {"index": REPORT}}, "tables.index: the page of all reports has this name"),
        ({"figures": {"table2": REPORT | {"report": "density"}}}, "figures.table2: a table has this name"),
    ],
)
def test_what_becomes_a_path_or_a_number_is_checked(overrides, message):
    with pytest.raises(UserError, match=message) as caught:
        params.load(overrides=overrides)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"models": {"halo": {"network": {"content": -5}}}}, "models.halo.network.content': .*equal to 0; got -5"),
        ({"models": {"dsvae": {"network": {"width": 0}}}}, "models.dsvae.network.width': .*equal to 1; got 0"),
        ({"models": {"rwae": {"network": {"alpha": 1}}}}, "models.rwae.network: unknown 'alpha'"),
        ({"models": {"gppvae-joint": {"network": {"alpha": float("inf")}}}}, "network.alpha': .*finite"),
        ({"models": {"hgan": {"network": {"hidden": 1.5}}}}, "models.hgan.network.hidden': .*valid integer"),
        ({"models": {"mocogan": {"network": {"content": True}}}}, "network.content': .*valid integer; got True"),
        (
            {"models": {"halo": {"per_dataset": {"faces": {"network": {"kl_warmup": 2}}}}}},
            "models.halo.per_dataset.faces.network.kl_warmup': .*less than or equal to 1",
        ),
        ({"datasets": {"faces": {"options": {"takes": 0}}}}, "datasets.faces.options.takes': a whole number of 1"),
        ({"datasets": {"faces": {"options": {"take": 3}}}}, "options.take': unknown; did you mean 'takes'"),
    ],
)
def test_networks_and_options_are_checked_by_the_files_of_models_and_data_sets(
    overrides, message, tmp_path, monkeypatch
):
    monkeypatch.setattr(network_settings, "CHECKED", tmp_path / "checked.json")
    with pytest.raises(UserError, match=message) as caught:
        network_settings.check(params.load(overrides={"scale": "paper", **overrides}))
    assert "\n" not in str(caught.value) and not (tmp_path / "checked.json").exists()


def test_what_was_found_right_is_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr(network_settings, "CHECKED", tmp_path / "checked.json")
    for overrides in ({"scale": "tiny"}, {"scale": "paper"}, read_yaml(ROOT / "config/real.yaml")):
        network_settings.check(params.load(overrides=overrides))

    def never(*_):
        raise AssertionError("a known section is checked again")

    monkeypatch.setattr(network_settings, "_check_network", never)
    monkeypatch.setattr(network_settings, "_check_options", never)
    network_settings.check(params.load(overrides={"scale": "tiny"}))
    with pytest.raises(AssertionError):
        network_settings.check(params.load(overrides={"scale": "tiny", "models": {"halo": {"network": {"window": 5}}}}))
