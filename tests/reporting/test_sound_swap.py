"""The figure of sound: how clips are chosen, that codes are exchanged exactly, its pictures and its page."""

import base64
import html.parser
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile
from support.project import ROOT
from support.titles import TITLES

from latentmotion.config import catalogue, paths
from latentmotion.config.params import load
from latentmotion.core.errors import UserError
from latentmotion.core.records import write_record
from latentmotion.core.source_code import modules
from latentmotion.data.audio.codec import Codec
from latentmotion.data.audio.spectrogram import Spectrogram
from latentmotion.data.audio.voicing import VOICED, periodicity
from latentmotion.data.prepare import prepare
from latentmotion.models import base as contract
from latentmotion.reporting import index_page
from latentmotion.reporting.drawing import audio_player, spectrogram_image, speech_examples
from latentmotion.reporting.drawing.trained_run import open_runs
from latentmotion.reporting.figures import sound_swap as figure
from latentmotion.reporting.render_figure import render_figure
from latentmotion.reporting.report_files import report

NAME = "rwae/spoken_digits-drawn/seed0"
SETTINGS = {"scale": "tiny", "titles": TITLES, "shown": [NAME], "report": "sound_swap", "models": ["rwae"]}
SETTINGS |= {"datasets": ["spoken_digits"], "options": {"clips": 4, "pairs": 2}}


class Exact:
    """Content is the mean spectrum of a segment, motion what is left: together they are the segment."""

    capabilities = frozenset({contract.ENCODE})

    def requires_grad_(self, requires):
        return self

    def encode(self, x, action):
        return x.mean(1), x - x.mean(1, keepdim=True)

    def decode(self, content, motion):
        return content[:, None] + motion


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "spoken_digits-drawn"
    prepare("spoken_digits", None, folder, {"source": "drawn", "size": 100, "frames": 20, "options": {"takes": 11}})
    return folder


@pytest.fixture
def run(data, tmp_path, monkeypatch) -> Path:
    loaded = Exact(), {"data_folder": str(data)}
    monkeypatch.setattr("latentmotion.training.load.load_run", lambda folder, device: loaded)
    folder = tmp_path / "runs/tiny" / NAME
    write_record(folder / "record.json", {"weights": "0123"})
    return folder


@pytest.fixture
def shown(run):
    return open_runs([run], SETTINGS, "cpu", set())[0]


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_voice_is_periodic_and_a_hiss_is_not(rate):
    spectrogram, time = Spectrogram(rate, 200), np.arange(rate) / rate
    for pitch in (100, 130, 250):
        voice = sum(np.cos(2 * np.pi * pitch * k * time + k**2) for k in range(1, 12))
        assert np.mean(periodicity(np.abs(spectrogram.transform(voice)), spectrogram) > VOICED) > 0.95, pitch
    hiss = np.random.default_rng(0).standard_normal(rate)
    assert np.mean(periodicity(np.abs(spectrogram.transform(hiss)), spectrogram) > VOICED) < 0.05
    assert not periodicity(np.zeros((3, 201)), spectrogram).any()


def test_clips_are_voiced_loud_and_of_as_many_speakers_as_there_are(shown):
    ids = speech_examples.clips(shown, 8, "one")
    labels, codec = shown.split.labels, speech_examples.codec_of(shown)
    assert len(set(ids)) == len(set(shown.split.group[ids])) == 8
    assert sorted(np.bincount(labels["speaker"][ids])) == [1, 1, 1, 1, 2, 2]
    assert (np.diff(labels["speaker"][ids]) >= 0).all()
    power = [(10 ** (codec.log_magnitude(x) / 10)).sum() for x in shown.split.x]
    for i in ids:
        magnitude = codec.spectrogram.magnitude(codec.log_magnitude(shown.split.x[i]))
        assert (periodicity(magnitude, codec.spectrogram) > VOICED).mean() >= 0.75
        own = [p for p, s in zip(power, labels["speaker"], strict=True) if s == labels["speaker"][i]]
        assert power[i] >= np.median(own) * (1 - 1e-6)
    assert (speech_examples.clips(shown, 8, "one") == ids).all()
    assert set(speech_examples.clips(shown, 8, "two")) != set(ids)
    with pytest.raises(UserError, match=r"test: \d+ utterances hold a voiced and loud segment, fewer than 1000; lower"):
        speech_examples.clips(shown, 1000, "one")


