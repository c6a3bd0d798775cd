"""MixUp, CutMix and the choice of steps: draws, partners, labels, and what they leave as it was."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from core import photos
from core.augment import engine, partners, preview, receipt, recipe
from core.augment.choice import chosen
from core.augment.mixing import CUTMIX, MIXUP
from core.augment.presets import PRESETS
from core.augment.recipe import Recipe
from core.datasets import adding, catalogue, pack
from core.datasets.partners import READ, FilePartners, PackPartners, of_dataset, of_pack
from core.errors import DatasetError, SettingsError
from tests.conftest import Pixels, encoded, picture
from tests.partners import Pictures

MANY = 20_000
SIDE = 30
ROTATED = (recipe.step("rotation", rotation_range=40), recipe.step("brightness", brightness_range=(0.5, 1.5)))
MIXED = (*ROTATED, recipe.step("mixup", 0.7, mixup_alpha=1), recipe.step("cutmix", 0.6))
PRESET = {preset.key: preset.recipe for preset in PRESETS}


def batch(count: int) -> Pixels:
    return np.stack([picture(SIDE, SIDE, seed) for seed in range(count)])


# Draws


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.5, 1.0, 2.0])
def test_the_shares_have_the_papers_distribution(alpha: float) -> None:
    """Beta(alpha, alpha); of MixUp the smaller share, since which of two photos is the first means nothing."""
    u = np.linspace(0, 1 - 2.0**-53, 999)
    rows = np.stack([u] * 4, axis=1)
    mixup = MIXUP.draw(rows[:, :2], mixup_alpha=alpha)["share"]
    np.testing.assert_allclose(mixup, stats.beta.ppf(u / 2, alpha, alpha), atol=1e-5)
    cutmix = CUTMIX.draw(rows, cutmix_alpha=alpha)["share"]
    np.testing.assert_allclose(cutmix, stats.beta.ppf(u, alpha, alpha), atol=1e-5)


def test_mixup_blends_every_pixel_in_its_share() -> None:
    photo, other = picture(SIDE, SIDE), Pictures(SIDE, SIDE, 1)
    steps = (recipe.step("mixup", 1.0, mixup_alpha=1),)
    for view in range(5):
        (mix,) = partners.mixes(engine.draw(steps, 7, [view], 0), SIDE, SIDE, other)
        (changed,) = engine.augment(photo[None], 7, view, steps, 0, partners=other)
        share = float(mix.shares[0])
        assert 0 < share <= 0.5
        expected = (1 - share) * photo.astype(float) + share * other.pixels(np.zeros(1, np.intp))[0]
        assert np.abs(changed - expected).max() <= 0.51


def test_cutmix_shows_the_partner_in_a_box_that_is_as_large_as_its_share() -> None:
    photo, white = np.zeros((40, 60, 3), np.uint8), White(40, 60)
    steps = (recipe.step("cutmix", 1.0),)
    shares = []
    for view in range(200):
        (mix,) = partners.mixes(engine.draw(steps, 7, [view], 0), 40, 60, white)
        (changed,) = engine.augment(photo[None], 7, view, steps, 0, partners=white)
        box = (changed == 255).all(axis=2)
        assert (box | (changed == 0).all(axis=2)).all()
        assert box.mean() == pytest.approx(float(mix.shares[0]))
        rows, columns = box.any(axis=1), box.any(axis=0)
        assert box.sum() == rows.sum() * columns.sum()
        shares.append(box.mean())
    assert min(shares) < 0.02
    assert max(shares) > 0.6


class White(Pictures):
    """A white picture."""

    def pixels(self, places: partners.Places) -> Pixels:
        return np.full_like(super().pixels(places), 255)


def test_partners_are_drawn_evenly_and_apart_from_the_shares() -> None:
    (draw,) = engine.draw((recipe.step("mixup", 1.0, mixup_alpha=1),), np.arange(MANY), 3, 0)
    counts = np.bincount(Pictures(2, 2, 10).places(draw.values["partner"]), minlength=10)
    assert ((counts - MANY / 10) ** 2 / (MANY / 10)).sum() < 35  # chi-square, 9 degrees: once in 10,000
    assert abs(np.corrcoef(draw.values["partner"], draw.values["share"])[0, 1]) < 5 / np.sqrt(MANY)


def test_the_partner_is_the_picture_of_the_same_view() -> None:
    """It gets the same steps with its own values, and is not mixed itself."""
    others, photo = Pictures(SIDE, SIDE), picture(SIDE, SIDE)
    steps = (*ROTATED, recipe.step("mixup", 1.0, mixup_alpha=1))
    for view in range(4):
        (mix,) = partners.mixes(engine.draw(steps, 7, [view], 5), SIDE, SIDE, others)
        theirs = engine.augment(others.pixels(mix.places), others.numbers(mix.places), view, ROTATED, 5)[0]
        ours, share = engine.augment(photo[None], 7, view, ROTATED, 5)[0], float(mix.shares[0])
        (changed,) = engine.augment(photo[None], 7, view, steps, 5, partners=others)
        assert np.array_equal(changed, cv2.addWeighted(ours, 1 - share, theirs, share, 0))


def test_a_mixed_photo_is_the_same_alone_in_a_batch_in_another_order_and_with_threads() -> None:
    some, keys, views = batch(40), np.arange(40, dtype=np.uint64) * 77, np.arange(40) % 5
    others = Pictures(SIDE, SIDE)

    def changed(rows: NDArray[np.intp], threads: ThreadPoolExecutor | None = None) -> Pixels:
        return engine.augment(some[rows], keys[rows], views[rows], MIXED, 1, threads, others)

    every = np.arange(40)
    whole = changed(every)
    alone = np.concatenate([changed(every[i : i + 1]) for i in every])
    assert np.array_equal(alone, whole)
    order = np.random.default_rng(0).permutation(40)
    assert np.array_equal(changed(order), whole[order])
    with ThreadPoolExecutor(5) as threads:
        assert np.array_equal(changed(every, threads), whole)
    plain = engine.augment(some, keys, views, ROTATED, 1)
    untouched = (whole == plain).all(axis=(1, 2, 3))
    assert 0 < untouched.sum() < 20  # 12 % get neither


def test_mixing_needs_partners() -> None:
    with pytest.raises(ValueError, match="MixUp needs partners"):
        engine.augment(batch(2), [1, 2], 0, (recipe.step("mixup"),), 0)
    never = (recipe.step("mixup", 0.0), *ROTATED)
    assert np.array_equal(engine.augment(batch(2), 1, 0, never, 0), engine.augment(batch(2), 1, 0, ROTATED, 0))
    assert not recipe.mixes(never)
    assert recipe.mixes(MIXED)


# Labels


def test_labels_mix_in_the_shares_of_the_picture() -> None:
    """Two steps after one another: what the first one gave keeps its share of what the second one leaves."""
    others, every = Pictures(SIDE, SIDE, 4), np.eye(4, dtype=np.float32)
    keys = np.arange(200)
    mixed = partners.mixes(engine.draw(MIXED, keys, 0, 0), SIDE, SIDE, others)
    rows = every[keys % 4]
    labels = partners.mixed_labels(rows, every, mixed)
    np.testing.assert_allclose(labels.sum(axis=1), 1, rtol=1e-6)
    numbers = set()
    for i in keys:
        parts = partners.parts(mixed, int(i))
        expected = (1 - sum(share for _, share in parts)) * rows[i]
        for place, share in parts:
            expected = expected + share * every[place]
        np.testing.assert_allclose(labels[i], expected, atol=1e-6)
        numbers.add(len(parts))
    assert numbers == {0, 1, 2}


# Partners from a pack and from files


@pytest.fixture
def damaged(tiny_dataset: Path, tmp_path: Path) -> catalogue.Dataset:
    """A dataset in which some training photos can't be read, the last one among them."""
    import shutil

    folder = tmp_path / "photos"
    shutil.copytree(tiny_dataset, folder)
    files = sorted((folder / "train").glob("*/*"))
    for path in (files[3], files[4], files[-1]):
        path.write_bytes(b"no photo")
    return adding.add_folder("damaged", folder)


