"""The contract that every data set keeps with every source, and how each importer refuses bad files.

Every file in data/ is prepared from its drawn source at tiny scale. Those that RAW can imitate are prepared from raw
files too: Sprites from the real sheets where LATENTMOTION_MIRROR holds them, else from sheets of the same geometry made
here.
"""

import gzip
import importlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.prepared_data import prepare_tiny, prepared_once, settings
from support.speech_files import make_digits, make_timit

from latentmotion.contracts import datasets
from latentmotion.core.errors import UserError
from latentmotion.core.source_code import modules
from latentmotion.data.datasets import faces, sprites
from latentmotion.data.physics import registry
from latentmotion.data.prepare import prepare
from latentmotion.data.prepared import PreparedDataset
from latentmotion.data.readers import mnist
from latentmotion.data.readers.images import area_average
from latentmotion.data.sequences import write
from latentmotion.data.synthetic import faces as drawn_faces
from latentmotion.data.synthetic import poses


def make_sheets(folder: Path) -> None:
    """Sheets with the geometry of the real ones: a block a cell, in a place of its layer and a colour of its value."""
    names = [(a, v) for a in sprites.ATTRIBUTES for v in range(sprites.VALUES)] + [("shoes", 1)]
    for layer, (name, value) in enumerate(names):
        x = np.zeros((sprites.SHEET[1], sprites.SHEET[0]), np.uint8)
        for row in range(21):
            for column in range(13):
                top, left = row * 64 + 8 * (layer // 6) + row, column * 64 + 10 + 2 * column
                x[top : top + 12, left : left + 14] = 1
        colour = (40 * value + 20, 250 - 40 * value, 30 * (layer // 6))
        sheet = Image.fromarray(x, "P")
        sheet.putpalette((0, 0, 0, *colour))
        sheet.info["transparency"] = 0
        if name == "hair":
            sheet = sheet.convert("RGBA")
            sheet.putalpha(sheet.getchannel("A").point(lambda a: a * 3 // 4))
        (folder / name).mkdir(parents=True, exist_ok=True)
        sheet.save(folder / name / f"{value}.png", compress_level=1)


def make_mug(folder: Path, frames: int = 36) -> None:
    """The layout of the MUG database: two subjects, three takes of each expression; grey levels count the frames."""
    for subject in ("001", "002"):
        for expression in (*faces.EXPRESSIONS, "neutral", "mixed"):
            for take in range(3):
                place = folder / subject / expression / f"take{take:03d}"
                place.mkdir(parents=True)
                for number in range(frames):
                    picture = Image.new("RGB", (40, 32), (7 * number, 7 * number, 7 * number))
                    tag = (
                        int(subject),
                        faces.EXPRESSIONS.index(expression) if expression in faces.EXPRESSIONS else 6,
                        take,
                    )
                    picture.paste(tuple(40 * t + 10 for t in tag), (8, 0, 24, 12))
                    picture.save(place / f"img_{number:04d}.jpg", quality=95)


def generated(_: Path) -> None:
    """Made from nothing: no raw files, and nothing drawn to stand in for them."""


def make_mnist(folder: Path) -> None:
    """Forty of each digit in MNIST's format: images of noise."""
    images = np.random.default_rng(0).integers(0, 256, (400, mnist.SIDE, mnist.SIDE))
    (folder / mnist.TEST[0]).parent.mkdir()
    for file, values in zip(mnist.TEST, (images, np.arange(400) % mnist.DIGITS), strict=True):
        head = bytes((0, 0, 8, values.ndim)) + b"".join(size.to_bytes(4, "big") for size in values.shape)
        (folder / file).write_bytes(gzip.compress(head + values.astype(np.uint8).tobytes()))


RAW = {"sprites": make_sheets, "faces": make_mug, "balls": generated} | dict.fromkeys(registry.names(), generated)
RAW |= {"moving_mnist": make_mnist, "moving_shapes": generated}
RAW |= {"spoken_digits": make_digits, "timit": make_timit}
RAW |= {"ring": generated, "ring_finite": generated, "modes": generated}
CASES = [(name, "drawn") for name in sorted(modules("data/datasets")) if RAW.get(name) is not generated]
CASES += [(name, "real") for name in sorted(RAW)]


@pytest.fixture(scope="session")
def raw(tmp_path_factory):
    """dataset -> the folder of its raw files, made once."""
    made = {}

    def folder(dataset: str) -> Path:
        mirror = os.environ.get("LATENTMOTION_MIRROR")
        if mirror and (Path(mirror) / dataset).is_dir():
            return Path(mirror) / dataset
        if dataset not in made:
            made[dataset] = tmp_path_factory.mktemp(dataset)
            RAW[dataset](made[dataset])
        return made[dataset]

    return folder


@pytest.fixture(scope="session", params=CASES, ids="-".join)
def made(request, raw, tmp_path_factory):
    """(folder, settings, how to make it again) of a prepared dataset."""
    dataset, source = request.param
    chosen, files = settings(dataset, source), raw(dataset) if source == "real" else None

    def again(out: Path) -> Path:
        prepare_tiny(dataset, source, files, out)
        return out

    return prepared_once(tmp_path_factory, dataset, source, files), chosen, again


def test_shapes_labels_and_manifest_agree(made):
    folder, chosen, _ = made
    datasets.agrees_with_its_manifest(folder, chosen)


def test_splits_share_no_group_and_no_content(made):
    datasets.shares_nothing_between_splits(made[0])


def test_prepared_again_it_has_the_same_bits(made, tmp_path):
    folder, _, again = made
    datasets.are_equal(folder, again(tmp_path / "again"))


@pytest.mark.parametrize("dataset", sorted(modules("data/datasets")))
def test_unknown_options_and_sources_name_the_nearest(dataset, tmp_path):
    option = sorted(importlib.import_module(f"latentmotion.data.datasets.{dataset}").OPTIONS)[0]
    chosen = settings(dataset, "drawn")
    for wrong, message in (
        ({"options": {f"{option}x": 3}}, f"options.{option}x': unknown; did you mean '{option}'"),
        ({"options": {option: 0}}, f"options.{option}': a whole number"),
        ({"source": "drwan"}, "did you mean 'drawn'"),
    ):
        with pytest.raises(UserError, match=message.replace(".", r"\.").replace("?", r"\?")):
            prepare(dataset, None, tmp_path / "out", {**chosen, **wrong})
    assert list(tmp_path.iterdir()) == []


def test_sprites_split_is_the_published_one():
    ids, split = sprites._split(**sprites.OPTIONS)
    order = np.random.RandomState(423).permutation(1296)
    assert set(ids[split == "test"]) == set(order[1000:])
    assert set(ids[split == "validation"]) == set(order[900:1000])


def test_sprites_are_composed_as_pillow_composes_them(raw):
    """Front walk, left slash and right spell card of one character, to one level of rounding."""
    folder, character = raw("sprites"), 2 * 216 + 3 * 36 + 4 * 6 + 5
    sheet = Image.new("RGBA", sprites.SHEET, "black")
    for name in ("body/2", "bottomwear/3", "topwear/4", "hair/5", "shoes/1"):
        sheet = Image.alpha_composite(sheet, Image.open(folder / f"{name}.png").convert("RGBA"))
    x = sprites.compose(sprites._sheets(folder), np.array([character]), 64)
    for action, frame, row, column in ((0, 0, 10, 8), (0, 3, 10, 3), (7, 6, 13, 4), (5, 7, 3, 6)):
        cell = sheet.crop((column * 64, row * 64, column * 64 + 64, row * 64 + 64)).convert("RGB")
        difference = x[action, frame].astype(int) - np.asarray(cell).transpose(2, 0, 1)
        assert np.abs(difference).max() <= 1


def test_drawn_sprites_to_the_right_mirror_those_to_the_left():
    x = sprites.compose(sprites.drawn.layers(), np.array([77]), 32).reshape(3, 3, 8, 3, 32, 32)
    assert np.array_equal(x[:, 1], x[:, 2, ..., ::-1])
    assert not np.array_equal(x[:, 1], x[:, 2])


@pytest.mark.parametrize("view", [poses.side, poses.front])
def test_in_a_drawn_slash_the_feet_stay_where_they_are(view):
    joints = view()
    for side in ("near", "far"):
        walk, _, slash = np.stack(np.broadcast_arrays(*joints[f"{side} foot"])).reshape(2, 3, 8).swapaxes(0, 1)
        assert np.ptp(slash, axis=1).max() < 1e-9
        assert np.ptp(walk, axis=1).max() > 3


def test_area_average_is_the_rounded_mean():
    x = np.random.default_rng(0).integers(0, 256, (2, 8, 8)).astype(np.uint8)
    expected = np.floor(x.reshape(2, 2, 4, 2, 4).mean(axis=(2, 4)) + 0.5)
    assert np.array_equal(area_average(x, 2), expected)


def test_a_drawn_face_depends_on_its_own_numbers_alone():
    ids = np.array([0, 3, 3, 7]), np.array([5, 0, 4, 2]), np.array([0, 2, 1, 4])
    together = drawn_faces.draw(*ids, 8, 16, 16)
    alone = drawn_faces.draw(*(values[1:2] for values in ids), 8, 16, 16)
    assert np.array_equal(together[1:2], alone)


def test_of_a_persons_takes_the_last_is_test():
    person, expression = np.zeros(8, int), np.array([0] * 4 + [1] * 3 + [2])
    split = faces._split(person, expression, np.array([0, 1, 2, 3, 0, 2, 1, 0]))
    assert split.tolist() == ["train", "train", "validation", "test", "train", "test", "validation", "train"]


@pytest.mark.parametrize("frames", [8, 10])  # HALO's and R-WAE's
def test_mug_clips_are_every_second_frame_of_a_run(raw, tmp_path, frames):
    prepare("faces", raw("faces"), tmp_path / "faces", {**settings("faces", "real"), "frames": frames})
    split = PreparedDataset.open(tmp_path / "faces").split("train")
    assert split.x.shape[1] == frames
    corner = split.x[:, :, :, -4:, -4:].mean(axis=(2, 3, 4))
    assert np.abs(np.diff(corner, axis=1) - 14).max() < 3
    assert len(np.unique(np.round(corner[:, 0] / 14))) > 1, "every clip starts at the same frame"


def test_in_ten_frames_a_drawn_face_goes_from_neutral_to_its_apex():
    person, expression = (axis.ravel() for axis in np.meshgrid(np.arange(3), np.arange(6)))
    clips = drawn_faces.draw(person, expression, np.zeros(18, int), 10, 16, 32).astype(float)
    change = np.abs(clips - clips[:, :1]).mean((2, 3, 4))
    assert (change[:, 9] > 0.99 * change.max(1)).all() and (change[:, 1] < 0.8 * change[:, 9]).all()
    assert (np.diff(change[:, :10], axis=1) > -0.05).all()


def test_a_drawn_expression_can_be_seen_beside_what_else_differs_between_takes():
    axes = (np.arange(6), np.arange(6), np.arange(2))
    person, expression, take = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
    clips = drawn_faces.draw(person, expression, take, 8, 8, 32) / 127.5 - 1
    means = np.stack([clips[person == i].mean((0, 1)) for i in range(6)])
    varies = ((clips - means[person][:, None]) ** 2).sum((1, 2, 3, 4)).mean()
    moves = ((clips - clips.mean(1, keepdims=True)) ** 2).sum((1, 2, 3, 4)).mean()
    assert moves > 0.25 * varies


def _renamed(path):
    Image.open(path).convert("RGBA").convert("RGB").save(path, "JPEG" if path.suffix == ".png" else "PNG")


def _truncated(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _no_picture(path):
    path.write_bytes(b"<html>404</html>")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (Path.unlink, "missing"),
        (_truncated, "truncated or damaged"),
        (_renamed, "is a JPEG file, not PNG"),
        (_no_picture, "not a picture"),
        (lambda path: Image.new("RGBA", (832, 1280)).save(path), "832 x 1280 pixels, not 832 x 1344"),
        (lambda path: Image.new("RGB", sprites.SHEET).save(path), "mode RGB, not RGBA or P"),
        (lambda path: Image.new("P", sprites.SHEET).save(path), "no transparency"),
    ],
    ids=["missing", "truncated", "renamed", "not a picture", "size", "mode", "opaque"],
)
def test_a_bad_sheet_is_named(raw, tmp_path, harm, message):
    sheet = tmp_path / "raw/body/0.png"
    sheet.parent.mkdir(parents=True)
    sheet.write_bytes((raw("sprites") / "body/0.png").read_bytes())
    harm(sheet)
    _refused("sprites", tmp_path, f"body/0.png: .*{message}")


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda take: (take / "img_0003.jpg").unlink(), "anger/take000: frame 3 is missing after img_0002.jpg"),
        (
            lambda take: take.parent.rename(take.parent.with_name("angry")),
            "unknown expression 'angry'; did you mean 'anger'",
        ),
        (lambda take: _truncated(take / "img_0004.jpg"), "img_0004.jpg: truncated or damaged"),
        (lambda take: _renamed(take / "img_0004.jpg"), "img_0004.jpg: is a PNG file, not JPEG"),
        (lambda take: Image.new("CMYK", (40, 32)).save(take / "img_0004.jpg"), "mode CMYK, not RGB or L"),
        (lambda take: [(take / f"img_{n:04d}.jpg").unlink() for n in range(6, 32)], "6 frames, too short"),
        (lambda take: (take / "img_0000.jpg").rename(take / "first.jpg"), "no frame number"),
        (lambda take: shutil.copy(take / "img_0001.jpg", take / "copy_0001.jpg"), "same frame number as copy_0001.jpg"),
        (lambda take: shutil.copytree(take, take.with_name("take009")), "take009: has the same pictures as"),
        (lambda take: shutil.copy(take / "img_0001.jpg", take.parent), "img_0001.jpg: is in no take"),
    ],
    ids=["missing", "expression", "truncated", "renamed", "mode", "short", "name", "number", "copy", "loose"],
)
def test_a_bad_take_is_named(tmp_path, harm, message):
    take = tmp_path / "raw/001/anger/take000"
    take.mkdir(parents=True)
    for number in range(32):
        Image.new("RGB", (40, 32), (number, 0, 0)).save(take / f"img_{number:04d}.jpg")
    harm(take)
    _refused("faces", tmp_path, message)


def test_what_an_importer_leaves_out_is_printed(tmp_path, capsys):
    top = tmp_path / "raw/MUG"
    take = top / "001/anger/take000"
    take.mkdir(parents=True)
    for number in range(32):
        Image.new("RGB", (40, 32), (number, 0, 0)).save(take / f"img_{number:04d}.jpg")
    (take / "._img_0003.jpg").write_bytes(b"of macOS")
    (take / "Thumbs.db").write_bytes(b"of Windows")
    for folder in ("002/anger", "subject3/anger", "__MACOSX/001"):
        (top / folder).mkdir(parents=True)
    assert [subject.name for subject in faces._subjects(tmp_path / "raw")] == ["001"]
    said = capsys.readouterr().out
    assert f"{top / '002'}: has no takes; left out" in said
    assert f"{top / 'subject3'}: is not named by a number, as subjects are; left out" in said and "MACOSX" not in said
    assert faces._clip(take, [0, 0, 0], 16, 16).shape == (16, 3, 16, 16)


def test_a_picture_that_its_camera_has_turned_is_turned_back(tmp_path):
    turned = Image.new("RGB", (40, 40))
    turned.paste((255, 255, 255), (0, 0, 40, 20))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    turned.save(tmp_path / "a.jpg", exif=exif)
    x = faces._picture(tmp_path / "a.jpg", 8)
    assert x[:, :3].max() < 50 and x[:, 5:].min() > 200


def test_without_mug_the_error_tells_where_to_get_it(tmp_path):
    _refused("faces", tmp_path, r"raw: the licensed MUG .*\(mug\.ee\.auth\.gr/fed\).* data/raw/faces/")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 24}, "24 does not divide 64"),
        ({"frames": 16}, "sprites have 8 frames; got 16"),
        ({"options": {"characters": 20, "test": 10, "validation": 8}}, "leave 2 of 1296 for training"),
    ],
)
def test_impossible_sprites_are_refused(tmp_path, wrong, message):
    with pytest.raises(UserError, match=message):
        prepare("sprites", None, tmp_path / "out", {**settings("sprites", "drawn"), **wrong})
    assert not (tmp_path / "out").exists()


