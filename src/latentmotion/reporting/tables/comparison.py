"""Any models on any data sets: one part for each protocol, with a row for each system and a column for each metric.

The table belongs to no paper. It is for data sets and models of one's own, and is named by `report: comparison` in
params.yaml. Without the option `metrics` it shows the accuracies of all judges and the errors of predicted frames.
"""

import pandas as pd

from latentmotion.config.catalogue import REAL
from latentmotion.core.errors import UserError
from latentmotion.reporting.tabulation.aggregate import Cells, long_form, measured
from latentmotion.reporting.tabulation.pivot import block, non_empty

PAPER = ""
NUMBER = ""
CAPTION = "Comparison of systems"

PARTS = {  # protocol -> title of its part, in the order of the table
    "real": "Real test sequences, as the judges see them",
    "motion-swap": "Motion of one test sequence, content of another",
    "motion-prior": "Content of a test sequence, sampled motion",
    "content-prior": "Motion of a test sequence, sampled content",
    "generate": "Sampled content and motion",
    "image-to-sequence": "Sequences generated from the first frame, as the judges see them",
    "reconstruct": "Reconstructed test sequences",
    "predict": "Frames predicted from the first one",
    "leakage": "What a classifier finds in each code",
}
SHOWN_WITH = {"copy": "predict"}  # the protocol whose part has the rows of another one: the first frame, repeated
TITLES = {
    "ssim": ("SSIM ↑", ".3f"),
    "psnr": ("PSNR ↑", ".2f"),
    "mse": ("MSE ↓", ".4f"),
    "mse_future": ("MSE without the first frame ↓", ".4f"),
    "mse_over_copy": ("MSE relative to copying ↓", ".3f"),
    "explained": ("energy explained ↑", ".3f"),
    "change_explained": ("changes explained ↑", ".3f"),
}
JUDGED = {"_accuracy": "{} ↑", "_from_content": "{} from the content", "_from_motion": "{} from the motion"}


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form. Options: `metrics`, a list of `<protocol>/<metric>` to show in place of the usual ones.

    Raises UserError for a metric of `metrics` that no record has.
    """
    there = {(entry["protocol"], entry["metric"]) for record in records for entry in record["metrics"]}
    shown = _asked(settings, there) or {
        (p, m) for p, m in there if SHOWN_WITH.get(p, p) in PARTS and _column(m) != (m, ".4g")
    }

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        mine = {key for key in shown if (key[0] in ("real", "copy")) == (model == REAL)}
        protocols = {protocol for protocol, _ in mine}
        return {key: cell for key, cell in measured(found, sorted(mine), protocols).items() if key in mine}

    return long_form(records, settings, [REAL, *settings["models"]], cells)


def _asked(settings: dict, there: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The metrics that the option asks for."""
    asked = {tuple(name.split("/", 1)) for name in settings["options"].get("metrics", [])}
    if missing := sorted(asked - there):
        known = ", ".join(sorted("/".join(key) for key in there))
        raise UserError(f"options.metrics: no record has '{'/'.join(missing[0])}'; there are: {known}")
    return asked


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """A block for each part; those of PARTS come first, in their order."""
    columns: dict[str, dict] = {}
    for protocol, metric in dict.fromkeys(zip(long.protocol, long.metric, strict=True)):
        columns.setdefault(SHOWN_WITH.get(protocol, protocol), {})[protocol, metric] = _column(metric)
    order = sorted(columns, key=lambda part: ([*PARTS, part].index(part), part))
    return non_empty({PARTS.get(part, part): block(long, columns[part]) for part in order})


def _column(metric: str) -> tuple[str, str]:
    """The title of a metric and the format of its numbers; of a metric that is not known here, its name."""
    for ending, title in JUDGED.items():
        if metric.endswith(ending):
            return title.format(metric.removesuffix(ending)), ".3f"
    return TITLES.get(metric, (metric, ".4g"))


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    return [
        "Accuracies are shares of generated sequences that the judge of a label sees as what they should show. What "
        "is held comes from a test sequence, and what is sampled comes from the model's prior.",
        "Predicted frames are compared with the true frames of every test sequence.",
    ]
