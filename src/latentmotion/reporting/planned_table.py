"""What a table of the catalogue is made from, for `latentmotion table` where it is called by hand."""

from latentmotion.config.params import load
from latentmotion.config.paths import report_records
from latentmotion.config.settings import report_settings
from latentmotion.core.errors import UserError, nearest


def planned_table(name: str) -> tuple[dict, list[str]]:
    """The settings of a table of params.yaml, and the records that it is made from."""
    params = load()
    if name not in params.tables:
        raise UserError(f"tables '{name}': not in params.yaml; {nearest(name, params.tables)}")
    return report_settings(params, "tables", name), report_records(params, params.tables[name])
