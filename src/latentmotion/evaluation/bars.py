"""The bars: from which score on a run counts as one that has learnt its data.

A bar is far below what a paper reports. It is above what needs no learning of the subject, such as the mean picture, a
still picture, a generator of one character or a guess, and it was placed with validation scores alone. A run that
passes every bar of its data set has `learnt: true` in its record; tables and figures mark the others. learnt.py
measures the scores. docs/bars.md explains the choice.

A new data set needs an entry in BARS. A data set of another package has the same entry in its own module: a dictionary
BARS from RECONSTRUCTS, COMPLETES, GENERATES or DENSITY to bars.
"""

from dataclasses import dataclass

from latentmotion.core.errors import UserError
from latentmotion.core.plugins import import_module, plugins
from latentmotion.models import base as contract

RECONSTRUCTS, COMPLETES, GENERATES, DENSITY = "encodes", "completes", "generates", "has a density"


@dataclass(frozen=True)
class Bar:
    """One bar: a score must have gone at least `share` of the way from `worst` to `best`.

    Arguments:
        protocol: NAME of the protocol that measures the score.
        metric: the metric, without the conditions that follow its first colon.
        share: the bar is worst + share x (best - worst). A score on the side of `best` passes, and so does the bar.
        finding: a sentence without its subject, with {value} and {bar}, for runs below the bar.
        why: why the bar is there.
        worst, best: a number; "chance" or "judge" for the rate of a uniform guess and of the judge on real sequences;
            the name of a metric of the same protocol; or "<protocol>/<metric>" of the real sequences.
    """

    protocol: str
    metric: str
    share: float
    finding: str
    why: str
    worst: float | str = 0.0
    best: float | str = 1.0


def bars(dataset: str, capabilities: frozenset[str], hidden: bool, judged: bool) -> tuple[Bar, ...]:
    """The bars of a model on a data set.

    Arguments:
        dataset: the name of the data set in params.yaml.
        capabilities: what the model can do.
        hidden: whether the data set hides frames.
        judged: whether the data set has a judge of the action.

    Raises UserError where the data set has no bar, or none for such a model.
    """
    kind, (file, known) = _kind(capabilities, hidden), _of(dataset)
    if kind not in known:
        raise UserError(f"{file}: BARS has no bar on data set '{dataset}' for a model that {kind}; add one")
    asked = contract.ACTION_MOTION in capabilities
    shown = ()
    if judged and (kind == RECONSTRUCTS or asked):
        shown = (ACTION["generate" if kind == GENERATES else "motion-prior" if asked else "content-prior"],)
    return tuple(known[kind]) + shown


def has_bars(dataset: str) -> bool:
    """Whether any bar is set for a data set; none is for the user's own videos."""
    return bool(_of(dataset)[1])


def _of(dataset: str) -> tuple[str, dict[str, tuple[Bar, ...]]]:
    """The file that has the bars of a data set, and these bars."""
    if dataset in plugins("data/datasets"):
        module = import_module("data/datasets", dataset)
        return str(module.__file__), getattr(module, "BARS", {})
    return "src/latentmotion/evaluation/bars.py", BARS.get(dataset, {})


def _kind(capabilities: frozenset[str], hidden: bool) -> str:
    """What a model is measured by: the first of its abilities that fits the data."""
    if contract.DENSITY in capabilities:
        return DENSITY
    if hidden:
        return COMPLETES
    return RECONSTRUCTS if contract.ENCODE in capabilities else GENERATES


def _reconstruction(explained: float, change: float, why: str) -> tuple[Bar, ...]:
    frames = "explains {value} of the energy of the frames (bar {bar})"
    changes = "explains {value} of the changes within a sequence (bar {bar})"
    return (
        Bar("reconstruct", "explained", explained, frames, why),
        Bar("reconstruct", "change_explained", change, changes, why),
    )


ACTION = {
    protocol: Bar(
        protocol,
        "action_accuracy",
        0.5,
        f"shows {action} in {{value}} of the sequences (bar {{bar}})",
        "Halfway from a guess to what the judge recognises in real sequences, more are right by skill than by luck.",
        "chance",
        "judge",
    )
    for protocol, action in (
        ("motion-prior", "the requested action"),
        ("content-prior", "the action of the motion that it was given"),
        ("generate", "the requested action"),
    )
}

