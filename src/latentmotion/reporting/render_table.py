"""Renders tables: checks the given records against the declared runs, calls the table's module, and writes the files.

The module of a table has three functions: `rows(records, published, settings)` returns the long form
(tabulation/aggregate.py), `view(long)` the paper's shape as blocks by title (tabulation/pivot.py), and `notes(records,
published, settings)` footnotes.
"""

from pathlib import Path

from latentmotion.config.catalogue import REAL, dataset_name
from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest
from latentmotion.core.records import Evaluation, read_record
from latentmotion.reporting.html import table_page
from latentmotion.reporting.report_files import report, write_report
from latentmotion.reporting.tabulation.aggregate import LONG
from latentmotion.reporting.tabulation.footnotes import footnotes
from latentmotion.reporting.tabulation.formats import latex, markdown
from latentmotion.reporting.tabulation.published import read_published


def read_records(paths: list[Path], settings: dict) -> list[dict]:
    """The records of a table in the order of the data sets and runs in `settings`; those of the real data come first.

    Raises UserError unless the files are exactly the records of the declared runs and of the real data of their data
    sets. A seed that could be left out would make the result a selected one. All records must be of one scale, of the
    test split, and those of one data set from the same prepared data.
    """
    found: dict[str, tuple[Path, dict]] = {}
    for path in paths:
        record = read_record(path)
        if record.get("verb") != "evaluate":
            raise UserError(f"{path}: not an evaluation record; give those under results/")
        record = read_record(path, Evaluation)
        if record["scale"] != settings["scale"]:
            raise UserError(
                f"{path}: the scale of the record is '{record['scale']}', that of the table '{settings['scale']}'; "
                "scales do not mix"
            )
        if record["status"] == "ok" and record["split"] != "test":
            raise UserError(f"{path}: scored on the {record['split']} split; a table shows the test split only")
        name = f"{record['model']}/{record['dataset']}/seed{record['seed']}"
        if name in found:
            raise UserError(f"{path}: a record of the same run as {found[name][0]}; give one of them")
        found[name] = (Path(path), record)
    order = settings["datasets"]
    shown = sorted(settings["shown"], key=lambda run: order.index(dataset_name(run.split("/")[1])))
    declared = [*(f"{REAL}/{dataset}/seed0" for dataset in dict.fromkeys(run.split("/")[1] for run in shown)), *shown]
    for name in declared:
        if name not in found:
            path = f"results/{settings['scale']}/{name}.json"
            raise UserError(f"{path}: declared in params.yaml but not given; make it with 'snakemake {path}'")
    for name in found:
        if name not in declared:
            raise UserError(f"{found[name][0]}: not declared for this table; add {name} to params.yaml or leave it out")
    records = [found[name][1] for name in declared]
    for record in records:
        if record["status"] == "ok" and record["data"] != found[f"{REAL}/{record['dataset']}/seed0"][1]["data"]:
            name = f"{record['model']}/{record['dataset']}/seed{record['seed']}"
            raise UserError(
                f"{found[name][0]}: made from other data than the record of the real data; evaluate both again"
            )
    return records


def render_table(name: str, records: list[Path], published: Path, out: Path, settings: dict) -> None:
    """Writes OUT.csv (the long form), OUT.md, OUT.tex and OUT.html (the paper's shape), and last the record OUT.json.

    The record holds the settings, the digest of the code and, in `made_from`, the sha256 of each record that was given.
    """
    module = report("tables", settings["report"])
    found, printed = read_records(records, settings), read_published(published)
    long = module.rows(found, printed, settings)
    if list(long.columns) != LONG:
        raise ValueError(f"reporting/tables/{settings['report']}.py: columns must be {LONG}, got {list(long.columns)}")
    prints = bool((printed.paper == module.PAPER).any())
    blocks, notes = module.view(long), [*module.notes(found, printed, settings), *footnotes(found, settings, prints)]
    like = "" if name == settings["report"] else f"{name}, made like "  # another entry may use a paper's table
    place = f"{like}{module.PAPER}, {module.NUMBER}" if module.PAPER else name
    source = f"{place}; scale {settings['scale']}"
    contents = {
        ".md": markdown(f"{module.CAPTION} ({source})", blocks, notes),
        ".tex": latex(f"{module.CAPTION} ({source})", blocks, notes),
        ".html": table_page(module.CAPTION, f"{name}: {source}", blocks, notes),
        ".csv": long.to_csv(index=False, float_format="%.6g", lineterminator="\n"),
    }
    made_from = {str(path): file_digest(path) for path in records}
    write_report(
        out, {suffix: content.encode() for suffix, content in contents.items()}, "table", name, settings, made_from
    )
