"""Splits of our own: stratified, by session, the same for the same seed, and harmless to what a folder says itself."""

import json
import shutil
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.datasets import adding, catalogue, splitting
from core.datasets.measures import Measure
from core.datasets.splitting import SPLITS
from core.errors import DatasetError
from tests.conftest import TINY_CLASSES, draw_classes, drawing, encoded

Photos = list[tuple[str, str, object]]


def alone(**counts: int) -> Photos:
    """So many photos of each class, each a session of its own."""
    return [(f"{label}/{n:03d}.jpg", label, f"{label}-{n}") for label, count in counts.items() for n in range(count)]


def random_photos(seed: int) -> Photos:
    """Photos of two to five classes in sessions of one to eight, some of which hold several classes."""
    random = np.random.default_rng(seed)
    labels = [f"class {number}" for number in range(random.integers(2, 6))]
    photos: Photos = []
    for session in range(random.integers(20, 90)):
        within = random.choice(labels, 1 if random.random() < 0.8 else 2)
        photos += [
            (f"{len(photos) + n}.jpg", str(random.choice(within)), session) for n in range(random.integers(1, 9))
        ]
    return photos


def counted(photos: Photos, splits: dict[str, str]) -> dict[str, Counter[str]]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for name, label, _ in photos:
        counts[label][splits[name]] += 1
    return counts


@pytest.mark.parametrize("shares", [(80, 10, 10), (60, 20, 20), (0.5, 0.25, 0.25), (7, 3, 0)])
def test_each_class_gets_its_shares_within_a_photo(shares: tuple[float, float, float]) -> None:
    photos = alone(hat=10, shoe=100, sock=37, scarf=333)
    splits = splitting.split(photos, shares)
    assert len(splits) == len(photos)
    for label, counts in counted(photos, splits).items():
        for split, share in zip(SPLITS, shares, strict=True):
            goal = share / sum(shares) * sum(counts.values())
            assert abs(counts[split] - goal) <= 1, (label, split, goal, counts)


def test_sessions_never_part_and_every_class_is_trained_and_judged() -> None:
    for seed in range(60):
        photos = random_photos(seed)
        splits = splitting.split(photos, seed=seed)
        assert set(splits) == {name for name, _, _ in photos}
        of_session = defaultdict(set)
        sessions_of = defaultdict(set)
        for name, label, session in photos:
            of_session[session].add(splits[name])
            sessions_of[label].add(session)
        assert all(len(found) == 1 for found in of_session.values()), seed
        for label, counts in counted(photos, splits).items():
            largest = max(Counter(session for _, other, session in photos if other == label).values())
            total = sum(counts.values())
            assert counts["train"], (seed, label)
            assert counts["validation"] or len(sessions_of[label]) < 4, (seed, label)
            for split, share in zip(SPLITS, splitting.SHARES, strict=True):
                assert abs(counts[split] - share * total) <= 1.5 * largest, (seed, label, split, counts)


@pytest.mark.parametrize(
    ("sessions", "expected"), [(1, (10, 0, 0)), (2, (10, 10, 0)), (3, (20, 10, 0)), (4, (20, 10, 10))]
)
def test_few_sessions_are_shared_out_as_well_as_they_can_be(sessions: int, expected: tuple[int, ...]) -> None:
    photos: Photos = [
        (f"{label}/{session}/{n}.jpg", label, (label, session))
        for label in ("hat", "shoe")
        for session in range(sessions)
        for n in range(10)
    ]
    for label, counts in counted(photos, splitting.split(photos)).items():
        assert tuple(counts[split] for split in SPLITS) == expected, label


def test_the_same_seed_gives_the_same_split_whatever_the_order() -> None:
    photos = alone(hat=40, shoe=40)
    first = splitting.split(photos, seed=3)
    assert splitting.split(photos[::-1], seed=3) == first
    assert splitting.split(photos, seed=4) != first


@pytest.mark.parametrize(
    "shares",
    [(), (80, 20), (80, 10, 10, 0), (0, 0, 0), (-1, 1, 1), (99, 1, 0), (1, 9, 90), (float("nan"), 1, 1), (101, 1, 1),
     (float("inf"), 1, 1)],
)  # fmt: skip
def test_shares_that_make_no_sense_are_refused(shares: tuple[float, ...], home: Path, tiny_dataset: Path) -> None:
    with pytest.raises(DatasetError, match="three numbers such as 80/10/10"):
        splitting.check_shares(shares)
    with pytest.raises(DatasetError, match="three numbers such as 80/10/10"):
        adding.add_folder("mine", tiny_dataset / "train", shares=shares)
    assert list(home.iterdir()) == []


def test_shares_are_made_to_sum_to_one() -> None:
    assert splitting.check_shares((8, 1, 1)) == splitting.check_shares((80, 10, 10)) == pytest.approx(splitting.SHARES)


