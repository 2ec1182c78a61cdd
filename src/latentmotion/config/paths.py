"""The path of every output of the workflow, in one place for Snakemake, DVC and the verbs.

Below a scale the model comes first, because outputs of DVC's stages may not overlap:

    data/processed/<scale>/<dataset>/     judges/<scale>/<dataset>/<label>.*     judges/<scale>/video-judge/network.*
    runs/<scale>/<model>/<dataset>/seed<n>/     results/<scale>/<model>/<dataset>/seed<n>.json
    fingerprints/<scale>/<stage>/<name>.json    reports/<name>.*    published/<name>.*
"""

from pathlib import Path

from latentmotion.config.catalogue import REAL, Run, dataset_id, dataset_name, has_page, judged_labels, report_runs
from latentmotion.config.schema import Params
from latentmotion.config.settings import i3d_source, inception_source
from latentmotion.config.splits import SPLITS

REPORTS = "reports"  # the tables and figures that are made here; git ignores them
PUBLISHED = "published"  # those that are committed with the project
LONGEST_FIRST = ("paper", "overnight", "quick")  # the scales of the project, by how long their trainings are


def fingerprints(params: Params) -> str:
    """The folder of the files that describe what each output is made from (pipeline/fingerprints.py)."""
    return f"fingerprints/{params.scale}"


def fingerprint(params: Params, stage: str, name: str) -> str:
    """What one output is made from, such as that of stage `train` with the name `halo/sprites`."""
    return f"{fingerprints(params)}/{stage}/{name}.json"


def own_files(params: Params, dataset: str) -> list[str]:
    """The raw files of a dataset that an importer reads; they are listed in no table, so the folder is looked at."""
    name = dataset_name(dataset)
    if not params.datasets[name].importer:
        return []
    folder = Path("data/raw", name)
    return sorted(file.as_posix() for file in folder.rglob("*") if file.is_file() and not file.name.startswith("."))


def processed(params: Params, dataset: str) -> str:
    return f"data/processed/{params.scale}/{dataset}"


def processed_files(params: Params, dataset: str) -> list[str]:
    """The manifest and each split's arrays."""
    folder = processed(params, dataset)
    return [f"{folder}/manifest.json", *(f"{folder}/{s}/{f}" for s in SPLITS for f in ("x.npy", "labels.npz"))]


def learning_files(params: Params, dataset: str) -> list[str]:
    """The files that a job may open which trains or selects: all but those of the test split."""
    return [file for file in processed_files(params, dataset) if "/test/" not in file]


def judges(params: Params, dataset: str) -> str:
    return f"judges/{params.scale}/{dataset}"


def judge_files(params: Params, dataset: str) -> list[str]:
    """Weights and record of every judge of a dataset."""
    folder = judges(params, dataset)
    return [f"{folder}/{label}.{end}" for label in judged_labels(params, dataset) for end in ("safetensors", "json")]


def video_judge(params: Params) -> str:
    """The folder of the video judge. No dataset has this name, since names of datasets have no dash."""
    return f"judges/{params.scale}/video-judge"


def video_judge_files(params: Params) -> list[str]:
    return [f"{video_judge(params)}/network.{end}" for end in ("safetensors", "json")]


def i3d_file() -> str:
    return f"data/raw/i3d/{i3d_source().path}"


def inception_file() -> str:
    return f"data/raw/inception/{inception_source().path}"


def run_folder(params: Params, run: Run) -> str:
    return f"runs/{params.scale}/{run.model}/{run.dataset}/seed{run.seed}"


def record(params: Params, run: Run) -> str:
    """The evaluation record of a run."""
    return f"results/{params.scale}/{run.model}/{run.dataset}/seed{run.seed}.json"


def main_scores(params: Params, model: str) -> list[str]:
    """The main scores of a system and its learning curves."""
    return [f"results/{params.scale}/{model}.json", f"results/{params.scale}/{model}.csv"]


def real_record(params: Params, dataset: str) -> str:
    """The judges' scores on the real test sequences themselves."""
    return record(params, Run(REAL, dataset, 0))


def report_records(params: Params, report) -> list[str]:
    """The records that a table reads: its runs, and the real test sequences of its datasets."""
    real = [real_record(params, dataset_id(name, params.datasets[name])) for name in report.datasets]
    return [*(record(params, run) for run in report_runs(params, report)), *real]


def report_files(params: Params, kind: str, name: str, folder: str = REPORTS) -> list[str]:
    """What a table or figure leaves in the folder; the last file is the record of what it was made from."""
    page = ("html",) if kind == "figures" and has_page(params, name) else ()
    suffixes = ("csv", "md", "tex", "html") if kind == "tables" else ("png", "gif", *page)
    return [f"{folder}/{name}.{suffix}" for suffix in (*suffixes, "json")]


def claims_files(folder: str = REPORTS) -> list[str]:
    """The verdicts on the claims; the last file is the record of what they were made from."""
    return [f"{folder}/claims.{suffix}" for suffix in ("csv", "md", "html", "json")]


def claims_records(params: Params, scales: list[str]) -> list[str]:
    """The folders whose records judge the claims: those of the longest trainings first.

    A scale that is none of the project's own comes before them where it is the present one, and after them otherwise.
    """
    own = [scale for scale in LONGEST_FIRST if scale in scales]
    present = [] if params.scale in own else [params.scale]
    others = [scale for scale in scales if scale not in (*own, *present, "tiny")]  # tiny only tests the code
    return [f"results/{scale}" for scale in (*present, *own, *others)]
