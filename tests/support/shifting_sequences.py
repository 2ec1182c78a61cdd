"""Sequences whose motion is a shift of known speed, and what protocols measure on them."""

import numpy as np
import torch

from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.sequences import LabelSpec, Sequences
from latentmotion.evaluation import evaluate as evaluation
from latentmotion.evaluation.protocols.base import EvaluationContext
from latentmotion.models.base import SequenceModel

CPU = torch.device("cpu")
SPEED = torch.tensor([2, -2, 4])  # pixels a frame, by action; 16 pixels wide: every action is back after 8 frames


def prepared(count: int = 300, **changes) -> Sequences:
    """Noise that shifts at the speed of its action, its brightness by colour; each sequence a group of its own."""
    random = np.random.default_rng(0)
    action, colour = np.arange(count) % 3, np.arange(count) // 3 % 4
    first = random.integers(0, 64, (count, 3, 16, 16)) + 60 * colour[:, None, None, None]
    moved = [[np.roll(x, int(SPEED[a]) * t, axis=-1) for t in range(8)] for x, a in zip(first, action, strict=True)]
    labels = {"action": action, "colour": colour, "number": np.zeros(count, int)}
    specs = {
        "action": LabelSpec("motion", ("right", "left", "fast")),
        "colour": LabelSpec("content", ("a", "b", "c", "d")),
        "number": LabelSpec("aside", ("one",)),
    }
    split = np.array(["train", "validation", "test"])[np.digitize(np.arange(count), [0.6 * count, 0.7 * count])]
    x = np.array(moved, np.uint8)
    return Sequences(x, labels, specs, np.arange(count), split, {}, **({"repeats": True} | changes))


def context(folder, model: SequenceModel | None, **settings) -> EvaluationContext:
    test, train = PreparedDataset.open(folder).split("test"), PreparedDataset.open(folder).split("train")
    settings = {"seed": 0, "predict_length": 16, "rollout_length": 100} | settings
    made = EvaluationContext(
        model, test, train, PreparedDataset.open(folder), CPU, settings, evaluation.swap_partners(test.group, 0)
    )
    if model:
        made.codes = evaluation.encode(made)
    return made


def measured(protocol, folder, model, **settings) -> dict[str, float]:
    given = context(folder, model, **settings)
    assert protocol.applies(given)
    with torch.no_grad():
        return protocol.measure(given)


class Codebook(SequenceModel):
    """Canary: content is the mean colour, motion the shift between frames; with `leaks` each holds the other as well,
    the action in the content so that no linear probe could read it (as the product of two signs)."""

    capabilities = frozenset({"encode"})

    def __init__(self, leaks: bool = False):
        super().__init__()
        self.leaks = leaks

    def encode(self, x, action):
        noise = torch.from_numpy(np.random.default_rng(len(x)).standard_normal((len(x), 2))).float()
        colour = x.mean((1, 2, 3, 4))[:, None]
        shift = torch.nn.functional.one_hot(action, 3).float()[:, None].repeat(1, x.shape[1], 1)
        if not self.leaks:
            return torch.cat([colour, noise], 1), shift
        flip = noise[:, :1].sign()
        hidden = torch.cat([flip, flip * (1.0 - action[:, None])], 1)
        return torch.cat([colour, hidden], 1), torch.cat([shift, colour[:, None].expand(-1, x.shape[1], -1)], 2)


class Shows(SequenceModel):
    """Canary: its content is the whole sequence, of which `change` makes what it shows."""

    capabilities = frozenset({"encode", "complete"})

    def __init__(self, change):
        super().__init__()
        self.change = change

    def encode(self, x, action):
        return x, x.new_zeros(len(x), x.shape[1], 1)

    def decode(self, content, motion):
        return self.change(content)

    def complete(self, batch):
        return self.change(batch.x)


def still(x):
    """Sequences in which every frame is the mean frame."""
    return x.mean(1, keepdim=True).expand_as(x)


def mean_picture(folder):
    """The mean of all training frames, in the range of a model."""
    x = PreparedDataset.open(folder).split("train").x
    return torch.from_numpy(np.asarray(x, np.float64).mean((0, 1))).float() / 127.5 - 1
