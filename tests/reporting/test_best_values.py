"""The best values of a table, and those that the noise of the training seeds does not tell from them."""

import pytest
from scipy.stats import ttest_ind_from_stats

from latentmotion.reporting.html import table_page
from latentmotion.reporting.tabulation.best import BEST, NOISE, Score, marked, p_value, score
from latentmotion.reporting.tabulation.pivot import as_block


def block(*rows: tuple[str, str, str], title: str = "accuracy ↑"):
    """A block of one column of ours with a printed column beside it; rows are (data, system, cell)."""
    cells = {(data, row): {(title, "ours"): cell, (title, "published"): "0.999"} for data, row, cell in rows}
    return as_block(cells, [title])


def test_a_cell_is_read_as_a_score():
    assert score("0.931 ± 0.012 (3)") == Score(0.931, 0.012, 3, 0.001)
    assert score("-3.0 (1) †") == Score(-3.0, 0, 1, 0.1) and score("+0.5 ± 0.1 (2 of 3)").seeds == 2
    assert score("7.1e-08 ± 2e-09 (5)").digit == pytest.approx(1e-9)
    for other in ("0.931", "failed", "", "0.9 ± 0.1 (3) ‡", "motion-prior", "3 (1) of 12 ‡"):
        assert score(other) is None


def test_p_is_that_of_welch():
    a, b = Score(0.93, 0.012, 3), Score(0.90, 0.02, 5)
    expected = ttest_ind_from_stats(0.93, 0.012, 3, 0.90, 0.02, 5, equal_var=False).pvalue
    assert p_value(a, b) == pytest.approx(expected)
    assert p_value(Score(0.9, 0, 1), b) is None
    assert p_value(Score(1, 0, 3), Score(0, 0, 3)) == 0 and p_value(Score(1, 0, 3), Score(1, 0, 3)) == 1
    assert p_value(Score(0.999, 0, 3, 0.001), Score(0.998, 0, 3, 0.001)) > 0, "rounding counts as noise"


def test_the_best_model_is_marked_and_what_is_within_noise():
    found = marked(
        block(
            *(("a", "real data", "1.000"), ("a", "x", "0.900 ± 0.020 (3)"), ("a", "y", "0.890 ± 0.020 (3)")),
            *(("a", "z", "0.100 ± 0.020 (3)"), ("b", "x", "0.3 (1)"), ("b", "y", "0.4 (1) ‡"), ("c", "x", "0.2 (1)")),
            *(("c", "y", "0.3 (1)"),),
        )
    )
    assert found.cells == {(1, 0): BEST, (2, 0): NOISE, (7, 0): BEST}, "one model alone is not the best of b"
    assert found.unknown and "within noise" in found.key and "single seed" in found.key
    lower = marked(block(("a", "x", "0.9 ± 0.0 (3)"), ("a", "y", "0.1 ± 0.0 (3)"), title="error ↓"))
    assert lower.cells == {(1, 0): BEST} and not lower.unknown and "noise" not in lower.key
    sizes = block(("a", "x", "3 (2)"), ("a", "y", "4 (2)"), title="size")
    assert not marked(sizes).cells and (0, 0) in marked(sizes, "distance ↓, of videos").cells


def test_a_page_shows_the_marks_and_escapes_what_is_in_a_table():
    evil = "<script>alert(1)</script>"
    rows = (("a", evil, "0.9 ± 0.1 (3)"), ("a", "y", "0.8 ± 0.1 (3)"), ("a", "chance", "0.1"))
    page = table_page(evil, evil, {evil: block(*rows)}, [evil])
    assert "<script" not in page and page.count("&lt;script&gt;") == 7
    assert '<td class="ours first best">0.9</td><td class="spread">± 0.1 (3)</td>' in page
    assert f'<td class="ours first">0.8</td><td class="spread">± 0.1 (3) {NOISE}</td>' in page
    assert "Welch" in page
