"""Reproduces four papers on generative models that separate what a sequence shows from how it moves.

`latentmotion.load` gives a trained model that works on numpy arrays; `picture` and `film` show sequences (library.py).
"""

__version__ = "0.1.0"
__all__ = ["film", "load", "picture"]


def __getattr__(name: str):
    """Imports the library when it is first used, because the workflow reads the package without loading PyTorch."""
    if name not in __all__:
        raise AttributeError(f"module 'latentmotion' has no attribute '{name}'")
    from latentmotion import library

    return getattr(library, name)