def test_whole_utterances_differ_in_speaker_and_are_whole(shown):
    found = speech_examples.pairs(shown, 9, "one")
    speaker, group = shown.split.labels["speaker"], shown.split.group
    assert len(found) == 3 and len({speaker[ids[0]] for pair in found for ids in pair}) == 6
    for ids in (ids for pair in found for ids in pair):
        assert (ids == np.flatnonzero(group == group[ids[0]])).all()
        counts = np.bincount(group[speaker == speaker[ids[0]]])
        assert len(ids) == counts.max(), "all are shorter than two seconds, so the longest is nearest"


def test_every_content_meets_every_motion(shown):
    now = figure.swapped(shown, 4, 1)
    mean = now.clips.mean(1, keepdims=True)
    for i in range(4):
        for j in range(4):
            assert np.allclose(now.crossed[i, j], mean[i] + now.clips[j] - mean[j], atol=1e-5)
    assert [len(line) for line in now.whole] == [3, 3]
    (a, x), (own, again), (lent, converted) = now.whole[0]
    (b, y), *_ = now.whole[1]
    assert own == f"{a}, own content" and lent == f"{a}, content of {' '.join(b.split()[:-1])}"
    segments = x.reshape(-1, 20, x.shape[-1])
    motion = (segments - segments.mean(1, keepdims=True)).reshape(x.shape)
    assert np.allclose(again, motion + x.mean(0), atol=1e-5)
    assert np.allclose(converted, motion + y.mean(0), atol=1e-5)


def test_a_tone_is_drawn_at_its_frequency_and_level():
    for rate, size in ((8000, 200), (8000, 100), (16000, 200)):
        codec = Codec(Spectrogram(rate, size), np.full(size, -50.0), np.full(size, 20.0))
        tone = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)
        x = codec.standardise(codec.spectrogram.log_magnitude(tone))
        levels = spectrogram_image.Scale(codec, -20.0).levels(x)
        assert levels.shape == (100, len(x)) and levels.max() < spectrogram_image.LEVELS
        assert (np.abs(levels.argmax(0) - (100 - 1000 / 40)) <= 1).all()
        quieter = spectrogram_image.Scale(codec, -20.0).levels(
            codec.standardise(codec.log_magnitude(x) - spectrogram_image.SPAN / 2)
        )
        assert abs(int(levels.max()) - int(quieter.max()) - spectrogram_image.LEVELS / 2) <= 3
    assert spectrogram_image.coloured(levels, 3).shape == (3, 100, 3 * len(x))


def test_sounds_are_equally_loud_and_never_clipped():
    time = np.arange(4000) / 8000
    click = np.zeros(4000)
    click[7] = 1e-3
    for quiet, sound in ((True, 1e-4 * np.sin(1000 * time)), (True, 30 * np.sin(1000 * time)), (False, click)):
        rate, samples = wavfile.read(io.BytesIO(audio_player.wav(sound, 8000)))
        heard = (samples.astype(float) - 128) / 127
        assert rate == 8000 and len(samples) == 4000 and np.abs(heard).max() < 1
        if quiet:
            assert np.sqrt(np.mean(heard**2)) == pytest.approx(audio_player.LOUDNESS, rel=0.02)


