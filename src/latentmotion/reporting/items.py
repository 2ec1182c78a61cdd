"""The tables and figures of the catalogue with their files, which the pages list by paper."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from latentmotion.config.papers import PAPERS
from latentmotion.config.paths import report_files
from latentmotion.config.schema import Params
from latentmotion.core.errors import UserError
from latentmotion.reporting.report_files import report

COMPARISONS = "Comparisons"  # the section of reports that belong to no paper


@dataclass(frozen=True)
class Picture:
    """A picture file beside the page, and its size in pixels."""

    file: str
    width: int
    height: int


@dataclass(frozen=True)
class Item:
    """A table or figure of the catalogue, its files, and whether they exist.

    Attributes:
        see: what to look at in a figure; empty for a table.
        folder: where the files are.
    """

    name: str
    paper: str
    number: str
    caption: str
    see: str
    target: str
    files: list[str]
    made: bool
    folder: Path

    @property
    def pictures(self) -> list[str]:
        """The still and the film of a figure; empty for a table."""
        return [file for file in self.files if file.endswith((".png", ".gif"))]

    @property
    def still(self) -> Picture:
        """The still of a figure that is made."""
        return self._picture(".png")

    @property
    def film(self) -> Picture:
        """The film of a figure that is made."""
        return self._picture(".gif")

    @property
    def film_size(self) -> str:
        """The size of the film's file, such as "0.3 MB"."""
        return f"{max((self.folder / self.film.file).stat().st_size / 1e6, 0.1):.1f} MB"

    def _picture(self, suffix: str) -> Picture:
        file = next(file for file in self.files if file.endswith(suffix))
        try:
            with Image.open(self.folder / file) as opened:
                return Picture(file, *opened.size)
        except OSError:
            raise UserError(
                f"{self.folder / file}: is no picture; make it again with 'snakemake --force {self.target}'"
            ) from None


def items(out: Path, params: Params) -> list[Item]:
    """Every table, then every figure, in the order of params.yaml."""
    found = []
    for kind in ("tables", "figures"):
        for name, section in getattr(params, kind).items():
            module = report(kind, section.report)
            targets = report_files(params, kind, name)
            files = [Path(target).name for target in targets if not target.endswith(".json")]  # records are not shown
            made = all((Path(out) / file).is_file() for file in files)
            paper, number = module.PAPER or COMPARISONS, module.NUMBER or ", ".join(section.models)
            see = getattr(module, "SEE", "") if kind == "figures" else ""
            found.append(Item(name, paper, number, module.CAPTION, see, targets[0], files, made, Path(out)))
    return found


def by_paper(found: list[Item]) -> dict[str, list[Item]]:
    """The reports of each paper in the order of PAPERS; papers that are not among them come last."""
    groups: dict[str, list[Item]] = {paper: [] for paper in PAPERS}
    for item in found:
        groups.setdefault(item.paper, []).append(item)
    return {paper: of_paper for paper, of_paper in groups.items() if of_paper}
