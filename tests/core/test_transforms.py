"""Every transform of the registry, and the recipes made of them: words, ranges, errors, round trips."""

import dataclasses
import itertools
import json
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from core.augment import engine, recipe
from core.augment.catalogue import TRANSFORMS, registered
from core.augment.presets import PRESETS
from core.augment.transform import Parameter, Stage, Transform
from core.errors import SettingsError
from tests.conftest import Pixels, picture
from tests.partners import Pictures

SIZES = ((1, 1), (32, 17), (299, 299))
KEYS = np.arange(4, dtype=np.uint64) * 7919 + 1


def error_of(*arguments: Any, **settings: Any) -> str:
    """The sentence of the SettingsError from `recipe.step`."""
    with pytest.raises(SettingsError) as error:
        recipe.step(*arguments, **settings)
    return sentence(error.value)


def sentence(error: SettingsError) -> str:
    words = str(error)
    assert words.endswith(".")
    assert words[0].isupper()
    assert "\n" not in words
    return words


def ends(parameter: Parameter) -> list[Any]:
    """The settings at a slider's ends, its default and its neutral value."""
    if parameter.choices:
        return list(parameter.choices)
    common = [parameter.default, parameter.neutral]
    if parameter.is_range:
        low, high = parameter.low, parameter.high
        return [(low, low), (low, high), (high, high), *common]
    return [parameter.low, parameter.high, *common]


def grainy(height: int, width: int, seed: int) -> Pixels:
    """A picture with fine detail: it has every level, and neighbours differ."""
    noise = np.random.default_rng(seed).integers(-30, 31, (height, width, 3))
    return np.clip(picture(height, width, seed) + noise, 0, 255).astype(np.uint8)


def all_ends(transform: Transform) -> list[dict[str, Any]]:
    names = [parameter.name for parameter in transform.parameters]
    return [dict(zip(names, choice, strict=True)) for choice in itertools.product(*map(ends, transform.parameters))]


@pytest.fixture(params=TRANSFORMS, ids=str)
def transform(request: pytest.FixtureRequest) -> Transform:
    return TRANSFORMS[request.param]


def test_words(subtests: pytest.Subtests) -> None:
    for transform in TRANSFORMS.values():
        with subtests.test(transform=transform.key):
            assert TRANSFORMS[transform.key] is transform
            assert transform.key.isidentifier()
            assert transform.key == transform.key.lower()
            for text in (transform.label, transform.explanation, transform.harm):
                assert text == text.strip()
                assert text[0].isupper()
            assert transform.explanation.endswith((".", ")."))
            assert transform.harm.endswith(".")
            assert transform.explanation != transform.harm
            assert len(transform.label) <= 24
            for parameter in transform.parameters:
                assert parameter.name.isidentifier()
                assert parameter.label[0].isupper()
                assert not parameter.label.endswith(".")
                assert parameter.help.endswith(".")
                assert len(parameter.help) > 20


def test_sliders(subtests: pytest.Subtests) -> None:
    """Default and neutral value lie in the range, at whole steps."""
    for transform in TRANSFORMS.values():
        with subtests.test(transform=transform.key):
            for parameter in transform.parameters:
                if parameter.choices:
                    assert parameter.default in parameter.choices
                    assert parameter.neutral in parameter.choices
                    continue
                assert parameter.low < parameter.high
                assert 0 < parameter.step <= parameter.high - parameter.low
                for setting in (parameter.default, parameter.neutral):
                    for value in setting if isinstance(setting, tuple) else (setting,):
                        assert parameter.low <= value <= parameter.high
                        steps = (value - parameter.low) / parameter.step
                        assert abs(steps - round(steps)) < 1e-9
                assert type(parameter.default) is type(parameter.neutral) or not parameter.is_range
            assert 0 <= transform.probability <= 1
            assert recipe.step(transform.key).settings == transform.settings("default")
            assert recipe.step(transform.key, **transform.settings("neutral")).settings == transform.settings("neutral")


