"""Answers to photos of sessions that a model has not learned from are counted apart."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.answering.card import Card, HeldOut, Scores, SplitScores
from core.datasets import adding, pack
from core.evaluating import held_out
from tests.conftest import Pixels, encoded
from tests.samples import path_of

SIDE = 128  # px
PHOTOS = {  # the backdrop of each photo, by split and class
    "train": {"bars": (1, 2, 3), "disc": (1, 4, 5)},
    "validation": {"bars": (1, 6), "disc": (7,)},
    "test": {"bars": (8,), "disc": (2, 9, 10)},
}


def in_front_of(backdrop: int, number: int) -> Pixels:
    """A photo of something in front of one of ten backdrops, each with a pattern of its own."""
    colours = np.random.default_rng(backdrop).integers(0, 200, (8, 8, 3), np.uint8)
    pixels = cv2.resize(colours, (SIDE, SIDE), interpolation=cv2.INTER_NEAREST)
    shade = int(np.random.default_rng([backdrop, number]).integers(60, 250))
    cv2.circle(pixels, (SIDE // 2, SIDE // 2), SIDE // 4, (shade, 255 - shade, number % 256), -1)
    return pixels


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    number = 0
    for split, classes in PHOTOS.items():
        for label, backdrops in classes.items():
            folder = tmp_path / "photos" / split / label
            folder.mkdir(parents=True)
            for backdrop in backdrops:
                number += 1
                name = (
                    f"{'qwertyuiop'[backdrop - 1]}{'asdfghjklzxcvbnm'[number]}.png"  # no numbers that a camera counts
                )
                (folder / name).write_bytes(encoded(in_front_of(backdrop, number), "PNG"))
    return tmp_path / "photos"


def test_photos_of_a_session_with_training_photos_do_not_count(photos):
    dataset = adding.add_folder("patterns", photos)
    packs = {split: pack.load(dataset, split, 32) for split in PHOTOS}

    def scores(split: str, wrong: tuple[int, ...]) -> Scores:
        count = len(packs[split])
        share = 1 - len(wrong) / count
        return Scores(accuracy=share, correct=count - len(wrong), count=count, interval=(share, share), wrong=wrong)

    validation, test = packs["validation"], packs["test"]
    known = next(place for place, name in enumerate(validation.names) if "/q" in name)  # backdrop 1
    new = next(place for place, name in enumerate(test.names) if "/o" in name)  # backdrop 9
    card = Card.model_validate_json(path_of("card/held-out").read_bytes())
    card = card.model_copy(
        update={"scores": SplitScores(validation=scores("validation", (known,)), test=scores("test", (new,)))}
    )
    assert held_out.of(card, dataset, packs) == HeldOut(correct=4, count=5)
