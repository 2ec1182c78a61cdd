"""Embedded stand-ins: what this project draws itself, in numpy, so that everything runs without a download."""
