"""One training that a person asks for by its model and data set: it is found in the catalogue and made by Snakemake."""

import subprocess
import sys
from pathlib import Path

from latentmotion.config import catalogue, paths
from latentmotion.config.params import load
from latentmotion.config.schema import Params
from latentmotion.core.errors import UserError, nearest
from latentmotion.core.yaml_loader import read_yaml

REAL_DATA = Path("config/real.yaml")  # takes the real data at scale quick


def find(
    model: str, dataset: str, scale: str | None, seed: int | None, real: bool = False
) -> tuple[Params, catalogue.Run]:
    """The parameters and the run of a model on a data set.

    Arguments:
        dataset: its name, or the id that paths have, such as sprites-drawn.
        scale: by default the one that params.yaml names.
        seed: by default the first one of the model.
        real: take the real data where config/real.yaml does.

    Raises UserError where params.yaml does not train the model on the data set, with the nearest name.
    """
    params = _params(scale, real)
    name = catalogue.dataset_name(dataset)
    for kind, given, known in (("model", model, params.models), ("data set", name, params.datasets)):
        if given not in known:
            raise UserError(f"{kind} '{given}' is not in params.yaml; {nearest(given, known)}")
    if model not in params.runs.get(name, []):
        others = [other for other, models in params.runs.items() if model in models]
        instead = f", or take {', '.join(others)}" if others else ""
        raise UserError(f"params.yaml does not train {model} on {name}; add it to runs.{name}{instead}")
    identifier = catalogue.ids(params)[name]
    if dataset not in (name, identifier):
        raise UserError(
            f"data set '{dataset}': the source of {name} is another one at scale {params.scale}; take {name}"
        )
    return params, catalogue.Run(model, identifier, catalogue.seeds(params, model, name)[0] if seed is None else seed)


def planned_dataset(dataset: str, scale: str | None, real: bool) -> tuple[Params, str]:
    """The parameters, and the id of a data set. Raises UserError for one that params.yaml does not have."""
    params, name = _params(scale, real), catalogue.dataset_name(dataset)
    if name not in params.datasets:
        raise UserError(f"data set '{name}' is not in params.yaml; {nearest(name, params.datasets)}")
    return params, catalogue.ids(params)[name]


def _params(scale: str | None, real: bool) -> Params:
    return load(overrides=(read_yaml(REAL_DATA) if real else {}) | ({} if scale is None else {"scale": scale}))


def train(model: str, dataset: str, scale: str | None, seed: int | None, real: bool) -> None:
    """Trains a model with Snakemake, which first prepares the data. Raises UserError where it fails."""
    params, run = find(model, dataset, scale, seed, real)
    folder = paths.run_folder(params, run)
    overlay = ["--configfile", str(REAL_DATA)] if real else []
    command = ["snakemake", *overlay, "--config", f"scale={params.scale}", "--", f"{folder}/weights.safetensors"]
    code = subprocess.run([sys.executable, "-m", *command]).returncode
    if code:
        raise UserError(f"{folder}: not trained; the lines above say why ({' '.join(command)})")
    words = typed(model, dataset, scale, seed, real)
    print(f"Trained {folder}. Look at it: {folder}/samples.png, or latentmotion show {words}")


def trained(model: str, dataset: str, scale: str | None, seed: int | None, real: bool) -> tuple[Params, catalogue.Run]:
    """The same as `find`, of a run that is trained. Raises UserError where it is not."""
    params, run = find(model, dataset, scale, seed, real)
    weights = Path(paths.run_folder(params, run), "weights.safetensors")
    if not weights.is_file():
        words = typed(model, dataset, scale, seed, real)
        raise UserError(f"{weights.parent}: not trained yet; train it with 'latentmotion train {words}'")
    return params, run


def pair(names: list[str]) -> list[str]:
    """A model and a data set, as two words or as one with a slash. Raises UserError for anything else."""
    words = [word for name in names for word in name.split("/")]
    if len(words) != 2:
        raise UserError(f"'{' '.join(names)}': give a model and a data set, such as halo sprites")
    return words


def typed(model: str, dataset: str, scale: str | None, seed: int | None, real: bool) -> str:
    """The words of a command line that name a run."""
    chosen = f" --scale {scale}" * (scale is not None) + " --real" * real + f" --seed {seed}" * (seed is not None)
    return f"{model} {dataset}{chosen}"
