"""Equivariant Hamiltonian flows, figure 2A in numbers: log-likelihoods with the symmetry constraint and without.

The paper has no table. It plots the training and test log-likelihood over the training for several precisions kappa,
with infinite and with finite data. This table adds the gain over no constraint with two paired tests over the training
seeds, the mean ELBO over the training, which says how fast a model learns, and how invariant the learnt densities are.
"""

import statistics
from collections.abc import Callable

import pandas as pd
from scipy.stats import ttest_1samp, wilcoxon

from latentmotion.reporting.tabulation.aggregate import Cells, long_form, measured
from latentmotion.reporting.tabulation.pivot import Columns, block, non_empty

PAPER = "EHF"
NUMBER = "figure 2A"
CAPTION = "Hamiltonian flows: log-likelihood with the symmetry constraint at several precisions and without"

LIKELIHOOD, SYMMETRY, GAIN = "likelihood", "symmetry", "gain"
TARGET, GAUSSIAN = "target density", "normal density, fitted"
GAINED = ("log_p", "elbo", "training_elbo")  # the metrics whose gain over no constraint is shown
DENSITIES: Columns = {
    (LIKELIHOOD, "train_log_p"): ("train, log p ↑", ".3f"),
    (LIKELIHOOD, "log_p"): ("test, log p ↑", ".3f"),
    (LIKELIHOOD, "gap_closed"): ("gap closed ↑", ".2f"),
    (GAIN, "log_p"): ("gain, test, log p ↑", "+.3f"),
    (GAIN, "log_p_t"): ("p, t-test", ".2g"),
    (GAIN, "log_p_wilcoxon"): ("p, Wilcoxon", ".2g"),
}
BOUNDS: Columns = {
    (LIKELIHOOD, "train_elbo"): ("train, ELBO ↑", ".3f"),
    (LIKELIHOOD, "elbo"): ("test, ELBO ↑", ".3f"),
    (GAIN, "elbo"): ("gain, test, ELBO ↑", "+.3f"),
    (GAIN, "elbo_t"): ("p, t-test", ".2g"),
    (GAIN, "elbo_wilcoxon"): ("p, Wilcoxon", ".2g"),
}
SPEED: Columns = {
    (LIKELIHOOD, "training_elbo"): ("ELBO, mean over training ↑", ".3f"),
    (GAIN, "training_elbo"): ("gain ↑", "+.3f"),
    (GAIN, "training_elbo_t"): ("p, t-test", ".2g"),
    (GAIN, "training_elbo_wilcoxon"): ("p, Wilcoxon", ".2g"),
}
INVARIANCE: Columns = {
    (SYMMETRY, "rotation_spread"): ("spread of log p under rotation ↓", ".3f"),
    (SYMMETRY, "bracket_squared"): ("bracket squared, base ↓", ".2g"),
    (SYMMETRY, "bracket_squared_flow"): ("bracket squared, flow ↓", ".2g"),
}
BLOCKS = {"": DENSITIES, ", bound": BOUNDS, ", speed": SPEED, ", symmetry": INVARIANCE}
WANTED = [key for columns in (DENSITIES, BOUNDS) for key in columns if key[0] == LIKELIHOOD]


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: both protocols of every model, its gain over no constraint, and two densities to compare with."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        here = [record for record in records if record["dataset"] == dataset]
        return measured(found, WANTED, {LIKELIHOOD, SYMMETRY}) | gains(found, here) if found else {}

    def others(real: dict, here: list[dict]) -> dict[str, Cells]:
        return {
            TARGET: marks(here, "target", (*GAINED[:2],), "closed form, at the same points"),
            GAUSSIAN: marks(here, "gaussian", GAINED[:1], "fitted to the points that were learnt from"),
        }

    return long_form(records, settings, settings["models"], cells, others)


