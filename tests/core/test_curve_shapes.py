"""What one sees in a run's curves."""

import math

import pytest

from core.comparing import curve_shapes
from core.runs.config import config
from core.runs.folder import Curves
from tests.fabricated import epoch

SETTINGS = config(dataset="tiny", learning_rate=0.1)


def curves(val_losses: list[float], losses: list[float] | None = None, accuracy: float = 0.9, stage: int = 0) -> Curves:
    pairs = zip(val_losses, losses or val_losses, strict=True)
    return Curves(
        tuple(
            epoch(number, val_loss=val_loss, loss=loss, accuracy=accuracy, val_accuracy=0.8, stage=stage)
            for number, (val_loss, loss) in enumerate(pairs)
        )
    )


def test_a_wild_loss_diverges_and_the_learning_rate_is_named() -> None:
    shape = curve_shapes.of(curves([7.1, 9.9, 8.6, 13.1, 9.4]), SETTINGS, 10, 300)
    assert shape is not None
    assert shape.key == "diverged"
    assert f"guessing among 10 classes has {math.log(10):.2f}" in shape.sentence
    assert "learning rate 0.1" in shape.sentence
    assert "between 7.10 and 13" in shape.sentence
    assert "its training loss ends at 9.40" in shape.sentence
    assert "although 80% of its answers are right" in shape.sentence


def test_a_loss_that_goes_up_and_down_jumps() -> None:
    shape = curve_shapes.of(curves([1.0, 0.9, 1.4, 1.2, 1.9, 1.3, 1.7]), SETTINGS, 10, 300)
    assert shape is not None
    assert shape.key == "jumps"
    assert "between 0.90 and 1.90" in shape.sentence
    assert "by 0.45 from one epoch to the next" in shape.sentence


def test_a_loss_that_grows_again_while_training_falls_overfits() -> None:
    shape = curve_shapes.of(curves([0.7, 0.5, 0.55, 0.6, 0.7], [0.9, 0.5, 0.3, 0.2, 0.1]), SETTINGS, 10, 300)
    assert shape is not None
    assert shape.key == "overfits"
    assert "Since epoch 2 its validation loss has grown (0.50 to 0.70)" in shape.sentence
    assert "fell (0.50 to 0.10)" in shape.sentence


def test_a_loss_that_still_falls_is_unfinished() -> None:
    shape = curve_shapes.of(curves([1.8, 1.4, 1.2, 1.0, 0.9, 0.85]), SETTINGS, 10, 300)
    assert shape is not None
    assert shape.key == "unfinished"
    assert "(1.00 to 0.85 over the last 2 epochs)" in shape.sentence


def test_photos_learned_by_heart_are_no_divergence() -> None:
    shape = curve_shapes.of(curves([1.2, 2.5, 3.2, 3.6, 3.95], [0.6, 0.1, 0.03, 0.01, 0.004]), SETTINGS, 2, 300)
    assert shape is not None
    assert shape.key == "overfits"
    assert "fell (0.60 to 0.004)" in shape.sentence


def test_with_few_photos_a_loss_may_jump() -> None:
    assert curve_shapes.of(curves([1.0, 0.9, 1.4, 1.2, 1.9, 1.3, 1.7]), SETTINGS, 10, 12) is None


def test_a_fine_tuned_run_is_judged_by_the_rate_of_its_fine_tuning() -> None:
    settings = config(dataset="tiny", learning_rate=0.1, fine_tune={"learning_rate": 0.003})
    shape = curve_shapes.of(curves([7.1, 9.9, 8.6, 13.1, 9.4], stage=1), settings, 10, 300)
    assert shape is not None
    assert "learning rate 0.003" in shape.sentence


@pytest.mark.parametrize(
    "losses",
    [
        [],
        [9.0, 9.0, 9.0],  # too few to tell
        [0.6, 0.5, 0.48, 0.47, 0.47, 0.47],  # settled
        [9.0, 0.6, 0.5, 0.49, 0.5, 0.49],  # wild only at the start
    ],
)
def test_nothing_to_say(losses: list[float]) -> None:
    assert curve_shapes.of(curves(losses), SETTINGS, 10, 300) is None


def test_only_the_last_stage_counts() -> None:
    first, second = curves([3.0, 1.0, 0.9, 0.8]), curves([0.5, 0.49, 0.49, 0.49], stage=1)
    both = Curves((*first.epochs, *(each.model_copy(update={"epoch": each.epoch + 4}) for each in second.epochs)))
    assert curve_shapes.of(both, SETTINGS, 10, 300) is None
