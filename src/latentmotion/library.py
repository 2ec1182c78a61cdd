"""The package as a library: a trained model on numpy arrays.

    model = latentmotion.load("halo/sprites/seed0")
    test = model.data("test")
    swapped = model.swap(test.x[:4], test.x[4:8], test.labels["action"][:4], test.labels["action"][4:8])

Sequences are arrays as in prepared data: frames (N, T, C, H, W) uint8, or sound and states (N, T, F) float32. Content
is (N, Z) and motion (N, T, M), float32. Actions are integers (N,). docs/library.md has examples.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from latentmotion.core.errors import UserError, nearest
from latentmotion.core.files import file_digest, write_atomic
from latentmotion.core.keyed_random import normal
from latentmotion.core.pixels import to_float, to_uint8
from latentmotion.core.records import read_record
from latentmotion.core.weights import load_weights
from latentmotion.core.yaml_loader import read_yaml
from latentmotion.data.prepared import PreparedDataset, Split
from latentmotion.models import base as contract
from latentmotion.models.base import DataShape, SequenceModel
from latentmotion.reporting.drawing import image_grid
from latentmotion.reporting.drawing.image_grid import Block, Clip, Panel
from latentmotion.training import device as devices
from latentmotion.training.load import build, load_run

BATCH = 64  # sequences that pass through a network at once


def load(run: str | Path, scale: str | None = None, project: Path | str = ".", device: str = "auto") -> "TrainedModel":
    """A trained model.

    Arguments:
        run: its name, `<model>/<data set>/seed<n>` as under runs/<scale>/, or the path of its folder, or of a folder
            that `latentmotion export` has written.
        scale: the scale of a run that is given by its name; by default the one that params.yaml names.
        project: the folder of the project, in which `runs` and `data` are.
        device: auto, cpu or cuda.

    Raises UserError where there is no such run, with the nearest that there is, and where its weights are damaged.
    """
    project, target = Path(project), devices.choose(device)
    exported = next((folder for folder in (Path(run), project / run) if (folder / "config.json").is_file()), None)
    network, record = load_exported(exported, target) if exported else load_run(find_run(run, scale, project), target)
    network.requires_grad_(False)
    return TrainedModel(network, record, project)


def load_exported(folder: Path, device: torch.device) -> tuple[SequenceModel, dict]:
    """The model and the training record of a folder that `latentmotion export` has written."""
    record, weights = read_record(folder / "training.json"), folder / "model.safetensors"
    if not weights.is_file() or file_digest(weights) != record["weights"]:
        raise UserError(f"{weights}: missing, or not what {folder / 'training.json'} describes; export it again")
    network = build(record["settings"], DataShape(**record["shape"]))
    load_weights(network, weights, record["settings"]["system"])
    return network.to(device).eval(), record


def picture(rows: dict[str, np.ndarray]) -> Image.Image:
    """A picture of sequences (T, C, H, W) uint8: one row for each, with its label at the left."""
    block = _block(rows)
    with_heading = image_grid.lines(block, image_grid.column_of([block]))
    return with_heading.crop((0, image_grid.LINE + 3, *with_heading.size))


def film(rows: dict[str, np.ndarray], path: str | Path) -> Path:
    """Writes an animation (GIF) in which sequences (T, C, H, W) uint8 move side by side under their labels."""
    write_atomic(Path(path), image_grid.gif(image_grid.film([Panel("", [_block(rows)])])))
    return Path(path)


def _block(rows: dict[str, np.ndarray]) -> Block:
    return Block("", [Clip(np.asarray(frames), label) for label, frames in rows.items()])


def find_run(run: str | Path, scale: str | None, project: Path) -> Path:
    """The folder of a run that is given by its name or its folder. Raises UserError where there is none."""
    for folder in (Path(run), project / run):
        if (folder / "record.json").is_file():
            return folder
    scale = scale or str(read_yaml(project / "params.yaml").get("scale"))
    runs = project / "runs" / scale
    if (runs / run / "record.json").is_file():
        return runs / run
    known = [file.parent.relative_to(runs).as_posix() for file in runs.glob("*/*/seed*/record.json")]
    if not known:
        raise UserError(f"{runs}: no trained runs; train one with 'latentmotion train MODEL DATASET --scale {scale}'")
    raise UserError(f"run '{run}' is not in {runs}; {nearest(str(run), known)}")


@dataclass(frozen=True)
class TrainedModel:
    """A trained model whose methods take and return numpy arrays; `network` is the model itself, in PyTorch.

    A method that the model cannot do raises a UserError. Models that were trained with action labels
    (`takes_actions`) need `action`; the others ignore it.

    Attributes:
        network: the model of models/, in evaluation mode.
        record: the record of its training: settings, seed, time, losses.
        project: the folder in which the path of its data is looked up.
    """

    network: SequenceModel
    record: dict
    project: Path

    @property
    def shape(self) -> DataShape:
        """The sizes of the data that the model was trained on."""
        return DataShape(**self.record["shape"])

    @property
    def capabilities(self) -> frozenset[str]:
        """What the model can do, as models/base.py lists it."""
        return self.network.capabilities

    @property
    def takes_actions(self) -> bool:
        """Whether the model is given action labels."""
        return contract.ACTION_MOTION in self.capabilities

    def dataset(self) -> PreparedDataset:
        """The prepared data set that the model was trained on. Raises UserError where it is not there any more."""
        return PreparedDataset.open(self.project / self.record["data_folder"])

    def data(self, split: str) -> Split:
        """One split of that data set: `x`, `labels`, `group`."""
        return self.dataset().split(split)

    def encode(self, x: np.ndarray, action: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """The codes of sequences: content (N, Z) and motion (N, T, M), the means of the posterior."""
        self._needs(contract.ENCODE)
        x, action = self._sequences(x), self._actions(action, len(x))
        parts = [self.network.encode(self._input(x[ids]), self._tensor(action[ids])) for ids in _batches(len(x))]
        contents, motions = zip(*parts, strict=True)
        return _numpy(contents), _numpy(motions)

    def decode(self, content: np.ndarray, motion: np.ndarray) -> np.ndarray:
        """The sequences that codes stand for."""
        if len(content) != len(motion):
            raise UserError(f"decode: {len(content)} contents and {len(motion)} motions; give as many of both")
        return self._output(
            len(content), lambda ids: self.network.decode(self._tensor(content[ids]), self._tensor(motion[ids]))
        )

    def swap(
        self,
        content_of: np.ndarray,
        motion_of: np.ndarray,
        content_action: np.ndarray | None = None,
        motion_action: np.ndarray | None = None,
    ) -> np.ndarray:
        """Sequences with the content of `content_of` and the motion of `motion_of`; the actions are those of each."""
        content, _ = self.encode(content_of, content_action)
        _, motion = self.encode(motion_of, motion_action)
        return self.decode(content, motion)

    def predict(self, first: np.ndarray, length: int, action: np.ndarray | None = None) -> np.ndarray:
        """The first frame or frames (N, t, C, H, W), continued to `length` frames, the given ones included."""
        self._needs(contract.PREDICT)
        first, action = self._sequences(first), self._actions(action, len(first))
        return self._output(
            len(first),
            lambda ids: self.network.predict(self._input(first[ids]), length, self._tensor(action[ids])),
        )

    def sample(
        self, count: int, length: int | None = None, action: np.ndarray | int | None = None, seed: int = 0
    ) -> np.ndarray:
        """`count` sequences whose content and motion are drawn from the priors.

        Sample i depends on `seed`, on i and on its action alone.

        Arguments:
            length: the number of frames; by default that of the training.
            action: one action for each sample, or one for all.
        """
        self._needs(contract.SAMPLE_CONTENT, contract.SAMPLE_MOTION)
        length = length or self.shape.frames
        one_for_all = action is not None and np.ndim(action) == 0
        action = self._actions(np.full(count, action) if one_for_all else action, count)
        numbers, network = np.arange(count), self.network

        def draw(ids: np.ndarray) -> Tensor:
            content = normal(ids, network.content_noise, seed, "library", "content").to(self._device)
            motion = normal(ids, network.motion_noise(length), seed, "library", "motion").to(self._device)
            moving = network.sample_motion(self._tensor(action[ids]), length, motion)
            return network.decode(network.sample_content(content), moving)

        return self._output(count, lambda ids: draw(numbers[ids]))

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device

    def _needs(self, *capabilities: str) -> None:
        for name in capabilities:
            if name not in self.capabilities:
                raise UserError(
                    f"{self.record['model']}: the model lacks '{name}'; it can {', '.join(sorted(self.capabilities))}"
                )

    def _sequences(self, x: np.ndarray) -> np.ndarray:
        """Checks that sequences have the type and the frames of the training data."""
        x, shape = np.asarray(x), self.shape
        frame = (shape.channels, shape.size, shape.size) if shape.size > 1 else (shape.channels,)
        dtype = "uint8" if shape.size > 1 else "float32"
        if x.dtype != dtype or x.shape[2:] != frame or x.ndim < 3:
            wanted = ", ".join(["N", "T", *map(str, frame)])
            raise UserError(f"sequences are {x.dtype} of shape {x.shape}; the model was trained on {dtype} ({wanted})")
        return x

    def _actions(self, action: np.ndarray | None, count: int) -> np.ndarray:
        """Checks actions; a model that ignores them is given zeros."""
        if action is None:
            if self.takes_actions:
                raise UserError(
                    f"{self.record['model']}: takes action labels; give `action`, integers from 0 to"
                    f" {self.shape.actions - 1}"
                )
            return np.zeros(count, np.int64)
        action = np.asarray(action)
        if action.shape != (count,) or action.dtype.kind not in "iu":
            raise UserError(f"actions are {action.dtype} of shape {action.shape}; give {count} integers")
        if count and (action.min() < 0 or action.max() >= self.shape.actions):
            raise UserError(
                f"actions go from {action.min()} to {action.max()}; there are 0 to {self.shape.actions - 1}"
            )
        return action.astype(np.int64)

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.array(values)).to(self._device)

    def _input(self, x: np.ndarray) -> Tensor:
        return to_float(self._tensor(x))

    def _output(self, count: int, batch: Callable[[np.ndarray], Tensor]) -> np.ndarray:
        """The sequences that a network makes in batches, as in prepared data."""
        made = [batch(ids) for ids in _batches(count)]
        return np.concatenate([to_uint8(part) for part in made]) if self.shape.size > 1 else _numpy(made)


def _batches(count: int) -> Iterator[np.ndarray]:
    yield from np.array_split(np.arange(count), max(1, -(-count // BATCH)))


def _numpy(parts: list[Tensor] | tuple[Tensor, ...]) -> np.ndarray:
    return np.concatenate([part.float().cpu().numpy() for part in parts])
