"""The sections of params.yaml as types: closed, so that a misspelt key is an error that names its nearest."""

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from latentmotion.core.names import NAME

Name = Annotated[str, Field(pattern=f"^{NAME}$")]
Decay = Annotated[float, Field(ge=0, lt=1)]  # of a moving average
Seed = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Closed(BaseModel):
    """A section without other keys. A number is of the type that is asked for and finite: no text, no truth value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class StandIn(Closed):
    """How reports call the embedded data that stand in for a data set, and what they say of its origin."""

    title: str = Field(min_length=1, description="never the title of the real data set")
    origin: str = Field(default="", description="where the data come from, as full sentences for a footnote")


class Dataset(Closed):
    """One dataset: how reports call it, where it comes from and how large it is.

    `options` belong to its file in data/.
    """

    title: str = Field(min_length=1, description="how reports call the real data set")
    published_as: str = Field(default="", description="how the papers call it, where that is not its title")
    origin: str = Field(default="", description="where the real data come from, as full sentences for a footnote")
    stand_in: StandIn | None = Field(default=None, description="what is said of the source `drawn`, where there is one")
    source: Literal["real", "drawn"] = Field(description="real: the published files; drawn: embedded stand-in")
    size: int = Field(ge=1, le=256, description="side of a frame in pixels, numbers of a frame of sound; 1 for points")
    frames: int = Field(ge=1, le=10_000, description="frames of a sequence; 1 for points")
    options: dict[str, Any] = Field(default_factory=dict, description="keywords of the dataset's prepare()")
    importer: str | None = Field(
        default=None, description="the file in data/importers/ that reads it, where it has none in data/datasets/"
    )

    @model_validator(mode="after")
    def _stand_in_has_its_own_title(self) -> "Dataset":
        if self.stand_in and self.stand_in.title == self.title:
            raise ValueError("stand_in.title must differ from title, so that no stand-in is taken for the real data")
        return self

    @model_validator(mode="after")
    def _points_or_sequences(self) -> "Dataset":
        if (self.frames, self.size) != (1, 1) and (self.frames < 2 or self.size < 8):
            raise ValueError("frames must be 2 or more and size 8 or more, or both 1, of points")
        return self


class Judge(Closed):
    """The classifiers that score generated sequences (HALO, supplementary table 9)."""

    width: int = Field(ge=1, description="channels of the first convolution; the paper's is 64")
    steps: int = Field(ge=1)
    batch: int = Field(ge=2)
    lr: float = Field(gt=0)
    select_every: int = Field(ge=1, description="steps between measurements on validation data")
    floor: dict[str, Share] = Field(description="accuracy on real test data below which a judge is reported as weak")
    labels: dict[str, list[str]] = Field(description="dataset -> the labels that get a judge each")
    per_dataset: dict[str, dict[str, Any]] = Field(default_factory=dict, description="what differs on one dataset")


JUDGE_KEYS = ("width", "steps", "batch", "lr", "select_every")  # what may differ from dataset to dataset


class VideoJudge(Closed):
    """The network on whose features Frechet distances of videos are measured, trained on several datasets together."""

    datasets: list[str] = Field(description="those it learns and measures; the others have no such distances")
    width: int = Field(ge=1, description="channels of the first convolution")
    features: int = Field(ge=1, description="numbers by which a video is described")
    steps: int = Field(ge=1)
    batch: int = Field(ge=2, description="videos of each dataset in a batch")
    lr: float = Field(gt=0)
    select_every: int = Field(ge=1, description="steps between measurements on validation data")


class Training(Closed):
    """How long and how fast a model is trained."""

    steps: int = Field(ge=1, description="batches seen")
    batch: int = Field(ge=2, description="sequences in a batch, over all processes")
    lr: float = Field(gt=0)
    betas: Annotated[tuple[Decay, Decay], Field(strict=False)] = (0.9, 0.999)
    weight_decay: float = Field(default=0.0, ge=0)
    clip: float | None = Field(default=None, gt=0, description="largest gradient norm, or null")
    decay: Literal["none", "cosine"] = Field(default="none", description="cosine: from lr to a hundredth of it")
    warmup: int = Field(default=0, ge=0, description="steps over which the rate rises from 0")

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        rate = self.lr * min(1.0, (step + 1) / (self.warmup + 1))
        if self.decay == "cosine":
            rate *= 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / self.steps))
        return rate


class Compute(Closed):
    """How numbers are computed, which may change the bits of a result. The device and processes belong to a profile."""

    threads: int = Field(default=1, ge=1, description="CPU threads of one job")
    precision: Literal["float32", "bfloat16"] = "float32"
    compile: bool = False
    channels_last: bool = False


class OnDataset(Closed):
    """What differs from a model's own section on one data set."""

    seeds: list[Seed] | None = Field(default=None, min_length=1, description="training seeds on this data set")
    training: dict[str, Any] = Field(default_factory=dict)
    network: dict[str, Any] = Field(default_factory=dict)


