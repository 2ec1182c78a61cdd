"""Spoken digits, TIMIT and drawn speech: what each split contains, and how bad files are refused."""

import tarfile

import numpy as np
import pytest
from support.prepared_data import prepared_once
from support.speech_files import OTHER, make_digits, make_timit, noise, riff, sphere

from latentmotion.config.splits import SPLITS
from latentmotion.core.errors import UserError
from latentmotion.data.archives import pack_folder
from latentmotion.data.audio.codec import of_facts
from latentmotion.data.audio.spectrogram import Spectrogram
from latentmotion.data.datasets import spoken_digits, timit
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.synthetic import speech
from latentmotion.data.synthetic.phones import PHONES

DIGITS = {"takes": 12, "shift": 20}


def settings(source: str = "real", **options) -> dict:
    return {"source": source, "size": 200, "frames": 20, "options": options}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The folder of raw files, and of what is prepared from it."""
    folder = tmp_path_factory.mktemp("digits")
    make_digits(folder / "raw")
    prepare("spoken_digits", folder / "raw", folder / "out", settings(**DIGITS))
    return folder / "raw", folder / "out"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("timit")
    make_timit(folder / "raw")
    prepare("timit", folder / "raw", folder / "out", settings(speakers=6))
    return folder / "raw", folder / "out"


def decibels(out, split) -> np.ndarray:
    """Its segments in dB, as they were before they were standardised."""
    return of_facts(PreparedDataset.open(out).facts).log_magnitude(PreparedDataset.open(out).split(split).x)


def test_a_segment_is_that_piece_of_the_recording_its_labels_name(digits):
    _, out = digits
    split, spectrogram = PreparedDataset.open(out).split("test"), Spectrogram(8000, 200)
    assert split.x.shape == (6 * 10 * (3 * 1 + 2 * 2), 20, 200), "one segment of 1720 samples, two of 3320"
    found = decibels(out, "test")
    for speaker, digit, take, number in ((0, 3, 0, 0), (2, 9, 3, 0), (5, 0, 1, 1)):
        mine = np.flatnonzero(split.group == (speaker * 10 + digit) * 50 + take)
        sound = noise(speaker, digit, take, samples=1720 + 1600 * (take % 2)) / 32768
        whole = spectrogram.log_magnitude(np.round(sound * 32767) / 32768)
        assert len(mine) == len(whole) // 20
        assert found[mine[number]] == pytest.approx(whole[20 * number : 20 * number + 20], abs=1e-3)
        assert set(split.labels["speaker"][mine]) == {speaker}
        assert set(split.labels["digit"][mine]) == {digit}


def test_digits_are_split_by_take_and_every_speaker_is_known(digits):
    _, out = digits
    takes = {"test": range(5), "validation": range(5, 10), "train": range(10, 12)}
    for name in SPLITS:
        split = PreparedDataset.open(out).split(name)
        assert set(split.group % 50) == set(takes[name])
        assert set(split.labels["speaker"]) == set(range(6))
        assert set(split.labels["digit"]) == set(range(10))


def test_training_frames_have_mean_0_and_deviation_1(tmp_path):
    """Of utterances that are whole segments, so that no frame is left out."""
    make_digits(tmp_path / "raw", takes=11)
    prepare("spoken_digits", tmp_path / "raw", tmp_path / "out", settings(takes=11, shift=20))
    x = PreparedDataset.open(tmp_path / "out").split("train").x.astype(np.float64)
    assert x.mean(axis=(0, 1)) == pytest.approx(0, abs=1e-3)
    assert x.std(axis=(0, 1)) == pytest.approx(1, abs=1e-3)
    assert abs(PreparedDataset.open(tmp_path / "out").split("test").x.mean()) > 1e-3, "test frames took part"


def test_a_smaller_shift_gives_more_of_training_and_the_same_of_the_test(digits, tmp_path):
    raw, out = digits
    prepare("spoken_digits", raw, tmp_path / "out", settings(**DIGITS | {"shift": 5}))
    before, after = (decibels(folder, "test") for folder in (out, tmp_path / "out"))
    assert after == pytest.approx(before, abs=1e-3)
    sizes = [len(PreparedDataset.open(folder).split("train")) for folder in (out, tmp_path / "out")]
    assert sizes == [60 * (1 + 2), 60 * (1 + 5)], "of 20 and 40 frames"


def repack(raw, folder, **changes):
    """The digits with other recordings in place of some; None leaves one out."""
    place = folder / "recordings"
    place.mkdir(parents=True)
    with tarfile.open(raw / spoken_digits.RECORDINGS) as tar:
        for member in tar:
            name = member.name.removesuffix(".wav")
            content = changes[name] if name in changes else tar.extractfile(member).read()
            if content is not None:
                (place / member.name).write_bytes(content)
    (folder / "raw/fsdd").mkdir(parents=True)
    pack_folder(place, folder / "raw" / spoken_digits.RECORDINGS)
    return folder / "raw"


def test_digits_shorter_than_a_segment_are_left_out_and_counted(digits, tmp_path):
    short = riff(noise(1, samples=1719), rate=8000)
    raw = repack(digits[0], tmp_path, **{"6_theo_0": short, "6_theo_11": short})
    prepare("spoken_digits", raw, tmp_path / "out", settings(**DIGITS))
    facts = PreparedDataset.open(tmp_path / "out").facts
    assert facts["left out, shorter"] == 2
    groups = {name: set(PreparedDataset.open(tmp_path / "out").split(name).group) for name in SPLITS}
    six = (4 * 10 + 6) * 50
    assert six not in groups["test"] and six + 11 not in groups["train"]
    assert six + 10 in groups["train"]


@pytest.mark.parametrize(
    ("recording", "message"),
    [
        (None, r"recordings\.tar: 1 recordings are missing, 3_lucas_4\.wav first"),
        (riff(noise(1, samples=4000)), r"recordings\.tar: 3_lucas_4\.wav: 16000 Hz, not 8000 Hz"),
        (riff(noise(1, samples=4000) * 0, rate=8000), r"3_lucas_4\.wav: silent"),
    ],
    ids=["missing", "rate", "silent"],
)
def test_a_bad_recording_of_a_digit_is_named(digits, tmp_path, recording, message):
    raw = repack(digits[0], tmp_path, **{"3_lucas_4": recording})
    refused("spoken_digits", raw, settings(**DIGITS), message)


@pytest.mark.parametrize("name", ["10_theo_0", "3_anna_0", "3_theo_50", "3_theo"])
def test_a_digit_speaker_or_take_that_is_not_known_is_named(digits, tmp_path, name):
    raw = repack(digits[0], tmp_path)
    (tmp_path / "recordings" / f"{name}.wav").write_bytes(riff(noise(1, samples=4000), rate=8000))
    pack_folder(tmp_path / "recordings", raw / spoken_digits.RECORDINGS)
    refused("spoken_digits", raw, settings(**DIGITS), rf"recordings\.tar: {name}\.wav is no digit, speaker and take")


@pytest.mark.parametrize("content", [b"<html>404</html>", b""])
def test_a_damaged_archive_is_named(tmp_path, content):
    archive = tmp_path / "raw" / spoken_digits.RECORDINGS
    archive.parent.mkdir(parents=True)
    archive.write_bytes(content)
    refused("spoken_digits", tmp_path / "raw", settings(**DIGITS), r"recordings\.tar: damaged")


def test_a_truncated_archive_is_named(digits, tmp_path):
    archive = tmp_path / "raw" / spoken_digits.RECORDINGS
    archive.parent.mkdir(parents=True)
    archive.write_bytes((digits[0] / spoken_digits.RECORDINGS).read_bytes()[:100_000])
    refused("spoken_digits", tmp_path / "raw", settings(**DIGITS), r"recordings\.tar: (damaged|\d+ recordings are)")


def test_an_absent_archive_and_impossible_takes_are_named(tmp_path):
    refused("spoken_digits", tmp_path / "raw", settings(**DIGITS), "recordings.tar: missing; fetch it")
    for takes in (10, 51):
        refused("spoken_digits", tmp_path / "raw", settings(takes=takes), f"options.takes': {takes}; from 11")


def refused(dataset, raw, chosen, message):
    """Checks that the error is one line with the message, and that nothing is written."""
    with pytest.raises(UserError, match=message) as caught:
        prepare(dataset, raw, raw.parent / "refused", chosen)
    assert "\n" not in str(caught.value)
    assert not (raw.parent / "refused").exists()


def test_timit_has_the_standard_splits(corpus):
    _, out = corpus
    names = PreparedDataset.open(out).manifest["labels"]["speaker"]["classes"]
    found = {name: PreparedDataset.open(out).split(name) for name in SPLITS}
    speakers = {name: {names[i] for i in split.labels["speaker"]} for name, split in found.items()}
    assert speakers["test"] == set(timit.CORE_TEST)
    assert speakers["validation"] == set(timit.DEVELOPMENT)
    assert len(speakers["train"]) == 6
    assert not set.union(*speakers.values()) & set(OTHER)
    assert sum(map(len, speakers.values())) == len(set.union(*speakers.values()))
    for name, split in found.items():
        assert len(set(split.group)) == 8 * len(speakers[name]), "eight sentences each, without the SA sentences"
        sexes = np.array(["F", "M"])[split.labels["sex"]]
        assert all(names[i][0] == sex for i, sex in zip(split.labels["speaker"], sexes, strict=True))


def test_the_published_lists_are_whole():
    assert (len(set(timit.CORE_TEST)), len(set(timit.DEVELOPMENT))) == (24, 50)
    assert not set(timit.CORE_TEST) & set(timit.DEVELOPMENT)
    assert sum(name[0] == "F" for name in timit.CORE_TEST) == 8, "a woman and two men of each dialect"


@pytest.mark.parametrize(
    ("below", "changes"),
    [("", {"lower": True}), ("TIMIT", {}), ("timit", {"form": riff, "lower": True}), ("", {"form": riff})],
    ids=["lower case", "in a folder", "riff, lower case in a folder", "riff"],
)
def test_every_way_in_which_timit_is_copied_is_read_alike(corpus, tmp_path, below, changes):
    make_timit(tmp_path / "raw" / below, **changes)
    prepare("timit", tmp_path / "raw", tmp_path / "out", settings(speakers=6))
    manifests = [PreparedDataset.open(folder).manifest for folder in (corpus[1], tmp_path / "out")]
    assert manifests[0]["sha256"] == manifests[1]["sha256"]


def test_fewer_training_speakers_are_spread_over_the_dialects(tmp_path):
    make_timit(tmp_path / "raw", speakers=9)
    prepare("timit", tmp_path / "raw", tmp_path / "out", settings(speakers=3))
    names = PreparedDataset.open(tmp_path / "out").manifest["labels"]["speaker"]["classes"]
    train = PreparedDataset.open(tmp_path / "out").split("train")
    assert len({names[i] for i in train.labels["speaker"]}) == 3
    dialects = {path.parent.name for i in set(train.labels["speaker"]) for path in tmp_path.rglob(names[i])}
    assert len(dialects) == 3


def first(raw, speaker):
    return next(path for path in raw.rglob(speaker))


def harm(recording):
    return lambda raw: (first(raw, "MDAB0") / "SX7.WAV").write_bytes(recording)


def to_train(raw):
    first(raw, "MDAB0").rename(raw / "TRAIN/DR1/MDAB0")


def in_both(raw):
    (raw / "TRAIN/DR1/MDAB0").mkdir()


def in_two_dialects(raw):
    (raw / "TEST/DR8/MDAB0").mkdir()


LONG = noise(1, samples=5000)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (in_both, "speaker MDAB0 is in TRAIN and in TEST"),
        (in_two_dialects, "DR8/MDAB0: speaker MDAB0 is in .*DR5/MDAB0 too"),
        (to_train, "1 speakers of the standard splits are missing, MDAB0 first"),
        (lambda raw: (raw / "TRAIN/DR9").mkdir(), "DR9: unknown dialect folder"),
        (lambda raw: (raw / "TRAIN/DR1/JACK").mkdir(), "JACK: no speaker is called so"),
        (lambda raw: (first(raw, "MDAB0") / "SX7.WAV").unlink(), "MDAB0: 7 SI and SX sentences, not 8"),
        (
            lambda raw: (raw / "TEST").rename(raw / "TESTS"),
            r"the licensed TIMIT corpus is not there.*LDC93S1.*data/raw",
        ),
        (harm(sphere(LONG[:3439])), r"MDAB0/SX7\.WAV: 3439 samples, shorter than a segment of 3440"),
        (harm(sphere(LONG, rate=8000)), r"MDAB0/SX7\.WAV: 8000 Hz, not 16000 Hz"),
        (harm(sphere(LONG, sample_coding="pcm,embedded-shorten-v2.00")), r"MDAB0/SX7\.WAV: compressed with shorten"),
        (harm(riff(LONG, channels=2)), r"MDAB0/SX7\.WAV: 2 channels"),
        (harm(sphere(LONG)[:-2]), r"MDAB0/SX7\.WAV: truncated, 4999 of the 5000"),
        (harm(sphere(LONG * 0)), r"MDAB0/SX7\.WAV: silent"),
    ],
    ids=lambda value: value.replace("\\", "")[:24] if isinstance(value, str) else "",
)
def test_what_is_wrong_with_a_copy_of_timit_is_named(tmp_path, change, message):
    make_timit(tmp_path / "raw", speakers=1)
    change(tmp_path / "raw")
    refused("timit", tmp_path / "raw", settings(speakers=1), message)


def test_more_speakers_than_there_are_is_refused(corpus):
    refused("timit", corpus[0], settings(speakers=7), r"options.speakers': 7, but .*TRAIN holds 6")


def test_sounds_that_never_change_cannot_be_standardised(tmp_path):
    tone = np.tile(np.array([3000, -3000], np.int16), 2500)
    make_timit(tmp_path / "raw", form=lambda _: sphere(tone), speakers=1)
    refused("timit", tmp_path / "raw", settings(speakers=1), "40 Hz: all training sounds are always at")


def vowel(who: speech.Speaker, name: str, rate: int = 16000) -> np.ndarray:
    """Half a second of it, in dB, averaged over time: (200,)."""
    sound = speech.speak([PHONES[name]] * 4, who, np.random.default_rng(0), rate)
    return Spectrogram(rate, 200).log_magnitude(sound)[5:-5].mean(axis=0)


def pitch(who: speech.Speaker) -> float:
    """In Hz, from the autocorrelation of a vowel."""
    sound = speech.speak([PHONES["iy"]] * 4, who, np.random.default_rng(0), 16000)[800:5600].astype(np.float64)
    strength = np.correlate(sound, sound, "full")[len(sound) - 1 :]
    shortest, longest = 16000 // 300, 16000 // 70
    return 16000 / (shortest + strength[shortest:longest].argmax())


def resonance(x: np.ndarray, low: float, high: float) -> float:
    """Where a smoothed spectrum of 40 Hz steps is strongest between two frequencies, in Hz."""
    smooth = np.convolve(x, np.hanning(9) / np.hanning(9).sum(), "same")
    return 40 * (1 + int(low / 40) + smooth[int(low / 40) : int(high / 40)].argmax())


def test_drawn_speakers_have_their_own_pitch_and_formants_and_vowels_theirs():
    for number in range(4):
        who = speech.speaker(number)
        assert pitch(who) == pytest.approx(who.pitch, rel=0.15)
        for name in ("iy", "eh"):
            wanted = PHONES[name].formants[1] * who.tract * who.own[1]
            assert resonance(vowel(who, name), 0.8 * wanted, 1.2 * wanted) == pytest.approx(wanted, abs=who.pitch)
    woman, man = speech.speaker(0), speech.speaker(1)
    assert woman.pitch > 1.2 * man.pitch and woman.tract > man.tract
    assert np.abs(vowel(man, "iy") - vowel(man, "aa")).mean() > 6, "vowels look alike"


def test_drawn_speech_depends_on_its_own_numbers_alone():
    once = speech.digit(3, 7, 11, 8000)
    speech.digit(1, 2, 3, 8000)
    assert np.array_equal(once, speech.digit(3, 7, 11, 8000))
    others = (speech.digit(2, 7, 11, 8000), speech.digit(3, 8, 11, 8000), speech.digit(3, 7, 12, 8000))
    assert all(len(other) != len(once) or not np.array_equal(once, other) for other in others)
    assert once.dtype == np.float32 and 0.1 < np.abs(once).max() < 0.6
    assert np.array_equal(once * 32768, np.round(once * 32768)), "not of 16 bits"


def test_drawn_sets_have_the_labels_and_splits_of_the_real_ones(digits, corpus, tmp_path, tmp_path_factory):
    prepare("spoken_digits", None, tmp_path / "digits", settings("drawn", **DIGITS))
    drawn_timit = prepared_once(tmp_path_factory, "timit", "drawn")
    pairs = (digits[1], tmp_path / "digits", 1), (corpus[1], drawn_timit, 4)  # of TIMIT 8 sentences and 2
    for real_folder, drawn_folder, times in pairs:
        drawn, other = (PreparedDataset.open(folder).manifest for folder in (drawn_folder, real_folder))
        assert {n: s["kind"] for n, s in drawn["labels"].items()} == {n: s["kind"] for n, s in other["labels"].items()}
        assert "by this project; not" in drawn["facts"]["source"]
        assert drawn["facts"]["left out, shorter"] == 0
        for split in ("validation", "test"):
            assert drawn["splits"][split]["groups"] * times == other["splits"][split]["groups"]
