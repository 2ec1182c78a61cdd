"""Reproduces four papers on generative models that separate what a sequence shows from how it moves."""

__version__ = "0.1.0"
