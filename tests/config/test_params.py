"""Loading params.yaml: a misspelt key or name is refused in one line that offers the nearest known one."""

import shutil
from pathlib import Path

import pytest

from latentmotion.config import catalogue, params, paths, schema
from latentmotion.config.settings import prepare_settings, report_settings, training_settings
from latentmotion.core.errors import UserError


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
        ({"models": {"halo": {"per_dataset": {"sprites": {"nets": {}}}}}}, "nets'; did you mean 'network'"),
        ({"models": {"halo": {"per_dataset": {"sprites": {"seeds": [-1]}}}}}, "sprites.seeds.0.*greater than or equal"),
        ({"models": {"a/../b": {"title": "A", "system": "halo"}}}, "lower-case"),
        ({"datasets": {"faces": {"title": "faces (drawn)"}}}, "datasets.faces.*stand_in.title must differ from title"),
        ({"models": {"mine": {"like": "halo"}}}, "key 'models.mine.title' is missing; add it"),
        ({"runs": {"sprites": ["dsave"]}}, "runs.sprites: unknown 'dsave'; did you mean 'dsvae'"),
        ({"tables": {"table2": {"report": "tabel2"}}}, "did you mean 'table2'"),
        ({"tables": {"table2": {"models": ["mocogun"]}}}, "did you mean 'mocogan'"),
        ({"scale": "quik"}, "scale 'quik' has no file .*did you mean 'quick'"),
        ({"scale": "real"}, "config/real.yaml is not a scale; use it as snakemake --configfile"),
        ({"judge": {"lr": -1}}, "judge.lr.*greater than 0"),
        ({"datasets": {"sprites": {"size": 4}}}, "datasets.sprites.*size 8 or more"),
        ({"datasets": {"sprites": {"frames": 1}}}, "datasets.sprites.*frames must be 2 or more"),
        ({"datasets": {"ring": {"size": 8}}}, "datasets.ring.*frames must be 2 or more"),
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
def test_yaml_that_repeats_a_key_or_is_no_mapping_is_refused(tmp_path, text, message):
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(UserError, match=message):
        params.load(tmp_path / "params.yaml")


@pytest.mark.parametrize("scale", ["tiny", "quick", "overnight", "paper"])
def test_every_scale_can_be_loaded(scale):
    loaded = params.load(overrides={"scale": scale})
    assert catalogue.runs(loaded)
    for run in catalogue.runs(loaded):
        settings = training_settings(loaded, run.model, run.dataset)
        schema.Training(**settings["training"])
        assert paths.run_folder(loaded, run).startswith(f"runs/{scale}/{run.model}/{run.dataset}/")


@pytest.mark.parametrize(
    ("evaluation", "message"),
    [
        ({"splt": "test"}, "unknown key 'evaluation.splt'; did you mean 'split'"),
        ({"split": "tests"}, "'test' or 'validation'"),
    ],
)
def test_unknown_keys_of_evaluation_are_refused(evaluation, message):
    with pytest.raises(UserError, match=message):
        params.load(overrides={"evaluation": evaluation})


def test_a_scale_may_be_based_on_another(tmp_path):
    """The values of a scale lie over those of its base, key by key; the base keeps its name and its paths."""
    shutil.copytree("config", tmp_path / "config")
    shutil.copy("params.yaml", tmp_path)
    own = "based_on: quick\nmodels: {halo: {per_dataset: {sprites: {training: {steps: 7}}}}}\n"
    (tmp_path / "config/longer.yaml").write_text(own)
    quick, longer = (params.load(tmp_path / "params.yaml", {"scale": scale}) for scale in ("quick", "longer"))
    before, after = (training_settings(loaded, "halo", "sprites-drawn") for loaded in (quick, longer))
    assert after == before | {"training": before["training"] | {"steps": 7}} != before
    assert paths.run_folder(longer, catalogue.Run("halo", "sprites-drawn", 0)).startswith("runs/longer/")


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("quik", "config/longer.yaml: based_on: scale 'quik' has no file .*did you mean 'quick'"),
        ("real", "config/longer.yaml: based_on: .*config/real.yaml is not a scale"),
        ("longer", "config/longer.yaml: based_on: 'longer' is in the end based on itself"),
    ],
)
def test_a_scale_cannot_be_based_on_what_is_no_other_scale(tmp_path, base, message):
    shutil.copytree("config", tmp_path / "config")
    shutil.copy("params.yaml", tmp_path)
    (tmp_path / "config/longer.yaml").write_text(f"based_on: {base}\n")
    with pytest.raises(UserError, match=message) as caught:
        params.load(tmp_path / "params.yaml", {"scale": "longer"})
    assert "\n" not in str(caught.value)


def test_scale_overnight_trains_for_longer_than_quick_on_the_same_networks():
    """What differs is the data and the number of batches, so that the settings of a system are found once."""
    quick, overnight = (params.load(overrides={"scale": scale}) for scale in ("quick", "overnight"))
    for name, models in quick.runs.items():
        for model in models:
            before, after = (training_settings(loaded, model, name) for loaded in (quick, overnight))
            whole = after["system"] == "hamiltonian_flow"  # whose trainings have the paper's length at scale quick too
            longer = after["training"]["steps"] > before["training"]["steps"]
            assert longer or whole, f"config/overnight.yaml trains {model} on {name} no longer than scale quick"
            assert after | {"training": {**after["training"], "steps": 0}} == before | {
                "training": {**before["training"], "steps": 0}
            }, (model, name)


