"""Many photos through a classifier: their order, what a broken one costs, and how far ahead they are taken."""

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


def given(name: str, data: bytes) -> PhotoSource:
    return PhotoSource(name, lambda: data)


def broken() -> bytes:
    raise PhotoError("It is broken.")


@pytest.mark.parametrize("count", [0, 1, litert.BATCH, litert.BATCH + 1, 5 * litert.BATCH + 3])
def test_answers_come_in_order_and_are_those_of_single_photos(colours: classifier.Classifier, count: int) -> None:
    asked = list(bulk.ask(colours, (given(f"{number}.png", coloured(number)) for number in range(count))))
    assert [one.name for one in asked] == [f"{number}.png" for number in range(count)]
    for number, one in enumerate(asked):
        single = colours.answer(coloured(number))
        assert one.answer is not None
        assert one.answer.label == single.label == LABELS[number % 3]
        assert one.answer.probability == pytest.approx(single.probability, abs=1e-6)
        assert (one.error, one.thumbnail, one.key) == ("", b"", photos.key(coloured(number)))


def test_a_slow_photo_does_not_change_the_order(colours: classifier.Classifier) -> None:
    def slow(number: int) -> bytes:
        time.sleep(0.02 if number % 7 == 0 else 0)
        return coloured(number)

    asked = bulk.ask(colours, (PhotoSource(str(number), partial(slow, number)) for number in range(40)))
    assert [one.name for one in asked] == [str(number) for number in range(40)]


def test_a_broken_photo_costs_its_line(colours: classifier.Classifier) -> None:
    text = b"just some text"
    batch = [
        given("a", coloured(0)),
        PhotoSource("b", broken),
        given("c", text),
        given("d", coloured(1)),
        given("e", b""),
    ]
    asked = list(bulk.ask(colours, batch))
    assert [one.answer and one.answer.label for one in asked] == ["red", None, None, "green", None]
    assert asked[1].error == "It is broken."
    assert asked[1].key == ""
    assert "not a photo" in asked[2].error
    assert asked[2].key == photos.key(text)
    assert "empty" in asked[4].error


def test_only_broken_photos(colours: classifier.Classifier) -> None:
    assert [one.error for one in bulk.ask(colours, [PhotoSource("a", broken)] * 40)] == ["It is broken."] * 40


def test_duplicates_are_simply_answered(colours: classifier.Classifier) -> None:
    asked = list(bulk.ask(colours, [given("a", coloured(2)), given("a", coloured(2))]))
    assert asked[0] == asked[1]
    assert asked[0].answer is not None


def test_a_mistake_of_ours_is_not_hidden(colours: classifier.Classifier) -> None:
    def bug() -> bytes:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        list(bulk.ask(colours, [PhotoSource("a", bug)]))


def test_photos_are_taken_a_few_ahead_and_no_further(colours: classifier.Classifier) -> None:
    taken = 0

    def endless() -> Iterator[PhotoSource]:
        nonlocal taken
        while True:
            taken += 1
            yield given(str(taken), coloured(taken))

    asked = bulk.ask(colours, endless())
    for number in range(1, 101):
        assert next(asked).name == str(number)
        assert taken <= number + bulk.AHEAD + litert.BATCH
    asked.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("photos")]


def test_thumbnails_are_small_upright_and_shaped_like_the_photo(colours: classifier.Classifier) -> None:
    pixels = np.zeros((600, 1200, 3), np.uint8)
    pixels[:, 600:] = 250
    large, small = encoded(pixels, "JPEG"), coloured(0)
    one, two, three = bulk.ask(
        colours, [given("a", large), given("b", small), PhotoSource("c", broken)], thumbnails=True
    )
    assert photos.decode(one.thumbnail).shape == (160, 320, 3)
    assert photos.decode(one.thumbnail)[80, [80, 240], 0].tolist() == pytest.approx([0, 250], abs=3)
    assert photos.decode(two.thumbnail).shape == (12, 12, 3)
    assert three.thumbnail == b""
    plain = list(bulk.ask(colours, [given("a", large), given("b", small)]))
    assert [one.answer for one in plain] == [one.answer, two.answer]
