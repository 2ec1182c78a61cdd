"""The raw files that data/sources.csv pins, each by URL, size and sha256."""

import csv
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest

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

    def fault(self, path: Path) -> str | None:
        """Describes what is wrong with a copy of this file; None where it is correct."""
        if not path.is_file():
            return "missing"
        if path.stat().st_size != self.bytes:
            return f"{path.stat().st_size} bytes instead of {self.bytes}"
        digest = file_digest(path)
        return None if digest == self.sha256 else f"sha256 {digest[:12]}... instead of {self.sha256[:12]}..."


def pinned_names(dataset: str, options: dict) -> list[str]:
    """The names that the table may have for files of a data set: its own, and <name>_<option> for each true option."""
    return [dataset, *(f"{dataset}_{option}" for option, value in options.items() if value is True)]


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
    try:
        with table.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file, strict=True)
            if reader.fieldnames != COLUMNS:
                raise UserError(f"{table}: its first line must be {','.join(COLUMNS)}; correct it")
            rows = [(reader.line_num, row) for row in reader if row["dataset"] == dataset]
    except OSError as error:
        raise UserError(f"{table}: cannot be read ({error.strerror}); get the right to read it") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"{table}: damaged ({error}); restore it with 'git checkout {table}'") from None
    found = []
    for line, row in rows:
        where = f"{table}: line {line}"
        if None in row or None in row.values():
            raise UserError(f"{where}: does not have {len(COLUMNS)} columns; correct it")
        path = PurePosixPath(row["path"])
        if path.is_absolute() or ".." in path.parts or not re.fullmatch(r"[\w.-]+(/[\w.-]+)*", row["path"], re.ASCII):
            raise UserError(f"{where}: path '{path}' leaves the dataset's folder or has odd characters; correct it")
        if not row["url"].startswith("https://"):
            raise UserError(f"{where}: url '{row['url']}' is not https; correct it")
        if not re.fullmatch(r"[1-9][0-9]{0,14}", row["bytes"]) or not re.fullmatch(r"[0-9a-f]{64}", row["sha256"]):
            raise UserError(f"{where}: needs a size in bytes and a sha256 of 64 digits; correct it")
        found.append(Source(str(path), row["url"], int(row["bytes"]), row["sha256"]))
    return found