def test_the_preview_shows_what_training_sees(damaged: catalogue.Dataset) -> None:
    """Although training has a pack without the unreadable photos, and the preview reads the files one by one."""
    train = pack.load(damaged, "train", 32)
    assert len(train.skipped) == 3
    in_training = of_pack(train, MIXED)
    assert in_training is not None
    for row in (0, 5, len(train) - 1):
        data = (damaged.folder / train.names[row]).read_bytes()
        square, number = photos.square(data, 32), photos.key_number(photos.key(data))
        previews = preview.draws(square, number, MIXED, 3, 6, FilePartners(damaged, 32))
        labels = np.eye(len(damaged.classes), dtype=np.float32)
        for view, each in enumerate(previews):
            pixels, key = train.pixels[row : row + 1], train.numbers[row : row + 1]
            seen = engine.augment(pixels, key, view, MIXED, 3, partners=in_training)[0]
            assert np.array_equal(each.pixels, seen)
            mixed = partners.mixes(engine.draw(MIXED, key, view, 3), 32, 32, in_training)
            every = labels[train.labels]
            label = partners.mixed_labels(every[row : row + 1], every, mixed)[0]
            shown = (1 - sum(share for _, share in each.partners)) * every[row]
            for name, share in each.partners:
                shown = shown + share * labels[damaged.classes.index(name)]
            np.testing.assert_allclose(shown, label, atol=1e-6)
        assert any(each.partners for each in previews)
        steps = preview.steps(square, number, MIXED, 3, 2, FilePartners(damaged, 32))
        assert np.array_equal(steps[-1].pixels, previews[2].pixels)


