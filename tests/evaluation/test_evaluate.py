"""Judges and evaluation: every test sequence is scored, no score depends on the batch, and bad models are detected."""

import importlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from latentmotion.config import params
from latentmotion.config.settings import evaluation_settings, judge_settings, prepare_settings, training_settings
from latentmotion.core.errors import UserError
from latentmotion.core.records import read_record, write_record
from latentmotion.core.source_code import modules
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.evaluation import evaluate as evaluation
from latentmotion.evaluation.evaluate import EvaluationJob, NetworkPaths
from latentmotion.evaluation.judges.label_judge import load_judges, train_judge
from latentmotion.evaluation.metrics.entropies import entropies
from latentmotion.evaluation.protocols import base as protocols
from latentmotion.evaluation.protocols import frame_distance, leakage
from latentmotion.models.base import SequenceModel
from latentmotion.training.train import CheckpointPlan, TrainingJob, train

P = params.load(overrides={"scale": "tiny"})
PROTOCOLS = modules("evaluation/protocols")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Prepared faces, their judges, and runs of two systems."""
    folder = tmp_path_factory.mktemp("made")
    prepare("faces", None, folder / "faces-drawn", prepare_settings(P, "faces-drawn"))
    settings = judge_settings(P, "faces-drawn") | {"steps": 60, "lr": 3e-3}
    for label in ("action", "identity"):
        train_judge(PreparedDataset.open(folder / "faces-drawn"), label, folder / "judges", settings, "cpu")
    for model in ("halo", "mocogan"):
        own = json.loads(json.dumps(training_settings(P, model, "faces-drawn")))
        job = TrainingJob(model, PreparedDataset.open(folder / "faces-drawn"), 0, own)
        train(job, folder / model, CheckpointPlan(folder / "state", 1e9), "cpu")
    return folder


def score(made, model, tmp_path, seed=0):
    settings = evaluation_settings(P, "faces-drawn", seed)
    run = None if model == "real" else made / model
    out = tmp_path / f"{model}.json"
    job = EvaluationJob(model, PreparedDataset.open(made / "faces-drawn"), run, settings)
    evaluation.evaluate(job, NetworkPaths(made / "judges"), out, "cpu")
    return read_record(out)


def test_a_run_that_diverged_gets_a_record_without_scores(made, tmp_path):
    shutil.copytree(made / "halo", tmp_path / "made/halo")
    path, status = tmp_path / "made/halo/record.json", "failed (total not finite at step 3)"
    write_record(path, read_record(path) | {"status": status})
    for name in ("judges", "faces-drawn"):
        (tmp_path / "made" / name).symlink_to(made / name)
    record = score(tmp_path / "made", "halo", tmp_path)
    assert record["status"] == status and record["metrics"] == [] and set(record["judges"]) == {"action", "identity"}
    assert score(made, "halo", tmp_path)["status"] == "ok"


def values(record) -> dict:
    return {(cell["protocol"], cell["metric"]): cell["value"] for cell in record["metrics"]}


def test_a_judge_learns_and_its_selection_is_on_record(made):
    record = read_record(made / "judges/action.json")
    assert record["validation_accuracy"] == max(point["accuracy"] for point in record["selection"])
    assert record["validation_accuracy"] > 2 / len(record["classes"])


def test_real_data_is_scored_whole(made, tmp_path):
    record = score(made, "real", tmp_path)
    count = PreparedDataset.open(made / "faces-drawn").manifest["splits"]["test"]["sequences"]
    assert {cell["n"] for cell in record["metrics"]} == {count}
    assert record["judges"]["action"]["test_accuracy"] == values(record)["real", "action_accuracy"]
    assert record["judges"]["action"]["weak"] == (record["judges"]["action"]["test_accuracy"] < 0.95)


def test_a_record_holds_everything_that_it_was_made_with(made, tmp_path):
    record = score(made, "real", tmp_path)
    assert record["data_settings"] == json.loads(json.dumps(prepare_settings(P, "faces-drawn")))
    assert all(judge["settings"]["steps"] == 60 for judge in record["judges"].values())
    assert set(record["protocols"]) == set(PROTOCOLS) - elsewhere()


def elsewhere() -> set[str]:
    """The protocols that are meant for other data sets than faces."""
    found = {name: importlib.import_module(f"latentmotion.evaluation.protocols.{name}") for name in PROTOCOLS}
    return {name for name, protocol in found.items() if "faces" not in getattr(protocol, "DATASETS", ("faces",))}


def test_restricted_protocols_name_data_sets_that_there_are():
    for name in PROTOCOLS:
        protocol = importlib.import_module(f"latentmotion.evaluation.protocols.{name}")
        for names in (getattr(protocol, "DATASETS", ()), getattr(protocol, "EXCEPT", ())):
            assert isinstance(names, tuple) and set(names) <= set(P.datasets), name


def test_a_protocol_may_be_meant_for_some_datasets(made, tmp_path, monkeypatch):
    others = elsewhere()
    monkeypatch.setattr(frame_distance, "DATASETS", ("sprites",), raising=False)
    monkeypatch.setattr(leakage, "DATASETS", ("sprites", "faces"), raising=False)
    record = score(made, "halo", tmp_path)
    assert set(PROTOCOLS) - set(record["protocols"]) == {"frame_distance"} | others
    assert {"leakage", "frame-distance"} & {name for name, _ in values(record)} == {"leakage"}


def test_protocols_follow_capabilities(made, tmp_path):
    halo, mocogan = score(made, "halo", tmp_path), score(made, "mocogan", tmp_path)
    judged = {"motion-prior", "motion-swap", "content-prior", "generate"}
    assert {p for p, _ in values(halo)} > judged
    assert {p for p, _ in values(mocogan)} == {"generate", "frame-distance", "sharpness"}
    assert ("content-prior", "identity_accuracy") not in values(halo), "sampled content has no identity to keep"


def test_scores_do_not_depend_on_the_batch(made, tmp_path, monkeypatch):
    before = values(score(made, "halo", tmp_path))
    for size in (1, 7):
        monkeypatch.setattr(protocols, "BATCH", size)
        after = values(score(made, "halo", tmp_path))
        assert before.keys() == after.keys()
        # The distance from the manifold divides by small variances, which makes rounding errors larger.
        name = ("encoded-paths", "manifold_distance")
        assert after.pop(name) == pytest.approx(before[name], rel=1e-3)
        assert after == pytest.approx({key: before[key] for key in after}, abs=1e-3, rel=1e-4)


def test_same_run_same_record(made, tmp_path):
    first, second = score(made, "halo", tmp_path / "a"), score(made, "halo", tmp_path / "b")
    for record in (first, second):
        del record["seconds"], record["cost"]
    assert first == second


@pytest.mark.parametrize("groups", [2, 3, 40])
def test_no_sequence_is_swapped_within_its_group(groups):
    group = np.arange(240) % groups
    partners = evaluation.swap_partners(group, seed=0)
    assert sorted(partners) == list(range(240)) and (group[partners] != group).all()


def test_a_single_group_cannot_be_swapped():
    with pytest.raises(UserError, match="two groups"):
        evaluation.swap_partners(np.zeros(5, int), seed=0)


def test_a_judge_of_other_data_or_other_bytes_is_refused(made, tmp_path):
    data = PreparedDataset.open(made / "faces-drawn")
    with pytest.raises(UserError, match="trained on other data"):
        load_judges(made / "judges", replace(data, manifest=data.manifest | {"sha256": "0"}), torch.device("cpu"))
    (tmp_path / "action.json").write_text((made / "judges/action.json").read_text(encoding="utf-8"))
    (tmp_path / "action.safetensors").write_bytes(b"other")
    with pytest.raises(UserError, match="is not what its record describes"):
        load_judges(tmp_path, data, torch.device("cpu"))


class Copier(SequenceModel):
    """Canary: its content is the whole sequence and its motion nothing, so it 'generates' what it was shown."""

    capabilities = frozenset({"encode", "sample_motion", "action_motion"})

    def motion_noise(self, length):
        return 1

    def encode(self, x, action):
        return x, x.new_zeros(len(x), x.shape[1], 1)

    def decode(self, content, motion):
        return content[:, torch.arange(motion.shape[1]) % content.shape[1]]

    def sample_motion(self, action, length, noise):
        return noise.new_zeros(len(noise), length, 1)


def test_a_model_that_copies_its_content_gains_nothing(made):
    data, target = PreparedDataset.open(made / "faces-drawn"), torch.device("cpu")
    judges, test = load_judges(made / "judges", data, target), data.split("test")
    partners = evaluation.swap_partners(test.group, seed=0)
    train_split, settings = data.split("train"), evaluation_settings(P, "faces-drawn", 0)
    context = protocols.EvaluationContext(Copier(), test, train_split, data, target, settings, partners, judges)
    context.codes = evaluation.encode(context)
    scores = values({"metrics": evaluation.score_protocols(context, protocols.protocols("faces-drawn"))})
    alike = np.mean(test.labels["action"] == test.labels["action"][partners])
    sure = judges["action"].record["validation_accuracy"]
    for protocol in ("motion-prior", "motion-swap"):
        assert scores[protocol, "action_accuracy"] < alike + (1 - sure) + 0.2
    assert scores["motion-swap", "identity_accuracy"] > 0.5


def test_a_constant_generator_has_no_inception_score(made):
    """Canary: one picture for ever is judged alike, so H(y) = H(y|x) and IS is 1, however sure the judge."""
    judges = load_judges(made / "judges", PreparedDataset.open(made / "faces-drawn"), torch.device("cpu"))
    x = torch.from_numpy(np.array(PreparedDataset.open(made / "faces-drawn").split("test").x[:1])).float() / 127.5 - 1
    h_y_given_x, h_y = entropies(judges["action"].probabilities(x.expand(20, -1, -1, -1, -1)).numpy())
    assert h_y == pytest.approx(h_y_given_x, abs=1e-6)
