"""How dependent two codes of the same sequences are, by the Hilbert-Schmidt independence criterion.

    HSIC(P_xy) = MMD²(P_xy, P_x P_y)   with the product kernel   k(x, x') l(y, y')          (Gretton et al., 2005)

It is 0 exactly where x and y are independent. R-WAE assumes that content and motion are (equation 18), but its
algorithms compare only the distribution of each of them with its prior, and so leave the dependence free. The estimate
here is the unbiased one of Song et al. (2012) divided by the same of each code with itself, as in the centred kernel
alignment, so that its scale depends neither on the size of the codes nor on their spread.
"""

import torch
from torch import Tensor

SMALL = 1e-6  # added to the squared norms, which may be close to 0 in a small batch


def dependence(content: Tensor, motion: Tensor) -> Tensor:
    """Content (B, Z) and motion (B, T, M) of four sequences or more -> their normalised HSIC, 1 at most on average."""
    of_content, of_motion = _kernel(content), _kernel(motion.flatten(1))
    own = _hsic(of_content, of_content).clamp(min=0) * _hsic(of_motion, of_motion).clamp(min=0)
    return _hsic(of_content, of_motion) / (own + SMALL**2).sqrt()


def _kernel(x: Tensor) -> Tensor:
    """A radial kernel of all pairs (B, B), as wide as the pairs are apart on average, with a diagonal of zeros."""
    count = len(x)
    squared = (x[:, None] - x).square().sum(2)
    width = squared.detach().sum() / (count * (count - 1))
    return torch.exp(-squared / (width + SMALL)) * (1 - torch.eye(count, device=x.device))


def _hsic(k: Tensor, other: Tensor) -> Tensor:
    """The unbiased estimate from two kernels whose diagonals are 0."""
    n = len(k)
    rows = (k.sum(0) * other.sum(0)).sum()
    pairs = (k * other).sum() + k.sum() * other.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * rows
    return pairs / (n * (n - 3))
