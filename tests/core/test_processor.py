"""The kind of processor by what Linux lists."""

import platform

import pytest

from latentmotion.core.processor import described, processor


@pytest.mark.parametrize(
    ("listed", "kind"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx avx2 fma\n", " with AVX2"),
        ("flags\t\t: fpu avx2 avx512f amx_bf16 avx512_bf16\n", " with AMX"),
        ("flags\t\t: avx2 avx512f avx512_bf16\nflags\t\t: avx2\n", " with AVX-512 and bfloat16"),
        ("flags\t\t: avx2 avx512f\n", " with AVX-512"),
        ("Features\t: fp asimd bf16\n", " with bfloat16"),
        ("flags\t\t: fpu sse2\n", ""),
        ("", ""),
    ],
)
def test_the_fastest_instructions_are_named(listed, kind):
    assert described(listed) == platform.machine() + kind


def test_this_machine_has_a_kind():
    assert processor().startswith(platform.machine())
