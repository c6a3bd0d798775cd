"""Which photos were taken together: in front of one backdrop, in one burst, or copies of each other.

Photos of one session are so alike that a model which has learned from some of them knows the others. So they must not
straddle splits (see `splitting`), and a score on them says little.
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isnan
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from core.datasets.measures import Measure

SAME_BACKDROP = 8.0  # distance of two borders; below it, people see the same backdrop (docs/clothing-dataset-small.md)
BEST_PATCHES = 20  # of 28: the garment may cover the others
PLAIN = (92.0, 6.0)  # lightness above and deviation below which a backdrop is white paper or none: it proves nothing
PAUSE = 120.0  # s between two photos of one session
CHANGED_BACKDROP = 16.0  # distance above which two photos with consecutive names are of different sessions
LARGEST = 0.1  # of a dataset: a larger session is divided at narrower limits, or nothing would be left to split
LEAST_LARGEST = 20  # photos
NARROWER = (1.0, 0.75, 0.5, 0.25)  # of the limits above, one after the other
BURST = re.compile(r"^(camera-\d{8}-\d{6}-[a-z0-9]+)-\d{4,}$")  # see pages/photos/camera_burst.js
NUMBERED = re.compile(r"^(.*?)(\d{1,9})(\D*)$")
COARSE = 12.0  # distance of the medians of two borders, beyond which the borders themselves are not compared


@dataclass(frozen=True)
class Pair:
    """Two photos in front of the same backdrop, by their places."""

    first: int
    second: int
    distance: float


def groups(names: Sequence[str], measures: Sequence[Measure]) -> list[int]:
    """The session of each photo, as a number."""
    session = [0] * len(names)
    waiting, count = [list(range(len(names)))], 0
    most = max(LEAST_LARGEST, LARGEST * len(names))
    pairs = backdrops(measures)
    for narrowing in NARROWER:
        divided = [group for places in waiting for group in _joined(places, names, measures, pairs, narrowing)]
        is_last = narrowing == NARROWER[-1]
        waiting = []
        for group in divided:
            if len(group) > most and not is_last:
                waiting.append(group)
                continue
            for place in group:
                session[place] = count
            count += 1
    return session


def _joined(
    places: Sequence[int], names: Sequence[str], measures: Sequence[Measure], pairs: Sequence[Pair], narrowing: float
) -> list[list[int]]:
    """The sessions among these photos."""
    union = Union(places)
    inside = set(places)
    for pair in pairs:
        if pair.distance < SAME_BACKDROP * narrowing and pair.first in inside and pair.second in inside:
            union.join(pair.first, pair.second)
    by_key: dict[Hashable, list[int]] = defaultdict(list)
    for place in places:
        if measures[place].key:
            by_key[measures[place].key].append(place)
    for same in by_key.values():
        union.join_all(same)
    by_burst: dict[str, list[int]] = defaultdict(list)
    for place in places:
        if name := burst(names[place]):
            by_burst[name].append(place)
    for together in by_burst.values():
        union.join_all(together)
    for first, second in _neighbours_in_time(places, measures):
        if measures[second].taken - measures[first].taken <= PAUSE * narrowing:
            union.join(first, second)
    for first, second in _consecutive(places, names):
        if _distance(measures[first], measures[second]) < CHANGED_BACKDROP * narrowing:
            union.join(first, second)
    return union.groups()


def burst(name: str) -> str:
    """The burst that a photo was taken in, by its name; empty if it was in none."""
    matched = BURST.match(PurePosixPath(name).stem)
    return matched[1] if matched else ""


def _neighbours_in_time(places: Iterable[int], measures: Sequence[Measure]) -> Iterable[tuple[int, int]]:
    """Photos of one camera, each with the next one that it took."""
    cameras: dict[str, list[int]] = defaultdict(list)
    for place in places:
        if not isnan(measures[place].taken):
            cameras[measures[place].camera].append(place)
    for taken in cameras.values():
        yield from pairwise(sorted(taken, key=lambda place: measures[place].taken))


def _consecutive(places: Iterable[int], names: Sequence[str]) -> Iterable[tuple[int, int]]:
    """Photos whose names differ in a number by one, as a camera counts."""
    numbered: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for place in places:
        if found := NUMBERED.match(PurePosixPath(names[place]).stem):
            numbered[found[1], found[3]][int(found[2])] = place
    for numbers in numbered.values():
        for number, place in numbers.items():
            if number + 1 in numbers:
                yield place, numbers[number + 1]


def backdrops(measures: Sequence[Measure]) -> list[Pair]:
    """All pairs of photos in front of the same backdrop."""
    places = [place for place, measure in enumerate(measures) if measure.border is not None and not _is_plain(measure)]
    if len(places) < 2:
        return []
    from scipy.spatial import cKDTree  # half a second to import, and only needed here

    borders = np.stack([measures[place].border for place in places])  # type: ignore[misc]
    medians = np.median(borders[..., :3], axis=1)
    found = []
    for start, near in enumerate(cKDTree(medians).query_ball_point(medians, COARSE)):
        others = np.array([other for other in near if other > start], np.intp)
        for other, distance in zip(others, distances(borders[start], borders[others]), strict=True):
            if distance < SAME_BACKDROP:
                found.append(Pair(places[start], places[other], float(distance)))
    return found


def distances(border: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far a border (28, 6) is from others (n, 28, 6): the mean over the patches that fit best, in units of Lab."""
    difference = others - border
    colour = np.sqrt((difference[..., :3] ** 2).sum(-1))
    texture = np.sqrt((difference[..., 3:] ** 2).sum(-1))
    nearest = np.sort(colour + texture, axis=-1)[..., :BEST_PATCHES]
    return nearest.mean(-1)  # type: ignore[no-any-return]


def _distance(first: Measure, second: Measure) -> float:
    if first.border is None or second.border is None:
        return float("inf")
    return float(distances(first.border, second.border[None])[0])


def _is_plain(measure: Measure) -> bool:
    """Whether the backdrop is white paper, or cut away."""
    border = measure.border
    assert border is not None
    lightness, deviation = np.median(border[:, 0]) / 2.55, np.median(border[:, 3:].sum(-1))
    return bool(lightness > PLAIN[0] and deviation < PLAIN[1])


class Union:
    """Disjoint sets of places."""

    def __init__(self, places: Iterable[int]) -> None:
        self._above = {place: place for place in places}

    def _root(self, place: int) -> int:
        while self._above[place] != place:
            self._above[place] = self._above[self._above[place]]
            place = self._above[place]
        return place

    def join(self, first: int, second: int) -> None:
        """Make the sets of two places one."""
        self._above[self._root(first)] = self._root(second)

    def join_all(self, places: Sequence[int]) -> None:
        """Make the sets of all these places one."""
        for first, second in pairwise(places):
            self.join(first, second)

    def groups(self) -> list[list[int]]:
        """The sets, each in the order of the places."""
        groups: dict[int, list[int]] = defaultdict(list)
        for place in self._above:
            groups[self._root(place)].append(place)
        return list(groups.values())
