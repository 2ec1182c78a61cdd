"""The three splits of every dataset, in the order in which they may be opened."""

SPLITS = ("train", "validation", "test")
LEARNING = ("train", "validation")  # all that a job which trains or selects may see