def test_a_model_is_like_another_but_for_its_own_keys():
    loaded = params.load(overrides={"scale": "quick"})
    halo, skew, unconditional, fourier = (
        training_settings(loaded, name, "faces-drawn")
        for name in ("halo", "halo-skew", "halo-unconditional", "halo-fourier-unconditional")
    )
    assert skew["network"] == halo["network"] | {"dynamics": "skew"}
    own = {name: unconditional["network"][name] for name in ("position", "kl_motion")}
    assert unconditional["network"] == halo["network"] | {"conditional": False} | own
    assert fourier["network"] == unconditional["network"] | {"dynamics": "fourier"}
    assert {**skew, "network": {}} == {**halo, "network": {}}


@pytest.mark.parametrize(
    ("like", "message"), [("hallo", "did you mean 'halo'"), ("halo-skew", "in the end like itself")]
)
def test_a_model_cannot_be_like_nothing_or_itself(like, message):
    with pytest.raises(UserError, match=message):
        params.load(overrides={"models": {"halo": {"like": like}}})


def test_titles_reach_reports_and_nothing_else():
    changes = {"datasets": {"faces": {"title": "A", "origin": "B.", "stand_in": {"title": "C"}}}}
    changes |= {"models": {"halo": {"title": "D"}}}
    before, after = (params.load(overrides={"scale": "quick"} | section) for section in ({}, changes))
    for dataset in ("faces", "faces-drawn"):
        assert prepare_settings(after, dataset) == prepare_settings(before, dataset)
        assert set(prepare_settings(after, dataset)) == {"source", "size", "frames", "options"}
    assert training_settings(after, "halo", "faces-drawn") == training_settings(before, "halo", "faces-drawn")
    titles = report_settings(after, "tables", "table1")["titles"]
    assert titles["models"] == {"halo": "D", "halo-skew": "skew-HALO"} and set(titles["datasets"]) == {
        "sprites",
        "faces",
    }
    assert titles["datasets"]["faces"]["origin"] == "B." and titles["datasets"]["faces"]["stand_in"]["title"] == "C"


def test_a_table_may_ask_for_seeds_of_its_own():
    table = {"report": "table2", "models": ["s3vae"], "datasets": ["faces"], "seeds": [3, 4]}
    loaded = params.load(overrides={"tables": {"more": table}})
    assert {run.seed for run in catalogue.report_runs(loaded, loaded.tables["more"])} == {3, 4}
    assert {run.seed for run in catalogue.runs(loaded) if run.model == "s3vae"} == {0, 3, 4}


def test_claims_are_judged_by_the_longest_trainings_first_and_never_by_tiny_as_another():
    scales = ["mine", "overnight", "paper", "quick", "tiny"]
    folders = ["results/paper", "results/overnight", "results/quick", "results/mine"]
    assert paths.claims_records(params.load(), scales) == folders
    tiny = params.load(overrides={"scale": "tiny"})
    assert paths.claims_records(tiny, scales)[0] == "results/tiny"


def test_no_training_at_scale_tiny_takes_more_than_eight_batches():
    """A model with a `training` of its own keeps it below config/tiny.yaml, unless the model is named there, too."""
    loaded = params.load(overrides={"scale": "tiny"})
    steps = {
        run: training_settings(loaded, run.model, run.dataset)["training"]["steps"] for run in catalogue.runs(loaded)
    }
    assert {run: number for run, number in steps.items() if number > 8} == {}


def test_a_drawn_set_never_bears_the_real_name():
    drawn = params.load(overrides={"scale": "quick"})
    real = params.load(overrides={"scale": "quick", "datasets": {"sprites": {"source": "real"}}})
    assert catalogue.ids(drawn)["sprites"] == "sprites-drawn" and catalogue.ids(real)["sprites"] == "sprites"


def test_exponents_are_numbers(tmp_path):
    shutil.copytree("config", tmp_path / "config")
    text = Path("params.yaml").read_text().replace("lr: 1.0e-3", "lr: 1e-3")
    (tmp_path / "params.yaml").write_text(text)
    assert params.load(tmp_path / "params.yaml").judge.lr == 0.001


def test_a_model_can_have_other_seeds_on_one_data_set_which_a_model_like_it_does_not_take_over():
    halo = {"seeds": [0, 1], "per_dataset": {"sprites": {"seeds": [0, 3]}}}
    loaded = params.load(overrides={"scale": "quick", "models": {"halo": halo}})
    assert [catalogue.seeds(loaded, "halo", name) for name in ("sprites", "balls")] == [[0, 3], [0, 1]]
    assert catalogue.seeds(loaded, "halo-skew", "sprites") == loaded.seeds == [0]
    trained = [run.seed for run in catalogue.runs(loaded) if (run.model, run.dataset) == ("halo", "sprites-drawn")]
    assert {0, 3} <= set(trained)


def test_the_class_of_the_action_is_all_that_tells_weak_models_on_faces_from_the_others():
    """What a model has on one data set counts for more than the own values of a model that is `like` it."""
    loaded = params.load(overrides={"scale": "paper"})
    weak, plain = (training_settings(loaded, name, "faces") for name in ("rwae-weak", "rwae-complex"))
    assert weak["training"] == plain["training"] and weak["network"] == plain["network"] | {"weak": True}
    assert training_settings(loaded, "rwae-gan-weak", "faces")["network"]["motion_weight"] == 60