class Model(Closed):
    """One system. `per_dataset` holds what differs on one dataset; `like` takes every section over from another model.

    Its title is a model's own and never taken over. After reading, the sections of a model hold everything that it took
    over.
    """

    title: str = Field(min_length=1, description="how reports call the model")
    like: str | None = Field(default=None, description="another model of params.yaml, under whose sections its own lie")
    system: Name = Field(description="the file in models/")
    seeds: list[Seed] | None = Field(default=None, min_length=1, description="training seeds, where not the scale's")
    gpus: int = Field(
        default=1, ge=1, description="GPUs, or without any processes, that share each batch of a training"
    )
    training: dict[str, Any] = Field(default_factory=dict)
    network: dict[str, Any] = Field(default_factory=dict)
    per_dataset: dict[str, OnDataset] = Field(default_factory=dict)

    def on(self, dataset: str) -> OnDataset:
        """What differs on the data set of this name."""
        return self.per_dataset.get(dataset, OnDataset())


class Generate(Closed):
    """How many generated videos are compared with as many real ones by Frechet distances."""

    videos: int = Field(default=2048, ge=2)
    frames: int = Field(default=16, ge=2, description="frames of each; fvd-i3d needs 10 or more")


class Evaluation(Closed):
    """What all protocols have in common."""

    split: Literal["test", "validation"] = Field(
        default="test", description="validation while settings are chosen; a table shows test alone"
    )
    predict_length: int = Field(default=16, ge=2, description="frames to which a first frame is continued")
    rollout_length: int = Field(default=100, ge=2, description="frames over which states are rolled out")
    generate: Generate = Generate()
    i3d: bool = Field(default=False, description="measure fvd-i3d too, on a network that is downloaded")
    frame_label: str = Field(
        default="identity",
        description="label on whose judge's features frames are compared; not on datasets without such a judge",
    )
    inception: bool = Field(default=False, description="measure fid-inception too, on a network that is downloaded")


class Report(Closed):
    """A table or a figure: the file in reports/ that renders it and what it shows."""

    report: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_]{0,63}$",
        description="the file in reporting/tables/ or reporting/figures/ that renders it; by default that of its name",
    )
    models: list[str]
    datasets: list[str]
    seeds: list[Seed] | None = Field(default=None, min_length=1, description="training seeds, where it shows others")
    options: dict[str, Any] = Field(default_factory=dict)


class Params(Closed):
    """The catalogue."""

    scale: Name
    seeds: list[Seed] = Field(min_length=1)
    compute: Compute
    datasets: dict[str, Dataset]
    judge: Judge
    video_judge: VideoJudge
    training: dict[str, Any] = Field(description="defaults of every model's training section")
    models: dict[str, Model]
    runs: dict[str, list[str]] = Field(description="dataset -> the models trained on it")
    evaluation: Evaluation = Evaluation()
    tables: dict[str, Report]
    figures: dict[str, Report]
