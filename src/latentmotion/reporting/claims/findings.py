"""What a rule finds for one comparison, or for the models of one data set, and how findings add up to a verdict."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from latentmotion.reporting.claims.evidence import Reason
from latentmotion.reporting.claims.statistics import Interval


class Verdict(StrEnum):
    """What the records say of a claim."""

    UPHELD = "upheld"
    CONTRADICTED = "contradicted"
    MIXED = "mixed"
    UNDECIDED = "undecided"
    IMPOSSIBLE = "cannot be decided here"


DECIDED = frozenset({Verdict.UPHELD, Verdict.CONTRADICTED, Verdict.MIXED})


@dataclass(frozen=True)
class Finding:
    """One comparison of two models, or one look at the models of a data set.

    Arguments:
        measure: the text of the measure.
        reasons: why nothing is decided.
        values: model -> its values by seed.
        effect: of a comparison the difference, better less than; of a ratio its logarithm. Otherwise the mean value.
        effects: the single effects behind it, seed by seed.
        bound: of one model the bound of its values, in words.
        remarks: what a reader should know although it decides nothing.
    """

    dataset: str
    verdict: Verdict
    measure: str
    reasons: tuple[Reason, ...] = ()
    better: str = ""
    than: str = ""
    values: dict[str, dict[int, float]] = field(default_factory=dict)
    effect: Interval | None = None
    effects: tuple[float, ...] = ()
    is_ratio: bool = False
    p: float | None = None
    bound: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def seeds(self) -> int:
        """Of how many training seeds the finding is."""
        return min((len(found) for found in self.values.values()), default=0)


def on_one_dataset(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of several findings on one data set, all of which the claim asserts.

    Upheld where all are; contradicted where one is and none is upheld; mixed where some are upheld and others
    contradicted, or one of them is mixed; otherwise undecided.
    """
    found = set(verdicts)
    if Verdict.MIXED in found or {Verdict.UPHELD, Verdict.CONTRADICTED} <= found:
        return Verdict.MIXED
    if Verdict.CONTRADICTED in found:
        return Verdict.CONTRADICTED
    return found.pop() if len(found) == 1 else Verdict.UNDECIDED


def over_datasets(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict over several data sets: that of those on which the claim can be decided, mixed where they differ."""
    found = list(verdicts)
    decided = set(found) & DECIDED
    if decided:
        return decided.pop() if len(decided) == 1 else Verdict.MIXED
    return Verdict.UNDECIDED if Verdict.UNDECIDED in found or not found else Verdict.IMPOSSIBLE
