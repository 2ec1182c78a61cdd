"""copy: the first frame repeated, scored as a prediction: the bar that a prediction has to clear. Of the data alone."""

from latentmotion.evaluation.protocols import predict
from latentmotion.evaluation.protocols.base import Trial

NAME = "copy"
NEEDS = frozenset()

applies = predict.applies


def measure(trial: Trial) -> dict[str, float]:
    length = trial.settings["predict_length"]
    return predict.compare(trial, ((ids, batch.x[:, :1].repeat(1, length, 1, 1, 1)) for ids, batch in trial.batches()))
