"""Every name that one section of params.yaml uses must stand in another section, or be a file of the package."""

from collections.abc import Iterable
from pathlib import Path

from latentmotion.config.merge import merge
from latentmotion.config.schema import JUDGE_KEYS, Params, Training
from latentmotion.core.errors import UserError, nearest
from latentmotion.core.names import check_name
from latentmotion.core.source_code import config_keys, constant, modules


def _known(where: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise UserError(f"{where}: unknown '{name}'; {nearest(name, known)}")


def _check_shares(params: Params, name: str, where: str) -> None:
    """A model's batch must be such that several processes can share it."""
    model = params.models[name]
    if constant(f"models/{model.system}", "WHOLE_BATCH", False):  # its losses are not means over sequences
        raise UserError(
            f"{where}.gpus: {model.gpus}, but a loss of system {model.system} looks at a batch as a whole, which cannot"
            " be shared out; set it to 1"
        )
    for dataset in (dataset for dataset, models in params.runs.items() if name in models):
        own = model.on(dataset).training
        batch = merge(merge(params.training, model.training), own).get("batch")
        if isinstance(batch, int) and batch % model.gpus:
            raise UserError(
                f"{where}.gpus: {model.gpus} do not divide the batch of {batch} on {dataset}; change one of the two"
            )


def _check_path_names(params: Params, path: Path) -> None:
    """A key that becomes a part of a path, of a rule's name or of a command must be a name, and of one thing only."""
    for section in ("datasets", "models", "tables", "figures"):
        for name in getattr(params, section):
            check_name(f"{path}: {section}", name)
    for dataset, labels in params.judge.labels.items():
        for label in labels:
            check_name(f"{path}: judge.labels.{dataset}", label)
    for name in params.models:
        if name == "real":
            raise UserError(f"{path}: models.real: records of the real data have this name; rename the model")
    for name in params.datasets:
        if "-" in name:  # which marks the stand-in of a data set, and the folder of the video judge
            raise UserError(f"{path}: datasets.{name}: the name of a data set has no '-'; write '_'")
    taken = dict.fromkeys(params.tables, "a table") | {"index": "the page of all reports"}
    for kind, names in (("tables", ["index"]), ("figures", ["index", *params.tables])):
        for name in names:
            if name in getattr(params, kind):
                raise UserError(f"{path}: {kind}.{name}: {taken[name]} has this name; rename one of the two")


def check_names(params: Params, path: Path) -> None:
    """Every name that one section uses must stand in another, or be a file of the package."""
    _check_path_names(params, path)
    known_training = list(Training.model_fields)
    for key in params.training:
        _known(f"{path}: key 'training'", key, known_training)
    for name, model in params.models.items():
        where = f"{path}: models.{name}"
        _known(f"{where}.system", model.system, modules("models"))
        keys = config_keys(model.system)
        for part, section in [("", model), *((f".per_dataset.{d}", s) for d, s in model.per_dataset.items())]:
            for kind, found, known in (
                ("network", section.network, keys),
                ("training", section.training, known_training),
            ):
                for key in found:
                    _known(f"{where}{part}.{kind}", key, known)
        for dataset in model.per_dataset:
            _known(f"{where}.per_dataset", dataset, params.datasets)
        if model.gpus > 1:
            _check_shares(params, name, where)
    for dataset, names in params.runs.items():
        _known(f"{path}: runs", dataset, params.datasets)
        for name in names:
            _known(f"{path}: runs.{dataset}", name, params.models)
    for dataset in params.datasets:
        if importer := params.datasets[dataset].importer:
            _known(f"{path}: datasets.{dataset}.importer", importer, modules("data/importers"))
        else:
            _known(f"{path}: datasets", dataset, modules("data/datasets"))
        if dataset not in params.judge.labels:
            raise UserError(f"{path}: key 'judge.labels' says nothing of dataset '{dataset}'; add it, [] for no judge")
        if params.judge.labels[dataset] and dataset not in params.judge.floor:
            raise UserError(f"{path}: key 'judge.floor' says nothing of dataset '{dataset}'; add it")
    for dataset, section in params.judge.per_dataset.items():
        _known(f"{path}: judge.per_dataset", dataset, params.datasets)
        for key in section:
            _known(f"{path}: judge.per_dataset.{dataset}", key, JUDGE_KEYS)
    for dataset in params.video_judge.datasets:
        _known(f"{path}: video_judge.datasets", dataset, params.datasets)
    judged = {label for labels in params.judge.labels.values() for label in labels}
    _known(f"{path}: evaluation.frame_label", params.evaluation.frame_label, sorted(judged))
    for kind in ("tables", "figures"):
        for name, report in getattr(params, kind).items():
            where = f"{path}: {kind}.{name}"
            _known(f"{where}.report", report.report, modules(f"reporting/{kind}"))
            for dataset in report.datasets:
                _known(f"{where}.datasets", dataset, params.datasets)
            for model in report.models:
                _known(f"{where}.models", model, params.models)
