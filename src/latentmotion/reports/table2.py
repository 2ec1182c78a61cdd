"""HALO, table 2. Left: are generated motions the ones asked for, and varied? Right: is the content kept under swaps?

Left half: the content of test sequences with a motion from the prior, asked for an action (motion-prior). A model
that cannot be asked for an action keeps the motion and samples the content (content-prior); one that encodes nothing
samples all of it (generate). Right half: the motion of one test sequence with the content of another (motion-swap).
"""

import math
from collections.abc import Container

import pandas as pd

from latentmotion.catalogue import REAL, dataset_name
from latentmotion.names import SYSTEMS, dataset_label, published_label, system_label
from latentmotion.published import audit, printed
from latentmotion.summary import LONG, PUBLISHED_ONLY, cell_text, failed, summarise

PAPER = "HALO"
NUMBER = "table 2"
CAPTION = (
    "Disentanglement of content and motion: action accuracy, entropies and inception score; content kept under swaps"
)

ACTION = {
    "action_accuracy": "accuracy ↑",
    "action_h_y_given_x": "H(y|x) ↓",
    "action_h_y": "H(y) ↑",
    "action_is": "IS ↑",
}
LEFT = ("motion-prior", "content-prior", "generate")
CHANCE = "chance"
LOST = "unknown-"  # metrics of the right half whose row labels are lost in our copy of the paper


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: every protocol and metric of every system, with the printed number where there is one."""
    lines = []
    for dataset in dict.fromkeys(record["dataset"] for record in records):
        here = [record for record in records if record["dataset"] == dataset]
        real = next(record for record in here if record["model"] == REAL)
        common = {"dataset": dataset_label(dataset), "source": real["source"], "scale": settings["scale"]}
        for model in [*SYSTEMS, *(m for m in settings["models"] if m not in SYSTEMS)]:
            of_model = [record for record in here if record["model"] == model]
            cells = _system(model, dataset, of_model, real, published)
            of_whom = common if of_model else {"dataset": dataset_label(dataset_name(dataset)), "source": "published"}
            lines += [
                {"row": system_label(model), "protocol": key[0], "metric": key[1], **of_whom, **cell}
                for key, cell in cells.items()
            ]
        lines += [{"row": CHANCE, "protocol": CHANCE, **common, **cell} for cell in _chance(real)]
    return pd.DataFrame(lines, columns=LONG).astype({"seeds": "Int64"})


def _system(model: str, dataset: str, records: list[dict], real: dict, published: pd.DataFrame) -> dict:
    """(protocol, metric) -> cell: ours, the printed ones beside them, and failures where the paper has a number."""
    cells = summarise(records)
    left = _left(cells)
    if records and not cells:
        wanted = [(left, metric) for metric in ACTION]
        wanted += [("motion-swap", metric) for metric in ("action_accuracy", *_contents(real))]
        cells = {key: failed(records) for key in wanted}
    drawn = dataset != dataset_name(dataset)
    for metric, value in printed(published, PAPER, "2", system_label(model), dataset_name(dataset)).items():
        key = (left if metric in ACTION else "motion-swap", metric)
        cell = cells.setdefault(key, {"status": PUBLISHED_ONLY, "note": ""})
        cell["published"] = value
        notes = [
            cell["note"],
            f"published numbers on {published_label(dataset_name(dataset))}" if drawn and records else "",
        ]
        notes += ["row label lost: one of four attributes, order unknown" if metric.startswith(LOST) else ""]
        cell["note"] = "; ".join(filter(None, notes))
    return cells


def _left(measured: Container[tuple[str, str]]) -> str:
    """The protocol of a system's left half: the first under which its accuracy was measured."""
    return next((protocol for protocol in LEFT if (protocol, "action_accuracy") in measured), LEFT[0])


def _contents(real: dict) -> list[str]:
    """The metrics of the content labels that the judges of a dataset know."""
    metrics = (cell["metric"] for cell in real["metrics"])
    return [metric for metric in metrics if metric.endswith("_accuracy") and metric not in ACTION]


