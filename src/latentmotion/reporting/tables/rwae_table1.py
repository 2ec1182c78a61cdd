"""R-WAE, table 1: how well the codes of speech verify speakers. The content code should, the motion code should not.

Beyond the paper: how well the mean spectrum and the mean level of an utterance verify speakers without a model, the
same for spoken digits, which the paper does not use, and the same for joined utterances, since a digit is one word.
"""

import pandas as pd

from latentmotion.config.catalogue import dataset_name
from latentmotion.reporting.display_names import CHANCE, printed_row
from latentmotion.reporting.tabulation.aggregate import Cells, long_form, measured, published_on, with_published
from latentmotion.reporting.tabulation.pivot import Columns, block
from latentmotion.reporting.tabulation.published import printed
from latentmotion.reporting.titles import Titles

PAPER = "R-WAE"
NUMBER = "table 1"
CAPTION = "Speaker verification by the content and by the motion of speech: equal error rates in per cent"

PROTOCOL, BAR = "speaker-verification", "spectrum-verification"
CONTENT, MOTION = ("content ↓", ".2f"), ("motion ↑", ".2f")
JOINED_CONTENT, JOINED_MOTION = ("content, joined ↓", ".2f"), ("motion, joined ↑", ".2f")
COLUMNS: Columns = {
    (PROTOCOL, "content_eer"): CONTENT,
    (PROTOCOL, "motion_eer"): MOTION,
    (PROTOCOL, "content_joined_eer"): JOINED_CONTENT,
    (PROTOCOL, "motion_joined_eer"): JOINED_MOTION,
    (BAR, "spectrum_eer"): CONTENT,
    (BAR, "level_eer"): CONTENT,
}
WANTED = [(PROTOCOL, "content_eer"), (PROTOCOL, "motion_eer")]
BARS = {"spectrum_eer": "mean spectrum, no model", "level_eer": "mean level, no model"}  # metrics -> rows
GUESS = {"mean": 50.0, "status": "computed", "note": "uninformative scores"}


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: both error rates of every system, with the printed ones where there are some, and the bars."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        numbers = printed(published, PAPER, "1", printed_row(model, PAPER, "1"), dataset_name(dataset))
        keyed = {(PROTOCOL, metric): value for metric, value in numbers.items()}
        ours = measured(in_per_cent(found), WANTED, {PROTOCOL})
        return with_published(ours, keyed, published_on(dataset, found, settings))

    return long_form(records, settings, settings["models"], cells, lambda real, _: bars(real))


def in_per_cent(records: list[dict]) -> list[dict]:
    """The records with their error rates in per cent, as the paper prints them, instead of fractions."""
    return [
        {**r, "metrics": [{**cell, "value": 100 * cell["value"]} for cell in r["metrics"] if _is_rate(cell)]}
        for r in records
    ]


def _is_rate(cell: dict) -> bool:
    return (cell["protocol"], cell["metric"]) in COLUMNS


def bars(real: dict) -> dict[str, Cells]:
    """A row for each statistic that verifies speakers without a model, and a row for uninformative scores."""
    found = {BARS[key[1]]: {key: cell} for key, cell in measured(in_per_cent([real]), [], {BAR}).items()}
    return found | ({CHANCE: dict.fromkeys(WANTED, GUESS)} if found else {})


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's table, a block for each data set."""
    blocks = [block(long[long.dataset == dataset], COLUMNS) for dataset in dict.fromkeys(long.dataset)]
    return {f"Equal error rate in per cent: {found.index[0][0]}": found for found in blocks if not found.empty}


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    titles = Titles.of(settings)
    trials = {
        titles.dataset(r["dataset"]): cell["value"]
        for r in records
        for cell in r["metrics"]
        if (cell["protocol"], cell["metric"]) == (BAR, "trials")
    }
    counted = ", ".join(f"{count:,.0f} of {name}" for name, count in trials.items())
    return [
        "An utterance is represented by the mean of the codes of its segments, for the motion also over their frames. "
        "The similarity of two utterances is the cosine between their means. All pairs of test utterances are "
        f"compared{': ' + counted if counted else ''}. At the threshold of the equal error rate, the share of pairs of "
        "one speaker that are rejected equals the share of pairs of two speakers that are accepted. Nothing is fitted "
        "to the speakers.",
        "Joined: ten utterances of one speaker are taken as one, where the speakers have enough. A spoken digit "
        "is one word, which is as constant in its utterance as the speaker is; of ten digits only the speaker is.",
        "The mean spectrum and the mean level of an utterance verify speakers without a model, and a content code "
        "should do better than they do. A motion code that holds nothing about the speaker has an error rate of 50.",
        "FHVAE has one motion code for each segment, the other systems have one for each frame.",
    ]