def test_the_default_changes_something_and_the_neutral_setting_nothing(transform: Transform) -> None:
    if not transform.draws:
        return
    for height, width in SIZES:
        photos = np.stack([grainy(height, width, seed) for seed in range(4)])
        partners = Pictures(height, width)
        if transform.parameters:
            neutral = recipe.step(transform.key, 1.0, **transform.settings("neutral"))
            for view in range(3):
                assert np.array_equal(engine.augment(photos, KEYS, view, (neutral,), 0, partners=partners), photos)
        never = recipe.step(transform.key, 0.0)
        assert np.array_equal(engine.augment(photos, KEYS, 0, (never,), 0), photos)
        if min(height, width) > 100:
            changed = engine.augment(photos, KEYS, 0, (recipe.step(transform.key, 1.0),), 0, partners=partners)
            assert (changed != photos).any()


def test_every_end_of_every_slider_works_at_every_size(subtests: pytest.Subtests, transform: Transform) -> None:
    for fill_mode in ["nearest", "constant"]:
        with subtests.test(fill_mode=fill_mode):
            for height, width in SIZES:
                photos = np.stack([picture(height, width, seed) for seed in range(2)])
                before = photos.copy()
                for settings in all_ends(transform):
                    steps = [recipe.step(transform.key, 1.0, **settings)]
                    if transform.key != "border":
                        steps.append(recipe.step("border", fill_mode=fill_mode, cval=128))
                    changed = engine.augment(photos, KEYS[:2], 5, tuple(steps), 3, partners=Pictures(height, width))
                    assert changed.shape == photos.shape
                    assert changed.dtype == np.uint8
                    assert np.array_equal(photos, before), "the input photos must stay unchanged"


def test_default_at_every_seed_with_threads_or_without(transform: Transform) -> None:
    photos = np.stack([grainy(33, 40, seed) for seed in range(20)])
    steps, partners = (recipe.step(transform.key),), Pictures(33, 40)
    with ThreadPoolExecutor(8) as threads:
        for seed in range(3):
            alone = [engine.augment(photos[i][None], i, 2, steps, seed, partners=partners)[0] for i in range(20)]
            together = engine.augment(photos, np.arange(20), 2, steps, seed, threads, partners)
            assert np.array_equal(together, alone)


def test_a_photo_is_the_same_alone_with_every_choice(transform: Transform) -> None:
    photos = np.stack([grainy(33, 40, seed) for seed in range(6)])
    for parameter in transform.parameters:
        for choice in parameter.choices:
            steps = (recipe.step(transform.key, 1.0, **{parameter.name: choice}),)
            alone = [engine.augment(photos[i : i + 1], i, 2, steps, 1)[0] for i in range(6)]
            assert np.array_equal(engine.augment(photos, np.arange(6), 2, steps, 1), alone), choice


def test_every_transform_names_its_source(subtests: pytest.Subtests) -> None:
    for transform in TRANSFORMS.values():
        with subtests.test(transform=transform.key):
            assert len(transform.source) > 8
            assert not transform.sweep or len(transform.sweep) == transform.uniforms
            functions = (transform.matrix, transform.table, transform.own_table,
                             transform.colour_matrix, transform.texture, transform.patch, transform.mix)  # fmt: skip
            is_setting = transform.key in ("border", "choice")
            assert sum(function is not None for function in functions) == (not is_setting)
            assert transform.takes_effect.endswith(".") == is_setting
            assert transform.keras.generator is None or transform.stage in (Stage.GEOMETRY, Stage.COLOUR)


def test_presets_are_different_recipes_with_different_names() -> None:
    assert len({preset.key for preset in PRESETS}) == len({preset.label for preset in PRESETS}) == len(PRESETS)
    assert len({recipe.dumps(preset.recipe) for preset in PRESETS}) == len(PRESETS)
    assert all(preset.explanation.endswith(".") for preset in PRESETS)


