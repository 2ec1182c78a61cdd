"""Fingerprints: what an output is made from, as DVC and Snakemake compare it."""

from latentmotion.config import catalogue, params
from latentmotion.pipeline import fingerprints

TINY = params.load(overrides={"scale": "tiny"})


def test_an_evaluation_is_made_from_the_video_judge_where_it_is_measured_by_it():
    found = fingerprints.contents(TINY)
    waits = {name for name, content in found.items() if "judge/video-judge" in content.get("made_from", {})}
    watched = set(catalogue.video_judged(TINY))
    physics = {f"evaluate/{run.model}/{run.dataset}" for run in catalogue.runs(TINY) if run.dataset in watched}
    assert waits == {*physics, *(f"evaluate/real/{dataset}" for dataset in watched)}
