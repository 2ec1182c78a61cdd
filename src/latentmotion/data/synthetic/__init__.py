"""Drawn sources: pictures and sounds that this project generates itself, so that everything runs without a download."""
