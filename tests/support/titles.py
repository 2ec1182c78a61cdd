"""The titles of all models and data sets in params.yaml, as the settings of a report hold those of its own."""

from latentmotion.config.params import load
from latentmotion.config.settings import report_titles
from support.project import ROOT

_PARAMS = load(ROOT / "params.yaml")
TITLES = report_titles(_PARAMS, _PARAMS.models, _PARAMS.datasets)
