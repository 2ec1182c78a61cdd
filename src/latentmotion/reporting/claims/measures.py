"""What a claim measures and what it is compared with, as data/claims.csv writes them.

A measure is an expression of the metrics of one record:

    action_accuracy                     a metric of the claim's protocol; its conditions, after the first colon of its
                                        full name, do not count
    fvd-judge:half                      the one whose last condition is `half`
    reconstruct/mse                     a metric of the protocol that stands before the stroke
    lowest(a, b), highest(a, b), mean(a, b)
    lowest({content}_accuracy)          of every judged label of the content
    a - b, a + b, a / b                 from left to right, at most one of them a ratio; signs have spaces around them

A bound is the value that a measure must reach, or must stay below:

    0.8                 a number
    0.9 of real         the same measure of the real test sequences, here times 0.9
    chance + 0.05       the same measure of a uniform guess, here plus 0.05
    halfway             the mean of `real` and `chance`
    copy/ssim           a metric in the record of the real data, by protocol
    1.25 of network.kappa    a setting of the network

A value is None where the record does not have what is asked for.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

from latentmotion.config.catalogue import REAL
from latentmotion.core.errors import UserError

ACTION = "action"  # the label of the motion; all other labels are of the content
JUDGED = {"content-prior", "motion-prior", "motion-prior-own", "motion-swap", "image-to-sequence", "generate"}
PROBED = {"leakage", "neighbours", "pixel-neighbours"}  # protocols whose scores are not those of a judge
FUNCTIONS: Mapping[str, Callable[[list[float]], float]] = {"lowest": min, "highest": max, "mean": fmean}
CONTENT = "{content}"
_FUNCTION = re.compile(rf"({'|'.join(FUNCTIONS)})\((.+)\)$")
_BOUND = re.compile(r"(?:(?P<factor>[\d.e-]+) of )?(?P<of>\S+)(?: (?P<sign>[+-]) (?P<shift>[\d.e-]+))?$")
_CONDITION = re.compile(
    r"(?P<protocols>[a-z0-9-]+(?: \| [a-z0-9-]+)*)/(?P<expression>.+) (?P<sign>[<>]) (?P<bound>.+)$"
)
_SIGN = re.compile(r"(.+) ([-+/]) (.+)$")  # the last sign of an expression

Lookup = Callable[[str], "float | None"]  # the name of a metric -> its value


@dataclass(frozen=True)
class Measure:
    """An expression of metrics, and the protocols of which the first one that has it counts."""

    protocols: tuple[str, ...]
    expression: str

    def __str__(self) -> str:
        """As a reader sees it: the expression, and the protocols in brackets."""
        return f"{self.expression.replace(CONTENT, 'content')} ({' or '.join(self.protocols)})"

    def of(self, record: Mapping) -> float | None:
        """The value in a record."""
        for protocol in self.protocols:
            found = evaluate(self.expression, record, lambda name, at=protocol: metric(record, at, name))
            if found is not None:
                return found
        return None

    def judged(self, record: Mapping) -> set[str]:
        """The labels whose judges decide the value."""
        if set(self.protocols) <= PROBED:
            return set()
        labels = record.get("classes", {})
        named = {label for label in labels if re.search(rf"(?<![a-z]){label}(?![a-z])", self.expression)}
        return named | (set(_content(record)) if CONTENT in self.expression else set())

    def networks(self, record: Mapping) -> dict[str, str]:
        """The networks that decide the value in a record: name -> digest of the weights."""
        judges, video = record.get("judges", {}), record.get("video_networks", {})
        frames = record.get("settings", {}).get("frame_label")  # the judge in whose features fid-judge is measured
        names = self.judged(record) | ({frames} if "fid-judge" in self.expression else set())
        found = {f"judge of {name}": judges[name] for name in names if name in judges}
        found |= {name: network for name, network in video.items() if name in self.expression}
        return {name: network["weights"] for name, network in found.items() if "weights" in network}

    def fits(self, real: Mapping | None) -> bool:
        """Whether a data set has judges of the labels that are named; true where it has no record of the real data."""
        if real is None or not set(self.protocols) <= JUDGED:
            return True
        named = re.findall(r"([a-z]+)_accuracy", self.expression)
        return set(named) <= set(real["classes"]) and (CONTENT not in self.expression or bool(_content(real)))


@dataclass(frozen=True)
class Condition:
    """A measure that must be below or above a bound."""

    measure: Measure
    below: bool
    bound: str

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Reads `protocol/expression < bound`. Raises UserError where the text is no such thing."""
        found = _CONDITION.match(text)
        if not found:
            raise UserError(f"'{text}' is no condition; write it as 'protocol/metric < bound'")
        check_bound(found["bound"])
        check_expression(found["expression"])
        measure = Measure(tuple(found["protocols"].split(" | ")), found["expression"])
        return cls(measure, found["sign"] == "<", found["bound"])

    def values(self, record: Mapping, real: Mapping | None) -> tuple[float | None, float | None]:
        """The measure of a record and the bound for it."""
        return self.measure.of(record), resolve(self.bound, self.measure, record, real)

    def holds(self, value: float, bound: float) -> bool:
        """Whether a value is on the demanded side of a bound."""
        return value < bound if self.below else value > bound


