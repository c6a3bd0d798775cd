"""predictions.npz: what was written is read, and damage is a sentence."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import RunError
from core.runs import predictions
from core.runs.predictions import Predictions

ODD = "test/größe 40/a\udcff b.jpg"  # a file name that is not UTF-8


def some(count: int = 3, seed: int = 0) -> Predictions:
    random = np.random.default_rng(seed)
    return Predictions(
        keys=tuple(f"{number:032x}" for number in range(count)),
        names=(ODD, *(f"test/a/{number}.jpg" for number in range(1, count)))[:count],
        labels=random.integers(3, size=count),
        logits=random.normal(size=(count, 3)).astype(np.float32),
    )


def test_what_was_written_is_read(tmp_path: Path) -> None:
    assert predictions.read(tmp_path) == {}
    written = {"validation": some(2), "test": some(5, 1)}
    predictions.write(tmp_path, written)
    read = predictions.read(tmp_path)
    assert list(read) == ["validation", "test"]
    for split, expected in written.items():
        assert (read[split].keys, read[split].names) == (expected.keys, expected.names)
        assert (read[split].labels == expected.labels).all()
        assert (read[split].logits == expected.logits).all()
    assert predictions.read(tmp_path) is read, "it is read once"
    predictions.write(tmp_path, {"test": some(1)})
    assert list(predictions.read(tmp_path)) == ["test"]


def test_right_answers() -> None:
    found = Predictions(("a", "b"), ("a", "b"), np.array([1, 0]), np.array([[0, 1], [0, 1]], np.float32))
    assert found.answers.tolist() == [1, 1]
    assert found.is_right.tolist() == [True, False]
    assert len(found) == 2


@pytest.mark.parametrize("damage", ["cut", "no zip", "labels", "lengths", "not a number", "newer", "missing"])
def test_damage_is_a_sentence(tmp_path: Path, damage: str) -> None:
    file = tmp_path / predictions.NAME
    predictions.write(tmp_path, {"test": some()})
    content = dict(np.load(file))
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-200])
    elif damage == "no zip":
        file.write_text("hello")
    else:
        changes = {
            "labels": {"test-labels": np.array([0, 1, 7])},
            "lengths": {"test-labels": np.array([0, 1])},
            "not a number": {"test-logits": np.full((3, 3), np.nan, np.float32)},
            "newer": {"version": np.array(2)},
            "missing": {"splits": np.frombuffer(b"validation", np.uint8)},
        }
        np.savez(file, **{**content, **changes[damage]})
    expected = "newer version" if damage == "newer" else "is damaged"
    with pytest.raises(RunError, match=expected):
        predictions.read(tmp_path)
