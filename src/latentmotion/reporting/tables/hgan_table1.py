"""Hamiltonian GAN, table 1: Frechet video distance of generated videos of five simulated systems.

The table has a block for each network that computes features. The published distances are of I3D features and stand in
the block of I3D only: distances of this project's own network (`fvd-judge`) are not on the same scale. Distances of a
run that another fvd-judge has measured than that of the column's real data are left out.
"""

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.reporting.display_names import printed_row
from latentmotion.reporting.tabulation.aggregate import (
    OTHER_JUDGE,
    Cells,
    absent_cell,
    cell_text,
    long_form,
    measured,
    with_published,
)
from latentmotion.reporting.tabulation.pivot import as_block, non_empty
from latentmotion.reporting.tabulation.published import printed
from latentmotion.reporting.titles import Titles

PAPER = "HGAN"
NUMBER = "table 1"
CAPTION = "Frechet video distance of generated videos of Toy Physics"

OF_THE_PAPER = ("hgn", "mocogan-unconditional", "hnn-gan", "hgan")
PROTOCOL, BAR, FLOOR = "generate", "real-videos", ":real-floor"
NETWORKS = {"fvd-judge": "on features of this project's own network", "fvd-i3d": "on features of I3D"}
PUBLISHED = "fvd-i3d:2048x16:random-clip:224px-bilinear"  # as section 5.2 describes the printed numbers


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: every distance of every system, and the distance between real videos."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        if model == REAL:
            return measured(found, [], [BAR])
        wanted = [(PROTOCOL, metric.removesuffix(FLOOR)) for metric in _floors(real)]
        comparable = [record for record in found if _comparable(record, real)]
        ours = {
            key: cell for key, cell in measured(comparable, wanted, [PROTOCOL]).items() if _network(key[1]) in NETWORKS
        }
        if left := [record["seed"] for record in found if record not in comparable]:
            note = f"left out: seed{'s' * (len(left) > 1)} {', '.join(map(str, left))}, with another network"
            ours = {key: cell | {"note": "; ".join(filter(None, [cell["note"], note]))} for key, cell in ours.items()}
            ours = ours or {key: absent_cell(OTHER_JUDGE, note) for key in wanted}
        numbers = printed(published, PAPER, "1", printed_row(model, PAPER, "1"), dataset_name(dataset))
        return with_published(ours, {(PROTOCOL, PUBLISHED): numbers["fvd"]} if numbers else {})

    return long_form(records, settings, [*settings["models"], REAL], cells)


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's table, which has a column for each simulated system, as a block for each network."""
    blocks = {}
    for network, features in NETWORKS.items():
        texts: dict[tuple[str, str], dict] = {}
        here = long[long.metric.map(_network) == network]
        texts |= {("", row): {} for row in _order(here)}
        for line in here.itertuples():
            row = texts["", line.row]
            if ours := cell_text(line, ".3g" if pd.isna(line.mean) or line.mean < 100 else ".0f"):
                row[line.dataset, "ours"] = ours
            if not pd.isna(line.published):
                row[line.dataset, "published"] = line.published
        blocks[f"{network} ↓, {features}"] = as_block(texts, dict.fromkeys(here.dataset))
    return non_empty(blocks)


def notes(records: list[dict], published: pd.DataFrame, settings: dict) -> list[str]:
    """The footnotes that this table has beyond those of every table."""
    distances = sorted({metric.removesuffix(FLOOR) for record in records for metric in _floors(record)})
    networks = _networks(records)
    said = [
        "The distances are squared Frechet distances between Gaussians that are fitted to features of generated videos "
        "and to features of the videos of the test split. Lower is better. The row 'real data' is the distance of the "
        "test videos to as many training videos; no system can be expected to be below it."
    ]
    if distances:
        said.append(
            "The names of the distances give the network, the number of videos and of their frames, how clips are "
            f"chosen, and the size that the network sees: {', '.join(distances)}."
        )
    titles = Titles.of(settings)
    if networks:
        learns = networks[0][0]["learns"]
        datasets, distortions = (len(names) for names in learns.values())
        accuracies = [
            " and ".join(f"{judge['validation'][f'{question}_accuracy']:.3f}" for question in learns)
            + (f" ({', '.join(map(titles.dataset, scored))})" if len(networks) > 1 else "")
            for judge, scored in networks
        ]
        said.append(
            f"fvd-judge is a network that this project trained on the training videos of {datasets} simulated systems. "
            f"It was trained to recognise the system and which of {distortions} distortions a video has, such as "
            f"reordered frames or another speed. On validation videos, its accuracies are {'; '.join(accuracies)}. The "
            "size of its distances is not comparable with those of I3D."
        )
    if len(networks) > 1:
        said.append(
            "The columns do not all have the same fvd-judge, because it was trained again on another kind of machine. "
            "Compare distances within a column only."
        )
    if _other_judges(records):
        said.append("A cell says 'other judge' where the run has another fvd-judge than the real data of its column.")
    return [
        *said,
        "The published distances are of 2,048 videos of 16 frames, computed with the pipeline of StyleGAN-V on I3D, "
        "from one run each (seed 0). The paper describes HNN-GAN but prints no numbers of it.",
        *_ablations(titles, settings["models"]),
    ]


def _order(here: pd.DataFrame) -> list[str]:
    """The rows in the order of the data set that has most of them, and then those that only others have."""
    by_dataset = [list(dict.fromkeys(lines.row)) for _, lines in here.groupby("dataset", sort=False)]
    return list(dict.fromkeys(row for rows in sorted(by_dataset, key=len, reverse=True) for row in rows))


def _ablations(titles: Titles, models: list[str]) -> list[str]:
    others = [titles.model(model) for model in models if model not in OF_THE_PAPER]
    return [f"Ablations of this project, which the paper does not have: {'; '.join(others)}."] if others else []


def _networks(records: list[dict]) -> list[tuple[dict, list[str]]]:
    """Every fvd-judge of the real data, and the data sets that it scored."""
    found: dict[str, tuple[dict, list[str]]] = {}
    for record in records:
        network = record.get("video_networks", {}).get("fvd-judge")
        if record["model"] == REAL and network:
            found.setdefault(network["weights"], (network, []))[1].append(record["dataset"])
    return list(found.values())


def _comparable(record: dict, real: dict) -> bool:
    """Whether the same networks scored a run and its real data; nothing has scored a run that failed."""
    used, wanted = (
        {name: network["weights"] for name, network in of.get("video_networks", {}).items()} for of in (record, real)
    )
    return record["status"] != "ok" or used == wanted


def _other_judges(records: list[dict]) -> bool:
    """Whether a record was scored by other networks than the record of its real data."""
    real = {record["dataset"]: record for record in records if record["model"] == REAL}
    return not all(_comparable(record, real[record["dataset"]]) for record in records)


def _floors(real: dict) -> list[str]:
    return [cell["metric"] for cell in real["metrics"] if cell["metric"].endswith(FLOOR)]


def _network(metric: str) -> str:
    return metric.partition(":")[0]
