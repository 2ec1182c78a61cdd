"""one-operator: does each operator of an unconditional model move the picture to an extent of its own?

HALO, supplement, section 3.2, shows that without action labels each operator alone produces a recognisably different
extent of motion. As in figure_operators, the state is inferred from the first frame of a test sequence; one subspace
moves, and the others stay as they are. The extent of the motion is the mean squared change of the intensities from
frame to frame over predict_length frames.
"""

import torch

from latentmotion.evaluation.metrics.kendall_w import kendall_w
from latentmotion.evaluation.metrics.relative import relative
from latentmotion.evaluation.protocols.base import EvaluationContext, subset, within
from latentmotion.evaluation.protocols.long_roll_out import changes
from latentmotion.models import base as contract

NAME = "one-operator"
NEEDS = frozenset({contract.ENCODE, contract.DYNAMICS})
DATASETS = ("faces",)
SEQUENCES = 64


def applies(context: EvaluationContext) -> bool:
    """To models all of whose operators move at once, and to sequences without hidden frames."""
    conditional = contract.ACTION_MOTION in context.model.capabilities
    return not conditional and context.model.operators > 1 and bool(context.split.seen.all())


def scored(context: EvaluationContext) -> int:
    """The number of sequences, each of which every operator moves."""
    return min(SEQUENCES, len(context.split))


def measure(context: EvaluationContext) -> dict[str, float]:
    """Metrics of the extent of the motion (N sequences, K operators).

    operator_p: the p-value of a one-way analysis of variance over the operators, whose null hypothesis is that all
        operators have the same mean extent.
    operator_agreement: Kendall's W: 1 where all sequences put the operators in the same order, about 0 for no order.
    operator_spread: the standard deviation over operators of their mean extent, divided by the standard deviation over
        sequences of the extent under all operators at once.
    """
    from scipy.stats import f_oneway

    model, length = context.model, context.settings["predict_length"]
    alone, together = [], []
    for _, batch in context.batches(chosen=subset(context.split, SEQUENCES, NAME)):
        content, _ = model.encode(batch.x[:, :1], batch.action)
        path = model.advance(model.state(batch.x[:, :1], batch.action), 0, length - 1)

        def extent(states, content=content):
            return changes(within(model.decode(content, model.motion_of(states))))

        together.append(extent(path))
        alone.append(torch.stack([extent(_only(path, k)) for k in range(model.operators)], dim=1))
    extents, whole = torch.cat(alone), torch.cat(together)
    by_operator = extents.T.cpu().numpy()
    if not extents.var(0).any():
        return {"operator_spread": 0.0}
    return {
        "operator_p": float(f_oneway(*by_operator).pvalue),
        "operator_agreement": kendall_w(extents.cpu().numpy()),
        "operator_spread": relative(extents.mean(0).std(), whole.std()).item(),
    }


def _only(path: torch.Tensor, k: int) -> torch.Tensor:
    """The path (B, T, K, S) of operator k, with the other states as they are at the first frame."""
    moved = path[:, :1].expand_as(path).clone()
    moved[:, :, k] = path[:, :, k]
    return moved
