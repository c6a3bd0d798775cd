"""What a page shows: the pictures that training sees, and words that fit them."""

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from core.augment import engine, preview, recipe
from core.augment.catalogue import TRANSFORMS
from core.errors import SettingsError
from tests.conftest import Pixels, picture

NUMBER = 2**63 + 5
SOME = (
    recipe.step("black_patch"),
    recipe.step("rotation"),
    recipe.step("horizontal_flip", 0.5),
    recipe.step("brightness"),
    recipe.step("border", fill_mode="wrap"),
)


@pytest.fixture
def photo() -> Pixels:
    return picture(40, 30)


def test_draws_are_what_training_sees(photo: Pixels) -> None:
    shown = preview.draws(photo, NUMBER, SOME, 3, 12)
    for view, one in enumerate(shown):
        assert np.array_equal(one.pixels, engine.augmented(photo[None], NUMBER, view, SOME, 3)[0])
        assert one.label == f"View {view + 1}"
        assert "Rotation" in one.caption
    assert [one.caption for one in preview.draws(photo, NUMBER, (), 3, 2)] == ["unchanged"] * 2
    assert np.array_equal(preview.draws(photo, NUMBER, (), 3, 1)[0].pixels, photo)
    assert preview.draws(photo, NUMBER, (recipe.step("hue", 0.0),), 3, 1)[0].caption == "unchanged"


def test_epochs_come_back_to_the_views_there_are(photo: Pixels) -> None:
    shown = preview.in_epochs(photo, NUMBER, SOME, 3, range(6), views=4)
    assert [one.label for one in shown] == [f"Epoch {epoch}" for epoch in range(1, 7)]
    assert np.array_equal(shown[0].pixels, shown[4].pixels)
    assert not np.array_equal(shown[0].pixels, shown[1].pixels)
    fresh = preview.in_epochs(photo, NUMBER, SOME, 3, range(6))
    assert not np.array_equal(fresh[0].pixels, fresh[4].pixels)
    assert np.array_equal(fresh[4].pixels, preview.draws(photo, NUMBER, SOME, 3, 5)[4].pixels)


def test_strip_of_every_transform(subtests: pytest.Subtests, photo: Pixels) -> None:
    for key in TRANSFORMS:
        with subtests.test(key=key):
            shown = preview.strip(photo, key, {}, 7)
            one = TRANSFORMS[key]
            assert len(shown) == (7 if one.uniforms else 2 if one.draws else 1)
            again = preview.strip(photo, key, {}, 7)
            for a, b in zip(shown, again, strict=True):
                assert np.array_equal(a.pixels, b.pixels)
                assert a.caption
                assert a.label == one.label
            if one.uniforms and one.key not in ("blur",):
                assert (shown[0].pixels != shown[-1].pixels).any()
                words = [each.caption for each in shown]
                assert words == [each.caption for each in again]


def test_a_strip_goes_from_end_to_end(photo: Pixels) -> None:
    words = [one.caption for one in preview.strip(photo, "rotation", {"rotation_range": 30}, 5)]
    assert words[0] == "30° ↻"
    assert words[-1] == "30° ↺"
    assert [one.caption for one in preview.strip(photo, "posterise", {"posterise_bits": (2, 4)}, 3)] == [
        "2 bits",
        "3 bits",
        "4 bits",
    ]
    factors = [float(one.caption.split()[0]) for one in preview.strip(photo, "brightness", {}, 7)]
    assert factors == sorted(factors)
    assert (factors[0], factors[-1]) == (0.8, 1.2)
    dark = [one.pixels.mean() for one in preview.strip(photo, "brightness", {}, 7)]
    assert all(a < b for a, b in pairwise(dark))


def test_a_strip_refuses_what_a_recipe_refuses(photo: Pixels) -> None:
    with pytest.raises(SettingsError):
        preview.strip(photo, "rotation", {"rotation_range": 181})
    with pytest.raises(SettingsError):
        preview.strip(photo, "spin", {})


def test_steps_go_from_the_photo_to_the_result(photo: Pixels) -> None:
    for view in range(6):
        shown = preview.steps(photo, NUMBER, SOME, 3, view)
        labels = [one.label for one in shown]
        assert labels == ["Original", "Rotation", "Horizontal flip", "Brightness", "Black patch", "Result"]
        assert np.array_equal(shown[0].pixels, photo)
        assert np.array_equal(shown[-1].pixels, engine.augmented(photo[None], NUMBER, view, SOME, 3)[0])
        assert np.array_equal(shown[-2].pixels, shown[-1].pixels)
        happens = "⇄" in shown[2].caption
        assert happens == (shown[2].caption != "not in this view")
        assert happens == (not np.array_equal(shown[1].pixels, shown[2].pixels))
    assert [one.label for one in preview.steps(photo, NUMBER, (), 3)] == ["Original", "Result"]


def test_encoding_loses_nothing(photo: Pixels) -> None:
    for pixels in (photo, np.ascontiguousarray(photo[:, ::-1]), picture(1, 1), photo[:, ::-1]):
        file = preview.encoded(pixels)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(file))), pixels)
    shown = preview.steps(photo, NUMBER, SOME, 3)
    files = preview.all_encoded(shown)
    assert files == [preview.encoded(one.pixels) for one in shown]
    assert files[-1] is files[-2]
