"""How much of its data a run has seen, beside what the paper's run saw."""

import csv
from pathlib import Path

from latentmotion.core.errors import UserError
from latentmotion.data.prepared import PreparedDataset

BUDGETS = Path("data/training_budgets.csv")
COLUMNS = ["model", "dataset", "sequences", "source"]


def seen(training: dict, data: PreparedDataset, budgets: Path) -> dict:
    """The key `seen` of a record.

    sequences: how many sequences the training learnt from, where a repeated one counts each time. The batch of the
        settings is that of all processes together.
    epochs: sequences / training_sequences.
    training_sequences: how many sequences the training split has.
    paper, paper_source: the same number of the paper's training and where it is from; None where it is not known.

    Arguments:
        training: the record of the training.
        budgets: the table of what is known about the papers' trainings.
    """
    sequences = training["steps"] * training["settings"]["training"]["batch"]
    known = data.manifest["splits"]["train"]["sequences"]
    paper, source = published_budgets(budgets).get((training["model"], data.id.removesuffix("-drawn")), (None, None))
    return {
        "sequences": sequences,
        "epochs": round(sequences / known, 2),
        "training_sequences": known,
        "paper": paper,
        "paper_source": source,
    }


def published_budgets(path: Path) -> dict[tuple[str, str], tuple[int, str]]:
    """(model, data set) -> sequences seen and the source of the number.

    Raises UserError for a file that is missing, has other columns, or has a number that is not whole and positive.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; restore it with 'git checkout {path}'")
    found = {}
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            raise UserError(f"{path}: its columns must be {','.join(COLUMNS)}; correct the first line")
        for row in reader:
            where = f"{path}: line {reader.line_num}"
            if not (row["sequences"] or "").isdigit() or int(row["sequences"]) < 1 or not row["source"]:
                raise UserError(f"{where}: needs a whole number of sequences and a source; correct it")
            key = (row["model"], row["dataset"])
            if key in found:
                raise UserError(f"{where}: repeats {', '.join(key)}; remove one")
            found[key] = (int(row["sequences"]), row["source"])
    return found