def test_unreadable_photos_are_replaced_by_the_next_ones(damaged: catalogue.Dataset) -> None:
    train = pack.load(damaged, "train", 32)
    listed = len(damaged.splits["train"])
    u = (np.arange(listed) + 0.5) / listed
    rows, places = PackPartners(train).places(u), FilePartners(damaged, 32).places(u)
    files = FilePartners(damaged, 32)
    assert [train.numbers[row] for row in rows] == files.numbers(places).tolist()
    assert np.array_equal(train.pixels[rows], files.pixels(places))
    assert len(set(rows.tolist())) == len(train) == listed - 3
    assert rows[-1] == rows[0]  # after the last one comes the first one
    assert [damaged.classes[train.labels[row]] for row in rows] == [files.label(place) for place in places]


def test_no_readable_partner_is_an_error(damaged: catalogue.Dataset) -> None:
    for path in damaged.splits["train"].paths:
        path.write_bytes(b"no photo")
    with pytest.raises(DatasetError, match="None of the training photos can be read"):
        FilePartners(damaged, 32).places(np.array([0.5]))


def test_a_recipe_without_mixing_needs_no_partners(damaged: catalogue.Dataset) -> None:
    assert of_pack(pack.load(damaged, "train", 32), ROTATED) is None


def test_partners_stay_as_long_as_the_dataset_and_their_files_do(damaged: catalogue.Dataset) -> None:
    files = of_dataset(damaged, 32)
    assert of_dataset(catalogue.load("damaged"), 32) is files
    assert of_dataset(damaged, 16) is not files
    (place,) = files.places(np.array([0.0]))
    before = files.pixels(np.array([place]))
    path = sorted(damaged.splits["train"].paths)[place]
    path.write_bytes(encoded(picture(50, 60, 999), "PNG"))
    assert not np.array_equal(files.pixels(np.array([place])), before)
    path.unlink()
    with pytest.raises(DatasetError, match="can't be read any more"):
        files.pixels(np.array([place]))
    assert of_dataset(catalogue.load("damaged"), 32) is not files
    files.places(np.linspace(0, 0.999, 10 * READ))
    assert files._kept.cache_info().currsize <= READ


def test_the_version_tells_photos_and_labels_apart(damaged: catalogue.Dataset, tiny_dataset: Path) -> None:
    other = adding.add_folder("other", tiny_dataset)
    assert FilePartners(damaged, 32).version == FilePartners(other, 64).version  # the same names and classes
    next(iter(damaged.splits["train"].paths)).unlink()
    assert FilePartners(catalogue.load("damaged"), 32).version != FilePartners(other, 32).version


