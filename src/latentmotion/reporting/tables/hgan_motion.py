"""Beside Hamiltonian GAN's table 1: the dimension of the generated motion, and which quantities it conserves.

The paper shows the first in figure 7 and claims the others in section 3.1; it prints no numbers.
"""

import pandas as pd

from latentmotion.evaluation.metrics.cyclic_coordinates import FRACTION
from latentmotion.reporting.tabulation.aggregate import Cells, cell_text, long_form, measured
from latentmotion.reporting.tabulation.pivot import as_block, non_empty

PAPER = "HGAN"
NUMBER = "beyond the paper"
CAPTION = "Generated motion of Toy Physics: dimension of its manifold, energy drift, cyclic coordinates"

MANIFOLD, ENERGY = "motion-manifold", "generated-energy"
COLUMNS = {  # (protocol, metric) -> title of the column, format of its numbers
    (MANIFOLD, "participation_ratio"): ("dimension of the motion manifold", ".2f"),
    (MANIFOLD, "local_dimension"): ("local dimension", ".2f"),
    (MANIFOLD, "encoded_dimension"): ("local, real videos", ".2f"),
    (ENERGY, "energy_drift"): ("energy drift ↓", ".1e"),
    (ENERGY, "reversal_error"): ("reversibility error ↓", ".1e"),
    (ENERGY, "cyclic_coordinates"): ("cyclic coordinates", ".3g"),
}
WHOLE = {
    "participation_ratio": "motion_size",
    "cyclic_coordinates": "coordinates",
}  # metric -> the metric of its largest possible value


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: every metric of every system."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        return measured(found, COLUMNS, [MANIFOLD, ENERGY])

    return long_form(records, settings, settings["models"], cells)


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """One block, in which a count is followed by its largest possible value, such as "2.31 of 12"."""
    sizes = {
        (line.dataset, line.row, line.metric): f"of {line.mean:.0f}"
        for line in long[long.metric.isin(WHOLE.values())].itertuples()
    }
    texts: dict[tuple[str, str], dict] = {}
    for line in long[~long.metric.isin(WHOLE.values())].itertuples():
        title, form = COLUMNS[line.protocol, line.metric]
        of = sizes.get((line.dataset, line.row, WHOLE.get(line.metric)), "")
        texts.setdefault((line.dataset, line.row), {})[title, "ours"] = cell_text(line, form, of)
    return non_empty({"Generated motion": as_block(texts, [title for title, _ in COLUMNS.values()])})


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    lengths = next((record["settings"] for record in records if "rollout_length" in record.get("settings", {})), {})
    lengths = {"rollout_length": "rollout_length", "predict_length": "predict_length"} | lengths
    return [
        "The dimension of the motion manifold is the participation ratio of 1,024 motion codes one step after the "
        "first frame: the squared sum of the eigenvalues of their covariance over the sum of the squared eigenvalues. "
        "It is given with the number of values of a code. The unit of each value is that which training gave it. "
        "Momenta included, the states of the simulated systems have 2 values (mass spring, pendulum), 4 (double "
        "pendulum), 8 (two bodies) and 12 (three bodies).",
        "The local dimension of the same codes is estimated from the distances of each to its two nearest neighbours, "
        "so that a curved path has the dimension 1. For a model with an encoder, the same of the codes that it infers "
        "from real videos stands beside it.",
        f"The energy drift is the largest |E_t - E_0| over {lengths['rollout_length']} frames, relative to the "
        "standard deviation of E_0, for 256 states from the prior. E is the energy that the model has learnt, so that "
        "a small drift does not mean that the videos are right. The reversibility error is that of the states after "
        f"{lengths['predict_length']} frames forward and as many backward. The leapfrog of HGN is not symplectic for "
        "an energy that is not separable.",
        f"A cyclic coordinate is one along which the mean |dp/dt| is below {FRACTION:g} of that of the largest "
        "coordinate; their number is given with the number of positions of a state. MoCoGAN has no energy and cannot "
        "run backward.",
    ]
