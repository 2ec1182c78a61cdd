"""Speaker verification: the equal error rate on made-up scores, the two protocols, and R-WAE's table 1."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from support.project import PUBLISHED
from support.titles import TITLES

from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import LabelSpec, Sequences, write
from latentmotion.evaluation.evaluate import EvaluationJob, NetworkPaths, evaluate
from latentmotion.evaluation.metrics.equal_error_rate import equal_error_rate
from latentmotion.evaluation.protocols import speaker_verification, spectrum_verification
from latentmotion.evaluation.protocols.base import Codes, EvaluationContext
from latentmotion.reporting.render_table import render_table
from latentmotion.training.load import build


@pytest.mark.parametrize(
    ("own", "others", "rate"),
    [
        ([0.9, 0.8], [0.2, 0.1, 0.0], 0.0),
        ([0.2, 0.1], [0.9, 0.8, 0.7], 1.0),
        ([0.9, 0.7, 0.3], [0.8, 0.2, 0.1], 1 / 3),  # accepted from 0.7 on: one of three wrong, of either kind
        ([3, 1], [2, 0, -1], 1 / 3),  # from 2 on a third is accepted wrongly, and 1/2 or 0 refused
        ([2, 1], [1, 0], 0.25),  # half of those that score 1 are accepted
        ([5, 5, 5], [5, 5], 0.5),
        ([1, 1, 0, 0], [1, 1, 0, 0], 0.5),
        ([4, 3, 2, 1], [2.5], 0.5),  # 2.5 is accepted in part
        ([1], [0], 0.0),
    ],
)
def test_known_equal_error_rates(own, others, rate):
    scores, same = np.array([*own, *others]), np.arange(len(own) + len(others)) < len(own)
    assert equal_error_rate(scores, same) == pytest.approx(rate, abs=1e-12)
    order = np.random.default_rng(0).permutation(len(scores))
    assert equal_error_rate(scores[order], same[order]) == pytest.approx(rate, abs=1e-12)
    assert equal_error_rate(np.exp(scores), same) == pytest.approx(rate, abs=1e-12), "only their order counts"
    assert equal_error_rate(-scores, ~same) == pytest.approx(rate, abs=1e-12), "both errors count alike"


def test_the_rate_is_where_both_errors_meet():
    draw = np.random.default_rng(1)
    same = draw.random(3000) < 0.2
    scores = draw.standard_normal(3000) + 1.5 * same
    refused = [np.mean(scores[same] < threshold) for threshold in np.sort(scores)]
    accepted = [np.mean(scores[~same] >= threshold) for threshold in np.sort(scores)]
    nearest = np.abs(np.array(refused) - accepted).argmin()
    assert equal_error_rate(scores, same) == pytest.approx(refused[nearest], abs=1 / same.sum())
    assert equal_error_rate(scores, same) == pytest.approx(0.2266, abs=0.03), "Phi(-0.75)"


@pytest.mark.parametrize(
    ("scores", "same", "message"),
    [
        ([1.0, 2.0], [True, True], "2 of 2 are the same"),
        ([1.0, 2.0], [False, False], "0 of 2 are the same"),
        ([], [], "0 of 0"),
        ([1.0, np.nan, np.inf], [True, False, True], "2 of 3 scores are not finite"),
        ([1.0, 2.0], [True], r"got \(2,\) and \(1,\)"),
        ([[1.0], [2.0]], [[True], [False]], r"need \(N,\)"),
    ],
)
def test_what_is_no_verification_is_refused(scores, same, message):
    with pytest.raises(ValueError, match=message):
        equal_error_rate(np.array(scores), np.array(same, bool))


UTTERANCES = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 4, 4, 5, 5, 5, 6, 7, 7])  # of segments; unequally many
SPEAKERS = UTTERANCES % 3


def made_context(folder: Path, content, motion, x=None, facts=None, **labels) -> EvaluationContext:
    """A context of given codes, on sound whose every split is the same but for its numbers."""
    n = len(UTTERANCES)
    x = np.zeros((n, 4, 5)) if x is None else x
    split = np.repeat(["train", "validation", "test"], n)
    x = np.concatenate([x + 100 * part for part in (1, 2, 0)]).astype(np.float32)
    x += 1e-6 * np.arange(3 * n, dtype=np.float32)[:, None, None]  # no two splits share a sequence
    labels = {"action": np.zeros(n, int), **labels}
    specs = {name: LabelSpec("content", tuple(map(str, range(values.max() + 1)))) for name, values in labels.items()}
    group = np.concatenate([UTTERANCES + 100 * part for part in range(3)])
    tiled = {name: np.tile(values, 3) for name, values in labels.items()}
    write(Sequences(x, tiled, specs, group, split, {"sound": {}} if facts is None else facts), folder, {})
    test, train = PreparedDataset.open(folder).split("test"), PreparedDataset.open(folder).split("train")
    tensors = (torch.as_tensor(np.asarray(part, np.float32)) for part in (content, motion))
    codes = Codes(*tensors, torch.zeros(n, dtype=torch.long), torch.zeros(n, 1, 5), 4)
    return EvaluationContext(
        None, test, train, PreparedDataset.open(folder), torch.device("cpu"), {"seed": 0}, np.arange(n), codes=codes
    )


def by_hand(vectors: np.ndarray) -> float:
    """Equal error rate of utterance means under cosine, pair by pair."""
    means = [np.mean([v for v, u in zip(vectors, UTTERANCES, strict=True) if u == g], axis=0) for g in range(8)]
    scores, same = [], []
    for a in range(8):
        for b in range(a):
            scores.append(means[a] @ means[b] / np.linalg.norm(means[a]) / np.linalg.norm(means[b]))
            same.append(a % 3 == b % 3)
    assert len(scores) == 28
    return equal_error_rate(np.array(scores), np.array(same))


def test_utterances_are_means_and_all_their_pairs_are_compared(tmp_path):
    draw = np.random.default_rng(2)
    content, motion = draw.standard_normal((18, 6)), draw.standard_normal((18, 4, 3)) + 0.3
    content += np.eye(3, 6)[SPEAKERS]
    context = made_context(tmp_path / "data", content, motion, speaker=SPEAKERS)
    assert speaker_verification.applies(context)
    found = speaker_verification.measure(context)
    assert set(found) == {"content_eer", "motion_eer"}
    assert found["content_eer"] == pytest.approx(by_hand(content), abs=1e-6)
    assert found["motion_eer"] == pytest.approx(by_hand(motion.mean(1)), abs=1e-6)
    assert 0 < found["content_eer"] < found["motion_eer"]


def test_ten_utterances_of_a_speaker_are_joined_where_there_are_enough(tmp_path):
    group = np.repeat(np.arange(63), 2)
    speaker = group % 3  # three speakers with 21 utterances each: two joined ones of ten, and one left over
    found = speaker_verification.joined(group, speaker)
    for name in range(3):
        own = found[speaker == name]
        assert sorted(np.bincount(own[own >= 0])[np.unique(own[own >= 0])]) == [20, 20]
        assert (own < 0).sum() == 2
        assert np.array_equal(own[:8], [2 * name, 2 * name, 2 * name + 1, 2 * name + 1] * 2), "dealt out in turn"
    assert speaker_verification.joined(UTTERANCES, SPEAKERS) is None
    few = speaker_verification.joined(np.arange(30), np.repeat([0, 1], [20, 10]))
    assert few is None, "no pair of one speaker could be compared with a pair of another that is as long"


def test_joined_utterances_are_verified_beside_single_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(speaker_verification, "JOINED", 1)
    draw = np.random.default_rng(3)
    content, motion = draw.standard_normal((18, 6)), draw.standard_normal((18, 4, 3)) + 0.3
    found = speaker_verification.measure(made_context(tmp_path / "data", content, motion, speaker=SPEAKERS))
    assert set(found) == {"content_eer", "motion_eer", "content_joined_eer", "motion_joined_eer"}
    for name in ("content", "motion"):
        assert found[f"{name}_joined_eer"] == pytest.approx(found[f"{name}_eer"]), "ones joined are single ones"


def test_differences_within_an_utterance_are_averaged_out(tmp_path):
    place = np.array([np.sum(UTTERANCES[:i] == u) for i, u in enumerate(UTTERANCES)])
    count = np.bincount(UTTERANCES)[UTTERANCES]
    turn = np.where((place == count - 1) & (count % 2 == 1), 0, 1 - 2 * (place % 2))  # sums to 0 over each utterance
    content = np.eye(3)[SPEAKERS] + 50 * turn[:, None] * np.ones(3)
    loud = np.array([1, -1, 1, -1])[:, None] * np.eye(3)[SPEAKERS][:, None] * 50  # sums to 0 over frames
    motion = loud + np.eye(8)[UTTERANCES][:, None, :3] + 1
    found = speaker_verification.measure(made_context(tmp_path / "data", content, motion, speaker=SPEAKERS))
    assert found["content_eer"] == 0
    assert found["motion_eer"] == pytest.approx(by_hand((motion - loud)[:, 0]), abs=1e-6) and found["motion_eer"] > 0.2


def test_codes_without_a_direction_are_named(tmp_path):
    code = np.ones((18, 6))
    for i, bad in enumerate((0.0, np.nan)):
        broken = code.copy()
        broken[UTTERANCES == 3] = bad
        context = made_context(tmp_path / str(i), broken, np.ones((18, 4, 3)), speaker=SPEAKERS)
        with pytest.raises(UserError, match=r"test: verification by content: 7 of 28 scores are not finite; train"):
            speaker_verification.measure(context)


def test_only_sound_whose_speakers_are_known_is_verified(tmp_path):
    code, motion = np.ones((18, 6)), np.ones((18, 4, 3))
    for i, context in enumerate(
        [
            made_context(tmp_path / "pictures", code, motion, facts={}, speaker=SPEAKERS),
            made_context(tmp_path / "nameless", code, motion, digit=SPEAKERS),
        ]
    ):
        assert not speaker_verification.applies(context) and not spectrum_verification.applies(context), i
    alone = made_context(tmp_path / "alone", code, motion, speaker=SPEAKERS * 0)
    with pytest.raises(UserError, match="28 of 28 are the same; train again or enlarge it"):
        speaker_verification.measure(alone)


def test_spectrum_and_level_are_compared_without_a_model(tmp_path):
    draw = np.random.default_rng(3)
    shape = np.eye(3, 5)[SPEAKERS] - 0.2 + 0.02 * draw.standard_normal((18, 5))
    shape -= shape.mean(1, keepdims=True)
    context = made_context(
        tmp_path / "shape", shape, shape[:, None], x=np.repeat(shape[:, None], 4, 1), speaker=SPEAKERS
    )
    found = spectrum_verification.measure(context)
    assert found["spectrum_eer"] == 0 and found["level_eer"] > 0.2 and found["trials"] == 28
    level = (10 * SPEAKERS[:, None] + draw.standard_normal((18, 5))) * np.ones((18, 1))
    context = made_context(
        tmp_path / "level", level, level[:, None], x=np.repeat(level[:, None], 4, 1), speaker=SPEAKERS
    )
    assert spectrum_verification.measure(context)["level_eer"] == 0


def test_a_run_on_sound_is_evaluated_without_judges(tmp_path):
    """From preparation to records: drawn digits, an untrained FHVAE."""
    data = tmp_path / "spoken_digits-drawn"
    prepare("spoken_digits", None, data, {"source": "drawn", "size": 100, "frames": 20, "options": {"takes": 11}})
    shape = PreparedDataset.open(data).shape
    settings = {"system": "fhvae", "network": {"hidden": 8, "content": 4, "motion": 4}, "training": {"batch": 4}}
    run = tmp_path / "runs/tiny/fhvae/spoken_digits-drawn/seed0"
    run.mkdir(parents=True)
    torch.manual_seed(0)
    save_file(build(settings, shape).state_dict(), run / "weights.safetensors")
    record = {"weights": file_digest(run / "weights.safetensors"), "settings": settings, "shape": vars(shape)}
    record |= {"data": PreparedDataset.open(data).sha256, "data_folder": str(data), "model": "fhvae", "steps": 5}
    (run / "record.json").write_text(json.dumps(record), encoding="utf-8")
    chosen = {"source": "drawn", "scale": "tiny", "seed": 0, "split": "test", "floor": None, "threads": 1}
    for model, folder in (("real", None), ("fhvae", run)):
        job = EvaluationJob(model, PreparedDataset.open(data), folder, chosen)
        evaluate(job, NetworkPaths(tmp_path / "judges"), tmp_path / f"{model}.json", "cpu")
    real, ours = (json.loads((tmp_path / f"{model}.json").read_text(encoding="utf-8")) for model in ("real", "fhvae"))
    values = {(m["protocol"], m["metric"]): m["value"] for m in [*real["metrics"], *ours["metrics"]]}
    assert values["spectrum-verification", "trials"] == 300 * 299 / 2
    assert ours["learnt"] is False and ours["seen"]["sequences"] == 20 and "learnt" not in real
    for key in ("content", "motion"):
        assert 0 < values["speaker-verification", f"{key}_eer"] < 0.7
    assert 0 < values["spectrum-verification", "spectrum_eer"] < 0.5 and real["judges"] == {}
    assert not any(m["protocol"] == "speaker-verification" for m in real["metrics"])


PRINTED = {"fhvae": ("FHVAE", "5.06", "22.77"), "dsvae": ("DSVAE", "5.64", "19.20")}
PRINTED |= {"rwae": ("R-WAE(MMD)", "4.73", "23.41")}
DATASETS = {"timit-drawn": "timit", "spoken_digits": "spoken_digits"}


def record(model: str, dataset: str, seed: int = 0, status: str = "ok", **found: float) -> dict:
    metrics = [{"protocol": key.split("/")[0], "metric": key.split("/")[1], "value": v} for key, v in found.items()]
    source = "drawn" if dataset.endswith("-drawn") else "real"
    common = {"verb": "evaluate", "model": model, "dataset": dataset, "source": source, "scale": "quick", "seed": seed}
    return common | {
        "split": "test",
        "data": "",
        "judges": {},
        "status": status,
        "learnt": True,
        "metrics": metrics,
        "classes": {},
    }


def table(folder: Path, broken: str = "", joined: dict[str, float] | None = None) -> dict[str, str]:
    """Table 7 of three systems, R-WAE from two seeds, on two datasets; the spoken digits perhaps with joined rates."""
    folder.mkdir(exist_ok=True)
    records, settings = [], {"scale": "quick", "titles": TITLES, "report": "rwae_table1", "options": {}, "shown": []}
    settings |= {"models": list(PRINTED)}
    for dataset in DATASETS:
        bars = {"spectrum-verification/spectrum_eer": 0.2375, "spectrum-verification/level_eer": 0.3}
        records.append(record("real", dataset, **bars, **{"spectrum-verification/trials": 43365.0}))
        for i, model in enumerate(PRINTED):
            for seed in (0, 1) if model == "rwae" else (0,):
                values = {"content_eer": 0.05 + 0.01 * i + 0.02 * seed, "motion_eer": 0.2 + 0.1 * i}
                if joined and dataset == "spoken_digits":
                    values |= {f"{name}_joined_eer": value for name, value in joined.items()}
                found = {f"speaker-verification/{metric}": value for metric, value in values.items()} | {"leakage/x": 1}
                found = {"status": "failed (NaN at step 9)"} if model == broken else found
                records.append(record(model, dataset, seed, **found))
                settings["shown"].append(f"{model}/{dataset}/seed{seed}")
    files = []
    for i, content in enumerate(records):
        files.append(folder / f"{i}.json")
        files[-1].write_text(json.dumps(content), encoding="utf-8")
    render_table(
        "rwae_table1", files, PUBLISHED, folder / "rwae_table1", settings | {"datasets": list(DATASETS.values())}
    )
    return {path.suffix: path.read_text(encoding="utf-8") for path in folder.glob("rwae_table1.*")}


def test_rates_are_in_per_cent_and_printed_ones_beside_timit_alone(tmp_path):
    texts = table(tmp_path)
    lines = list(csv.DictReader(io.StringIO(texts[".csv"])))
    cells = {(line["dataset"], line["row"], line["metric"]): line for line in lines}
    drawn = next(line["dataset"] for line in lines if line["source"] == "drawn")
    for i, (row, content, motion) in enumerate(PRINTED.values()):
        for metric, value in (("content_eer", content), ("motion_eer", motion)):
            cell = cells[drawn, row, metric]
            assert (cell["published"], cell["note"]) == (value, "published numbers on TIMIT")
            assert cells["spoken digits", row, metric]["published"] == ""
        assert float(cells[drawn, row, "motion_eer"]["mean"]) == pytest.approx(20 + 10 * i)
    both = cells["spoken digits", "R-WAE(MMD)", "content_eer"]
    assert (float(both["mean"]), float(both["std"]), both["seeds"]) == (
        pytest.approx(8),
        pytest.approx(2**0.5, rel=1e-5),
        "2",
    )
    assert "| R-WAE(MMD) | 8.00 ± 1.41 (2) | *4.73* | 40.00 ± 0.00 (2) | *23.41* |" in texts[".md"]
    assert "| R-WAE(MMD) | 8.00 ± 1.41 (2) | 40.00 ± 0.00 (2) |" in texts[".md"]
    assert not {line["metric"] for line in lines} & {"x", "trials"}


def test_joined_rates_have_columns_where_they_were_measured(tmp_path):
    plain, joined = table(tmp_path / "plain"), table(tmp_path / "joined", joined={"content": 0.03, "motion": 0.35})
    assert "joined ↓" not in plain[".md"]
    assert joined[".md"].count("content, joined ↓") == 1, "of the spoken digits, not of TIMIT"
    assert "| DSVAE | 6.00 (1) | 30.00 (1) | 3.00 (1) | 35.00 (1) |" in joined[".md"]


def test_baselines_are_listed_below_the_systems(tmp_path):
    texts = table(tmp_path)
    assert texts[".md"].count("| mean spectrum, no model | 23.75 |") == 2
    assert texts[".md"].count("| mean level, no model | 30.00 |") == 2
    assert "| chance | 50.00 | 50.00 |" in texts[".md"]
    assert "43,365 of spoken digits" in texts[".md"] and "which the paper does not use" in texts[".md"]


def test_a_failed_training_is_shown(tmp_path):
    texts = table(tmp_path, broken="dsvae")
    assert "| DSVAE | failed | *5.64* | failed | *19.20* |" in texts[".md"]
    assert "| DSVAE | failed | failed |" in texts[".md"] and "NaN at step 9" in texts[".md"]