def test_drawing_is_pure_and_finite_and_within_the_setting(transform: Transform) -> None:
    if not transform.draws:
        return
    u = np.concatenate([np.zeros((1, transform.uniforms)), np.full((1, transform.uniforms), 1 - 2.0**-53),
                        np.random.default_rng(0).random((50, transform.uniforms))])  # fmt: skip
    for settings in all_ends(transform):
        before = u.copy()
        values = transform.draw(u, **settings)
        again = transform.draw(u, **settings)
        assert np.array_equal(u, before)
        assert values
        for name, numbers in values.items():
            assert numbers.shape[:1] == (len(u),)
            assert numbers.ndim <= 2
            assert np.isfinite(numbers).all()
            assert np.array_equal(numbers, again[name])
            alone = transform.draw(u[7:8], **settings)[name]  # vectorised: a photo's draw doesn't depend on the others
            assert np.array_equal(alone, numbers[7:8])


@pytest.mark.parametrize(
    ("key", "settings", "bounds"),
    [
        ("rotation", {"rotation_range": 30}, {"theta": (-30, 30)}),
        ("width_shift", {"width_shift_range": 0.2}, {"tx": (-0.2, 0.2)}),
        ("height_shift", {"height_shift_range": 0.3}, {"ty": (-0.3, 0.3)}),
        ("shear", {"shear_range": 10}, {"shear": (-10, 10)}),
        ("zoom", {"zoom_range": 0.1}, {"zx": (0.9, 1.1), "zy": (0.9, 1.1)}),
        ("brightness", {"brightness_range": (0.5, 1.6)}, {"brightness": (0.5, 1.6)}),
        ("black_patch", {"patch_size": 0.3}, {"left": (0, 1), "top": (0, 1)}),
    ],
)
def test_draws_fill_their_range(key: str, settings: dict[str, Any], bounds: dict[str, tuple[float, float]]) -> None:
    """As in ImageDataGenerator: even over the range, symmetric, and separate for x and y of a zoom."""
    (draw,) = engine.draw((recipe.step(key, **settings),), np.arange(4000), 0, 0)
    for name, (low, high) in bounds.items():
        values = draw.values[name]
        assert low <= values.min() < low + 0.01 * (high - low)
        assert high - 0.01 * (high - low) < values.max() <= high
        assert abs(values.mean() - (low + high) / 2) < 0.02 * (high - low)
        assert abs(values.std() - (high - low) / math.sqrt(12)) < 0.01 * (high - low)
    if len(bounds) == 2:
        assert abs(np.corrcoef(*draw.values.values() if key == "zoom" else list(draw.values.values())[:2])[0, 1]) < 0.05


def test_caption(subtests: pytest.Subtests) -> None:
    for transform in TRANSFORMS.values():
        with subtests.test(transform=transform.key):
            for settings in all_ends(transform):
                draws = engine.draw((recipe.step(transform.key, 1.0, **settings),), KEYS, 0, 0)
                for row in engine.captions(draws):
                    ((label, words),) = row
                    assert label == transform.label
                    assert 0 < len(words) <= 24
                    assert "\n" not in words
                    assert "nan" not in words
            if not transform.draws:
                assert transform.caption() == "yes"


def test_shift_captions_point_where_the_photo_goes() -> None:
    """The matrix says where a pixel comes from: a positive tx takes it from the right, so the photo moves left."""
    photos = np.zeros((1, 20, 20, 3), np.uint8)
    photos[0, 10, 10] = 255
    for key, name, arrow, axis in (("width_shift", "tx", "←", 1), ("height_shift", "ty", "↑", 0)):
        step = recipe.step(key, 1.0)
        draws = (engine.Draw(step, np.array([True]), {name: np.array([0.2])}),)
        moved = engine.apply(photos, engine.fuse((step,), draws, 20, 20))[0, :, :, 0]
        assert np.argwhere(moved == 255)[0][axis] == 6
        assert engine.captions(draws)[0][0][1] == f"20% {arrow}"


def test_the_rotation_caption_turns_as_the_photo_does() -> None:
    photos = np.zeros((1, 21, 21, 3), np.uint8)
    photos[0, 1:5, 9:12] = 255  # a bar at the top
    step = recipe.step("rotation", 1.0)
    draws = (engine.Draw(step, np.array([True]), {"theta": np.array([90.0])}),)
    turned = engine.apply(photos, engine.fuse((step,), draws, 21, 21))[0, :, :, 0]
    at_left, at_right = turned[10, 2] == 255, turned[10, 18] == 255
    assert at_left != at_right
    assert engine.captions(draws)[0][0][1] == ("90° ↺" if at_left else "90° ↻")


