"""R-WAE, table 1: how well the codes of speech verify speakers. Content should, motion should not.

Beyond the paper: what an utterance's mean spectrum and mean level do without a model, and the free spoken digits beside
TIMIT, of which the paper prints nothing.
"""

import pandas as pd

from latentmotion.config.catalogue import dataset_name
from latentmotion.reporting.display_names import CHANCE, dataset_label, printed_row
from latentmotion.reporting.tabulation.aggregate import Cells, long_form, other_data, shown, with_published
from latentmotion.reporting.tabulation.pivot import Columns, block
from latentmotion.reporting.tabulation.published import printed

PAPER = "R-WAE"
NUMBER = "table 1"
CAPTION = "Speaker verification by the content and by the motion of speech: equal error rates in per cent"

PROTOCOL, BAR = "speaker-verification", "spectrum-verification"
CONTENT, MOTION = ("content ↓", ".2f"), ("motion ↑", ".2f")
COLUMNS: Columns = {
    (PROTOCOL, "content_eer"): CONTENT,
    (PROTOCOL, "motion_eer"): MOTION,
    (BAR, "spectrum_eer"): CONTENT,
    (BAR, "level_eer"): CONTENT,
}
WANTED = [key for key in COLUMNS if key[0] == PROTOCOL]
BARS = {"spectrum_eer": "mean spectrum, no model", "level_eer": "mean level, no model"}  # metrics -> rows
GUESS = {"mean": 50.0, "status": "computed", "note": "scores that say nothing"}


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: both error rates of every system, with the printed ones where there are some, and the bars."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        numbers = printed(published, PAPER, "1", printed_row(model, PAPER, "1"), dataset_name(dataset))
        keyed = {(PROTOCOL, metric): value for metric, value in numbers.items()}
        return with_published(shown(in_per_cent(found), WANTED, {PROTOCOL}), keyed, other_data(dataset, found))

    return long_form(records, settings, settings["models"], cells, lambda real, _: bars(real))


def in_per_cent(records: list[dict]) -> list[dict]:
    """The records with their error rates, which are fractions, as the paper prints them."""
    return [
        {**r, "metrics": [{**cell, "value": 100 * cell["value"]} for cell in r["metrics"] if _is_rate(cell)]}
        for r in records
    ]


def _is_rate(cell: dict) -> bool:
    return (cell["protocol"], cell["metric"]) in COLUMNS


def bars(real: dict) -> dict[str, Cells]:
    """A row for each thing that tells speakers apart without a model, and one for what tells nothing."""
    found = {BARS[key[1]]: {key: cell} for key, cell in shown(in_per_cent([real]), [], {BAR}).items()}
    return found | ({CHANCE: dict.fromkeys(WANTED, GUESS)} if found else {})


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's table, dataset by dataset."""
    blocks = [block(long[long.dataset == dataset], COLUMNS) for dataset in dict.fromkeys(long.dataset)]
    return {f"Equal error rate in per cent: {found.index[0][0]}": found for found in blocks if not found.empty}


def notes(records: list[dict], published: pd.DataFrame) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    trials = {
        dataset_label(r["dataset"]): cell["value"]
        for r in records
        for cell in r["metrics"]
        if (cell["protocol"], cell["metric"]) == (BAR, "trials")
    }
    counted = ", ".join(f"{count:,.0f} of {name}" for name, count in trials.items())
    return [
        "An utterance is the mean of the codes of its segments, of the motion also over their frames; two utterances "
        "are as alike as the cosine between their means. At the threshold of the equal error rate the share of the "
        "pairs of one speaker that is refused is that of the other pairs that is accepted. All pairs of test "
        f"utterances are compared{': ' + counted if counted else ''}. Nothing is fitted to speakers.",
        "The mean spectrum and the mean level of an utterance verify speakers without a model: a content code should "
        "do better than they do. A motion code that says nothing of the speaker has 50.",
        "TIMIT, and its stand-in: no test speaker was heard in training. Spoken digits: the same six speakers in "
        "training and test, in other recordings, and each recorded at another level; the Free Spoken Digit Dataset is "
        "free where TIMIT is licensed, and no data of the paper.",
        "The motion code of FHVAE is one a segment, that of the others one a frame.",
    ]
