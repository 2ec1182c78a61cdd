"""A thousand damaged files of every format: each one is read as before, or refused in one line.

    pytest tests/campaigns/mutations.py -k png

The environment variable CAMPAIGN sets another number of mutations.
"""

import pytest
from support.campaign import report, size
from support.mutations import FORMATS, refused


@pytest.mark.parametrize("name", FORMATS)
def test_mutations(name, tmp_path):
    count = size(1000)
    report(f"{name}: {count} mutations, {refused(name, tmp_path, range(count))} refused")