# Captions


def test_captions_name_the_partners_class_and_the_shares() -> None:
    others = Pictures(SIDE, SIDE)
    previews = preview.draws(picture(SIDE, SIDE), 9, (recipe.step("mixup", 1.0, mixup_alpha=1),), 0, 8, others)
    for each in previews:
        ((label, share),) = each.partners
        assert each.caption == f"MixUp {1 - share:.0%} this photo, {share:.0%} {label}"
    strip = preview.strip(picture(SIDE, SIDE), "mixup", {"mixup_alpha": 1}, 3, others)
    assert [each.caption[:15] for each in strip] == ["100% this photo", "75% this photo,", "50% this photo,"]
    assert np.array_equal(strip[0].pixels, picture(SIDE, SIDE))
    (first, *_, last) = preview.strip(picture(SIDE, SIDE), "cutmix", {}, 7, others)
    assert first.caption.startswith("100% this photo, 0%")
    assert last.partners[0][1] > first.partners[0][1] if first.partners else last.partners
    draws = engine.draw((recipe.step("cutmix", 1.0),), [1], 0, 0)
    assert engine.captions(draws)[0][0][1].endswith("% this photo")  # where nobody knows the partners


# The choice of steps


def choice(count: int, *steps: recipe.Step) -> Recipe:
    return (*steps, recipe.step("choice", choice_count=count))


THREE = (recipe.step("rotation"), recipe.step("brightness"), recipe.step("zoom"))


@pytest.mark.parametrize("count", [1, 2, 3, 20])
def test_each_photo_gets_that_many_steps(count: int) -> None:
    draws = engine.draw(choice(count, *THREE), np.arange(MANY), 4, 0)
    active = np.stack([draw.active for draw in draws])
    assert (active.sum(axis=0) == min(count, 3)).all()
    assert np.abs(active.mean(axis=1) - min(count, 3) / 3).max() < 0.015  # all are equally likely
    assert len(np.unique(active.T, axis=0)) == {1: 3, 2: 3}.get(count, 1)


def test_a_chosen_step_has_the_values_that_it_has_without_a_choice() -> None:
    keys = np.arange(100)
    for with_choice, without in zip(
        engine.draw(choice(1, *THREE), keys, 0, 0), engine.draw(THREE, keys, 0, 0), strict=True
    ):
        for name, values in without.values.items():
            assert np.array_equal(values, with_choice.values[name])


def test_the_choice_depends_on_photo_view_and_seed_and_not_on_the_order_of_steps() -> None:
    names = ["rotation", "brightness", "zoom"]
    keys = np.arange(500)
    base = chosen(0, 0, keys, names, 1)
    assert np.array_equal(chosen(0, 0, keys, names[::-1], 1)[:, ::-1], base)
    assert np.array_equal(chosen(0, 0, keys[100:200], names, 1), base[100:200])
    for other in (chosen(1, 0, keys, names, 1), chosen(0, 1, keys, names, 1), chosen(0, 0, keys + 500, names, 1)):
        assert 0.2 < (other & base).sum() / 500 < 0.47  # a third is the same by chance
    more = chosen(0, 0, keys, [*names, "shear"], 1)
    moved = (more[:, :3] != base).any(axis=1)
    assert (more[moved, 3]).all()  # a step that is added only takes places, it does not change who else wins
    assert 0.18 < moved.mean() < 0.32


def test_flips_patches_and_mixing_keep_their_own_probability() -> None:
    steps = choice(
        1, *THREE, recipe.step("horizontal_flip"), recipe.step("black_patch", 0.3), recipe.step("mixup", 0.4)
    )
    shares = {draw.step.transform.key: draw.active.mean() for draw in engine.draw(steps, np.arange(MANY), 0, 0)}
    assert shares["horizontal_flip"] == pytest.approx(0.5, abs=0.015)
    assert shares["black_patch"] == pytest.approx(0.3, abs=0.015)
    assert shares["mixup"] == pytest.approx(0.4, abs=0.015)


