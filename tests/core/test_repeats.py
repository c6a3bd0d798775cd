"""Gaps between settings with several seeds, against SciPy's tests."""

import itertools

import numpy as np
import pytest
from scipy import stats

from core.answering import evaluation
from core.comparing import repeats
from core.comparing.repeats import chance_by_photos, chance_by_seeds


def counts(random: np.random.Generator, photos: int, runs: int) -> np.ndarray:
    """How many of so many runs got each photo right."""
    return random.binomial(runs, 0.8, photos)


@pytest.mark.parametrize(("only", "other"), [(16, 8), (5, 0), (0, 0), (3, 3), (40, 12)])
def test_with_one_run_each_it_is_mcnemars_exact_test(only: int, other: int) -> None:
    right = np.array([1] * only + [0] * other + [1] * 20)
    other_right = np.array([0] * only + [1] * other + [1] * 20)
    assert chance_by_photos(right, 1, other_right, 1) == pytest.approx(evaluation.chance_of_gap(only, other))


@pytest.mark.parametrize(("runs", "other_runs"), [(1, 3), (2, 2), (3, 2), (5, 4)])
def test_it_is_the_exact_test_of_all_signs(runs: int, other_runs: int) -> None:
    random = np.random.default_rng(runs)
    right, other_right = counts(random, 12, runs), counts(random, 12, other_runs)
    gaps = right / runs - other_right / other_runs
    signs = np.array(list(itertools.product((-1, 1), repeat=12)))
    expected = (np.abs(signs @ gaps) >= abs(gaps.sum()) - 1e-9).mean()
    assert chance_by_photos(right, runs, other_right, other_runs) == pytest.approx(expected)


def test_scipys_permutation_test_agrees_on_many_photos() -> None:
    random = np.random.default_rng(7)
    right, other_right = counts(random, 372, 3), counts(random, 372, 3)
    gaps = (right - other_right) / 3
    expected = stats.permutation_test(
        (gaps,), lambda each, axis: each.mean(axis), permutation_type="samples", n_resamples=20_000, rng=random
    ).pvalue
    assert chance_by_photos(right, 3, other_right, 3) == pytest.approx(expected, abs=0.02)


def test_of_very_many_photos_the_normal_distribution_is_near(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(8)
    right, other_right = counts(random, 2000, 3), counts(random, 2000, 2)
    exact = chance_by_photos(right, 3, other_right, 2)
    monkeypatch.setattr(repeats, "MOST_STEPS", 0)
    assert chance_by_photos(right, 3, other_right, 2) == pytest.approx(exact, abs=0.01)


def test_with_two_settings_the_seeds_are_students_t_test() -> None:
    first, second = [0.84, 0.86, 0.85], [0.82, 0.85, 0.81]
    spread = float(np.sqrt((np.var(first, ddof=1) + np.var(second, ddof=1)) / 2))
    gap = float(np.mean(first) - np.mean(second))
    expected = stats.ttest_ind(first, second).pvalue
    assert chance_by_seeds(gap, spread, 4, 3, 3) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("gap", "spread", "freedom", "chance"), [(0.1, 0.0, 0, 1.0), (0.0, 0.1, 4, 1.0), (0.1, 0.0, 4, 0.0)]
)
def test_seeds_that_tell_nothing(gap: float, spread: float, freedom: int, chance: float) -> None:
    assert chance_by_seeds(gap, spread, freedom, 2, 2) == chance
