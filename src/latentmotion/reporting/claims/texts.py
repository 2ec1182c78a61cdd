"""The verdicts as texts: one row for each claim, which the csv file has, and the page in Markdown."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev

from latentmotion.config.papers import PAPERS
from latentmotion.reporting.claims.claim import PAIRED, Claim, Part
from latentmotion.reporting.claims.evidence import Reason
from latentmotion.reporting.claims.findings import Finding, Verdict
from latentmotion.reporting.claims.measures import Condition, bound_text
from latentmotion.reporting.claims.statistics import Interval
from latentmotion.reporting.claims.verdicts import Judged
from latentmotion.reporting.titles import Titles

MARKS = {  # readable in black and white, and by a screen reader together with the word
    Verdict.UPHELD: "✓",
    Verdict.CONTRADICTED: "✗",
    Verdict.MIXED: "◐",
    Verdict.UNDECIDED: "?",
    Verdict.IMPOSSIBLE: "–",
}
SIDES = {"each": "", "better": "of the better model, ", "than": "of the other model, "}
ROW = (
    *("id", "paper", "where", "claim", "rank", "printed", "paper_consistent", "ours", "effect", "seeds", "scale"),
    *("verdict", "why", "unchecked", "rule", "reports", "note"),
)


def rows(judged: Iterable[Judged], titles: Titles) -> list[dict[str, str]]:
    """One row for each claim with the columns ROW. Parts of a cell are separated by ' | '."""
    return [_row(one, titles) for one in judged]


def _row(found: Judged, titles: Titles) -> dict[str, str]:
    text, lines = found.claim.text, comparisons(found, titles)
    return {
        **{
            key: text[key] for key in ("id", "paper", "where", "claim", "rank", "paper_consistent", "unchecked", "note")
        },
        "printed": text["evidence_in_paper"],
        "ours": _joined(f"{line['data']}, {line['measure']}: {line['values']}" for line in lines if line["values"]),
        "effect": _joined(_effect(line, len(found.claim.parts) > 1) for line in lines if line["effect"]),
        "seeds": _range([one.seeds for one in found.findings]),
        "scale": found.scale,
        "verdict": str(found.verdict),
        "why": why(found, titles),
        "rule": rule(found.claim, titles),
        "reports": "; ".join(found.claim.reports),
    }


def _effect(line: dict[str, str], several: bool) -> str:
    """The effect of one finding; its measure is named where the claim has several."""
    return f"{line['data']}, {line['of']}{', ' + line['measure'] if several else ''}: {line['effect']}"


def comparisons(found: Judged, titles: Titles) -> list[dict[str, str]]:
    """One line for each finding: data, measure, of (the models), values, effect, verdict."""
    lines = []
    for one in found.findings:
        models = [titles.model(model) for model in (one.better, one.than) if model]
        lines.append(
            {
                "data": titles.dataset(one.dataset),
                "measure": one.measure,
                "of": f"{models[0]} against {models[1]}" if len(models) > 1 else "".join(models),
                "values": "; ".join(_values(titles.model(m), found) for m, found in one.values.items() if found),
                "effect": effect(one),
                "verdict": str(one.verdict),
            }
        )
    return lines


def effect(found: Finding) -> str:
    """The effect with its 95 % interval: a difference, a ratio with the sign ×, or, of one model, its mean."""
    if found.effect is None:
        return ""
    mean, low, high = found.effect.mean, found.effect.low, found.effect.high
    sign, form = ("+", ".3g") if found.than else ("", ".3g")
    if found.is_ratio:
        mean, low, high = (math.exp(min(value, 700.0)) for value in (mean, low, high))
        text = f"× {mean:{form}}"
    else:
        text = f"{mean:{sign}{form}}"
    if math.isfinite(found.effect.low):
        text += f" [{low:.3g}, {high:.3g}]"
    if found.bound:
        return f"{text}, should be {found.bound}"
    return text if found.p is None else f"{text}, p {_p(found.p)}"


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"= {value:.2g}"


def _values(title: str, by_seed: dict[int, float]) -> str:
    values = list(by_seed.values())
    deviation = f" ± {stdev(values):.2g}" if len(values) > 1 else ""
    return f"{title} {fmean(values):.3g}{deviation} ({len(values)})"


def why(found: Judged, titles: Titles) -> str:
    """The verdict on each data set with the reasons for it, grouped by model."""
    parts = [_reasons(found.reasons, titles)] if found.reasons else []
    for dataset, verdict in found.by_dataset.items():
        here = [one for one in found.findings if one.dataset == dataset]
        reasons = dict.fromkeys(reason for one in here for reason in one.reasons)
        remarks = dict.fromkeys(text for one in here for text in one.remarks)
        stated = "; ".join(filter(None, [_reasons(reasons, titles), *remarks]))
        if not here:
            stated = "no model and no measure of the claim belong to it"
        parts.append(f"{titles.dataset(dataset)}: {verdict}" + (f" ({stated})" if stated else ""))
    if found.pooled:
        parts.append(f"over all data sets together: {_pooled(found, found.pooled)}")
    return _joined(parts)


def _pooled(found: Judged, interval: Interval) -> str:
    is_ratio = found.claim.parts[0].is_ratio
    numbers = (interval.mean, interval.low, interval.high)
    mean, low, high = map(math.exp, numbers) if is_ratio else numbers
    return f"interquartile mean {'× ' if is_ratio else ''}{mean:.3g} [{low:.3g}, {high:.3g}], which decides nothing"


def _reasons(reasons: Iterable[Reason], titles: Titles) -> str:
    models: dict[str, list[str]] = {}
    for reason in reasons:
        models.setdefault(reason.text, [])
        if reason.model:
            models[reason.text].append(titles.model(reason.model))
    return "; ".join(f"{' / '.join(dict.fromkeys(of))}: {text}" if of else text for text, of in models.items())


def rule(claim: Claim, titles: Titles) -> str:
    """How the claim is decided, in sentences made from its columns."""
    better, than = (_models(models, titles) for models in (claim.better, claim.than))
    if claim.kind in PAIRED:
        order = ", in this order," if claim.text["pairs"] == "in order" and len(set(claim.pairs)) > 1 else ""
        text = f"{better} against {than}{order} seed by seed, with {claim.seeds} common seeds or more: "
        text += "; ".join(_margin(part, claim.kind) for part in claim.parts) + "."
        if claim.holm:
            text += " The p-values of all comparisons on one data set are adjusted by Holm's method."
    else:
        text = f"In each seed of {better}, of which there are {claim.seeds} or more: "
        text += "; ".join(_bound(part, part.margin, part.higher) for part in claim.parts) + "."
        if than:
            others = (_bound(part, part.margin_than or part.margin, not part.higher) for part in claim.parts)
            text += f" In each seed of {than}: {'; '.join(others)}."
    if claim.agreeing:
        agreeing = " and ".join(f"{part.measure}, {_side(part.higher)}" for part in claim.agreeing)
        text += f" Where it is measured, this must agree in sign: {agreeing}."
    wanted = [f"{SIDES[side]}{_condition(of)}" for side, of in claim.conditions]
    if claim.halfway:
        wanted.append("the better model is at least halfway from chance to the judge")
    if claim.real_data_only:
        wanted.append("the data are the real ones")
    return text + (f" Preconditions: {'; '.join(wanted)}." if wanted else "")


def _models(models: Iterable[str], titles: Titles) -> str:
    return " / ".join(titles.model(model) for model in dict.fromkeys(models))


def _margin(part: Part, kind: str) -> str:
    if kind == "equivalence":
        return f"{part.measure} within ± {part.margin}, by two one-sided tests"
    if kind == "non_inferiority":
        return f"{part.measure} not {_side(not part.higher)} by {part.margin} or more"
    beyond = "" if part.size == 0 else f" by more than {part.margin}"
    return f"{part.measure} {_side(part.higher)}{beyond}, with p < 0.05"


def _bound(part: Part, margin: str, upwards: bool) -> str:
    return f"{part.measure} is at {'least' if upwards else 'most'} {bound_text(margin)}"


def _condition(found: Condition) -> str:
    return f"{found.measure} is {'below' if found.below else 'above'} {bound_text(found.bound)}"


def _side(higher: bool) -> str:
    return "higher" if higher else "lower"


def counts(found: Sequence[dict[str, str]]) -> dict[str, dict[Verdict, int]]:
    """Paper -> verdict -> number of rows, in the order of PAPERS and with zeros."""
    papers = dict.fromkeys(
        [*(p for p in PAPERS if any(row["paper"] == p for row in found)), *(r["paper"] for r in found)]
    )
    return {
        paper: {
            verdict: sum((row["paper"], row["verdict"]) == (paper, verdict) for row in found) for verdict in Verdict
        }
        for paper in papers
    }


def core_first(found: Iterable[dict[str, str]], paper: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """The core claims of a paper by rank, and its other claims in the order of the file."""
    of_paper = [row for row in found if row["paper"] == paper]
    core = sorted((row for row in of_paper if row["rank"]), key=lambda row: int(row["rank"]))
    return core, [row for row in of_paper if not row["rank"]]


def as_csv(found: Iterable[dict[str, str]]) -> str:
    """The rows as a csv file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ROW, lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue()


