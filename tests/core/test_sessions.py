"""Which photos count as taken together: the evidence that joins them, and what proves nothing."""

from collections import Counter
from dataclasses import replace
from math import nan

import cv2
import numpy as np
import pytest

from core.datasets import sessions
from core.datasets.measures import Measure, _of_pixels
from tests.conftest import Pixels

SIDE = 160


def backdrop(seed: int) -> Pixels:
    """A wall or floor of a random colour with a coarse pattern and light from one side: uint8 (160, 160, 3)."""
    random = np.random.default_rng(seed)
    ground = random.integers(40, 200, 3).astype(float)
    pattern = cv2.resize(random.normal(0, 18, (5, 5, 3)), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    light = np.linspace(-12, 12, SIDE)[:, None, None] * random.choice((-1, 1))
    return np.clip(ground + pattern + light, 0, 255).astype(np.uint8)


def photo(ground: Pixels, seed: int) -> Measure:
    """The measure of a photo of a garment in front of a backdrop, as a hand-held camera takes it: moved and noisy."""
    random = np.random.default_rng([seed, 1])
    pixels = ground.copy()
    x, y = random.integers(45, 60, 2)
    cv2.rectangle(pixels, (int(x), int(y)), (int(x) + 55, int(y) + 55), random.integers(0, 255, 3).tolist(), -1)
    pixels = np.roll(pixels, random.integers(-2, 3, 2), (0, 1))
    noisy = np.clip(pixels + random.normal(0, 3, pixels.shape) + random.uniform(-3, 3), 0, 255).astype(np.uint8)
    return replace(_of_pixels(noisy), key=f"{seed:032x}", width=SIDE, height=SIDE)


def white(seed: int) -> Measure:
    return photo(np.full((SIDE, SIDE, 3), 252, np.uint8), seed)


def unlike(count: int, **facts: object) -> list[Measure]:
    return [replace(photo(backdrop(1000 + number), number), **facts) for number in range(count)]  # type: ignore[arg-type]


def names(count: int) -> list[str]:
    """Names without numbers in a row."""
    return [f"{chr(97 + number % 26)}{'x' * (number // 26)}.jpg" for number in range(count)]


def sizes(groups: list[int]) -> list[int]:
    return sorted(Counter(groups).values(), reverse=True)


def test_photos_before_one_backdrop_are_joined_and_others_are_not() -> None:
    for seed in range(20):
        first, second = backdrop(2 * seed), backdrop(2 * seed + 1)
        measured = [photo(first, 1), photo(second, 2), photo(first, 3), photo(second, 4), photo(first, 5)]
        a, b, c, d, e = sessions.groups(names(5), measured)
        assert a == c == e, seed
        assert b == d, seed
        assert a != b, seed


def test_white_paper_joins_nothing() -> None:
    assert sizes(sessions.groups(names(6), [white(number) for number in range(6)])) == [1] * 6


def test_photos_that_can_not_be_read_are_sessions_of_their_own() -> None:
    broken = Measure(error="It is damaged.")
    assert sizes(sessions.groups(names(3), [broken, broken, photo(backdrop(1), 1)])) == [1, 1, 1]
    assert sessions.groups([], []) == []


def test_copies_are_joined() -> None:
    measured = [white(1), white(2), white(1)]
    a, b, c = sessions.groups(names(3), measured)
    assert a == c != b


@pytest.mark.parametrize(("pause", "cameras", "joined"), [(60, "ab", False), (60, "aa", True), (600, "aa", False)])
def test_photos_of_one_camera_shortly_after_each_other_are_joined(pause: float, cameras: str, joined: bool) -> None:
    start = 1_700_000_000.0
    pair = [
        replace(measure, taken=start + pause * number, camera=camera)
        for number, (measure, camera) in enumerate(zip(unlike(2), cameras, strict=True))
    ]
    first, second = sessions.groups(names(2), pair)
    assert (first == second) == joined


def test_a_row_of_photos_without_a_pause_is_one_session() -> None:
    row = [replace(measure, taken=1e9 + 100 * number) for number, measure in enumerate(unlike(6))]
    assert sizes(sessions.groups(names(6), row)) == [6]
    row[3] = replace(row[3], taken=nan)
    assert sizes(sessions.groups(names(6), row)) == [3, 2, 1]


def slightly_changed(count: int) -> list[Measure]:
    """Photos whose backdrops differ more than those of one backdrop, but not like those of two places."""
    border = np.zeros((28, 6), np.float32)
    border[:, 0] = 120
    return [
        Measure(key=f"{number:032x}", border=border + np.float32([12 * (number % 2), 0, 0, 5, 5, 5]))
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("pair", "joined"),
    [
        (("IMG_0001.jpg", "IMG_0002.jpg"), True),
        (("IMG_0009.jpg", "IMG_0010.jpg"), True),
        (("shoe/IMG_0099.jpg", "hat/IMG_0100.jpg"), True),
        (("photo 1.png", "photo 2.jpg"), True),
        (("IMG_0001.jpg", "IMG_0003.jpg"), False),
        (("IMG_0001.jpg", "DSC_0002.jpg"), False),
        (("a.jpg", "b.jpg"), False),
        (("1" * 40 + ".jpg", "1" * 39 + "2.jpg"), True),
    ],
)
def test_consecutive_names_join_photos_before_similar_backdrops(pair: tuple[str, str], joined: bool) -> None:
    first, second = sessions.groups(pair, slightly_changed(2))
    assert (first == second) == joined


def test_consecutive_names_do_not_join_photos_of_different_places() -> None:
    assert sizes(sessions.groups(["IMG_0001.jpg", "IMG_0002.jpg"], unlike(2))) == [1, 1]


def test_a_session_larger_than_a_tenth_is_divided_where_its_photos_differ_most() -> None:
    """Three places that are joined by a chain of consecutive names, at the wide limit only."""
    border = np.zeros((28, 6), np.float32)
    border[:, 0], border[:, 3:] = 120, 5
    measured = [
        Measure(key=f"{number:032x}", border=border + np.float32([14 * (number // 20), 0, 0, 0, 0, 0]))
        for number in range(60)
    ]
    row = [f"IMG_{number:04d}.jpg" for number in range(60)]
    assert sizes(sessions.groups(row, measured)) == [20, 20, 20]
    few = measured[::6]
    assert sizes(sessions.groups([f"IMG_{number:04d}.jpg" for number in range(10)], few)) == [10]


def test_the_order_of_the_photos_does_not_matter() -> None:
    measured = [photo(backdrop(number % 4), number) for number in range(24)]
    row = names(24)
    together = sessions.groups(row, measured)
    order = np.random.default_rng(0).permutation(24)
    mixed = sessions.groups([row[place] for place in order], [measured[place] for place in order])
    for i in range(24):
        for j in range(24):
            assert (together[order[i]] == together[order[j]]) == (mixed[i] == mixed[j])


def test_photos_of_a_burst_are_one_session_wherever_the_camera_turned() -> None:
    first, second = (
        [f"disc/camera-20261128-143501-{end}-{n:04d}.jpg" for n in range(1, 31)] for end in ("x7ab", "0000")
    )
    groups = sessions.groups([*first, *second], unlike(60))
    assert sizes(groups) == [30, 30]
    assert len(set(groups[:30])) == 1
    sitting = [f"disc/camera-20261128-143501-{n:04d}.jpg" for n in range(1, 7)]  # single photos, one after another
    assert sizes(sessions.groups(sitting, unlike(6))) == [1] * 6


@pytest.mark.parametrize(
    ("name", "burst"),
    [
        ("a/camera-20261128-143501-x7ab-0012.jpg", "camera-20261128-143501-x7ab"),
        ("camera-20261128-143501-1234-10000", "camera-20261128-143501-1234"),
        ("camera-20261128-143501-0012.jpg", ""),
        ("my camera-20261128-143501-x7ab-0012.jpg", ""),
        ("IMG_0001.jpg", ""),
    ],
)
def test_a_burst_is_known_by_its_name(name: str, burst: str) -> None:
    assert sessions.burst(name) == burst
