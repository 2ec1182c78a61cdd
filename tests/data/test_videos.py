"""Own videos: every odd input is read or refused in one line, and folders become clips in three splits."""

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from latentmotion.contracts import datasets as contract
from latentmotion.core.errors import UserError
from latentmotion.data.importers import videos
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.readers.videos import Video, frame_files, read_video

SETTINGS = {"importer": "videos", "source": "real", "size": 16, "frames": 4, "options": {"continued": 8}}


def picture(time: int, width: int = 60, height: int = 40) -> np.ndarray:
    """A frame whose left half is red and the right one green, brighter with time; the top row is blue."""
    x = np.zeros((height, width, 3), np.uint8)
    x[:, : width // 2, 0] = x[:, width // 2 :, 1] = 100 + 4 * time
    x[: height // 4] = (0, 0, 250)
    return x


def gif(path: Path, frames: int = 20, offset: int = 0, duration=40, tint: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = [Image.fromarray(picture(time + offset).clip((0, 0, tint)).astype(np.uint8)) for time in range(frames)]
    exact = {"lossless": True} if path.suffix == ".webp" else {}
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=duration, loop=0, **exact)
    return path


def film(path: Path, codec: str = "mpeg4", form: str = "yuv420p", times=range(20), width: int = 64) -> Path:
    """A film of 25 frames a second with a frame at each of these times."""
    av = pytest.importorskip("av")
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = width, 48, form
        stream.codec_context.time_base = Fraction(1, 25)
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(number, width, 48), format="rgb24").reformat(format=form)
            frame.pts, frame.time_base = time, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def halves(frames: np.ndarray) -> np.ndarray:
    """Mean colour of the left and of the right third of the middle rows, (T, 2, 3)."""
    middle = frames[:, :, 6:14]
    return np.stack([middle[..., :5].mean((2, 3)), middle[..., -5:].mean((2, 3))], axis=1)


@pytest.mark.parametrize(
    ("name", "codec", "form"),
    [
        ("a.mp4", "mpeg4", "yuv420p"),
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.webm", "libvpx", "yuv420p"),
        ("a.mkv", "ffv1", "gray"),
        ("a.mkv", "ffv1", "gray16le"),
        ("a.mov", "png", "rgba"),
        ("a.mkv", "ffv1", "yuv420p10le"),
    ],
)
def test_films_of_many_kinds_are_read(tmp_path, name, codec, form):
    video = read_video(film(tmp_path / name, codec, form), 16)
    assert video.frames.shape == (20, 3, 16, 16)
    np.testing.assert_allclose(np.diff(video.times), 0.04, atol=0.005)
    left, right = halves(video.frames).transpose(1, 0, 2)
    if form.startswith("gray"):
        assert np.array_equal(video.frames[:, 0], video.frames[:, 1])
    else:
        assert (left[:, 0] > left[:, 1] + 40).all() and (right[:, 1] > right[:, 0] + 40).all()
    assert (left.sum(1)[10:] > left.sum(1)[:10]).all()  # brighter with time: the frames are in order


def test_a_rotation_that_the_file_asks_for_is_applied(tmp_path):
    """A phone writes upright films as lying ones with a matrix in the header that turns them by a right angle."""
    path = film(tmp_path / "a.mp4")
    content = bytearray(path.read_bytes())
    one = 1 << 16
    matrix = content.index(struct.pack(">9i", one, 0, 0, 0, one, 0, 0, 0, 1 << 30), content.index(b"tkhd"))
    content[matrix : matrix + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 1 << 30)  # clockwise
    path.write_bytes(content)
    turned, lying = read_video(path, 16).frames, read_video(film(tmp_path / "b.mp4"), 16).frames
    expected = np.rot90(lying, -1, axes=(2, 3))
    assert np.abs(turned.astype(int) - expected).mean() < 3 < np.abs(turned.astype(int) - lying).mean()


def test_a_variable_rate_becomes_a_constant_one(tmp_path):
    """Frames 0 to 9 one step apart, then a pause of ten steps in which the last one stays visible."""
    video = read_video(film(tmp_path / "a.mp4", times=[*range(10), *range(20, 30)]), 16)
    even = video.at_rate(0)
    assert len(even) == 30
    assert all(np.array_equal(frame, video.frames[9]) for frame in even[9:20])
    assert len(video.at_rate(12.5)) == 15


def test_constant_rates_keep_every_frame_and_rounded_times_too():
    frames = np.arange(30, dtype=np.uint8)[:, None, None, None].repeat(3, 1)
    times = np.round(np.arange(30) / 29.97, 2)
    assert np.array_equal(Video(frames, times).at_rate(0), frames)
    assert Video(frames[:1], times[:1]).at_rate(0).shape[0] == 1


def test_times_that_cannot_be_true_are_one_line():
    video = Video(np.zeros((4, 3, 16, 16), np.uint8), np.array([0, 0.04, 0.08, 1e9]), "a.mp4")
    with pytest.raises(UserError, match=r"a.mp4: lasts 1e\+09 seconds by its times"):
        video.at_rate(0)


def test_animations_have_the_times_of_their_frames(tmp_path):
    video = read_video(gif(tmp_path / "a.gif", 4, duration=[40, 40, 200, 40]), 16)
    np.testing.assert_allclose(video.times, [0, 0.04, 0.08, 0.28])
    assert read_video(gif(tmp_path / "b.webp", 6), 16).frames.shape == (6, 3, 16, 16)


def test_pictures_of_every_mode_are_read(tmp_path):
    grey16 = Image.fromarray(np.full((30, 40), 32896, np.uint16))
    see_through = Image.new("RGBA", (40, 30), (250, 0, 0, 0))
    upright = Image.new("RGB", (40, 30), (9, 99, 199))
    turned = Image.fromarray(picture(0, 40, 40))
    exif = turned.getexif()
    exif[0x0112] = 3  # turned by half a circle
    turned.save(tmp_path / "5.jpg", exif=exif, quality=95)
    for number, made in enumerate(
        [grey16, see_through, upright.convert("L"), upright.convert("P", palette=Image.Palette.ADAPTIVE), upright]
    ):
        made.save(tmp_path / f"{number}.png")
    (tmp_path / "._0.png").write_bytes(b"what macOS leaves behind")
    frames = read_video(tmp_path, 16).frames
    assert (frames[0] == 128).all() and (frames[1] == 0).all()
    assert np.array_equal(frames[3], frames[4]) and (frames[4, 1] == 99).all()
    assert frames[5, 2, -2:].mean() > 200 > frames[5, 2, :2].mean()  # the blue rows are below


def test_small_frames_are_enlarged_and_the_centred_square_is_taken(tmp_path):
    wide = np.zeros((8, 24, 3), np.uint8)
    wide[:, 8:16] = 200
    Image.fromarray(wide).save(tmp_path / "1.png")
    assert (read_video(tmp_path, 16).frames == 200).all()


def test_frames_come_in_the_order_of_their_numbers_and_doubles_are_refused(tmp_path):
    for name in ("f10.png", "f9.png", "f1.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    assert [file.name for file in frame_files(tmp_path)] == ["f1.png", "f9.png", "f10.png"]
    Image.new("RGB", (8, 8)).save(tmp_path / "f01.png")
    with pytest.raises(UserError, match="same frame number as f0?1.png"):
        frame_files(tmp_path)
    (tmp_path / "f01.png").rename(tmp_path / "first.png")
    with pytest.raises(UserError, match=r"first.png: its name has no frame number"):
        frame_files(tmp_path)


def sound(path: Path) -> Path:
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        for start in range(0, 8000, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.rate, frame.pts = 8000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def cut(path: Path, size: int | None = None) -> Path:
    path.write_bytes(path.read_bytes()[: size or path.stat().st_size * 2 // 3])
    return path


def text(path: Path) -> Path:
    path.write_text("no film")
    return path


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: sound(folder / "a.mp4"), "has sound and no pictures"),
        (lambda folder: cut(film(folder / "a.mp4")), "not a film, or damaged"),
        (lambda folder: cut(film(folder / "a.avi", "ffv1", "yuv420p")), "damaged|cut off"),
        (lambda folder: text(folder / "a.webm"), "not a film, or damaged"),
        (lambda folder: text(folder / "a.gif"), "not an animation, or damaged"),
        (lambda folder: cut(gif(folder / "a.gif"), 7), "not an animation, or damaged"),
        (lambda folder: cut(gif(folder / "a.webp")), "not an animation, or damaged"),
        (lambda folder: text(folder / "1.png").parent, "1.png: not a picture, or damaged"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path, make, message):
    with pytest.raises(UserError, match=message) as error:
        pytest.importorskip("av") and read_video(make(tmp_path), 16)
    assert "\n" not in str(error.value)


def test_without_the_optional_package_films_say_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    assert len(read_video(gif(tmp_path / "a.gif", 3), 16).frames) == 3
    with pytest.raises(UserError, match=r"pip install 'latentmotion\[videos\]'"):
        read_video(text(tmp_path / "a.mp4"), 16)


@pytest.fixture
def raw(tmp_path):
    """Two classes with five groups each, a video directly in the folder of a class, and a folder of frames."""
    folder = tmp_path / "videos"
    for number, (action, group) in enumerate((a, g) for a in ("jump", "walk") for g in "abcde"):
        gif(folder / action / group / "1.gif", 20, number, tint=20 * number + 1)
    gif(folder / "walk/alone.gif", 16, 3, tint=250)
    for time in range(8):
        (folder / "walk/a/frames").mkdir(exist_ok=True)
        Image.fromarray(picture(time + 30)).save(folder / f"walk/a/frames/{time:03d}.png")
    return folder


def test_folders_become_clips_with_classes_and_disjoint_groups(raw, tmp_path, capsys):
    gif(raw / "jump/a/short.gif", 5)
    (raw / "jump/b/still").mkdir()
    for time in range(16):
        still = picture(max(7, time)).clip((0, 0, 99)).astype(np.uint8)
        Image.fromarray(still).save(raw / f"jump/b/still/{time}.png")
    text(raw / "jump/a/notes.txt")
    (raw / "jump/.DS_Store").touch()
    prepare("mine", raw, tmp_path / "mine", SETTINGS)
    contract.agrees_with_its_manifest(tmp_path / "mine", SETTINGS)
    contract.shares_nothing_between_splits(tmp_path / "mine")
    data = PreparedDataset.open(tmp_path / "mine")
    assert data.labels["action"].classes == ("jump", "walk")
    assert data.labels["source"].classes == ("a", "b", "c", "d", "e", "walk/alone")
    splits = [data.split(name) for name in ("train", "validation", "test")]
    assert sum(map(len, splits)) == 10 * 2 + 2 + 1 + 1  # 20 or 16 frames are two clips of 8; one of them does not move
    assert splits[2].continued.shape[1] == 8 and len(np.unique(splits[2].group)) >= 2
    assert data.facts["left_out"] == {
        "jump/a/notes.txt": "not a video",
        "jump/a/short.gif": "5 frames, fewer than the 8 of a clip",
        "jump/b/still": "nothing moves in 1 of 2 clips",
    }
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == f"{raw}: 14 videos found, 13 used, 24 clips"
    assert lines[2] == f"{raw}/jump/a/short.gif: left out (5 frames, fewer than the 8 of a clip)"


def test_clips_follow_one_another_and_are_spread_evenly():
    film = np.arange(43)
    assert videos.cut_clips(film, 10, 8).tolist() == [list(range(n, n + 10)) for n in (0, 10, 20, 30)]
    assert videos.cut_clips(film, 10, 2)[:, 0].tolist() == [0, 30]


def test_a_new_group_moves_few_others():
    shown = {f"group {number}": {"a", "b"} for number in range(20)}
    before = videos.split_groups(shown, 0.2, 0.2, Path("videos"))
    after = videos.split_groups(shown | {"new": {"a", "b"}}, 0.2, 0.2, Path("videos"))
    assert sum(before[group] != after[group] for group in shown) <= 2
    assert [list(before.values()).count(split) for split in ("train", "validation", "test")] == [12, 4, 4]


def test_what_makes_no_data_set_is_one_line(raw, tmp_path):
    def refused(message: str, **changes):
        with pytest.raises(UserError, match=message) as error:
            prepare("mine", raw, tmp_path / "mine", SETTINGS | changes)
        assert "\n" not in str(error.value) and not (tmp_path / "mine").exists()

    refused("no video has the 50 frames of a clip", options={"continued": 50})
    refused("did you mean 'videos'", importer="video")
    refused("options.fps': a number of 0 or more", options={"fps": -1.0})
    gif(raw / "walk/b/2.gif", 20, 0, tint=1)  # the frames of jump/a
    refused("walk/b/2.gif: has the same frames as .*jump/a/1.gif")
    (raw / "walk/b/2.gif").unlink()
    gif(raw / "swim/a/1.gif", tint=77)
    refused("class 'swim' has videos of 1 groups, too few for three splits")
    for action in ("swim", "jump"):
        for path in sorted((raw / action).rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
    refused("one class alone, walk")
    raw.rename(tmp_path / "gone")
    refused("no videos there; put them into")
