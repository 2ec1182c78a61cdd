"""Made-up claims and records of made-up runs, for tests of verdicts."""

from collections.abc import Mapping, Sequence

from latentmotion.reporting.claims.claim import COLUMNS, Claim, read_claim
from latentmotion.reporting.claims.evidence import Evidence

CLASSES = {"action": 9, "body": 6, "hair": 6}
PLANNED = {"sprites": ["halo", "dsvae", "s3vae", "mocogan"], "faces": ["halo", "dsvae"]}


def line(**columns: str) -> dict[str, str]:
    """A line of data/claims.csv: by default that HALO's action accuracy is above DSVAE's by more than 0.02."""
    default = {"id": "x-01", "paper": "HALO", "claim": "A claim.", "kind": "superiority", "seeds": "5", "pairs": "all"}
    default |= {"better": "halo", "than": "dsvae", "datasets": "sprites", "protocol": "motion-swap"}
    default |= {"metric": "action_accuracy", "direction": "higher", "margin": "0.02", "evidence_in_paper": "0.9 / 0.5"}
    return dict.fromkeys(COLUMNS, "") | default | columns


def claim(**columns: str) -> Claim:
    return read_claim(line(**columns))


def record(model: str, seed: int, dataset: str = "sprites", **changes) -> dict:
    """A record without metrics, of a run that has learnt, judged by good judges."""
    judges = {label: {"test_accuracy": 0.995, "floor": 0.99, "weak": False} for label in CLASSES}
    training = {"settings": {"training": {"steps": 100, "batch": 16}, "network": {"kappa": 0.1}}}
    common = {"verb": "evaluate", "model": model, "dataset": dataset, "seed": seed, "scale": "quick", "split": "test"}
    common |= {"status": "ok", "data": dataset, "classes": CLASSES, "judges": judges, "metrics": []}
    return common | ({} if model == "real" else {"training": training, "learnt": True, "learnt_why": ""}) | changes


def metrics(values: Mapping[str, float]) -> list[dict]:
    """`protocol/metric` -> value, as a record has them."""
    split = {name: name.partition("/") for name in values}
    return [{"protocol": p, "metric": m, "value": values[name], "n": 100} for name, (p, _, m) in split.items()]


def runs(model: str, name: str, values: Sequence[float], dataset: str = "sprites", **changes) -> list[dict]:
    """One record for each value of a metric `protocol/metric`, with the seeds 0, 1 and so on."""
    return [
        record(model, seed, dataset, **({"metrics": metrics({name: value})} | changes))
        for seed, value in enumerate(values)
    ]


def real(dataset: str = "sprites", **more: float) -> dict:
    """The record of the real data, on which every judge has an accuracy of 0.99."""
    values = {f"real/{label}_accuracy": 0.99 for label in CLASSES} | more
    return record("real", 0, dataset, metrics=metrics(values))


def evidence(*records: dict) -> Evidence:
    return Evidence.of("quick", records, PLANNED)
