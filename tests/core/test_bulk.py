"""Predictions for many photos: their order, the effect of a broken photo, and how far ahead photos are read."""

import threading
import time
from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from core import photos
from core.answering import bulk, classifier, litert, shelf
from core.errors import PhotoError
from core.photos.album import PhotoSource
from tests.conftest import encoded
from tests.fabricated import LABELS, flat, saved_model


@pytest.fixture
def colours() -> classifier.Classifier:
    return classifier.Classifier(shelf.read(saved_model("colours")))


def coloured(number: int) -> bytes:
    levels = [20, 20, 20]
    levels[number % 3] = 200 + number % 50
    return encoded(flat(*levels), "PNG")


def source(name: str, data: bytes) -> PhotoSource:
    return PhotoSource(name, lambda: data)


def broken() -> bytes:
    raise PhotoError("It is broken.")


@pytest.mark.parametrize("count", [0, 1, litert.BATCH, litert.BATCH + 1, 5 * litert.BATCH + 3])
def test_answers_come_in_order_and_are_those_of_single_photos(colours: classifier.Classifier, count: int) -> None:
    predictions = list(bulk.predict(colours, (source(f"{number}.png", coloured(number)) for number in range(count))))
    assert [prediction.name for prediction in predictions] == [f"{number}.png" for number in range(count)]
    for number, prediction in enumerate(predictions):
        single = colours.answer(coloured(number))
        assert prediction.answer is not None
        assert prediction.answer.label == single.label == LABELS[number % 3]
        assert prediction.answer.probability == pytest.approx(single.probability, abs=1e-6)
        assert (prediction.error, prediction.thumbnail, prediction.key) == ("", b"", photos.key(coloured(number)))


def test_a_slow_photo_does_not_change_the_order(colours: classifier.Classifier) -> None:
    def slow(number: int) -> bytes:
        time.sleep(0.02 if number % 7 == 0 else 0)
        return coloured(number)

    predictions = bulk.predict(colours, (PhotoSource(str(number), partial(slow, number)) for number in range(40)))
    assert [prediction.name for prediction in predictions] == [str(number) for number in range(40)]


def test_a_broken_photo_affects_only_its_own_prediction(colours: classifier.Classifier) -> None:
    text = b"just some text"
    batch = [
        source("a", coloured(0)),
        PhotoSource("b", broken),
        source("c", text),
        source("d", coloured(1)),
        source("e", b""),
    ]
    predictions = list(bulk.predict(colours, batch))
    assert [prediction.answer and prediction.answer.label for prediction in predictions] == [
        "red",
        None,
        None,
        "green",
        None,
    ]
    assert predictions[1].error == "It is broken."
    assert predictions[1].key == ""
    assert "not a photo" in predictions[2].error
    assert predictions[2].key == photos.key(text)
    assert "empty" in predictions[4].error


def test_only_broken_photos(colours: classifier.Classifier) -> None:
    assert [prediction.error for prediction in bulk.predict(colours, [PhotoSource("a", broken)] * 40)] == [
        "It is broken."
    ] * 40


def test_duplicates_get_the_same_answer(colours: classifier.Classifier) -> None:
    predictions = list(bulk.predict(colours, [source("a", coloured(2)), source("a", coloured(2))]))
    assert predictions[0] == predictions[1]
    assert predictions[0].answer is not None


def test_a_bug_is_not_hidden(colours: classifier.Classifier) -> None:
    def bug() -> bytes:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        list(bulk.predict(colours, [PhotoSource("a", bug)]))


def test_photos_are_read_a_few_ahead_and_no_further(colours: classifier.Classifier) -> None:
    count = 0

    def endless() -> Iterator[PhotoSource]:
        nonlocal count
        while True:
            count += 1
            yield source(str(count), coloured(count))

    predictions = bulk.predict(colours, endless())
    for number in range(1, 101):
        assert next(predictions).name == str(number)
        assert count <= number + bulk.AHEAD + litert.BATCH
    predictions.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("photos")]


def test_thumbnails_are_small_upright_and_shaped_like_the_photo(colours: classifier.Classifier) -> None:
    pixels = np.zeros((600, 1200, 3), np.uint8)
    pixels[:, 600:] = 250
    large, small = encoded(pixels, "JPEG"), coloured(0)
    first, second, third = bulk.predict(
        colours, [source("a", large), source("b", small), PhotoSource("c", broken)], thumbnails=True
    )
    assert photos.decode(first.thumbnail).shape == (160, 320, 3)
    assert photos.decode(first.thumbnail)[80, [80, 240], 0].tolist() == pytest.approx([0, 250], abs=3)
    assert photos.decode(second.thumbnail).shape == (12, 12, 3)
    assert third.thumbnail == b""
    plain = list(bulk.predict(colours, [source("a", large), source("b", small)]))
    assert [prediction.answer for prediction in plain] == [first.answer, second.answer]
