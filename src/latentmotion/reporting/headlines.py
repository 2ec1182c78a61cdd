"""The numbers that the front page may state, and what each is compared with.

A text says what is measured and never how it turned out, so that it holds whatever the records say. Numbers and
comparisons are read from the tables (headline_numbers.py).
"""

from dataclasses import dataclass

from latentmotion.reporting.display_names import CHANCE, COPY


@dataclass(frozen=True)
class Form:
    """How a number is written: multiplied by `factor`, by a format, with a unit behind it."""

    number: str = ".1f"
    factor: float = 1.0
    unit: str = ""

    def __call__(self, value: float) -> str:
        return f"{value * self.factor:{self.number}}{self.unit}"

    def deviation(self, value: float) -> str:
        """A standard deviation, which has no sign and no unit."""
        return f"{value * self.factor:{self.number.removeprefix('+')}}"


SHARE, PER_CENT = Form(factor=100, unit=" %"), Form(unit=" %")


@dataclass(frozen=True)
class Headline:
    """A number of a table, and what it is compared with.

    Arguments:
        text: how the sentence goes on behind the number, or what the number is.
        cell: (model or title of a row, protocol, metric). A metric in its short form, such as "fvd-judge", matches the
            long one.
        higher: whether a higher number is better.
        against: the cell of the same data set with which it is compared.
        claim: id of the claim that is about this difference; the verdict on these data is stated in place of a test.
        rival: whether it is of a model that the paper compares its own with.
    """

    paper: str
    table: str
    dataset: str
    cell: tuple[str, str, str]
    text: str
    form: Form
    higher: bool = True
    against: tuple[str, str, str] | None = None
    claim: str = ""
    rival: bool = False


HEADLINES = (  # those of a paper in the order of their importance
    Headline(
        "HALO",
        "table2",
        "sprites",
        ("halo", "motion-prior", "action_accuracy"),
        "of the sequences that HALO generates for a requested action show this action.",
        SHARE,
        against=(CHANCE, CHANCE, "action_accuracy"),
    ),
    Headline(
        "HALO",
        "table1",
        "sprites",
        ("halo", "predict", "mse"),
        "is the squared error of the 16 frames that HALO predicts from the first one.",
        Form(".4f"),
        higher=False,
        against=(COPY, "copy", "mse"),
    ),
    Headline(
        "HALO",
        "table2",
        "sprites",
        ("halo", "motion-swap", "bottomwear_accuracy"),
        "of the characters keep their trousers when HALO gives them the motion of another sequence.",
        SHARE,
        against=("dsvae", "motion-swap", "bottomwear_accuracy"),
    ),
    Headline(
        "HALO",
        "table_s2",
        "rotating_mnist",
        ("halo-unconditional", "missing-angle", "mse"),
        "is the squared error of HALO's images at an angle that is hidden in training.",
        Form(".4f"),
        higher=False,
        against=("ode2vae", "missing-angle", "mse"),
    ),
    Headline(
        "R-WAE",
        "rwae_table2",
        "sprites",
        ("rwae", "content-prior", "action_error"),
        "of R-WAE's sequences lose the action of a test sequence when the content is sampled.",
        PER_CENT,
        higher=False,
        against=("dsvae", "content-prior", "action_error"),
        claim="rwae-03",
    ),
    Headline(
        "R-WAE",
        "rwae_table2",
        "sprites",
        ("rwae", "motion-prior", "content_error"),
        "is how often R-WAE's sequences lose an attribute of the character when the motion is sampled.",
        PER_CENT,
        higher=False,
        against=("dsvae", "motion-prior", "content_error"),
        claim="rwae-03",
    ),
    Headline(
        "R-WAE",
        "rwae_table3",
        "faces",
        ("rwae-weak", "content-prior", "action_accuracy"),
        "of R-WAE's faces keep the expression of a test sequence when the content is sampled.",
        PER_CENT,
        against=("dsvae-complex", "content-prior", "action_accuracy"),
    ),
    Headline(
        "R-WAE",
        "rwae_table1",
        "spoken_digits",
        ("rwae", "speaker-verification", "content_eer"),
        "is the equal error rate at which R-WAE's content code tells speakers apart.",
        PER_CENT,
        higher=False,
        against=("dsvae", "speaker-verification", "content_eer"),
    ),
    Headline(
        "R-WAE",
        "rwae_table1",
        "spoken_digits",
        ("fhvae", "speaker-verification", "content_eer"),
        "is the equal error rate at which the content code of FHVAE, which R-WAE is compared with, tells speakers "
        "apart.",
        PER_CENT,
        higher=False,
        against=("mean spectrum, no model", "spectrum-verification", "spectrum_eer"),
        rival=True,
    ),
    Headline(
        "R-WAE",
        "rwae_table2",
        "sprites",
        ("dsvae", "content-prior", "action_error"),
        "of the sequences of DSVAE, which R-WAE is compared with, lose the action when the content is sampled.",
        PER_CENT,
        higher=False,
        against=(CHANCE, CHANCE, "action_error"),
        rival=True,
    ),
    Headline(
        "HGAN",
        "hgan_table1",
        "pendulum",
        ("hgan", "generate", "fvd-judge"),
        "is the Fréchet distance of HGAN's videos of a pendulum from real ones.",
        Form(),
        higher=False,
        against=("mocogan-unconditional", "generate", "fvd-judge"),
        claim="hgan-05",
    ),
    Headline(
        "HGAN",
        "hgan_motion",
        "pendulum",
        ("hgan", "generated-energy", "energy_drift"),
        "is how far the learnt energy drifts in HGAN's videos of a pendulum, relative to its start.",
        Form(".2g"),
        higher=False,
        against=("hgn", "generated-energy", "energy_drift"),
    ),
    Headline(
        "EHF",
        "ehf_figure2a",
        "ring_finite",
        ("flow-finite-kappa-1e-2", "gain", "log_p"),
        "is what the symmetry constraint adds to the log-likelihood of test points after training on 32 points.",
        Form("+.2f", unit=" nats"),
    ),
    Headline(
        "EHF",
        "ehf_figure2a",
        "ring",
        ("flow-kappa-1e-2", "symmetry", "rotation_spread"),
        "is how much the log-density of a point varies under rotations with the symmetry constraint.",
        Form(".2f", unit=" nats"),
        higher=False,
        against=("flow", "symmetry", "rotation_spread"),
    ),
)
