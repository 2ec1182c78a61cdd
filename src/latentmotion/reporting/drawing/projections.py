"""Projects states and codes to two dimensions: t-SNE, and the plane of the first two principal components."""

from dataclasses import dataclass

import numpy as np

PERPLEXITY, SEED = 30, 0


def tsne(points: np.ndarray, perplexity: float = PERPLEXITY) -> np.ndarray:
    """(N, D) -> (N, 2) by t-SNE (van der Maaten and Hinton, 2008), which starts at the first two principal components.

    Neighbours stay neighbours; distances have no meaning.
    """
    from sklearn.manifold import TSNE

    return TSNE(perplexity=perplexity, init="pca", random_state=SEED, n_jobs=1).fit_transform(points)


@dataclass(frozen=True)
class Plane:
    """A plane in a space of dimension S, (2,) -> (S,): x -> centre + x @ directions. `names` are those of its axes."""

    centre: np.ndarray
    directions: np.ndarray
    names: tuple[str, str]

    def project(self, states: np.ndarray) -> np.ndarray:
        """(..., S) -> (..., 2)."""
        return (states - self.centre) @ self.directions.T


def plane_of(states: np.ndarray) -> Plane:
    """The whole of a phase space with states (N, 2); of a larger one, (N, S), the plane of largest variance."""
    if states.shape[1] == 2:
        return Plane(np.zeros(2), np.eye(2), ("position q", "momentum p"))
    centre = states.mean(0)
    _, size, directions = np.linalg.svd(states - centre, full_matrices=False)
    top = directions[:2]
    top = top * np.sign(top[np.arange(2), np.abs(top).argmax(1)])[:, None]  # the sign of a component is arbitrary
    share = size**2 / (size**2).sum()
    return Plane(centre, top, tuple(f"component {n + 1} ({share[n]:.0%})" for n in range(2)))
