"""Comparisons of two models, seed by seed, with everything that must hold before they decide anything.

The effect of a seed is the value of the better model less that of the other, or the logarithm of their ratio. Only
seeds that both models have are used.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from latentmotion.config.catalogue import dataset_name
from latentmotion.reporting.claims.claim import Claim, Part
from latentmotion.reporting.claims.evidence import Evidence, Reason, different_networks, scored_by
from latentmotion.reporting.claims.findings import Finding, Verdict
from latentmotion.reporting.claims.measures import REAL, resolve
from latentmotion.reporting.claims.preconditions import budget, not_halfway, unmet
from latentmotion.reporting.claims.statistics import Interval, holm, t_interval

SATURATED = "by the judge both models are as good as real data, so that these data can hardly tell them apart"
OTHER_PRECISION = "the two models were trained in different precisions (bfloat16 and float32)"
OTHER_NETWORKS = "the seeds were scored by different networks, and the two models of each seed by the same ones"

LOOKS = "p is multiplied by {}, because fewer seeds were looked at before"


@dataclass(frozen=True)
class Comparison:
    """Two models on one data set under one measure.

    Arguments:
        reasons: what forbids a decision whatever the numbers are.
        agreeing: for each agreeing measure, whether its mean effect is on the claimed side; None: not measured in both.
        budgets: the numbers of training sequences that the two models have seen.
        saturated: both models have at least 0.99 of the judge's value on real data.
        other_precision: the two models of a seed were trained in different precisions.
        other_networks: the seeds were scored by different networks, the two models of a seed by the same ones.
        looks: how many times the p-values of the data set were looked at.
    """

    dataset: str
    part: Part
    better: str
    than: str
    values: dict[str, dict[int, float]]
    effects: tuple[float, ...]
    reasons: tuple[Reason, ...]
    agreeing: tuple[tuple[str, bool | None], ...]
    budgets: tuple[float, float]
    saturated: bool
    other_precision: bool
    other_networks: bool
    looks: int

    @property
    def interval(self) -> Interval | None:
        """The mean effect with its 95 % interval; None without common seeds."""
        return t_interval(self.effects) if self.effects else None

    @property
    def claimed_effects(self) -> list[float]:
        """The effects, positive on the claimed side."""
        return [effect * (1 if self.part.higher else -1) for effect in self.effects]

    @property
    def claimed(self) -> float:
        """The mean effect, positive on the claimed side."""
        return fmean(self.claimed_effects)

    @property
    def margin(self) -> float:
        """The margin in the unit of the effects: of a ratio its logarithm."""
        return math.log1p(self.part.size) if self.part.is_ratio else self.part.size

    def finding(self, verdict: Verdict, reasons: tuple[Reason, ...] = (), p: float | None = None) -> Finding:
        """The comparison with what a rule makes of it."""
        compared = self.agreeing if self.effects else ()
        remarks = [f"{text} is not measured in both models" for text, agrees in compared if agrees is None]
        remarks += [SATURATED] if self.saturated else []
        remarks += [OTHER_PRECISION] if self.other_precision else []
        remarks += [OTHER_NETWORKS] if self.other_networks else []
        remarks += [LOOKS.format(self.looks)] if self.looks > 1 else []
        return Finding(
            self.dataset,
            verdict,
            str(self.part.measure),
            (*self.reasons, *reasons),
            self.better,
            self.than,
            self.values,
            self.interval,
            self.effects,
            self.part.is_ratio,
            p,
            remarks=tuple(remarks),
        )

    def disagreements(self) -> tuple[Reason, ...]:
        """The agreeing measures whose mean effect is on the other side than that of this measure."""
        side = self.claimed > 0
        return tuple(
            Reason(f"{text} is on the other side") for text, agrees in self.agreeing if agrees not in (None, side)
        )

    def advantage(self) -> tuple[Reason, ...]:
        """The reason that the model which is ahead has seen more training sequences; empty where it has not."""
        ahead, behind = self.budgets if self.claimed > 0 else self.budgets[::-1]
        return _unequal(self) if ahead > behind else ()

    def unequal(self) -> tuple[Reason, ...]:
        """The reason that both models have seen different numbers of training sequences."""
        return _unequal(self) if self.budgets[0] != self.budgets[1] else ()


def _unequal(found: Comparison) -> tuple[Reason, ...]:
    (less, _), (more, model) = sorted(zip(found.budgets, (found.better, found.than), strict=True))
    return (Reason(f"has seen {more:,.0f} training sequences, the other model {less:,.0f}", model),)


def comparisons(claim: Claim, dataset: str, evidence: Evidence) -> list[Comparison]:
    """Every pair of models of a claim under each of its measures that fits the data set.

    A pair of which neither model is trained on the data set does not belong to it.
    """
    pairs = [pair for pair in claim.pairs if any(evidence.trains(model, dataset) for model in pair)]
    parts = claim.fitting(evidence.real(dataset))
    return [_compare(claim, dataset, evidence, part, *pair) for pair in pairs for part in parts]


def p_values(claim: Claim, found: Sequence[Comparison], test: Callable[[Comparison], float]) -> list[float]:
    """The p-values of comparisons on one data set, adjusted by Holm's method where the claim asks for it.

    A comparison that decides nothing has p = 1 and stays in the family, so that missing runs do not help the others.
    Where the numbers of fewer seeds were looked at before, p is multiplied by the number of looks (Bonferroni).
    """
    plain = [1.0 if one.reasons else test(one) for one in found]
    adjusted = holm(plain) if claim.holm else plain
    return [min(1.0, one.looks * p) for one, p in zip(found, adjusted, strict=True)]


def _compare(claim: Claim, dataset: str, evidence: Evidence, part: Part, better: str, than: str) -> Comparison:
    first, second = evidence.of_run(better, dataset), evidence.of_run(than, dataset)
    common = [seed for seed in first if seed in second]
    measures = [found.measure for found in (part, *claim.parts[:1], *claim.agreeing)]
    reasons = [*evidence.faults(better, dataset, common, measures), *evidence.faults(than, dataset, common, measures)]
    mismatched = different_networks(measures, [(first[seed], second[seed]) for seed in common])
    reasons += mismatched
    values = {model: part.by_seed(runs, common) for model, runs in ((better, first), (than, second))}
    if first and second:
        reasons += [
            Reason(f"not measured: {part.measure}", m) for m, found in values.items() if len(found) < len(common)
        ]
    both = [seed for seed in common if all(seed in found for found in values.values())]
    values = {model: {seed: found[seed] for seed in both} for model, found in values.items()}
    effects, trouble = effects_of(part, list(values[better].values()), list(values[than].values()))
    reasons += trouble
    if len(common) < claim.seeds and first and second:
        fewest = min(len(first), len(second))
        short = [model for model, runs in ((better, first), (than, second)) if len(runs) == fewest]
        reasons += [Reason(f"{len(common)} of {claim.seeds} common seeds", model) for model in short]
    for side, model, runs in (("better", better, first), ("than", than, second)):
        reasons += unmet(claim, side, model, {seed: runs[seed] for seed in common}, evidence.real(dataset))
    if claim.halfway and both:
        reasons += not_halfway(claim, dataset, evidence, better, than, both)
    agreeing = tuple((str(other.measure), _agrees(other, first, second, both)) for other in claim.agreeing)
    budgets = tuple(budget(next(iter(runs.values()), {})) for runs in (first, second))
    saturated = bool(both) and _saturated(part, first[both[0]], evidence.real(dataset), values.values())
    networks = [scored_by(measure, [first[seed] for seed in both]) for measure in measures]
    return Comparison(
        dataset,
        part,
        better,
        than,
        values,
        effects,
        tuple(reasons),
        agreeing,
        budgets,
        saturated,
        other_precision=any(len({*_precisions(first[seed]), *_precisions(second[seed])}) > 1 for seed in both),
        looks=claim.looks.get(dataset_name(dataset), 1),
        other_networks=not mismatched and any(len(weights) > 1 for found in networks for weights in found.values()),
    )


def _precisions(record: Mapping) -> tuple[str, ...]:
    """The precisions in which a training computed; a record that does not state them has that of its settings."""
    training = record.get("training") or {}
    asked = training.get("settings", {}).get("compute", {}).get("precision")
    return tuple(training.get("precisions") or filter(None, [asked]))


def _saturated(part: Part, record: Mapping, real: Mapping | None, values: Iterable[Mapping[int, float]]) -> bool:
    ceiling = resolve(f"0.99 of {REAL}", part.measure, record, real)
    return ceiling is not None and part.higher and min(fmean(of.values()) for of in values) >= ceiling


def effects_of(part: Part, first: list[float], second: list[float]) -> tuple[tuple[float, ...], list[Reason]]:
    """The effects seed by seed, or the reason why there are none."""
    if not part.is_ratio:
        return tuple(a - b for a, b in zip(first, second, strict=True)), []
    if min([*first, *second], default=1) <= 0:
        return (), [Reason(f"{part.measure} is not positive, so that no ratio can be taken")]
    return tuple(math.log(a / b) for a, b in zip(first, second, strict=True)), []


def _agrees(part: Part, first: Mapping[int, dict], second: Mapping[int, dict], seeds: list[int]) -> bool | None:
    ours, theirs = part.by_seed(first, seeds), part.by_seed(second, seeds)
    difference = [ours[seed] - theirs[seed] for seed in seeds if seed in ours and seed in theirs]
    return (fmean(difference) > 0) == part.higher if difference else None