def test_a_step_that_never_happens_does_not_compete() -> None:
    steps = choice(1, recipe.step("rotation"), recipe.step("zoom", 0.0), recipe.step("brightness", 0.5))
    rotation, zoom, brightness = engine.draw(steps, np.arange(MANY), 0, 0)
    assert rotation.active.mean() == pytest.approx(0.5, abs=0.015)
    assert not zoom.active.any()
    assert brightness.active.mean() == pytest.approx(0.25, abs=0.015)
    assert engine.draw(choice(1), [1], 0, 0) == ()


def test_a_choice_alone_changes_nothing_and_is_in_the_words() -> None:
    photo = batch(3)
    assert engine.augment(photo, 1, 0, choice(1), 0) is photo
    assert recipe.summary(choice(1)) == "none"
    assert recipe.summary(choice(2, *THREE, recipe.step("mixup"))) == "mixup, 2 of: rotation, brightness, zoom"
    assert recipe.summary(choice(3, *THREE)) == "rotation, brightness, zoom"
    assert receipt.of(choice(1, *THREE), 0) not in ("", receipt.of(THREE, 0))
    with pytest.raises(SettingsError, match="choice_count must be a number from 1 to 20, got 0"):
        recipe.step("choice", choice_count=0)


def test_the_steps_that_a_choice_left_out_are_not_shown() -> None:
    previews = preview.steps(picture(SIDE, SIDE), 3, choice(1, *THREE), 0)
    assert len(previews) == 3
    assert previews[1].label in ("Rotation", "Brightness", "Zoom")


def test_without_the_choice_the_steps_happen_as_often() -> None:
    alone = recipe.without_choice(choice(1, *THREE, recipe.step("horizontal_flip")))
    assert [(step.transform.key, round(step.probability, 3)) for step in alone] == [
        ("rotation", 0.333), ("brightness", 0.333), ("zoom", 0.333), ("horizontal_flip", 0.5)
    ]  # fmt: skip
    assert recipe.without_choice(THREE) == THREE


@pytest.mark.parametrize(("key", "count"), [("trivial_augment", 1), ("rand_augment", 2)])
def test_the_presets_are_their_papers(key: str, count: int) -> None:
    """One or two of ten changes and "no change", all equally likely, beside the flip."""
    draws = engine.draw(PRESET[key], np.arange(MANY), 0, 0)
    active = {draw.step.transform.key: draw.active for draw in draws}
    flips = active.pop("horizontal_flip")
    assert flips.mean() == pytest.approx(0.5, abs=0.015)
    together = np.stack(list(active.values()))
    assert together.sum(axis=0).max() == count
    assert len(active) == 10
    assert together.mean(axis=1) == pytest.approx(np.full(10, count * 0.9 / 10), abs=0.01)
    assert recipe.loads(recipe.dumps(PRESET[key])) == PRESET[key]
    assert recipe.loads(recipe.to_link(PRESET[key])) == PRESET[key]


# Recipes without these steps


def test_recipes_without_these_steps_are_what_they_were() -> None:
    """Pixels, text and receipts of the presets before there was mixing (their receipts need this OpenCV)."""
    some, keys = np.stack([picture(40, 40, seed) for seed in range(6)]), np.arange(6, dtype=np.uint64) * 7919 + 1
    before = {
        "none": ("d691acd268e1f413", "71857576257465c7"),
        "course": ("372949a3ba85bdf9", "e4ba30fc1a97e2db"),
        "course_preview": ("b6b0a522de39e9c7", "be20aca6de25122a"),
        "light": ("f478ae10911d8194", "564e76e1979cfa73"),
        "medium": ("b13a802b36e7cf0a", "3e4370d9adf984ab"),
        "strong": ("ec99a723ab646fbc", "3e745da62f0ac777"),
    }
    if cv2.__version__ != "5.0.0":
        pytest.skip("the pixels were recorded with OpenCV 5.0.0")
    for key, (pixels, text) in before.items():
        assert digest(engine.augment(some, keys, 2, PRESET[key], 3).tobytes()) == pixels, key
        assert digest(recipe.dumps(PRESET[key]).encode()) == text, key


def digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def test_the_records_say_where_they_come_from() -> None:
    assert "1710.09412" in MIXUP.source
    assert "1905.04899" in CUTMIX.source