def _chance(real: dict) -> list[dict]:
    """What a uniform guess scores."""
    values = {f"{label}_accuracy": 1 / count for label, count in real["classes"].items()}
    entropy = math.log(real["classes"]["action"])
    values |= {"action_h_y_given_x": entropy, "action_h_y": entropy, "action_is": 1.0}
    wanted = [*ACTION, *_contents(real)]
    return [{"metric": m, "mean": values[m], "status": "computed", "note": "uniform guess"} for m in wanted]


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's halves: title -> cells as text, columns (metric, "ours" or "published"). A right half a dataset."""
    chosen = [
        long[
            (long.dataset == dataset)
            & (long.row == row)
            & (long.protocol == _left(set(zip(own.protocol, own.metric, strict=True))))
        ]
        for (dataset, row), own in long[long["mean"].notna() | long.published.notna()].groupby(
            ["dataset", "row"], sort=False
        )
    ]
    left = pd.concat([*chosen, long[long.protocol.isin({REAL, CHANCE})]]).sort_index()
    blocks = {"Motion or content from the prior": _block(left, set(LEFT), ACTION, protocol=True)}
    for dataset in dict.fromkeys(long.dataset):
        here = long[long.dataset == dataset]
        if "motion-swap" not in set(here.protocol):
            continue
        accuracies = [m for m in dict.fromkeys(here.metric) if m.endswith("_accuracy") and not m.startswith(LOST)]
        block = _block(here, {"motion-swap"}, {m: f"{m.removesuffix('_accuracy')} ↑" for m in accuracies})
        blocks[f"Accuracy under motion swaps: {block.index[0][0]}"] = block
    return blocks


def _block(long: pd.DataFrame, protocols: set[str], columns: dict[str, str], protocol: bool = False) -> pd.DataFrame:
    long = long[long.protocol.isin(protocols | {REAL, CHANCE})]
    lines: dict[tuple[str, str], dict] = {}
    for cell in long.itertuples():
        line = lines.setdefault((_where(cell, long), cell.row), {})
        if protocol and cell.protocol in protocols and not pd.isna(cell.mean):
            line["protocol", "ours"] = cell.protocol
        if cell.metric.startswith(LOST):
            key = ("attributes, order lost", "published")
            line[key] = f"{line[key]}, {cell.published}" if key in line else cell.published
        elif cell.metric in columns:
            line[columns[cell.metric], "ours"] = cell_text(cell)
            line[columns[cell.metric], "published"] = "" if pd.isna(cell.published) else cell.published
    order = [("protocol", "ours")] + [(title, kind) for title in columns.values() for kind in ("ours", "published")]
    order.append(("attributes, order lost", "published"))
    grouped = sorted(lines, key=lambda key: [data for data, _ in lines].index(key[0]))
    frame = pd.DataFrame(
        [[lines[key].get(cell, "") for cell in order] for key in grouped],
        index=pd.MultiIndex.from_tuples(grouped, names=["data", "system"]),
        columns=pd.MultiIndex.from_tuples(order),
    )
    return frame.loc[:, (frame != "").any()]


def _where(cell, long: pd.DataFrame) -> str:
    """A drawn set's heading says of which other dataset the published column beside it is."""
    notes = long[(long.dataset == cell.dataset) & long.published.notna()].note
    other = {part for note in notes for part in note.split("; ") if part.startswith("published numbers on ")}
    return ", ".join([cell.dataset, *sorted(other)])


def notes(records: list[dict], published: pd.DataFrame) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    checked = audit(published[(published.paper == PAPER) & (published.table == "2")])
    broken = ", ".join(
        f"{line.row} on {published_label(line.dataset)}" for line in checked[~checked.holds].itertuples()
    )
    ceilings = {dataset_label(r["dataset"]): r["classes"]["action"] for r in records if r["model"] == REAL}
    return [
        "Left half of the paper's table: the content of every test sequence with motions from the prior, asked for the "
        "action of another test sequence, so that content which holds the action does not help (motion-prior). Models "
        "that cannot be asked keep the motion of the test sequence and sample the content (content-prior). MoCoGAN has "
        "no encoder: all of it is sampled, the action given (generate), and it has no place in the right half.",
        "Right half: the motion of one test sequence with the content of another (protocol motion-swap). Action is "
        "that of the one that lends its motion, all else that of the one that lends its content.",
        "Best possible H(y) and IS: "
        + "; ".join(f"{name} ln {k} = {math.log(k):.3f} and {k}" for name, k in ceilings.items())
        + ". IS = exp(H(y) - H(y|x)) adds nothing to the entropies and cannot see a generator that repeats itself.",
        f"The {len(checked)} printed inception scores agree with the printed entropies within rounding"
        + (f", but for: {broken}." if broken else ", every one."),
        "The row labels of the right half are lost in our copy of the paper: 0.998 is identity on MUG (supplementary "
        "table 1b); the other four are the attributes of Sprites in unknown order, and stand beside none of ours.",
    ]
