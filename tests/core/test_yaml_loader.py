"""Numbers of YAML are what other tools take them for, and damaged files are one line."""

import time

import pytest

from latentmotion.core.errors import UserError
from latentmotion.core.yaml_loader import as_numbers, read_yaml


@pytest.mark.parametrize(
    "text, value",
    [
        ("12", 12), ("-3", -3), ("0", 0), ("1e-3", 1e-3), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("2.0e+3", 2000.0),
        ("010", "010"), ("1:30", "1:30"), ("1_000", "1_000"), ("00.5", "00.5"), ("true", True), ("null", None),
    ],
)  # fmt: skip
def test_numbers_are_those_of_yaml_1_2(tmp_path, text, value):
    (tmp_path / "a.yaml").write_text(f"key: {text}\n")
    found = read_yaml(tmp_path / "a.yaml")["key"]
    assert found == value and type(found) is type(value)


def test_numbers_of_a_configfile_are_numbers():
    found = as_numbers({"a": {"lr": "1e-3"}, "b": ["2E5", "halo", "e5", "0.5", "7", "07"]})
    assert found == {"a": {"lr": 0.001}, "b": [200000.0, "halo", "e5", 0.5, 7, "07"]}
    assert type(found["b"][4]) is int


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"a: 2001-99-99", b"? [1, 2]\n: 3", b"[" * 50_000, b"a: &b [*b", b"a: \x07", b"- 1"]
)
def test_what_cannot_be_read_is_one_line(tmp_path, content):
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(UserError, match="a.yaml") as caught:
        read_yaml(tmp_path / "a.yaml")
    assert "\n" not in str(caught.value)


def test_many_keys_take_no_longer_than_they_must(tmp_path):
    (tmp_path / "a.yaml").write_text("".join(f"key{number}: {number}\n" for number in range(20_000)))
    start = time.process_time()
    assert len(read_yaml(tmp_path / "a.yaml")) == 20_000
    assert time.process_time() - start < 5  # a comparison of all pairs takes 10 s and more
