"""The time that the rest of a study takes."""

import itertools

import pytest

from core.runs import pace
from core.runs.folder import Run, look
from tests.core.test_runs import make_run

_numbers = itertools.count()


def runs(*ends: float | None, epochs: int = 30) -> list[Run]:
    """Runs of a study that ended at these moments; None: it waits."""
    made = []
    for end in ends:
        run_id = f"run-{next(_numbers)}"
        status = {"phase": "queued"} if end is None else {"phase": "done", "updated": end}
        make_run(run_id, status, study="dropout-20260101-120000", epochs=epochs)
        made.append(look(run_id))
    return made


def test_the_rest_takes_as_long_as_the_runs_before() -> None:
    assert pace.seconds_left(runs(100, 110, None, None), now=110) == pytest.approx(20)
    assert pace.seconds_left(runs(100, 110, None, None), now=115) == pytest.approx(15)
    assert pace.seconds_left(runs(100, 110, None), now=125) == 1, "never negative"
    assert pace.seconds_left(runs(100, 110, None), now=500) is None, "nobody trains it"


def test_a_night_in_between_does_not_count() -> None:
    assert pace.seconds_left(runs(90, 100, 110, 40_000, None), now=40_000) == pytest.approx(10)


def test_the_first_run_does_not_count_it_computes_what_the_others_share() -> None:
    assert pace.seconds_left(runs(60, 70, 80, 90, None), now=90) == pytest.approx(10)


def test_it_does_not_jump_when_a_run_ends() -> None:
    before = pace.seconds_left(runs(100, 110, None, None), now=119.9)
    after = pace.seconds_left(runs(100, 110, 120, None), now=120.1)
    assert before == pytest.approx(10.1)
    assert after == pytest.approx(9.9)


def test_more_epochs_take_longer() -> None:
    assert pace.seconds_left([*runs(100, 110), *runs(None, epochs=90)], now=110) == pytest.approx(30)


@pytest.mark.parametrize("ends", [(), (100,), (100, None), (100, 110), (None, None)])
def test_unknown_without_two_trained_runs_and_a_waiting_one(ends: tuple[float | None, ...]) -> None:
    assert pace.seconds_left(runs(*ends), now=120) is None