def check_expression(text: str) -> None:
    """Raises UserError where a text is no expression of metrics."""
    for part in re.split(r" [-+/] ", text):
        inner = _FUNCTION.match(part)
        names = inner[2].split(", ") if inner else [part]
        for name in names:
            if not re.fullmatch(r"(?:[a-z0-9-]+/)?(?:\{content\})?[a-zA-Z0-9_.-]+(?::[a-z-]+)?", name):
                raise UserError(f"'{text}' is no expression of metrics: '{name}' is no name of a metric; correct it")


def check_bound(text: str) -> None:
    """Raises UserError where a text is no bound."""
    found = _BOUND.match(text)
    known = found and (_number(found["of"]) is not None or re.fullmatch(r"[a-z][\w./-]*", found["of"]))
    if not known:
        raise UserError(f"'{text}' is no bound; write a number, 'real', 'chance', 'halfway' or 'protocol/metric'")


def bound_text(text: str) -> str:
    """A bound in words."""
    words = {
        REAL: "the judge's value on real data",
        "chance": "the value of a uniform guess",
        "halfway": "the middle between chance and the judge's value on real data",
    }
    found = _BOUND.match(text)
    of = words.get(found["of"], f"{found['of']} of the real data" if "/" in found["of"] else found["of"])
    factor = f"{found['factor']} of " if found["factor"] else ""
    return f"{factor}{of}" + (f" {found['sign']} {found['shift']}" if found["shift"] else "")


def of_real_data(bound: str) -> bool:
    """Whether a bound is measured on the real test sequences."""
    of = _BOUND.match(bound)["of"]
    return of in (REAL, "halfway") or "/" in of


def resolve(bound: str, measure: Measure, record: Mapping, real: Mapping | None) -> float | None:
    """The number that a bound stands for.

    Arguments:
        record: the record that is compared with it.
        real: the record of the real data of the same data set.
    """
    found = _BOUND.match(bound)
    value = _reference(found["of"], measure, record, real)
    if value is None:
        return None
    shift = float(f"{found['sign']}{found['shift']}") if found["shift"] else 0.0
    return float(found["factor"] or 1) * value + shift


def _reference(name: str, measure: Measure, record: Mapping, real: Mapping | None) -> float | None:
    if (number := _number(name)) is not None:
        return number
    if name.startswith("network."):
        settings = (record.get("training") or {}).get("settings", {})
        return settings.get("network", {}).get(name.removeprefix("network."))
    if name == "chance":
        guess = {f"{label}_accuracy": 1 / count for label, count in record.get("classes", {}).items()}
        return evaluate(measure.expression, record, guess.get)
    if real is None:
        return None
    if name == REAL:
        return evaluate(measure.expression, real, lambda found: metric(real, REAL, found))
    if name == "halfway":
        ends = [_reference(end, measure, record, real) for end in ("chance", REAL)]
        return None if None in ends else fmean(ends)
    protocol, _, expression = name.partition("/")
    return Measure((protocol,), expression).of(real)


def evaluate(expression: str, record: Mapping, lookup: Lookup) -> float | None:
    """The value of an expression whose metrics `lookup` knows."""
    if found := _SIGN.match(expression):
        first, second = (evaluate(part, record, lookup) for part in found.group(1, 3))
        if first is None or second is None or (found[2] == "/" and second == 0):
            return None
        return {"+": first + second, "-": first - second}.get(found[2]) if found[2] != "/" else first / second
    function = _FUNCTION.match(expression)
    if not function:
        return _value(expression, record, lookup)
    names = [name for text in function[2].split(", ") for name in _names(text, record)]
    values = [_value(name, record, lookup) for name in names]
    return None if not values or None in values else FUNCTIONS[function[1]](values)


def _value(name: str, record: Mapping, lookup: Lookup) -> float | None:
    protocol, stroke, own = name.partition("/")
    return metric(record, protocol, own) if stroke else lookup(name)


def metric(record: Mapping, protocol: str, name: str) -> float | None:
    """The value of a metric of a record by the first part of its full name and, where it is given, the last one."""
    stem, _, condition = name.partition(":")
    for cell in record.get("metrics", ()):
        first, *others = cell["metric"].split(":")
        if cell["protocol"] == protocol and first == stem and (not condition or condition in others[-1:]):
            return cell["value"]
    return None


def _names(text: str, record: Mapping) -> Iterable[str]:
    return [text.replace(CONTENT, label) for label in _content(record)] if CONTENT in text else [text]


def _content(record: Mapping) -> list[str]:
    return [label for label in record.get("classes", {}) if label != ACTION]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