def gains(records: list[dict], here: list[dict]) -> Cells:
    """By how many nats a constrained model surpasses the model without a constraint, for each metric of GAINED.

    The difference is taken seed by seed, since a seed decides the first weights and which points are learnt from. `_t`
    and `_wilcoxon` are two-sided p-values of Student's paired t-test and of Wilcoxon's signed-rank test over the seeds
    that both models have, where there are three or more.
    """
    without = {record["seed"]: record for record in here if record["status"] == "ok" and free(record)}
    pairs = [(r, without[r["seed"]]) for r in records if r["status"] == "ok" and not free(r) and r["seed"] in without]
    cells: Cells = {}
    for metric in GAINED:
        both = [(value(ours, metric), value(theirs, metric)) for ours, theirs in pairs]
        difference = [a - b for a, b in both if a is not None and b is not None]
        if len(difference) < 2:
            continue
        common = {"seeds": len(difference), "status": "computed", "note": "against no constraint, seed by seed"}
        mean, deviation = statistics.fmean(difference), statistics.stdev(difference)
        cells[GAIN, metric] = {"mean": mean, "std": deviation, **common}
        if len(difference) > 2 and deviation > 0:
            tests: dict[str, Callable] = {"t": lambda found: ttest_1samp(found, 0), "wilcoxon": wilcoxon}
            for name, test in tests.items():
                cell = {"mean": float(test(difference).pvalue), **common, "seeds": None, "note": "paired, two-sided"}
                cells[GAIN, f"{metric}_{name}"] = cell
    return cells


def free(record: dict) -> bool:
    """Whether a record is of a density that was learnt without a constraint."""
    network = record.get("training", {}).get("settings", {}).get("network")
    return network is not None and network.get("kappa") is None


def value(record: dict, metric: str) -> float | None:
    """A metric of the likelihood protocol, or None where the record does not have it."""
    found = (m["value"] for m in record["metrics"] if (m["protocol"], m["metric"]) == (LIKELIHOOD, metric))
    return next(found, None)


def marks(records: list[dict], of: str, columns: tuple[str, ...], note: str) -> Cells:
    """The mean log density of another density at the points that the models are scored on, in given columns.

    It is a mean over the seeds, because with finite data every seed draws its own training points.
    """
    cells: Cells = {}
    seeds = {record["seed"]: record for record in records if record.get("training") and record["status"] == "ok"}
    for prefix in ("", "train_"):
        found = [x for x in (value(record, f"{prefix}{of}") for record in seeds.values()) if x is not None]
        cell = {"status": "computed", "note": note}
        if found:
            cells |= {(LIKELIHOOD, f"{prefix}{name}"): cell | {"mean": statistics.fmean(found)} for name in columns}
    return cells


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Four blocks for each dataset, the densities in nats a point."""
    return non_empty(
        {
            f"{dataset}{part}": block(long[long.dataset == dataset], columns)
            for dataset in dict.fromkeys(long.dataset)
            for part, columns in BLOCKS.items()
        }
    )


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    networks = [record["training"]["settings"]["network"] for record in records if record.get("training")]
    few = ", ".join(map(str, sorted({network.get("points") for network in networks} - {None}))) or "few"
    return [
        "Log-likelihoods are in nats a point. The paper prints curves and no numbers, so that no published number "
        "stands beside ours. Its target densities are known as pictures only, and ours differ from them.",
        "log p is the log-likelihood by importance sampling with 250 momenta a point. The ELBO (128 momenta) is lower "
        "by what the encoder misses. The target density's values at the same points are the mark: a model can surpass "
        "them only on points that it has learnt from. The normal density is fitted to the points that were learnt "
        "from. Gap closed is the part of the way from the normal density to the target that log p has gone on the test "
        "points.",
        "Infinite data means 50,000 training points, so many that none is learnt by heart. With finite data every "
        f"training seed draws its own {few} points and its own first weights, and it sees no other points; train is "
        "measured on those. The number of points, the target and the length of the training were chosen on other "
        "seeds, such that overfitting can be seen, as in the paper.",
        "Gain is the value less that of the model without a constraint, seed by seed. The two p-values are two-sided, "
        "paired over the training seeds, and not corrected for the number of precisions.",
        "The claim for infinite data is that the constraint makes learning faster. The statistic for it was chosen "
        "beforehand: the mean ELBO over all steps of the training, of the batch before the step learns from it, or, "
        "with finite data, of training points that are not learnt from.",
        "Spread under rotation says how much log p of a test point varies over eight rotations of it (deviation, root "
        "mean square over 64 points). Bracket squared is the mean of the squared Poisson bracket of H and the "
        "generator of rotations: over states of the base, where the paper bounds it by kappa, and over the states of "
        "the whole flow, the base and every leapfrog step in equal parts.",
    ]
