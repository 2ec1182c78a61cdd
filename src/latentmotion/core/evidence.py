"""What a figure shows of a run: its weights, and whether it has learnt, which decides its mark."""


def evidence(weights: str, record: dict | None) -> str:
    """The entry of a run in a figure's `made_from`.

    Arguments:
        weights: the sha256 of the run's weights.
        record: the evaluation record of the run. A record that is older than the verdict adds nothing.
    """
    if record is None or "learnt" not in record:
        return weights
    return f"{weights} {'learnt' if record['learnt'] is True else 'not learnt'}"
