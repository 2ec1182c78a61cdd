"""What the judges of labels and the video judge share: training, selection on validation data, and their files.

A judge is trained once. Its record holds the sha256 of its weights, so that altered weights are noticed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save as to_safetensors
from torch import Tensor, nn

from latentmotion.core.errors import UserError
from latentmotion.core.files import file_digest, write_atomic
from latentmotion.core.progress import progress
from latentmotion.core.records import JudgeRecord, read_record, write_record

SEED = 0  # of every judge


@dataclass(frozen=True)
class Selected:
    """The selected weights of a training.

    Attributes:
        weights: the content of a safetensors file.
        scores: the validation scores of these weights.
        curve: the step and the validation scores of every measurement.
    """

    weights: bytes
    scores: dict[str, float]
    curve: list[dict]


def train_selected(
    network: nn.Module,
    loss_at: Callable[[int], Tensor],
    validate: Callable[[], dict[str, float]],
    settings: dict,
    section: str,
    title: str,
) -> Selected:
    """Trains by Adam and selects the weights with the best validation scores.

    The learning rate falls to 0 along a cosine over `steps`. Validation scores are measured every `select_every` steps
    and at the end. The best scores have the largest sum of accuracies and, of equal sums, the lowest loss.

    Arguments:
        loss_at: step -> loss; the network is in training mode.
        validate: returns the validation scores: `accuracy` or one `<question>_accuracy` for each question, and `loss`.
            The network is in evaluation mode.
        section: the section of params.yaml with the settings, for the message of an error.
        title: the title of the progress bar.

    Raises UserError where a loss is not finite.
    """
    optimiser = torch.optim.Adam(network.parameters(), lr=settings["lr"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings["steps"])
    best, kept, chosen, curve = (-1.0, 0.0), {}, {}, []
    with progress(title, settings["steps"]) as bar:
        for step in range(settings["steps"]):
            network.train()
            loss = loss_at(step)
            if not torch.isfinite(loss):
                raise UserError(f"{title}: loss is not finite at step {step}; lower {section}.lr")
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
            bar.update()
            if (step + 1) % settings["select_every"] and step + 1 < settings["steps"]:
                continue
            network.eval()
            with torch.no_grad():
                scores = validate()
            curve.append({"step": step + 1, **scores})
            bar.set_postfix({name: f"{value:.4f}" for name, value in scores.items()})
            score = sum(value for name, value in scores.items() if name.endswith("accuracy")), -scores["loss"]
            if score > best:
                best, chosen = score, scores
                kept = {name: value.detach().cpu().clone().contiguous() for name, value in network.state_dict().items()}
    return Selected(to_safetensors(kept), chosen, curve)


def write_judge(path: Path, selected: Selected, record: dict) -> None:
    """Writes the weights to `path`, and a record with their sha256 and the selection to the same path as .json."""
    write_atomic(path, selected.weights)
    found = {"seed": SEED, "weights": file_digest(path), "selection": selected.curve}
    write_record(path.with_suffix(".json"), record | found)


def read_judge(path: Path) -> dict:
    """The record of the weights in `path`. Raises UserError where they are missing or differ from their sha256."""
    record = read_record(path.with_suffix(".json"), JudgeRecord)
    if not path.is_file() or file_digest(path) != record["weights"]:
        raise UserError(f"{path}: is not what its record describes; make it with 'snakemake {path}'")
    return record