def test_a_zoom_factor_above_one_makes_things_smaller() -> None:
    photos = np.zeros((1, 40, 40, 3), np.uint8)
    photos[0, 10:30, 10:30] = 255
    step = recipe.step("zoom", 1.0)
    draws = (engine.Draw(step, np.array([True]), {"zx": np.array([2.0]), "zy": np.array([1.0])}),)
    shrunk = engine.apply(photos, engine.fuse((step,), draws, 40, 40))[0, :, :, 0] > 127
    assert (shrunk.any(axis=0).sum(), shrunk.any(axis=1).sum()) == (10, 20)


def test_keys_and_parameter_names_occur_once() -> None:
    with pytest.raises(ValueError, match="must be unique, got 'rotation' twice"):
        registered(
            TRANSFORMS["rotation"], TRANSFORMS["zoom"], dataclasses.replace(TRANSFORMS["rotation"], label="Other")
        )
    names = [parameter.name for transform in TRANSFORMS.values() for parameter in transform.parameters]
    assert len(set(names)) == len(names)
    assert not {"transform", "probability"} & set(names)  # a recipe's own words
    labels = [transform.label for transform in TRANSFORMS.values()]
    assert len(set(labels)) == len(labels)


def test_an_unknown_transform_is_refused_with_all_keys(subtests: pytest.Subtests) -> None:
    for key in ["spin", "", "Rotation", None, 3, ["rotation"]]:
        with subtests.test(key=key):
            assert "rotation, width_shift" in error_of(key)


def test_an_unknown_setting_is_refused(subtests: pytest.Subtests) -> None:
    for transform in TRANSFORMS.values():
        with subtests.test(transform=transform.key):
            words = error_of(transform.key, strength=3)
            assert "'strength'" in words
            for parameter in transform.parameters:
                assert parameter.name in words


WRONG = [
    math.nan,
    math.inf,
    -math.inf,
    True,
    False,
    None,
    "15",
    "",
    [],
    {},
    [1],
    (0.5, 0.9, 1.0),
    10**400,
    object(),
    1j,
]


def test_values_that_are_not_numbers_are_refused_everywhere(subtests: pytest.Subtests) -> None:
    for transform, value in itertools.product(TRANSFORMS.values(), WRONG):
        with subtests.test(transform=transform.key, value=value):
            for parameter in transform.parameters:
                words = error_of(transform.key, **{parameter.name: value})
                assert parameter.name in words
                assert "must be" in words
                assert transform.label in words
            if value is not None:  # None is the default probability
                assert "probability" in error_of(transform.key, value)


def test_values_out_of_range_are_refused(subtests: pytest.Subtests) -> None:
    for transform in TRANSFORMS.values():
        with subtests.test(transform=transform.key):
            for parameter in transform.parameters:
                if parameter.choices:
                    words = error_of(transform.key, **{parameter.name: parameter.choices[0].capitalize()})
                    assert ", ".join(parameter.choices) in words
                    continue
                below, above = math.nextafter(parameter.low, -math.inf), math.nextafter(parameter.high, math.inf)
                for value in (below, above, -1e308, 1e308, 10**9):
                    settings = [(parameter.low, value), (value, parameter.high)] if parameter.is_range else [value]
                    for setting in settings:
                        words = error_of(transform.key, **{parameter.name: setting})
                        assert f"{parameter.low:g} to {parameter.high:g}" in words
                if parameter.is_range:
                    assert "smaller first" in error_of(
                        transform.key, **{parameter.name: (parameter.high, parameter.low)}
                    )
                    error_of(transform.key, **{parameter.name: parameter.low})
                else:
                    error_of(transform.key, **{parameter.name: (parameter.low, parameter.high)})
            for chance in (-0.01, 1.01, -1e-9):
                assert "from 0 to 1" in error_of(transform.key, chance)


