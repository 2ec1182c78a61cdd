"""Which data sets the video judge scores, how they are named, and misspelt keys of its section."""

from pathlib import Path

import pytest

from latentmotion.config import catalogue, params, paths
from latentmotion.config.settings import evaluation_settings, i3d_source
from latentmotion.core.errors import UserError

TINY = params.load(overrides={"scale": "tiny"})


def test_only_the_judges_datasets_are_measured():
    watched = params.load(overrides={"scale": "quick"})
    assert evaluation_settings(watched, "pendulum", 0)["generate"] == {"videos": 2048, "frames": 16}
    assert not {"generate", "i3d"} & set(evaluation_settings(watched, "sprites-drawn", 0))
    assert set(catalogue.video_judged(watched)) == {
        *("mass_spring", "pendulum", "double_pendulum", "two_body", "three_body")
    }
    asked = params.load(overrides={"scale": "quick", "evaluation": {"i3d": True}})
    checksum = evaluation_settings(asked, "pendulum", 0)["i3d"]
    assert checksum == i3d_source().sha256
    assert evaluation_settings(watched, "pendulum", 0)["i3d"] is None


def test_no_dataset_can_have_the_judges_folder():
    name = Path(paths.video_judge(TINY)).name
    assert "-" in name and not name.endswith("-drawn") and name not in catalogue.ids(TINY).values()
    assert not any(file.startswith(paths.judges(TINY, name.replace("-", "_"))) for file in
                   paths.video_judge_files(TINY))  # fmt: skip


def test_unknown_datasets_and_keys_are_named():
    with pytest.raises(UserError, match="video_judge.datasets: unknown 'pendulun'; did you mean 'pendulum'"):
        params.load(overrides={"video_judge": {"datasets": ["pendulun"]}})
    with pytest.raises(UserError, match="unknown key 'evaluation.generate.video'; did you mean 'videos'"):
        params.load(overrides={"evaluation": {"generate": {"video": 3}}})
    with pytest.raises(UserError, match="evaluation.generate.videos.*greater than or equal to 2"):
        params.load(overrides={"evaluation": {"generate": {"videos": 1}}})
