"""Equivariant Hamiltonian flows, figure 2A in numbers: log-likelihoods with the symmetry constraint and without.

The paper has no table: it plots training and test log-likelihood for several precisions kappa, with infinite and with
finite data. Beyond it: the importance-weighted bound beside the ELBO, the gain over no constraint with a paired test
over training seeds, and how invariant the learnt densities are.
"""

import statistics

import pandas as pd
from scipy.stats import ttest_1samp

from latentmotion.reporting.tabulation.aggregate import Cells, long_form, measured
from latentmotion.reporting.tabulation.pivot import Columns, block, non_empty

PAPER = "EHF"
NUMBER = "figure 2A"
CAPTION = "Hamiltonian flows: log-likelihood with the symmetry constraint at several precisions and without"

LIKELIHOOD, SYMMETRY, GAIN = "likelihood", "symmetry", "gain"
TARGET = "target density"
BOUNDS = ("iw128", "elbo")
COLUMNS: Columns = {
    (LIKELIHOOD, "train_iw128"): ("train, IW ↑", ".3f"),
    (LIKELIHOOD, "iw128"): ("test, IW ↑", ".3f"),
    (GAIN, "iw128"): ("gain, test, IW ↑", "+.3f"),
    (GAIN, "iw128_p"): ("p of it", ".2g"),
    (LIKELIHOOD, "train_elbo"): ("train, ELBO ↑", ".3f"),
    (LIKELIHOOD, "elbo"): ("test, ELBO ↑", ".3f"),
    (GAIN, "elbo"): ("gain, test, ELBO ↑", "+.3f"),
    (GAIN, "elbo_p"): ("p of the ELBO's", ".2g"),
    (SYMMETRY, "rotation_spread_iw256"): ("spread under rotation ↓", ".3f"),
    (SYMMETRY, "bracket_squared"): ("bracket squared ↓", ".2g"),
}
WANTED = [key for key in COLUMNS if key[0] == LIKELIHOOD]


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: both protocols of every model, its gain over no constraint, and the target's own density."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        here = [record for record in records if record["dataset"] == dataset]
        return measured(found, WANTED, {LIKELIHOOD, SYMMETRY}) | gains(found, here) if found else {}

    return long_form(records, settings, settings["models"], cells, lambda real, here: {TARGET: target(here)})


def gains(records: list[dict], here: list[dict]) -> Cells:
    """What a constrained model's test points are more likely by than those of the model without a constraint, in nats.

    Seed by seed, since a seed decides the first weights and which points are learnt from; `_p` is the two-sided p of
    Student's paired t-test over the seeds that both have, where there are three or more.
    """
    without = {record["seed"]: record for record in here if record["status"] == "ok" and free(record)}
    pairs = [(r, without[r["seed"]]) for r in records if r["status"] == "ok" and not free(r) and r["seed"] in without]
    cells: Cells = {}
    for bound in BOUNDS:
        difference = [value(ours, bound) - value(theirs, bound) for ours, theirs in pairs]
        if len(difference) < 2:
            continue
        common = {"seeds": len(difference), "status": "computed", "note": "against no constraint, seed by seed"}
        mean, deviation = statistics.fmean(difference), statistics.stdev(difference)
        cells[GAIN, bound] = {"mean": mean, "std": deviation, **common}
        if len(difference) > 2 and deviation > 0:
            p = float(ttest_1samp(difference, 0).pvalue)
            cells[GAIN, f"{bound}_p"] = {"mean": p, **common, "seeds": None, "note": "paired t-test, two-sided"}
    return cells


def free(record: dict) -> bool:
    """Whether a record is of a density that was learnt without a constraint."""
    network = record.get("training", {}).get("settings", {}).get("network")
    return network is not None and network.get("kappa") is None


def value(record: dict, metric: str) -> float:
    return next(m["value"] for m in record["metrics"] if (m["protocol"], m["metric"]) == (LIKELIHOOD, metric))


def target(records: list[dict]) -> Cells:
    """The target's mean log density at the same points; of training points over the seeds, which draw their own."""
    cells: Cells = {}
    seeds = {record["seed"]: record for record in records if record.get("training") and record["status"] == "ok"}
    for prefix in ("", "train_"):
        found = [value(record, f"{prefix}target") for record in seeds.values()]
        cell = {"status": "computed", "note": "closed form, at the same points"}
        if found:
            cells |= {(LIKELIHOOD, f"{prefix}{bound}"): cell | {"mean": statistics.fmean(found)} for bound in BOUNDS}
    return cells


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A block a dataset, the densities in nats a point."""
    return non_empty(
        {dataset: block(long[long.dataset == dataset], COLUMNS) for dataset in dict.fromkeys(long.dataset)}
    )


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    points = {
        record["training"]["settings"]["network"].get("points") for record in records if record.get("training")
    } - {None}
    few = ", ".join(map(str, sorted(points))) or "few"
    return [
        "Log-likelihoods in nats a point. The paper prints curves and no numbers, so nothing stands beside ours; its "
        "target densities are known as pictures alone, and ours are others.",
        "IW: the importance-weighted bound with 128 momenta a point, nearer to the log-likelihood than the ELBO (the "
        "same 128 momenta), which is also low where the encoder has not learnt a point. The target density's own "
        "values at the same points are the mark; only points that were learnt from can be more likely under a model.",
        "Infinite data: 50,000 training points, each met a few times. Finite data: every training seed draws its own "
        f"{few} points and sees no others; train is measured on those. Number of points, target and length of the "
        "training were chosen on other draws, by the text's aim that overfitting can be seen.",
        "Gain: test log-likelihood less that without a constraint, seed by seed; p of Student's paired t-test over the "
        "training seeds, two-sided, not corrected for the number of precisions.",
        "Spread under rotation: how much log p of a test point varies over eight rotations of it (deviation, root mean "
        "square over 64 points, IW with 256 momenta, whose error is in it). Bracket squared: the mean over states of "
        "the base of the squared Poisson bracket of H and the generator of rotations, which kappa bounds.",
    ]
