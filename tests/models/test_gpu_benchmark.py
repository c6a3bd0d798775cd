"""The parts of `python -m benchmarks.gpu`, on the CPU and with little."""

import time
from pathlib import Path

import pytest

from core.datasets import adding
from tests.models.conftest import SMALL

pytestmark = pytest.mark.slow


@pytest.fixture
def tiny(tiny_dataset: Path) -> str:
    return adding.add_folder("tiny", tiny_dataset).name


def test_steps_are_timed_and_both_precisions_start_from_the_same_weights(tiny: str) -> None:
    from benchmarks._gpu_steps import Measurement, Settings

    measurement = Measurement(
        Settings(tiny, "small_cnn", 32, 6, turns=1, steps=2, compared=2, feed_size=40, feed_seconds=0.0)
    )
    assert measurement.feed_rate("course", 2) > 0
    full, mixed = (measurement.of_policy(policy) for policy in (None, "mixed_bfloat16"))
    for figures in (full, mixed):
        assert min(figures[name] for name in ("alone_ms", "plain_ms", "augmented_ms", "memory_mb")) > 0
        assert 0 <= figures["waiting"] <= 1
    assert full["loss"] != mixed["loss"]
    assert mixed["loss"] == pytest.approx(full["loss"], rel=0.02)


def test_runs_go_through_the_worker_until_the_time_is_up(tiny: str) -> None:
    from benchmarks import _gpu_runs

    (result,) = _gpu_runs.train({"small": {**SMALL, "epochs": 2}}, time.monotonic() + 200)
    assert (result.epochs, result.wanted, result.device, result.note) == (2, 2, "CPU", "")
    assert min(result.epoch_s, result.photos_per_s, result.memory_mb, result.seconds) > 0
    assert {"epochs", "photos_per_s", "accuracy", "memory_mb"} <= set(result.figures())
    (late,) = _gpu_runs.train({"small": {**SMALL, "epochs": 2}, "next": {**SMALL}}, time.monotonic() - 1)
    assert (late.epochs, late.photos_per_s) == (0, 0)
    assert late.note.startswith("The time was up.")
