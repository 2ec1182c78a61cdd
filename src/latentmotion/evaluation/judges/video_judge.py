"""The video judge, a network trained on several data sets together, whose features define the metric `fvd-judge`.

The network classifies two things. The first is the data set of a video; because the colours often suffice for this,
such features alone may contain nothing of the motion. The second is the kind of distortion of the video, one of the
twelve in distortions.py, most of which cannot be recognised in a single frame. The network is trained on the training
splits and selected on the validation splits; this job cannot open test data. It is not the I3D network of the published
FVD, and the values of the two metrics cannot be compared.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from latentmotion.core.errors import UserError
from latentmotion.core.keyed_random import key, permutation, seed_torch
from latentmotion.core.pixels import to_float
from latentmotion.core.source_code import code_digest
from latentmotion.core.weights import load_weights
from latentmotion.data.prepared import PreparedDataset, Split
from latentmotion.evaluation.judges.base import SEED, read_judge, train_selected, write_judge
from latentmotion.evaluation.judges.distortions import KINDS, distort
from latentmotion.evaluation.judges.video_network import VideoClassifier
from latentmotion.training import device as devices
from latentmotion.training import resource_usage

FILE = "network.safetensors"
AT_ONCE = 128  # validation videos in a batch


@dataclass
class VideoJudge:
    """A trained network and its record."""

    network: VideoClassifier
    record: dict
    name = "fvd-judge"

    @property
    def summary(self) -> dict:
        """What an evaluation record holds about the network: for footnotes, and to compare its settings."""
        return {name: self.record[name] for name in ("weights", "settings", "learns", "validation")}

    @property
    def resizing(self) -> str:
        """The size of the input, which is that of the training videos: nothing is resized."""
        return f"{self.record['shape']['size']}px"

    @torch.no_grad()
    def features(self, x: Tensor) -> np.ndarray:
        """Videos (B, T, C, H, W) uint8 -> (B, d) float64."""
        device = next(self.network.parameters()).device
        return self.network.features(to_float(x.to(device))).double().cpu().numpy()


def train_video_judge(data: list[PreparedDataset], out: Path, settings: dict, device: str) -> None:
    """Trains on the data sets `data`; writes `out/network.safetensors` and `out/network.json`.

    Each batch has the same number of videos of every data set, each with a random kind of distortion. The loss is the
    sum of the cross entropies of both questions. The selected weights have the best mean of both accuracies on the
    validation splits and, of equal means, the lower loss. Each validation video has one random kind of distortion, the
    same at every measurement.

    Raises UserError where the data sets differ in shape or a loss is not finite.
    """
    start = time.monotonic()
    target = devices.choose(device)
    devices.set_threads(settings["threads"])
    data = [dataset.without_test() for dataset in data]
    shape = _shape(data)
    train, validation = ([dataset.split(name) for dataset in data] for name in ("train", "validation"))
    seed_torch(SEED, "video judge")
    questions = {"dataset": len(data), "distortion": len(KINDS)}
    network = VideoClassifier(shape["channels"], settings["width"], settings["features"], questions).to(target)

    def loss_at(step: int) -> Tensor:
        x, answers = _batch(train, settings["batch"], step, target)
        logits = network(x)
        return sum(functional.cross_entropy(logits[question], answer) for question, answer in answers.items())

    selected = train_selected(
        network, loss_at, lambda: _validate(network, validation, target), settings, "video_judge", "video judge"
    )
    write_judge(
        Path(out) / FILE,
        selected,
        {
            "verb": "video-judge", "learns": {"dataset": [dataset.id for dataset in data], "distortion": list(KINDS)},
            "settings": settings, "shape": shape,
            "data": {dataset.id: dataset.sha256 for dataset in data},
            "code": code_digest("evaluation/judges/video_judge"), "validation": selected.scores,
            **resource_usage.used(time.monotonic() - start, target, settings["steps"] * settings["batch"] * len(data)),
        },
    )  # fmt: skip


def load_video_judge(folder: Path, data: PreparedDataset, device: torch.device) -> VideoJudge:
    """The trained network. Raises UserError where it was not trained on this data set, or its weights were altered."""
    path = Path(folder) / FILE
    record = read_judge(path)
    if record["data"].get(data.id) != data.sha256:
        raise UserError(
            f"{path}: was trained on other data than the {data.id} it is to judge; make it with 'snakemake {path}'"
        )
    answers = {question: len(names) for question, names in record["learns"].items()}
    settings = record["settings"]
    network = VideoClassifier(record["shape"]["channels"], settings["width"], settings["features"], answers)
    load_weights(network, path, "the video judge")
    return VideoJudge(network.to(device).eval(), record)


def _shape(data: list[PreparedDataset]) -> dict[str, int]:
    """Frames, channels and size, which all data sets must share."""
    shapes = {dataset.id: dataset.shape for dataset in data}
    found = {name: {"frames": s.frames, "channels": s.channels, "size": s.size} for name, s in shapes.items()}
    first, *others = found
    for name in others:
        if found[name] != found[first]:
            raise UserError(
                f"key 'video_judge.datasets': {name} has {found[name]}, {first} {found[first]}; one network sees all, "
                "so prepare them alike or leave one out"
            )
    return found[first]


def _batch(splits: list[Split], count: int, step: int, device: torch.device) -> tuple[Tensor, dict[str, Tensor]]:
    """`count` videos of each split and the answers. Each epoch is a permutation of a split, without a remainder."""
    parts = []
    for i, split in enumerate(splits):
        size = min(count, len(split))
        epoch, position = divmod(step, len(split) // size)
        order = permutation(len(split), SEED, "video judge", i, epoch)
        ids = np.sort(order[position * size : (position + 1) * size])
        parts.append(_distorted(split, i, ids, ("train", step), device))
    videos, answers = zip(*parts, strict=True)
    return torch.cat(videos), {question: torch.cat([part[question] for part in answers]) for question in answers[0]}


def _distorted(split: Split, i: int, ids: np.ndarray, purpose: tuple, device) -> tuple[Tensor, dict[str, Tensor]]:
    """Videos of data set i, each with a random kind of distortion keyed by `purpose`, and the answers."""
    generator = torch.Generator().manual_seed(key(SEED, "distortions", i, *purpose))
    kinds = torch.randint(len(KINDS), (len(ids),), generator=generator)
    x = distort(to_float(torch.from_numpy(split.x[ids]).to(device)), kinds, generator)
    return x, {"dataset": torch.full((len(ids),), i, device=device), "distortion": kinds.to(device)}


def _validate(network: VideoClassifier, splits: list[Split], device: torch.device) -> dict[str, float]:
    """The accuracy of each question and the mean loss, over all validation videos."""
    sums, count = {"dataset_accuracy": 0.0, "distortion_accuracy": 0.0, "loss": 0.0}, 0
    for i, split in enumerate(splits):
        for ids in np.array_split(np.arange(len(split)), -(-len(split) // AT_ONCE)):
            x, answers = _distorted(split, i, ids, ("validation", int(ids[0])), device)
            logits = network(x)
            for question, answer in answers.items():
                sums[f"{question}_accuracy"] += (logits[question].argmax(1) == answer).sum().item()
                sums["loss"] += functional.cross_entropy(logits[question], answer, reduction="sum").item()
            count += len(ids)
    return {name: value / count for name, value in sums.items()}
