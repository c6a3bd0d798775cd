"""The drawn garments: always the same, complete, and different only in their shape."""

import hashlib
import itertools
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets import drawn
from core.datasets.garments.colours import CLOTHS, FLOORS, far_from
from core.datasets.garments.outlines import Ink, Part
from core.errors import DatasetError

ROOT = Path(drawn.__file__).parents[2]
SOME = [("dress", 0), ("hat", 7), ("outwear", 41), ("shoes", 59), ("t-shirt", 12)]


def fingerprint() -> str:
    pixels = [np.asarray(drawn.garment(label, number, 64)).tobytes() for label, number in SOME]
    return hashlib.sha256(b"".join(pixels)).hexdigest()


def silhouette(label: str, number: int, size: int = 48) -> np.ndarray:
    """True where the garment is, from the same random numbers as the drawing."""
    rng = np.random.default_rng([number, *label.encode()])
    parts = drawn.CUTS[label](rng)
    drawn.palette(rng)
    return np.asarray(drawn.ink_map(parts, drawn.placing(rng, parts, size), size)) > 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    drawn.draw(folder)
    return folder


def test_classes_are_those_of_the_clothing_dataset() -> None:
    assert drawn.CLASSES == (
        "dress", "hat", "longsleeve", "outwear", "pants", "shirt", "shoes", "shorts", "skirt", "t-shirt",
    )  # fmt: skip


def test_a_drawing_is_the_same_every_time_and_whatever_was_drawn_before() -> None:
    first = fingerprint()
    drawn.garment("skirt", 3, 64)
    assert fingerprint() == first


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_drawing_is_the_same_in_another_process(seed: str) -> None:
    code = "from tests.core.test_drawn import fingerprint; print(fingerprint())"
    other = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == fingerprint()


def test_every_class_draws_at_every_size(subtests: pytest.Subtests) -> None:
    for label, size in itertools.product(drawn.CLASSES, [32, 97, 256]):
        with subtests.test(label=label, size=size):
            picture = drawn.garment(label, 1, size)
            assert (picture.mode, picture.size) == ("RGB", (size, size))
            assert np.asarray(picture).std() > 5


def test_sizes_show_the_same_drawing(subtests: pytest.Subtests) -> None:
    for label in drawn.CLASSES:
        with subtests.test(label=label):
            large = drawn.garment(label, 5, 256).resize((32, 32), Image.Resampling.BOX)
            small = drawn.garment(label, 5, 128).resize((32, 32), Image.Resampling.BOX)
            difference = np.abs(np.asarray(large, float) - np.asarray(small, float))
            assert difference.mean() < 6


def test_numbers_give_different_drawings_and_so_do_labels() -> None:
    pictures = {drawn.garment(label, number, 32).tobytes() for label in drawn.CLASSES for number in range(6)}
    assert len(pictures) == 6 * len(drawn.CLASSES)


def test_the_whole_garment_is_in_view(subtests: pytest.Subtests) -> None:
    for label in drawn.CLASSES:
        with subtests.test(label=label):
            for number in range(20):
                mask = silhouette(label, number, 96)
                assert 0.03 < mask.mean() < 0.8
                edges = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
                assert not any(edge.any() for edge in edges), number


def test_classes_differ_in_their_outline() -> None:
    """Half of a class looks more like its other half than like any other class, by their mean silhouettes.

    Except shirts: their outline is that of t-shirts and longsleeves; collar and buttons set them apart.
    """
    labels = [label for label in drawn.CLASSES if label != "shirt"]
    halves = [
        np.array([np.mean([silhouette(label, n) for n in range(first, 60, 2)], axis=0) for label in labels])
        for first in (0, 1)
    ]
    distance = np.abs(halves[0][:, None] - halves[1][None]).mean(axis=(2, 3))
    assert distance.argmin(axis=1).tolist() == list(range(len(labels))), distance.round(3)


def cuts(label: str) -> list[list[Part]]:
    return [drawn.CUTS[label](np.random.default_rng(seed)) for seed in range(40)]


def bottom(parts: list[Part]) -> float:
    return max(y for part in parts for _, y in part.points)


def test_shirts_have_buttons_and_t_shirts_and_longsleeves_have_none() -> None:
    buttons = {
        label: [sum(part.ink is Ink.LIGHT for part in parts) for parts in cuts(label)]
        for label in ("shirt", "t-shirt", "longsleeve")
    }
    assert min(buttons["shirt"]) >= 4
    assert max(buttons["t-shirt"] + buttons["longsleeve"]) == 0


def test_pants_are_longer_than_any_shorts() -> None:
    assert min(map(bottom, cuts("pants"))) > 1.3 * max(map(bottom, cuts("shorts")))


def test_colours_and_grounds_vary_within_a_class_and_tell_nothing_about_it() -> None:
    """The mean colour of the whole picture predicts the class hardly better than chance."""
    colours = {
        label: np.array([np.asarray(drawn.garment(label, n, 24), float).mean(axis=(0, 1)) for n in range(40)])
        for label in drawn.CLASSES
    }
    assert all(colour.std(axis=0).min() > 15 for colour in colours.values())
    means = np.array([colour[:20].mean(axis=0) for colour in colours.values()])
    hits = [
        np.abs(means - mean).sum(axis=1).argmin() == index
        for index, colour in enumerate(colours.values())
        for mean in colour[20:]
    ]
    assert np.mean(hits) < 0.25


def test_every_cloth_has_colours_that_stand_out_from_it(subtests: pytest.Subtests) -> None:
    for name in CLOTHS:
        with subtests.test(name=name):
            assert len(far_from(CLOTHS[name], CLOTHS, 40)) >= 3
            assert len(far_from(CLOTHS[name], FLOORS, 32)) >= 3


def test_the_tree_has_the_promised_counts(folder: Path) -> None:
    folders = {path.relative_to(folder).parent.as_posix() for path in folder.rglob("*.png")}
    assert folders == {f"{split}/{label}" for split in drawn.COUNTS for label in drawn.CLASSES}
    for split, count in drawn.COUNTS.items():
        for label in drawn.CLASSES:
            assert len(list((folder / split / label).iterdir())) == count


def test_no_drawing_occurs_twice(folder: Path) -> None:
    files = sorted(folder.rglob("*.png"))
    assert len({path.read_bytes() for path in files}) == len(files)
    for label in drawn.CLASSES:
        names = [path.name for path in files if path.parent.name == label]
        assert len(set(names)) == len(names) == sum(drawn.COUNTS.values())


def test_a_file_is_the_drawing_of_its_number(folder: Path) -> None:
    with Image.open(folder / "validation" / "shirt" / "036.png") as picture:
        assert picture.tobytes() == drawn.garment("shirt", 36, drawn.SIDE).tobytes()


def test_an_unknown_label_is_refused_with_all_classes() -> None:
    with pytest.raises(DatasetError, match=r"one of dress, hat, .*t-shirt, got 'sock'"):
        drawn.garment("sock", 0)
