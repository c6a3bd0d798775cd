"""Browsing 30,000 photos on the wall of Data: the first page, the next pages, and the memory.

Makes a dataset of 30,000 photos in a temporary workspace: a few hundred drawn JPEGs, each linked under many names, so
that every name needs a thumbnail of its own. Then it calls what the page calls, in its order: list the folder, put the
photos in a row, filter them, take or make the thumbnails of a page, and encode what is sent to the browser. *First
page* and *next page* have no thumbnails in the cache; the last figures have them. Prints a table and, as its last line,
{"first_page_s": …, "next_page_ms": …, "memory_growth_mb": …}. Exit status 1 if a figure is over its target.

`--quick` takes 3,000 photos and 20 pages.
"""

import argparse
import base64
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from core import machine
from core.datasets import adding, browsing, catalogue, drawn, thumbnails
from core.datasets import rows as dataset_rows
from core.datasets.browsing import Choice
from core.datasets.rows import Rows
from pages.reviewing.wall import A_PAGE

PHOTOS, PAGES = 30_000, 100
QUICK_PHOTOS, QUICK_PAGES = 3_000, 20
DRAWINGS = 300
SIDE = 400  # px, as the photos of clothing-dataset-small
WARM_UP = 5  # pages before the memory counts: threads and decoders take theirs once
MOST_FIRST_S, MOST_NEXT_MS, MOST_GROWTH_MB = 1.0, 300.0, 20.0
SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}


@dataclass(frozen=True)
class Figures:
    """What a person waits for, and what the pages leave in memory."""

    first: float  # s
    next: float  # s, p95, without thumbnails in the cache
    again: float  # s, p95, with them
    search: float  # s, p95, a new filter by name with its first page
    growth: float  # MB

    def over(self) -> list[str]:
        """A sentence for each figure that is over its target."""
        limits = (
            ("The first page takes", self.first, MOST_FIRST_S, "s"),
            ("The next page takes", 1e3 * self.next, MOST_NEXT_MS, "ms"),
            ("The memory grows by", self.growth, MOST_GROWTH_MB, "MB"),
        )
        return [f"{what} {value:.1f} {unit}, at most {most:g}." for what, value, most, unit in limits if value > most]


def make(folder: Path, count: int) -> Path:
    """A dataset of `count` photos: links to a few hundred drawings."""
    drawings = []
    (folder / "drawings").mkdir()
    for number in range(min(DRAWINGS, count)):
        label = drawn.CLASSES[number % len(drawn.CLASSES)]
        path = folder / "drawings" / f"{number}.jpg"
        garment = Image.fromarray(np.asarray(drawn.garment(label, number, SIDE // 4)))
        garment.resize((SIDE, SIDE)).save(path, quality=90)
        drawings.append((label, path))
    for split, share in SPLITS.items():
        for number in range(round(share * count)):
            label, path = drawings[number % len(drawings)]
            place = folder / "photos" / split / label
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{number:06d}.jpg").hardlink_to(path)
    return folder / "photos"


def first_page(name: str) -> Rows:
    """What the wall does when it is opened; returns its photos."""
    photos = dataset_rows.of(catalogue.load(name))
    page(photos, 0)
    return photos


def page(photos: Rows, number: int, text: str = "") -> None:
    """What the wall does for a page: filter, take the thumbnails, and encode what is sent."""
    places = browsing.matches(photos, Choice(text=text), {})[number * A_PAGE : (number + 1) * A_PAGE]
    small = thumbnails.load(photos.folder, [photos.paths[place] for place in places])
    if not small or not all(each and each.picture for each in small):
        raise RuntimeError("A page lacks photos.")
    json.dumps([base64.b64encode(each.picture).decode() for each in small if each])


def timed(action: Callable[[], object]) -> float:
    """The seconds that an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def p95(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def memory() -> float:
    """MB of this process."""
    return float(psutil.Process().memory_info().rss / 1e6)


def measure(count: int, pages: int) -> Figures:
    """Browse a new dataset of so many photos."""
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = str(Path(home) / "workspace")
        adding.add_folder("many", make(Path(home), count))
        tables: list[Rows] = []
        first = timed(lambda: tables.append(first_page("many")))
        for number in range(1, WARM_UP):
            page(tables[0], number)
        before = memory()
        following = [timed(partial(page, tables[0], number)) for number in range(WARM_UP, pages)]
        growth = memory() - before
        again = [timed(partial(page, tables[0], number)) for number in range(pages)]
        search = [timed(partial(page, tables[0], 0, f"{number:02d}")) for number in range(20)]
    return Figures(first, p95(following), p95(again), p95(search), growth)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_PHOTOS:,} photos and {QUICK_PAGES} pages")
    is_quick = parser.parse_args().quick
    count, pages = (QUICK_PHOTOS, QUICK_PAGES) if is_quick else (PHOTOS, PAGES)
    figures = measure(count, pages)
    print(f"{count:,} photos, {pages} pages of {A_PAGE}, {machine.cores()} cores")
    print(f"{'':<52}{'measured':>10}{'at most':>10}")
    print(f"{'first page, s':<52}{figures.first:>10.2f}{MOST_FIRST_S:>10g}")
    print(f"{'next page, thumbnails to be made, ms (p95)':<52}{1e3 * figures.next:>10.0f}{MOST_NEXT_MS:>10g}")
    print(f"{'next page, thumbnails in the cache, ms (p95)':<52}{1e3 * figures.again:>10.0f}{MOST_NEXT_MS:>10g}")
    print(f"{'search by name and its first page, ms (p95)':<52}{1e3 * figures.search:>10.0f}{MOST_NEXT_MS:>10g}")
    print(f"{f'memory after {pages} pages, growth in MB':<52}{figures.growth:>10.1f}{MOST_GROWTH_MB:>10g}")
    over = figures.over()
    for sentence in over:
        print(sentence, file=sys.stderr)
    print(
        json.dumps(
            {
                "first_page_s": round(figures.first, 3),
                "next_page_ms": round(1e3 * figures.next, 1),
                "memory_growth_mb": round(figures.growth, 1),
            }
        )
    )
    sys.exit(bool(over))


if __name__ == "__main__":
    main()