def test_the_figure_is_a_still_a_film_and_a_page_of_the_same_bytes(run, tmp_path):
    for folder in ("a", "b"):
        render_figure("sound", [run], tmp_path / folder / "sound", SETTINGS, "cpu")
    for suffix in ("png", "gif", "html"):
        assert (tmp_path / f"a/sound.{suffix}").read_bytes() == (tmp_path / f"b/sound.{suffix}").read_bytes()
    film, still = (Image.open(tmp_path / f"a/sound.{suffix}") for suffix in ("gif", "png"))
    assert film.n_frames == 4 and film.info["loop"] == 0 and film.info["duration"] >= 1000
    assert min(still.size) > 250 and still.size[1] > 5 * 100
    plays((tmp_path / "a/sound.html").read_text())


def plays(page: str) -> None:
    """Every spectrogram of the grid has its sound, a name those of its row or column, and nothing is fetched."""
    sounds = json.loads(re.search(r"const sounds = (\[.*?\]);", page, re.DOTALL).group(1))
    assert len(sounds) == 5 * 5 - 1
    for sound in sounds:
        rate, samples = wavfile.read(io.BytesIO(base64.b64decode(sound)))
        assert (rate, len(samples)) == (8000, 19 * 80 + 200)
    asked, labels, addresses = [], [], []

    class Buttons(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            attrs = dict(attrs)
            addresses.extend(attrs[name] for name in ("src", "href") if name in attrs)
            if "data-sounds" in attrs:
                asked.append([int(sound) for sound in attrs["data-sounds"].split()])
                labels.append(attrs.get("aria-label"))

    Buttons().feed(page)
    cells = [(sound, label) for sound, label in zip(asked, labels, strict=True) if label]
    assert [sound for sound, _ in cells] == [[i] for i in range(24)]
    assert sum("content of" in label for _, label in cells) == 16
    assert sorted(len(sound) for sound, label in zip(asked, labels, strict=True) if not label) == [5] * 8
    assert addresses and all(address.startswith("data:") for address in addresses)
    assert "http" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", page)
    whole = [wavfile.read(io.BytesIO(base64.b64decode(a.split(",")[1]))) for a in addresses if "audio" in a]
    assert len(whole) == 2 * 2 * 3 and all((len(samples) - 200) % 80 == 0 for _, samples in whole)


def test_pictures_are_refused(run, tmp_path, monkeypatch):
    folder = tmp_path / "balls"
    options = {"sequences": 24, "test": 10, "validation": 4}
    prepare("balls", None, folder, {"source": "real", "size": 16, "frames": 16, "options": options})
    loaded = Exact(), {"data_folder": str(folder)}
    monkeypatch.setattr("latentmotion.training.load.load_run", lambda run, device: loaded)
    with pytest.raises(UserError, match="this dataset is no sound"):
        figure.render([run], SETTINGS, "cpu")


def test_the_catalogue_lists_the_page_of_figures_that_have_one(tmp_path):
    params = load(ROOT / "params.yaml")
    for name, section in params.figures.items():
        assert catalogue.has_page(params, name) == getattr(report("figures", section.report), "PAGE", False), name
    assert [name for name in modules("reporting/figures") if getattr(report("figures", name), "PAGE", False)] == [
        "sound_swap"
    ]
    files = [f"reports/figure_sound_swap.{suffix}" for suffix in ("png", "gif", "html", "json")]
    assert paths.report_files(params, "figures", "figure_sound_swap") == files
    assert paths.report_files(params, "figures", "figure_energy") == [
        "reports/figure_energy.png",
        "reports/figure_energy.gif",
        "reports/figure_energy.json",
    ]
    for file in map(Path, files):
        if file.suffix in (".png", ".gif"):
            Image.new("RGB", (4, 4)).save(tmp_path / file.name)
        else:
            (tmp_path / file.name).write_text("x")
    index_page.build(tmp_path, ROOT / "params.yaml")
    index, listing = (tmp_path / "index.html").read_text(), (tmp_path / "README.md").read_text()
    assert 'href="figure_sound_swap.html"' in index and "<iframe" not in index
    assert "[html](figure_sound_swap.html)" in listing
