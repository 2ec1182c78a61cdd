"""A Gaussian process over objects and views, for codes of which some are not observed (Casale et al., 2018)."""

import math

import torch
from torch import Tensor, nn

JITTER = 1e-6


class ObjectViewProcess(nn.Module):
    """Every dimension of a code z_pq, of object p in view q, is an independent Gaussian process of unit variance:

        Cov(z_pq, z_p'q') = (1 - a) (x_p . x_p') exp(-2 sin²(pi (q - q') / Q) / l²) + a [p = p' and q = q']

    The object kernel is linear in learned features x_p of unit length and `rank` M; the view kernel is a squared
    exponential of period Q, the number of equally spaced views; a is the noise.

    With w_q the rows of the Cholesky factor W of the view kernel, the N observed codes have the covariance
    K = V V^T + a I, where the row of V is v_pq = sqrt(1 - a) x_p (x) w_q, of length H = M Q. So everything is had from
    the H x H matrix A = a I + V^T V, whose sum over the views of an object is a Kronecker product:

        V^T V = (1 - a) sum_p (x_p x_p^T) (x) (W^T S_p W),  S_p = diag of the views that are observed
        K^-1 = (I - V A^-1 V^T) / a,   log|K| = (N - H) log a + log|A|,   E[z*] = v*^T A^-1 V^T mu

    A costs P M² Q² instead of N³. Arithmetic is float64.

    Arguments:
        objects, views: P and Q.
        rank: M.
    """

    def __init__(self, objects: int, views: int, rank: int):
        super().__init__()
        # Objects start alike, as in the authors' code, but less so: they part within thousands of steps, not millions.
        self.features = nn.Parameter(torch.cat([torch.ones(objects, 1), 0.3 * torch.randn(objects, rank - 1)], dim=1))
        self.log_length = nn.Parameter(torch.zeros(()))
        self.noise_logit = nn.Parameter(torch.zeros(()))
        angle = math.pi * torch.arange(views, dtype=torch.float64) / views
        self.register_buffer("sine", torch.sin(angle[:, None] - angle).square(), persistent=False)

    def factors(self) -> tuple[Tensor, Tensor, Tensor]:
        """The rows of V as x (P, M) and w (Q, Q), and the noise a."""
        noise = torch.sigmoid(self.noise_logit.double())
        x = nn.functional.normalize(self.features.double(), dim=1)
        kernel = torch.exp(-2 * self.sine * torch.exp(-2 * self.log_length.double()))
        w = torch.linalg.cholesky(kernel + JITTER * torch.eye(len(kernel), dtype=kernel.dtype, device=kernel.device))
        return (1 - noise).sqrt() * x, w, noise

    def divergence(self, mean: Tensor, log_variance: Tensor, seen: Tensor) -> Tensor:
        """KL(q || p) of q = prod N(mean, exp(log_variance)), both (P, Q, L), from the process, over the codes that
        `seen` (P, Q) marks: (mu^T K^-1 mu + tr(K^-1 S) - N L + L log|K| - log|S|) / 2, exactly."""
        with torch.autocast(mean.device.type, enabled=False):
            mean, log_variance, seen = mean.double(), log_variance.double(), seen.double()
            x, w, noise = self.factors()
            factor, projected = self._solve(x, w, noise, mean, seen)
            inverse = torch.cholesky_inverse(factor).view(x.shape[1], len(w), x.shape[1], len(w)).transpose(1, 2)
            explained = _outer(x) @ inverse.flatten(2).flatten(0, 1) @ _outer(w).T  # diagonal of V A^-1 V^T, (P, Q)
            quadratic = ((mean.square() + log_variance.exp()).sum(2) * seen).sum() - self._length(factor, projected)
            quadratic = quadratic - (log_variance.exp().sum(2) * seen * explained).sum()
            count, dimensions = seen.sum(), mean.shape[2]
            determinant = (count - len(factor)) * noise.log() + 2 * factor.diagonal().log().sum()
            entropy = (log_variance.sum(2) * seen).sum()
            return 0.5 * (quadratic / noise - count * dimensions + dimensions * determinant - entropy)

    def posterior(self, mean: Tensor, seen: Tensor) -> Tensor:
        """E[z_pq] less its noise for every object and view, (P, Q, L), given the means of those that are seen."""
        with torch.autocast(mean.device.type, enabled=False):
            x, w, noise = self.factors()
            factor, projected = self._solve(x, w, noise, mean.double(), seen.double())
            weights = torch.cholesky_solve(projected, factor).reshape(x.shape[1], -1)
            return (w @ (x @ weights).view(len(x), len(w), -1)).to(mean.dtype)

    @staticmethod
    def _solve(x: Tensor, w: Tensor, noise: Tensor, mean: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """The Cholesky factor of A (H, H), and V^T mu (H, L)."""
        a = _outer(x).T @ (seen @ _outer(w))
        a = a.view(x.shape[1], x.shape[1], len(w), len(w)).transpose(1, 2).flatten(2).flatten(0, 1)
        a = a + noise * torch.eye(len(a), dtype=a.dtype, device=a.device)
        projected = x.T @ (w.T @ (mean * seen[..., None])).flatten(1)
        return torch.linalg.cholesky(a), projected.view(len(a), -1)

    @staticmethod
    def _length(factor: Tensor, projected: Tensor) -> Tensor:
        """mu^T V A^-1 V^T mu, summed over the dimensions."""
        return torch.linalg.solve_triangular(factor, projected, upper=False).square().sum()


def _outer(rows: Tensor) -> Tensor:
    """(N, D) -> (N, D²): the outer product of each row with itself."""
    return (rows[:, :, None] * rows[:, None]).flatten(1)