def _refused(dataset: str, folder: Path, message: str) -> None:
    """Checks that the error is one line with the message, and that nothing is written."""
    chosen = {**settings(dataset, "real"), "size": 16}
    with pytest.raises(UserError, match=message) as caught:
        prepare(dataset, folder / "raw", folder / "out", chosen)
    assert "\n" not in str(caught.value)
    assert {p.name for p in folder.iterdir()} <= {"raw"}


def test_a_split_that_shares_a_group_is_refused(tmp_path):
    chosen = settings("faces", "drawn")
    made = faces.prepare(None, {**chosen, "options": faces.OPTIONS | {"people": 2}})
    made.group[np.flatnonzero(made.split == "test")[0]] = made.group[0]
    with pytest.raises(UserError, match="splits train and test share 1"):
        write(made, tmp_path / "faces", chosen)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(UserError, match=r"sprites: cannot be written \(No space left on device\)"):
        prepare("sprites", None, tmp_path / "sprites", settings("sprites", "drawn"))
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_trains_or_selects_cannot_open_test_data(tmp_path):
    prepare("ring", None, tmp_path / "ring", settings("ring", "real"))
    data = PreparedDataset.open(tmp_path / "ring").without_test()
    assert len(data.split("train")) and len(data.split("validation"))
    with pytest.raises(UserError, match="ring/test: a job that trains or selects may not open this split"):
        data.split("test")
