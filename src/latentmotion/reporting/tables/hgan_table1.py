"""Hamiltonian GAN, table 1: Frechet video distance of generated videos of five simulated systems.

One block for each network. The published distances are of I3D features and stand in that network's block alone: those
of this project's own network (`fvd-judge`) have another unit, and so no published number beside them.
"""

import pandas as pd

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.core.errors import UserError
from latentmotion.reporting.display_names import printed_row
from latentmotion.reporting.tabulation.aggregate import Cells, cell_text, long_form, shown, with_published
from latentmotion.reporting.tabulation.pivot import filled, frame
from latentmotion.reporting.tabulation.published import printed

PAPER = "HGAN"
NUMBER = "table 1"
CAPTION = "Frechet video distance of generated videos of Toy Physics"

PROTOCOL, BAR, FLOOR = "generate", "real-videos", ":real-floor"
NETWORKS = {"fvd-judge": "on features of this project's own network", "fvd-i3d": "on features of I3D"}
PUBLISHED = "fvd-i3d:2048x16:random-clip:224px-bilinear"  # what section 5.2 says of the printed numbers


def rows(records: list[dict], published: pd.DataFrame, settings: dict) -> pd.DataFrame:
    """The long form: every distance of every system, and of real videos to other real ones."""

    def cells(model: str, dataset: str, found: list[dict], real: dict) -> Cells:
        if model == REAL:
            return shown(found, [], [BAR])
        wanted = [(PROTOCOL, metric.removesuffix(FLOOR)) for metric in _floors(real)]
        ours = {key: cell for key, cell in shown(found, wanted, [PROTOCOL]).items() if _network(key[1]) in NETWORKS}
        numbers = printed(published, PAPER, "1", printed_row(model, PAPER, "1"), dataset_name(dataset))
        return with_published(ours, {(PROTOCOL, PUBLISHED): numbers["fvd"]} if numbers else {})

    return long_form(records, settings, [*settings["models"], REAL], cells)


def view(long: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The paper's table, a column for each of its systems of physics, once for each network."""
    blocks = {}
    for network, features in NETWORKS.items():
        texts: dict[tuple[str, str], dict] = {}
        here = long[long.metric.map(_network) == network]
        for line in here.itertuples():
            row = texts.setdefault(("", line.row), {})
            if ours := cell_text(line, ".3g" if pd.isna(line.mean) or line.mean < 100 else ".0f"):
                row[line.dataset, "ours"] = ours
            if not pd.isna(line.published):
                row[line.dataset, "published"] = line.published
        blocks[f"{network} ↓, {features}"] = frame(texts, dict.fromkeys(here.dataset))
    return filled(blocks)


def notes(records: list[dict], published: pd.DataFrame) -> list[str]:
    """What a reader must know of this table beyond what all tables say."""
    measured = sorted({metric.removesuffix(FLOOR) for record in records for metric in _floors(record)})
    judge = _networks(records).get("fvd-judge")
    said = [
        "Distances are squared Frechet distances of Gaussians fitted to features: of generated videos to videos of the "
        "test split. Lower is better, and no row can be expected below 'real data', the distance of test videos to as "
        "many training videos."
    ]
    if measured:
        said.append(f"Network, videos x frames, how clips are taken, size that is looked at: {', '.join(measured)}.")
    if judge:
        datasets, distortions = (len(names) for names in judge["learns"].values())
        right = [judge["validation"][f"{question}_accuracy"] for question in judge["learns"]]
        said.append(
            f"fvd-judge: a network that this project trained on the training videos of {datasets} systems, to tell "
            f"these apart ({right[0]:.3f} of validation videos) and to say which of {distortions} things was done to a "
            f"video, such as frames in another order or at another speed ({right[1]:.3f}). Its distances are not "
            "comparable in size with those of I3D."
        )
    return [
        *said,
        "Published: 2,048 videos of 16 frames by the pipeline of StyleGAN-V on I3D, one run each (seed 0); HNN-GAN is "
        "described but not printed. The paper does not give its three-body system; ours is data/three_body.py.",
    ]


def _networks(records: list[dict]) -> dict[str, dict]:
    """Name -> what the records say of the network. One table has one network of each name."""
    found: dict[str, dict] = {}
    for record in records:
        for name, card in record.get("video_networks", {}).items():
            if found.setdefault(name, card)["weights"] != card["weights"]:
                run = f"{record['model']}/{record['dataset']}/seed{record['seed']}"
                raise UserError(
                    f"results/{record['scale']}/{run}.json: measured on another {name} network than the records before "
                    "it; evaluate all of them again"
                )
    return found


def _floors(real: dict) -> list[str]:
    return [cell["metric"] for cell in real["metrics"] if cell["metric"].endswith(FLOOR)]


def _network(metric: str) -> str:
    return metric.partition(":")[0]
