"""Previews: the pictures that training sees, and captions that fit them."""

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from core.augment import engine, preview, recipe
from core.augment.catalogue import TRANSFORMS
from core.errors import SettingsError
from tests.conftest import Pixels, picture
from tests.partners import Pictures

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
    previews = preview.draws(photo, NUMBER, SOME, 3, 12)
    for view, each in enumerate(previews):
        assert np.array_equal(each.pixels, engine.augment(photo[None], NUMBER, view, SOME, 3)[0])
        assert each.label == f"View {view + 1}"
        assert "Rotation" in each.caption
    assert [each.caption for each in preview.draws(photo, NUMBER, (), 3, 2)] == ["unchanged"] * 2
    assert np.array_equal(preview.draws(photo, NUMBER, (), 3, 1)[0].pixels, photo)
    assert preview.draws(photo, NUMBER, (recipe.step("hue", 0.0),), 3, 1)[0].caption == "unchanged"


def test_the_same_draw_on_several_photos(photo: Pixels) -> None:
    others = [photo, picture(40, 30, 1), picture(40, 30, 2)]
    (own, *_) = preview.draws(photo, NUMBER, SOME, 3, 3)[2:]
    across = preview.across(others, NUMBER, SOME, 3, 2)
    assert [each.label for each in across] == ["Photo 1", "Photo 2", "Photo 3"]
    assert {each.caption for each in across} == {own.caption}
    assert np.array_equal(across[0].pixels, own.pixels)
    for each, other in zip(across, others, strict=True):
        assert np.array_equal(each.pixels, engine.augment(other[None], NUMBER, 2, SOME, 3)[0])
    in_training = [engine.augment(other[None], number, 2, SOME, 3)[0] for number, other in enumerate(others)]
    assert not any(np.array_equal(a.pixels, b) for a, b in zip(across, in_training, strict=True))
    assert [each.caption for each in preview.across(others, NUMBER, (), 3)] == ["unchanged"] * 3


def test_strip_of_every_transform(subtests: pytest.Subtests, photo: Pixels) -> None:
    for key in TRANSFORMS:
        with subtests.test(key=key):
            previews = preview.strip(photo, key, {}, 7, Pictures(40, 30))
            transform = TRANSFORMS[key]
            assert len(previews) == (7 if transform.uniforms else 2 if transform.draws else 1)
            again = preview.strip(photo, key, {}, 7, Pictures(40, 30))
            for a, b in zip(previews, again, strict=True):
                assert np.array_equal(a.pixels, b.pixels)
                assert a.caption
                assert a.label == transform.label
            if transform.uniforms and transform.key not in ("blur",):
                assert (previews[0].pixels != previews[-1].pixels).any()
                captions = [each.caption for each in previews]
                assert captions == [each.caption for each in again]


def test_a_strip_goes_from_end_to_end(photo: Pixels) -> None:
    captions = [each.caption for each in preview.strip(photo, "rotation", {"rotation_range": 30}, 5)]
    assert captions[0] == "30° ↻"
    assert captions[-1] == "30° ↺"
    assert [each.caption for each in preview.strip(photo, "posterise", {"posterise_bits": (2, 4)}, 3)] == [
        "2 bits",
        "3 bits",
        "4 bits",
    ]
    factors = [float(each.caption.split()[0]) for each in preview.strip(photo, "brightness", {}, 7)]
    assert factors == sorted(factors)
    assert (factors[0], factors[-1]) == (0.8, 1.2)
    dark = [each.pixels.mean() for each in preview.strip(photo, "brightness", {}, 7)]
    assert all(a < b for a, b in pairwise(dark))


def test_a_strip_refuses_what_a_recipe_refuses(photo: Pixels) -> None:
    with pytest.raises(SettingsError):
        preview.strip(photo, "rotation", {"rotation_range": 181})
    with pytest.raises(SettingsError):
        preview.strip(photo, "spin", {})


def test_steps_go_from_the_photo_to_the_result(photo: Pixels) -> None:
    for view in range(6):
        previews = preview.steps(photo, NUMBER, SOME, 3, view)
        labels = [each.label for each in previews]
        assert labels == ["Original", "Rotation", "Horizontal flip", "Brightness", "Black patch", "Result"]
        assert np.array_equal(previews[0].pixels, photo)
        assert np.array_equal(previews[-1].pixels, engine.augment(photo[None], NUMBER, view, SOME, 3)[0])
        assert np.array_equal(previews[-2].pixels, previews[-1].pixels)
        happens = "⇄" in previews[2].caption
        assert happens == (previews[2].caption != "not in this view")
        assert happens == (not np.array_equal(previews[1].pixels, previews[2].pixels))
    assert [each.label for each in preview.steps(photo, NUMBER, (), 3)] == ["Original", "Result"]


def test_encoding_loses_nothing(photo: Pixels) -> None:
    for pixels in (photo, np.ascontiguousarray(photo[:, ::-1]), picture(1, 1), photo[:, ::-1]):
        file = preview.encode(pixels)
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(file))), pixels)
    previews = preview.steps(photo, NUMBER, SOME, 3)
    files = preview.encode_all(previews)
    assert files == [preview.encode(each.pixels) for each in previews]
    assert files[-1] is files[-2]