DIVERSE = (
    Bar(
        "generate",
        "content_effective",
        0.25,
        "generates {value} different contents in effect (bar {bar})",
        "A quarter of the way from one content to the diversity of real sequences, a generator shows more than a few.",
        worst=1.0,
        best="real_content_effective",
    ),
    Bar(
        "generate",
        "content_uncertainty",
        0.5,
        "generates contents that leave the judges {value} of the largest uncertainty (bar {bar})",
        "Halfway from total uncertainty to that on real sequences, most contents can be recognised.",
        worst=1.0,
        best="real_content_uncertainty",
    ),
)

DISCS = (
    Bar(
        "tracking",
        "right_number",
        0.9,
        "shows the right number of discs in {value} of the frames (bar {bar})",
        "One wrong frame in ten spoils most videos of 16 frames, so fewer right frames show no system.",
        best="real_right_number",
    ),
    Bar(
        "tracking",
        "clean_videos",
        0.5,
        "shows the right number of discs throughout in {value} of the videos (bar {bar})",
        "The motion is measured in clean videos, which must be the rule and not the exception.",
        best="real_clean_videos",
    ),
    Bar(
        "tracking",
        "speed",
        0.25,
        "moves its discs at a speed of {value} (bar {bar})",
        "Discs with less than a quarter of the real speed are nearly at rest.",
        best="real_speed",
    ),
)

HIDDEN = (
    Bar(
        "missing-angle",
        "mse",
        0.0,
        "completes hidden frames with a squared error of {value} (bar {bar})",
        "The mean of the two nearest shown frames needs no learning.",
        worst="nearest-angle/mean_mse",
        best=0.0,
    ),
)

SPEAKERS = Bar(
    "speaker-verification",
    "content_eer",
    0.0,
    "tells speakers apart by its content with an error rate of {value} (bar {bar})",
    "The mean spectrum of an utterance, which needs no learning, tells speakers apart already.",
    worst="spectrum-verification/spectrum_eer",
    best=0.0,
)

NORMAL = (
    Bar(
        "likelihood",
        "log_p",
        0.5,
        "has a log-likelihood of {value} (bar {bar})",
        "Halfway from the normal density fitted to its points to the target, the shape of the target shows.",
        worst="gaussian",
        best="target",
    ),
)

FEW_POINTS = (
    Bar(
        "likelihood",
        "train_log_p",
        0.5,
        "has a log-likelihood of {value} on its own training points (bar {bar})",
        "How likely other points are is what the experiment with few points measures, so its own points decide here.",
        worst="train_gaussian",
        best="train_target",
    ),
)

PHYSICS = {RECONSTRUCTS: DISCS, GENERATES: DISCS}
SOUND = _reconstruction(
    0.6, 0.4, "The mean spectrum of each segment explains up to 0.64; only the second bar needs its changes."
) + (SPEAKERS,)

BARS: dict[str, dict[str, tuple[Bar, ...]]] = {
    "sprites": {
        RECONSTRUCTS: _reconstruction(
            0.7, 0.5, "A fourth of the energy is motion: the mean frames explain 0.74 and none of the changes."
        ),
        GENERATES: DIVERSE,
    },
    "faces": {
        RECONSTRUCTS: _reconstruction(
            0.6,
            0.3,
            "Expressions are a small part of the energy, so that only the changes show whether they are there.",
        ),
        GENERATES: DIVERSE,
    },
    "balls": {RECONSTRUCTS: _reconstruction(0.5, 0.5, "Nearly all of the energy is in the places of the balls.")},
    "moving_mnist": {
        RECONSTRUCTS: _reconstruction(
            0.6, 0.4, "The mean frames explain 0.36 and a blur at the right place explains half, so digits need more."
        ),
        GENERATES: DIVERSE,
    },
    "moving_shapes": {
        RECONSTRUCTS: _reconstruction(
            0.6, 0.4, "The mean frames explain 0.37, so the shape must be at the right place in most frames."
        ),
        GENERATES: DIVERSE,
    },
    "rotating_mnist": {COMPLETES: HIDDEN},
    "timit": {RECONSTRUCTS: SOUND},
    "spoken_digits": {RECONSTRUCTS: SOUND},
    "mass_spring": PHYSICS,
    "pendulum": PHYSICS,
    "double_pendulum": PHYSICS,
    "two_body": PHYSICS,
    "three_body": PHYSICS,
    "ring": {DENSITY: NORMAL},
    "ring_finite": {DENSITY: FEW_POINTS},
    "modes": {DENSITY: NORMAL},
}
