"""The raw files that data/sources.csv pins, each by URL, size and sha256."""

import csv
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from latentmotion.core.errors import UserError

COLUMNS = ["dataset", "path", "url", "bytes", "sha256", "licence", "note"]


@dataclass(frozen=True)
class Source:
    """One row of sources.csv."""

    path: str  # below data/raw/<dataset>
    url: str
    bytes: int
    sha256: str

    @property
    def folder(self) -> str | None:
        """Of a folder that is packed to one archive its path, else None."""
        return self.path.removesuffix(".tar") if self.path.endswith(".tar") else None


def files(dataset: str, sources_csv: Path | str = "data/sources.csv") -> list[str]:
    """The paths of a dataset's raw files, relative to its folder; empty when it has none to fetch."""
    return [source.path for source in read_sources(dataset, Path(sources_csv))]


def licences(dataset: str, sources_csv: Path | str = "data/sources.csv") -> list[str]:
    """The licences of a dataset's raw files."""
    with Path(sources_csv).open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == dataset and row["licence"]]
    return list(dict.fromkeys(row["licence"] for row in rows))


def read_sources(dataset: str, table: Path) -> list[Source]:
    """A dataset's rows. Raises UserError for a table that is missing or a row that cannot be followed safely."""
    if not table.is_file():
        raise UserError(f"{table}: no such file; run the command in the project's folder")
    with table.open(newline="") as file:
        reader = csv.DictReader(file)
        if reader.fieldnames != COLUMNS:
            raise UserError(f"{table}: its first line must be {','.join(COLUMNS)}; correct it")
        rows = [(reader.line_num, row) for row in reader if row["dataset"] == dataset]
    found = []
    for line, row in rows:
        where = f"{table}: line {line}"
        path = PurePosixPath(row["path"])
        if path.is_absolute() or ".." in path.parts:
            raise UserError(f"{where}: path '{path}' leaves the dataset's folder; correct it")
        if not row["url"].startswith("https://"):
            raise UserError(f"{where}: url '{row['url']}' is not https; correct it")
        if not (row["bytes"] or "").isdigit() or len(row["sha256"] or "") != 64:
            raise UserError(f"{where}: needs a size in bytes and a sha256 of 64 digits; correct it")
        found.append(Source(str(path), row["url"], int(row["bytes"]), row["sha256"]))
    return found