def as_markdown(found: Sequence[dict[str, str]], scale: str) -> str:
    """The counts, then a table for each paper whose core claims come first."""
    table = ["| paper | " + " | ".join(f"{MARKS[v]} {v}" for v in Verdict) + " |", "| --- |" + " ---: |" * len(Verdict)]
    table += [f"| {paper} | " + " | ".join(map(str, of.values())) + " |" for paper, of in counts(found).items()]
    parts = [f"**Verdicts on the claims of the papers (scale {scale})**", "\n".join(table)]
    header = ["claim", "where", "printed", "ours", "effect", "verdict", "why"]
    for paper in counts(found):
        for title, chosen in zip(("core claims", "other claims"), core_first(found, paper), strict=True):
            if chosen:
                lines = [f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}"]
                lines += [_line(row) for row in chosen]
                parts += [f"{paper}, {title}:", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _line(row: dict[str, str]) -> str:
    verdict = f"{MARKS[Verdict(row['verdict'])]} {row['verdict']}"
    cells = [
        f"**{row['id']}** {row['claim']}",
        row["where"],
        row["printed"],
        row["ours"],
        row["effect"],
        verdict,
        row["why"],
    ]
    return "| " + " | ".join(cell.replace(" | ", "<br>").replace("|", "\\|") for cell in cells) + " |"


def _range(numbers: Sequence[int]) -> str:
    if not numbers:
        return ""
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _joined(parts: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(parts))
