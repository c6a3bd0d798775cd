"""Holm's correction and the number of photos a gap needs, against published values, SciPy's and a simulation."""

import numpy as np
import pytest
from scipy import stats

from core.answering import evaluation
from core.comparing import luck


def test_holm_corrects_as_in_the_textbook_example() -> None:
    # Aickin & Gensler 1996, American Journal of Public Health 86, p. 726
    assert luck.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert luck.holm([]) == []
    assert luck.holm([0.2]) == [0.2]
    assert luck.holm([0.9, 0.8]) == [1.0, 1.0]


def test_one_comparison_is_scipys_exact_binomial_test() -> None:
    for only in ((16, 8), (3, 0), (0, 0), (40, 61)):
        expected = stats.binomtest(only[0], sum(only)).pvalue if sum(only) else 1.0
        assert evaluation.chance_of_gap(*only) == pytest.approx(expected)


def test_the_number_of_photos_notices_a_gap_four_times_out_of_five() -> None:
    only, photos = (9, 5), 341
    needed = luck.photos_needed(*only, photos)
    assert needed == 2340
    random = np.random.default_rng(0)
    shares = [only[0] / photos, only[1] / photos, 1 - sum(only) / photos]
    noticed = [
        evaluation.chance_of_gap(first, second) < luck.LUCK
        for first, second, _ in random.multinomial(needed, shares, 2000).tolist()
    ]
    assert np.mean(noticed) == pytest.approx(luck.POWER, abs=0.03)


def test_several_comparisons_need_more_photos_and_never_fewer_than_there_are() -> None:
    few, many = luck.photos_needed(25, 8, 341), luck.photos_needed(25, 8, 341, comparisons=15)
    assert few is not None
    assert many is not None
    assert 341 < few <= many


def test_a_difference_of_counts_is_the_chi_squared_test() -> None:
    for counts in ((56, 70, 48, 80), (91, 100, 83, 100), (5, 10, 5, 10)):
        correct, count, other, other_count = counts
        table = [[correct, count - correct], [other, other_count - other]]
        expected = stats.chi2_contingency(table, correction=False).pvalue
        assert luck.chance_of_difference(*counts) == pytest.approx(expected)
    assert luck.chance_of_difference(10, 10, 8, 8) == 1


def test_thousands_of_photos_are_counted_at_once() -> None:
    assert evaluation.chance_of_gap(2900, 3100) == pytest.approx(stats.binomtest(2900, 6000).pvalue, rel=1e-9)


def test_without_a_gap_no_number_of_photos_tells_it() -> None:
    assert luck.photos_needed(5, 5, 341) is None
    assert luck.photos_needed(0, 0, 0) is None


@pytest.mark.parametrize(("photos", "expected"), [(2337, 2300), (95, 95), (7, 7), (10_449, 10_000), (128, 130)])
def test_rounded(photos: int, expected: int) -> None:
    assert luck.rounded(photos) == expected
