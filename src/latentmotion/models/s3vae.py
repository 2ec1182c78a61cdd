"""S3VAE: self-supervised sequential VAE (Zhu, Min, Kadav and Graf, CVPR 2020).

S3VAE has DSVAE's generative model and networks, and adds three terms to the negative ELBO:

    static consistency     max(0, |f(x) - f(shuffled x)| - |f(x) - f(y)| + margin), y another sequence of the batch
    dynamic prediction     binary cross-entropy of predicting from z_t which cells of a 3 x 3 grid move most at frame t
    mutual information     between f and z, estimated within the batch by minibatch weighted sampling

`information_between: sequences` is I(f; z_1:T); `frames` is I(f; z_t), added up over the frames. From a batch of B
sequences neither I(f; z_1:T) nor any I(f; z_t) is estimated above ln B. Codes of whole sequences are so far apart from
one another that the estimate is close to ln B, where it has no gradient; codes of single frames overlap.

A public reimplementation weighs the three terms with 1000, 100 and 1, and adds up I(f; z_t) over the frames.

Departure: the paper finds moving cells by optical flow, and on faces by landmarks, of pretrained networks. Here they
are the three cells with the largest mean absolute difference to the next frame, which needs no pretrained network.
"""

import math
from typing import Literal

import torch
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from latentmotion.models import base as contract
from latentmotion.models import dsvae
from latentmotion.models.components.drawn_content import Source

GRID, MOVING = 3, 3  # the paper has 3 x 3 patches and marks the three with the largest motion
WHOLE_BATCH = True  # the consistency and the mutual information compare the sequences of a batch


class Config(contract.NetworkConfig):
    content: contract.Count = 256
    motion: contract.Count = 32
    hidden: contract.Count = 256
    networks: Literal["simple"] = "simple"  # S3VAE has only one of DSVAE's choices of this and of `weak`
    weak: Literal[False] = False
    content_units: contract.Count | None = None
    width: contract.Count = 256
    dense: contract.Count = 4096
    features: contract.Count = 2048
    full_resolution: bool = True
    output_norm: bool = True
    feature_norm: bool = False
    alpha: contract.Positive = 0.7071
    kl_content: contract.Weight = 1.0
    kl_motion: contract.Weight = 1.0
    kl_warmup: contract.Share = 0.0
    log_variance: float = 0.0
    content_log_variance: float | None = None
    content_closed: float = Field(default=0.0, ge=0, le=1)
    content_drawn: float = Field(default=0.0, ge=0, lt=1)
    content_drawn_until: float = Field(default=1.0, ge=0, le=1)
    content_drawn_from: Source = "prior"
    dependence: contract.Weight = 0.0
    kl_motion_first: PositiveFloat | None = None
    kl_motion_rise: contract.Shares = (0.0, 0.0)
    content_frames: PositiveInt | None = None
    content_patch: PositiveInt | None = None
    motion_centred: bool = False
    decoded_frames: PositiveInt | None = None
    consistency: contract.Weight = 10.0  # weight of the static consistency term
    prediction: contract.Weight = 10.0  # weight of the dynamic prediction term
    information: contract.Weight = 1.0  # weight of the mutual information
    information_between: Literal["sequences", "frames"] = "sequences"  # between f and z_1:T, or f and each z_t
    margin: contract.Weight = 1.0  # by which another's content must be farther away than that of shuffled frames


class Model(dsvae.Model):
    """S3VAE as the module's docstring describes it."""

    def __init__(self, config: Config, shape: contract.DataShape):
        super().__init__(config, shape)
        self.moving = nn.Sequential(
            nn.Linear(config.motion, config.hidden), nn.LeakyReLU(0.2), nn.Linear(config.hidden, GRID * GRID)
        )

    def losses(self, batch: contract.Batch) -> dict[str, Tensor]:
        losses, f_posterior, z_posterior, f, z = self.elbo(batch)
        order = torch.randperm(batch.x.shape[1], device=batch.x.device)
        shuffled = self.content(self.encoded[:, order])[0]
        near = (f_posterior[0] - shuffled).norm(dim=1)
        far = (f_posterior[0] - f_posterior[0].roll(1, 0)).norm(dim=1)
        consistency = functional.relu(near - far + self.config.margin).mean()
        logits = self.moving(z[:, :-1]).float()
        prediction = functional.binary_cross_entropy_with_logits(logits, moving_cells(batch.x))
        if self.config.information_between == "frames":
            frames = zip(z.unbind(1), *(part.unbind(1) for part in z_posterior), strict=True)
            information = sum(mutual_information(f, f_posterior, z_t, posterior) for z_t, *posterior in frames)
        else:
            information = mutual_information(f, f_posterior, z.flatten(1), tuple(p.flatten(1) for p in z_posterior))
        losses["total"] = (
            losses["total"]
            + self.config.consistency * consistency
            + self.config.prediction * prediction
            + self.config.information * information
        )
        return losses | {"consistency": consistency, "prediction": prediction, "information": information}

    def features_of_both(self, x: Tensor, draw: bool) -> tuple[Tensor, Tensor]:
        """Keeps the features for the content, because a shuffled sequence has the same features in another order."""
        self.encoded, for_motion = super().features_of_both(x, draw)
        return self.encoded, for_motion


def moving_cells(x: Tensor) -> Tensor:
    """Returns (B, T - 1, 9), with a one for the three cells of x (B, T, C, H, W) that change most to the next frame."""
    change = (x[:, 1:] - x[:, :-1]).abs().mean(2)
    cells = functional.adaptive_avg_pool2d(change, GRID).flatten(2)
    return torch.zeros_like(cells).scatter_(2, cells.topk(MOVING, dim=2).indices, 1.0)


def mutual_information(f: Tensor, f_posterior: tuple, z: Tensor, z_posterior: tuple) -> Tensor:
    """Returns I(f; z) in nats, at least 0, with each q a mixture of the batch's posteriors.

    The estimate is the mean of log q(f, z) - log q(f) - log q(z).
    """

    def pairwise(value: Tensor, posterior: tuple[Tensor, Tensor]) -> Tensor:
        """Returns log q(value_i | x_j) as (B, B)."""
        mean, log_variance = posterior
        squared = (value[:, None] - mean[None]).square() / log_variance.exp()[None]
        return -0.5 * (squared + log_variance[None] + math.log(2 * math.pi)).sum(2)

    f_pairs, z_pairs = pairwise(f, f_posterior), pairwise(z, z_posterior)
    joint = torch.logsumexp(f_pairs + z_pairs, 1)
    estimate = joint - torch.logsumexp(f_pairs, 1) - torch.logsumexp(z_pairs, 1) + math.log(len(f))
    return functional.relu(estimate.mean())
