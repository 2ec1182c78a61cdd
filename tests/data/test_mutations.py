"""Some damaged files of every format. tests/campaigns/mutations.py tries a thousand of each."""

import pytest
from support.mutations import FORMATS, refused


@pytest.mark.parametrize("name", FORMATS)
def test_a_damaged_file_is_read_as_before_or_refused_in_one_line(name, tmp_path):
    count = 10 if name == "params" else 40
    assert refused(name, tmp_path, range(count)) > count // 10
