"""The only reader of params.yaml: typed, and closed, so that a misspelt key is an error that names its nearest.

The effective parameters are params.yaml, then the overlay config/<scale>.yaml, then what the command line adds
(`snakemake --config`, `--configfile`). An overlay that is `based_on` another scale is laid over the overlay of that
scale. Mappings are merged key by key, everything else is replaced. The keys of a model's `network` section are those of
`Config` in its file; they are read from the source, not by importing it, so that planning a thousand jobs never loads
torch.
"""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from latentmotion.config.checks import check_names
from latentmotion.config.merge import merge
from latentmotion.config.merged_sections import check_merged
from latentmotion.config.own_videos import expand
from latentmotion.config.problems import problem
from latentmotion.config.schema import Params
from latentmotion.core.errors import UserError, nearest
from latentmotion.core.names import check_name
from latentmotion.core.yaml_loader import as_numbers, read_yaml


def load(path: Path | str = "params.yaml", overrides: dict | None = None) -> Params:
    """The effective parameters. Raises UserError that names the key, what is wrong and the nearest known name."""
    path = Path(path)
    raw = read_yaml(path)
    overrides = as_numbers(overrides or {})
    scale = overrides.get("scale", raw.get("scale"))
    merged = merge(merge(raw, _overlay(path, scale)), overrides)
    merged["scale"] = scale
    merged = expand(merged, path)
    models = merged.get("models")
    if isinstance(models, dict):
        merged["models"] = {name: _inherited(models, name, path) for name in models}
    for kind in ("tables", "figures"):
        reports = merged.get(kind)
        for name, report in reports.items() if isinstance(reports, dict) else ():
            if isinstance(report, dict):
                report.setdefault("report", str(name).removeprefix("figure_"))
    try:
        params = Params.model_validate(merged)
    except ValidationError as error:
        raise UserError(f"{path} ({scale}): {problem(error, Params)}") from None
    check_names(params, path)
    check_merged(params, path)
    return params


def _overlay(path: Path, scale: Any, above: tuple[str, ...] = ()) -> dict:
    """The overlay of a scale, over that of the scale on which it is based.

    Raises UserError for a name that is no scale's, such as that of config/real.yaml.

    Arguments:
        path: params.yaml.
        above: the scales that are based on this one.
    """
    where = f"{path.parent / 'config' / above[-1]}.yaml: based_on:" if above else f"{path}:"
    check_name(f"{where} scale", scale)
    file = path.parent / "config" / f"{scale}.yaml"
    if not file.is_file():
        scales = [p.stem for p in file.parent.glob("*.yaml") if "scale" not in read_yaml(p)]
        raise UserError(f"{where} scale '{scale}' has no file {file}; {nearest(scale, scales)}")
    if scale in above:
        raise UserError(f"{where} '{scale}' is in the end based on itself; name another scale")
    own = read_yaml(file)
    if "scale" in own:
        raise UserError(f"{where} {file} is not a scale; use it as snakemake --configfile {file}")
    base = own.pop("based_on", None)
    return merge(_overlay(path, base, (*above, scale)), own) if base else own


_OWN = ("title", "like", "seeds")  # what a model does not take over from the model which it is like


def _inherited(models: dict, name: str, path: Path, below: tuple[str, ...] = ()) -> Any:
    """A model's section over that of the model which it is like."""
    section = models[name]
    if not isinstance(section, dict) or not section.get("like"):
        return section
    other = section["like"]
    if other not in models:
        raise UserError(f"{path}: models.{name}.like: unknown '{other}'; {nearest(str(other), models)}")
    if other in (*below, name):
        raise UserError(f"{path}: models.{name}.like: '{other}' is in the end like itself; name another model")
    base = _inherited(models, other, path, (*below, name))
    taken = {key: value for key, value in base.items() if key not in _OWN}
    if isinstance(exceptions := taken.get("per_dataset"), dict):
        taken["per_dataset"] = {
            dataset: {key: value for key, value in own.items() if key != "seeds"} if isinstance(own, dict) else own
            for dataset, own in exceptions.items()
        }
    return merge(taken, section)
