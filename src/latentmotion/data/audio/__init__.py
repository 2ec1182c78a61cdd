"""Sound: recordings, their spectrograms, and the sounds of spectrograms.

Each data set of speech is one file in data/datasets/. They share what is here: reading recordings (recordings.py, with
wav.py and sphere.py), cutting utterances into segments (corpus.py), the transform (spectrogram.py), the statistics that
standardise it (codec.py), and the sound of a spectrogram (griffin_lim.py).
"""
