"""Sound: reading and writing recordings (reading.py; riff.py, sphere.py), their spectrograms and the way back.

A dataset of speech is one file in data/. What they share is here: cutting utterances into segments (corpus.py), the
transform (spectrogram.py), the statistics that standardise it (codec.py) and phases for a spectrogram (griffin_lim.py).
"""
