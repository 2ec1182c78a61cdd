"""The kind of processor, as far as it decides how long a training takes. This module imports nothing heavy."""

import platform
from functools import cache
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")
# The names that Linux has for instructions that a training uses, the fastest first.
INSTRUCTIONS = {
    "amx_bf16": "AMX",
    "avx512_bf16": "AVX-512 and bfloat16",
    "avx512f": "AVX-512",
    "avx2": "AVX2",
    "bf16": "bfloat16",  # of ARM
}


@cache
def processor() -> str:
    """The architecture and its fastest instructions, such as `x86_64 with AVX2`.

    It is the architecture alone where the system does not list instructions in /proc/cpuinfo, or none of INSTRUCTIONS.
    """
    return described(CPUINFO.read_text(encoding="utf-8") if CPUINFO.is_file() else "")


def described(listed: str) -> str:
    """The kind of processor by the text of /proc/cpuinfo."""
    lines = (line.partition(":") for line in listed.splitlines())
    flags = next((set(value.split()) for key, _, value in lines if key.strip() in ("flags", "Features")), set())
    fastest = next((name for flag, name in INSTRUCTIONS.items() if flag in flags), None)
    return platform.machine() + (f" with {fastest}" if fastest else "")