def random_recipe(seed: int) -> recipe.Recipe:
    """Some transforms in any order with any settings in range, as numbers from sliders, JSON and NumPy."""
    rng = np.random.default_rng(seed)
    keys = rng.permutation(list(TRANSFORMS))[: rng.integers(0, len(TRANSFORMS) + 1)]
    steps = []
    for key in keys:
        settings: dict[str, Any] = {}
        for parameter in TRANSFORMS[key].parameters:
            if rng.random() < 0.2:
                continue  # left to its default
            if parameter.choices:
                settings[parameter.name] = parameter.choices[rng.integers(len(parameter.choices))]
                continue
            low, high = sorted(float(value) for value in rng.uniform(parameter.low, parameter.high, 2))
            number = (int(high) if int(high) >= parameter.low else high) if rng.random() < 0.3 else high
            settings[parameter.name] = [low, high] if parameter.is_range else number
        steps.append(recipe.step(key, None if rng.random() < 0.3 else float(rng.random()), **settings))
    return tuple(steps)


def test_round_trip(subtests: pytest.Subtests) -> None:
    for seed in range(40):
        with subtests.test(seed=seed):
            steps = random_recipe(seed)
            plain = recipe.to_json(steps)
            assert recipe.from_json(plain) == steps
            assert recipe.from_json(json.loads(json.dumps(plain))) == steps
            text = recipe.dumps(steps)
            assert recipe.loads(text) == steps
            assert recipe.dumps(recipe.loads(text)) == text
            assert "\n" not in text
            photos, partners = picture(24, 24)[None], Pictures(24, 24)
            changed = engine.augment(photos, 5, 1, steps, 0, partners=partners)
            assert np.array_equal(engine.augment(photos, 5, 1, recipe.loads(text), 0, partners=partners), changed)


def test_whole_numbers_and_fractions_are_the_same_recipe() -> None:
    """The text is part of cache keys: 15 from a link and 15.0 from a slider must not be two recipes."""
    link = recipe.from_json([{"transform": "rotation", "rotation_range": 15, "probability": 1}])
    slider = recipe.from_json([{"probability": 1.0, "rotation_range": 15.0, "transform": "rotation"}])
    assert recipe.dumps(link) == recipe.dumps(slider) == recipe.dumps((recipe.step("rotation"),))


NO_RECIPES = [
    (None, "must be a list"),
    ({}, "must be a list"),
    ("rotation", "must be a list"),
    ([None], "must be a list"),
    ([["rotation"]], "must be a list"),
    ([{}], "has no transform"),
    ([{"rotation_range": 3}], "has no transform"),
    ([{"transform": "spin"}], "There is no transform"),
    ([{"transform": ["rotation"]}], "There is no transform"),
    ([{"transform": {}}], "There is no transform"),
    ([{"transform": "rotation", 3: 4}], "no setting '3'"),
    ([{"transform": "rotation", "key": "zoom"}], "no setting 'key'"),
    ([{"transform": "rotation", "rotation_range": None}], "must be"),
    ([{"transform": "rotation"}, {"transform": "zoom"}, {"transform": "rotation"}], "'rotation' twice"),
]


def test_invalid_recipes_are_refused(subtests: pytest.Subtests) -> None:
    for value, words in NO_RECIPES:
        with subtests.test(value=value):
            with pytest.raises(SettingsError) as error:
                recipe.from_json(value)
            assert words in sentence(error.value)


def test_invalid_json_is_refused(subtests: pytest.Subtests) -> None:
    for text in ["", "[", "rotation", '[{"transform": "rotation"', "\x00", "[" * 100_000, "9" * 5000]:
        with subtests.test(text=text):
            with pytest.raises(SettingsError) as error:
                recipe.loads(text)
            sentence(error.value)


@pytest.mark.parametrize("text", ["[NaN]", '[{"transform": "rotation", "rotation_range": NaN}]'])
def test_json_with_nan_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        recipe.loads(text)


def test_summary() -> None:
    assert recipe.summary(()) == "none"
    assert recipe.summary((recipe.step("border"),)) == "none"
    assert recipe.summary((recipe.step("zoom"), recipe.step("border"), recipe.step("shear"))) == "zoom, shear"
