"""Beside Hamiltonian GAN's table 1: how many dimensions generated motion takes up, and what it conserves.

The paper looks at the first (figure 7) and claims the rest (section 3.1); it prints no numbers.
"""

import pandas as pd

from latentmotion.evaluation.metrics.cyclic_coordinates import FRACTION
from latentmotion.reporting.tabulation.aggregate import Cells, cell_text, long_form, shown
from latentmotion.reporting.tabulation.pivot import filled, frame

PAPER = "HGAN"
NUMBER = "beyond the paper"
CAPTION = "Generated motion of Toy Physics: dimension of its manifold, energy drift, cyclic coordinates"

MANIFOLD, ENERGY = "motion-manifold", "generated-energy"
COLUMNS = {  # (protocol, metric) -> title, and how its numbers are written
    (MANIFOLD, "participation_ratio"): ("dimension of the motion manifold", ".2f"),
    (ENERGY, "energy_drift"): ("energy drift ↓", ".1e"),
    (ENERGY, "reversal_error"): ("reversal error ↓", ".1e"),
    (ENERGY, "cyclic_coordinates"): ("cyclic coordinates", ".3g"),
}
WHOLE = {"participation_ratio": "motion_size", "cyclic_coordinates": "coordinates"}  # of how many each is


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: every metric of every system."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        return shown(found, COLUMNS, [MANIFOLD, ENERGY])

    return long_form(records, settings, settings["models"], cells)


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """One block, system by system of physics; a count stands before what it is out of."""
    sizes = {
        (line.dataset, line.row, line.metric): f" of {line.mean:.0f}"
        for line in long[long.metric.isin(WHOLE.values())].itertuples()
    }
    texts: dict[tuple[str, str], dict] = {}
    for line in long[~long.metric.isin(WHOLE.values())].itertuples():
        title, form = COLUMNS[line.protocol, line.metric]
        of = sizes.get((line.dataset, line.row, WHOLE.get(line.metric)), "")
        texts.setdefault((line.dataset, line.row), {})[title, "ours"] = cell_text(line, form) + of
    return filled({"Generated motion": frame(texts, [title for title, _ in COLUMNS.values()])})


def notes(records: list[dict], published: pd.DataFrame) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    lengths = next((record["settings"] for record in records if "rollout_length" in record.get("settings", {})), {})
    steps = "{rollout_length} frames, reversal error after {predict_length} and back".format(
        **({"rollout_length": "rollout_length", "predict_length": "predict_length"} | lengths)
    )
    return [
        "Dimension: participation ratio, the squared sum of a covariance's eigenvalues over the sum of their squares, "
        "of 1,024 motion codes one step after the first frame, of how many numbers a code has. Codes have the units "
        "that training gave them. The states of the simulated systems have 2 (mass spring, pendulum), 4 (double "
        "pendulum), 8 and 12 (two and three bodies) coordinates, momenta counted.",
        f"Energy drift: the largest |E_t - E_0| over {steps}, relative to the standard deviation of E_0 over the "
        "samples; of 256 states from the prior. The energy is the one that the model has learnt: to conserve it says "
        "nothing of whether videos are right. HGN's leapfrog is not symplectic for an energy that is not separable.",
        f"Cyclic coordinates: those along which the mean |dp/dt| is below {FRACTION:g} of the largest coordinate's, of "
        "how many positions a state has. MoCoGAN has neither an energy nor a way back.",
    ]