def test_a_folder_that_only_lacks_validation_keeps_its_test_split(tiny_dataset: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_dataset, tmp_path / "clothes", ignore=shutil.ignore_patterns("validation"))
    mine = adding.add_folder("mine", folder)
    assert {path.relative_to(folder).parts[0] for path in mine.splits["test"].paths} == {"test"}
    assert len(mine.splits["test"]) == 9
    for split in ("train", "validation"):
        assert {path.relative_to(folder).parts[0] for path in mine.splits[split].paths} == {"train"}
    assert len(mine.splits["train"]) + len(mine.splits["validation"]) == 18
    stored = splitting.read(mine.own_folder)
    assert stored
    assert stored.shares == pytest.approx((8 / 9, 1 / 9, 0))


def test_photos_that_came_after_the_split_go_to_training(tmp_path: Path) -> None:
    folder = draw_classes(tmp_path / "clothes")
    before = adding.add_folder("mine", folder)
    (folder / "disc" / "zz.png").write_bytes(encoded(drawing("disc", 5), "PNG"))
    (folder / "star").mkdir()
    (folder / "star" / "1.png").write_bytes(encoded(drawing("disc", 6), "PNG"))
    after = catalogue.load("mine")
    for split in ("validation", "test"):
        assert after.splits[split].paths == before.splits[split].paths
    assert len(after.splits["train"]) == len(before.splits["train"]) + 2
    assert after.classes == (*TINY_CLASSES, "star")


def test_a_dataset_that_is_split_already_is_not_split_anew(tiny_dataset: Path) -> None:
    mine = adding.add_folder("mine", tiny_dataset)
    assert splitting.read(mine.own_folder) is None


def test_an_earlier_split_is_kept_under_its_date(tmp_path: Path) -> None:
    first, second = splitting.Splits(seed=1), splitting.Splits(seed=2)
    splitting.write(tmp_path, first)
    assert [path.name for path in tmp_path.iterdir()] == ["splits.json"]
    splitting.write(tmp_path, second)
    assert splitting.read(tmp_path) == second
    (kept,) = tmp_path.glob("splits-*.json")
    assert json.loads(kept.read_text())["seed"] == 1
    splitting.keep_previous(tmp_path)
    assert splitting.read(tmp_path) is None
    assert len(list(tmp_path.glob("splits-*.json"))) == 2
    splitting.keep_previous(tmp_path)


def one_session(folder: Path, count: int) -> Path:
    """Photos of two classes in front of one backdrop, in the order of their names."""
    for label in ("disc", "frame"):
        (folder / label).mkdir(parents=True)
        for number in range(count):
            pixels = drawing(label, 7)  # one backdrop ...
            pixels[18:22, 18:22] = number * 9  # ... and photos that differ
            (folder / label / f"IMG_{number:04d}.png").write_bytes(encoded(pixels, "PNG"))
    return folder


def test_too_few_sessions_are_divided_into_stretches_of_photos(tmp_path: Path) -> None:
    """Twenty photos of each class from one table: a dataset too, but it says that its scores flatter."""
    folder = one_session(tmp_path / "clothes", 20)
    (folder / "disc" / "IMG_0019.png").write_bytes((folder / "disc" / "IMG_0000.png").read_bytes())
    mine = adding.add_folder("mine", folder)
    stored = splitting.read(mine.own_folder)
    assert stored
    assert stored.divided
    assert stored.sessions == 2
    assert [len(mine.splits[split]) for split in SPLITS] == [32, 4, 4]
    for label in ("disc", "frame"):
        row = [stored.splits[f"{label}/IMG_{number:04d}.png"] for number in range(20)]
        assert row[0] == row[1]
        assert sum(before != after for before, after in pairwise(row)) <= 5
    assert stored.splits["disc/IMG_0019.png"] == stored.splits["disc/IMG_0000.png"]  # copies stay together


def test_stretches_keep_bursts_together_unless_a_class_has_one_burst_only() -> None:
    bursts = [[f"disc/camera-20261128-14350{second}-x7ab-{n:04d}.jpg" for n in range(1, 8)] for second in range(5)]
    single = [f"frame/camera-20261128-150000-x7ab-{n:04d}.jpg" for n in range(1, 21)]
    names = [*(name for row in bursts for name in row), *single]
    labels = [name.partition("/")[0] for name in names]
    measured = [Measure(key=f"{number:032x}") for number in range(len(names))]
    for seed in range(5):
        splits = splitting.in_stretches(names, labels, measured, splitting.SHARES, seed)
        assert all(len({splits[name] for name in row}) == 1 for row in bursts)
        assert {splits[name] for row in bursts for name in row} == set(SPLITS)
        assert {splits[name] for name in single} == set(SPLITS)


def test_sessions_that_are_enough_are_not_divided(tmp_path: Path) -> None:
    mine = adding.add_folder("mine", draw_classes(tmp_path / "clothes"))
    stored = splitting.read(mine.own_folder)
    assert stored
    assert not stored.divided
    assert stored.sessions > 20


def test_one_photo_of_each_class_is_too_little(home: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"validation split .* has no photos"):
        adding.add_folder("mine", draw_classes(tmp_path / "clothes", photos=1))
    assert list((home / "datasets").iterdir()) == []
