"""What a label of a data set means."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LabelSpec:
    """One label of a data set.

    Arguments:
        kind: what the label describes. "content": what a sequence shows; "motion": how it moves; "aside": a label for
            which no judge is trained, because it is kept for reference only or has a single class.
        classes: the names of the classes, in the order of the integers that stand for them.
    """

    kind: str
    classes: tuple[str, ...]
