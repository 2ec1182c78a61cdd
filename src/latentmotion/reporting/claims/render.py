"""Writes the verdicts: OUT.csv, OUT.md and OUT.html, and last the record OUT.json, from which other pages take them."""

from collections.abc import Sequence
from pathlib import Path

from latentmotion.config.catalogue import claims_modules
from latentmotion.core.files import file_digest, write_atomic
from latentmotion.core.records import write_record
from latentmotion.core.source_code import code_digest
from latentmotion.reporting.claims.claim import read_claims
from latentmotion.reporting.claims.evidence import Evidence, record_files
from latentmotion.reporting.claims.page import claims_page
from latentmotion.reporting.claims.texts import as_csv, as_markdown, comparisons, rows
from latentmotion.reporting.claims.verdicts import judge_all
from latentmotion.reporting.titles import Titles


def render_claims(claims: Path, folders: Sequence[Path], out: Path, settings: dict) -> None:
    """Judges every claim by the records that exist, and writes the report.

    Equal input gives equal bytes. The record holds the settings, the digest of the code, the rows of the csv file, and
    in `made_from` the sha256 of the claims and of each record.

    Arguments:
        claims: data/claims.csv.
        folders: the folders of records, one a scale, in the order in which they are asked. A folder may be missing.
        settings: scale, planned (data set -> models that params.yaml trains on it) and titles.
    """
    titles = Titles.of(settings)
    found = judge_all(read_claims(claims), [Evidence.read(folder, settings["planned"]) for folder in folders])
    lines = rows(found, titles)
    record = Path(out).with_suffix(".json")
    record.unlink(missing_ok=True)  # beside files that are written only in part it would claim that the report holds
    contents = {
        ".csv": as_csv(lines),
        ".md": as_markdown(lines, settings["scale"]),
        ".html": claims_page(lines, [comparisons(one, titles) for one in found], settings["scale"]),
    }
    for suffix, content in contents.items():
        write_atomic(Path(out).with_suffix(suffix), content.encode())
    files = [Path(claims), *(file for folder in folders for file in record_files(folder))]
    content = {"verb": "claims", "name": "claims", "settings": settings, "code": code_digest(*claims_modules())}
    write_record(record, content | {"made_from": {str(file): file_digest(file) for file in files}, "claims": lines})
