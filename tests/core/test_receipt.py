"""Receipts: the same for the same pixels, different for everything else."""

import re

import numpy as np
import pytest

from core.augment import engine, receipt, recipe
from core.augment.catalogue import TRANSFORMS
from core.augment.recipe import Recipe
from tests.conftest import Pixels

SOME = (recipe.step("rotation"), recipe.step("brightness"), recipe.step("black_patch", 0.5))


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    receipt._of.cache_clear()


def test_a_receipt_is_short_and_always_the_same() -> None:
    first = receipt.of(SOME, 3)
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", first)
    receipt._of.cache_clear()
    assert receipt.of(recipe.loads(recipe.dumps(SOME)), 3) == first
    assert receipt.of(recipe.loads(recipe.to_link(SOME)), 3) == first


def test_recipe_and_seed_count() -> None:
    others: list[tuple[Recipe, int]] = [
        (SOME, 4),
        (SOME[:2], 3),
        ((*SOME[:2], recipe.step("black_patch", 0.55)), 3),
        ((recipe.step("rotation", rotation_range=15.5), *SOME[1:]), 3),
        ((*SOME, recipe.step("border", fill_mode="wrap")), 3),
    ]
    assert len({receipt.of(steps, seed) for steps, seed in [(SOME, 3), *others]}) == 1 + len(others)


def test_what_changes_no_pixel_does_not_count() -> None:
    assert receipt.of(SOME[::-1], 3) == receipt.of(SOME, 3)  # the stages are applied in a fixed order
    assert receipt.of((*SOME, recipe.step("noise", 0.0)), 3) == receipt.of(SOME, 3)
    swapped = (recipe.step("zoom"), recipe.step("rotation")), (recipe.step("rotation"), recipe.step("zoom"))
    assert receipt.of(swapped[0], 3) != receipt.of(swapped[1], 3)  # within a stage the order counts
    for nothing in ((), (recipe.step("rotation", 0.0),), (recipe.step("border"),)):
        assert receipt.of(nothing, 3) == ""


def test_another_engine_gives_another_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    before = receipt.of(SOME, 3)
    augment = engine.augment

    def rounds_differently(*arguments: object, **named: object) -> Pixels:
        pixels = augment(*arguments, **named).copy()  # type: ignore[arg-type]
        pixels[0, 30, 30, 0] ^= 1
        return pixels

    monkeypatch.setattr(engine, "augment", rounds_differently)
    receipt._of.cache_clear()
    assert receipt.of(SOME, 3) != before


def test_every_transform_leaves_its_mark_on_the_reference_picture(subtests: pytest.Subtests) -> None:
    """Otherwise a change of that transform's code would not change any receipt. Rare ones count too."""
    photo = receipt._reference()
    assert photo.shape == (receipt.SIDE, receipt.SIDE, 3)
    for key, transform in TRANSFORMS.items():
        if transform.draws:
            with subtests.test(key=key):
                steps, photos = (recipe.step(key, 1.0),), np.stack([photo] * receipt.VIEWS)
                partners = receipt.Turned()
                views = engine.augment(photos, receipt.NUMBER, range(receipt.VIEWS), steps, 0, partners=partners)
                assert any(not np.array_equal(view, photo) for view in views)


def test_the_comparison_in_words() -> None:
    assert receipt.compared("", "A", "A", (299, 299)) == ""
    assert receipt.compared("A", "A", "A", (299, 299)).endswith("A. Training saw what the preview shows.")
    assert "resized to 150 px instead of 299 px" in receipt.compared("A", "A", "A", (150, 299))
    assert "has B now: another recipe or another seed" in receipt.compared("A", "A", "B", (299, 299))
    assert "shows no augmentation now" in receipt.compared("A", "A", "", (299, 299))
    for preview_ in ("A", "C", "B"):
        assert "give C today: the program or OpenCV has changed" in receipt.compared("A", "C", preview_, (299, 299))
