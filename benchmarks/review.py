"""How well a check finds what is wrong in a dataset: faults planted into the real photos, found or not.

Planted into a copy of clothing-dataset-small, each on photos of its own: 3 % of the photos in a wrong class; 2 %
copied into another split, cropped to 70 to 95 % of each side or re-encoded (quality 35 to 80, every third at 60 % of
its size); and photos that are blurred (1 to 3 % of the longer side), dark (10 to 18 % of the light), blank, cut off, or
strips (3.2 to 5 times as long as wide).
Before that the clean photos are checked, so that what was there already is told from what was planted.

For each kind: how many were planted, how many were found (recall), and how many of the findings were planted
(precision; natural findings of the clean photos don't count for unusable photos, but count as wrong for classes and
copies). For wrong classes: precision of the first 50, and recall at twice the planted number.

Features: the starter's, as the app uses them, though they have learned from these photos' true classes; and those of
MobileNetV2 at 150 px with ImageNet weights, which have not (needs `$KERAS_HOME`).

    python -m benchmarks.review [--quick] [--peers] [--seed N]

Prints tables and, as its last line, {"flips_precision_50": …, "flips_recall": …, "twins_precision": …,
"twins_recall": …, "flips": {"precision_50": …, "recall_2x": …}, "twins": {"recall": …, "precision":
…}, "unusable": {kind: [recall, precision]}, "seconds": {"cold": …, "warm": …}, "imagenet": {"precision_50": …, …}}.
`--quick` uses the starter's features only. `--peers` prints what cleanlab, CleanVision, imagehash and imagededup find
of the same faults (see benchmarks/_peers.py, which says how to install them).
"""

import argparse
import io
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import cv2
import numpy as np
from PIL import Image

from benchmarks import _peers, _real
from core import photos
from core.datasets import adding, catalogue, folders
from core.reviewing import check, features, inspection, labels, subject
from core.reviewing.features import Network
from core.reviewing.findings import Finding, Kind
from core.reviewing.subject import Subject

FLIPS, TWINS = 0.03, 0.02  # shares of the photos
UNUSABLE = 30  # photos of each kind
FIRST = 50
WISHED = {"precision_50": 0.8, "recall_2x": 0.8, "recall": 0.95, "precision": 0.9}
MOST_SECONDS = {"cold": 60.0, "warm": 20.0}
Pixels = photos.Pixels


@dataclass
class Planted:
    """The names of the photos with planted faults."""

    flips: set[str] = field(default_factory=set)
    twins: set[str] = field(default_factory=set)
    unusable: dict[Kind, set[str]] = field(default_factory=dict)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the starter's features only")
    parser.add_argument("--peers", action="store_true", help="other libraries too")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of photos")
    arguments = parser.parse_args()
    _real.prepare()
    with tempfile.TemporaryDirectory() as home, mock.patch.dict("os.environ", FITTING_ROOM_HOME=home):
        figures = measure(Path(home), arguments.seed, arguments.quick, arguments.peers)
    print(json.dumps({**_flat(figures), **figures}))
    short = [name for name, wish in WISHED.items() if {**figures["flips"], **figures["twins"]}[name] < wish]
    slow = [name for name, most in MOST_SECONDS.items() if figures["seconds"][name] > most]
    sys.exit(f"Below the wish: {', '.join(short + slow)}." if short or slow else 0)


def _flat(figures: dict[str, dict[str, object]]) -> dict[str, object]:
    """The figures that others read, by one name each."""
    return {
        "flips_precision_50": figures["flips"]["precision_50"],
        "flips_recall": figures["flips"]["recall_2x"],
        "twins_precision": figures["twins"]["precision"],
        "twins_recall": figures["twins"]["recall"],
    }


def measure(home: Path, seed: int, quick: bool, with_peers: bool) -> dict[str, dict[str, object]]:
    """Plant the faults, check, and print a table for each network."""
    adding.add_folder("clean", _real.PHOTOS)
    seconds = {}
    for name in ("cold", "warm"):
        started = time.monotonic()
        natural = check.check("clean").findings
        seconds[name] = round(time.monotonic() - started, 1)
    planted = plant(home / "planted", np.random.default_rng(seed))
    adding.add_folder("planted", home / "planted")
    print(f"A check of the 3,781 clean photos took {seconds['cold']} s, and {seconds['warm']} s with the cache.")
    figures = _judged("the starter's features", features.starter(), planted, natural)
    figures["seconds"] = seconds
    if with_peers:
        figures["peers"] = _peers_found(planted, features.starter() if quick else _imagenet())
    if not quick:
        figures["imagenet"] = _judged("MobileNetV2's features", _imagenet(), planted, natural)["flips"]
    return figures


def plant(folder: Path, random: np.random.Generator) -> Planted:
    """Copy the real photos with planted faults into a new folder."""
    shutil.copytree(_real.PHOTOS, folder, ignore=shutil.ignore_patterns(".*"))
    contents = folders.contents(folder)
    rows = [
        (path, split, label)
        for split, of_split in contents.photos.items()
        for label, paths in of_split.items()
        for path in paths
    ]
    order = iter(random.permutation(len(rows)).tolist())
    classes = sorted({label for _, _, label in rows})
    planted = Planted()
    for _ in range(round(FLIPS * len(rows))):
        path, split, label = rows[next(order)]
        wrong = str(random.choice([other for other in classes if other != label]))
        moved = folder / split / wrong / f"moved-{path.name}"
        path.rename(moved)
        planted.flips.add(_name(moved, folder))
    for number in range(round(TWINS * len(rows))):
        path, split, label = rows[next(order)]
        other = str(random.choice([name for name in folders.SPLITS if name != split]))
        twin = folder / other / label / f"twin-{path.stem}.jpg"
        twin.write_bytes(_altered(photos.decode(path.read_bytes()), number, random))
        planted.twins |= {_name(twin, folder), _name(path, folder)}
    spoilt: dict[Kind, Callable[[Pixels], Pixels]] = {
        Kind.BLURRED: lambda pixels: cv2.GaussianBlur(pixels, (0, 0), random.uniform(0.01, 0.03) * max(pixels.shape)),
        Kind.DARK: lambda pixels: (pixels * random.uniform(0.1, 0.18)).astype(np.uint8),
        Kind.BLANK: lambda pixels: np.full_like(pixels, random.integers(60, 256)),
    }
    for kind, spoil in spoilt.items():
        for _ in range(UNUSABLE):
            path, _, _ = rows[next(order)]
            path.write_bytes(_jpeg(spoil(photos.decode(path.read_bytes())), 90))
            planted.unusable.setdefault(kind, set()).add(_name(path, folder))
    for _ in range(UNUSABLE):
        path, _, _ = rows[next(order)]
        path.write_bytes(path.read_bytes()[: int(random.integers(100, 5000))])
        planted.unusable.setdefault(Kind.UNREADABLE, set()).add(_name(path, folder))
    for _ in range(UNUSABLE):
        path, _, _ = rows[next(order)]
        path.write_bytes(_jpeg(_strip(photos.decode(path.read_bytes()), random.uniform(3.2, 5)), 90))
        planted.unusable.setdefault(Kind.EXTREME, set()).add(_name(path, folder))
    return planted


def _strip(pixels: Pixels, ratio: float) -> Pixels:
    """The middle of a photo, so many times as high as wide."""
    height, width = pixels.shape[:2]
    wide = max(1, int(min(width, height / ratio)))
    left, high = (width - wide) // 2, min(height, int(wide * ratio))
    return pixels[:high, left : left + wide]


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _altered(pixels: Pixels, number: int, random: np.random.Generator) -> bytes:
    """A crop (every second) or the whole photo, encoded anew."""
    if number % 2 == 0:
        height, width = (int(side * random.uniform(0.7, 0.95)) for side in pixels.shape[:2])
        top, left = (
            int(random.integers(whole - part + 1))
            for whole, part in zip(pixels.shape[:2], (height, width), strict=True)
        )
        pixels = pixels[top : top + height, left : left + width]
    if number % 3 == 0:
        pixels = cv2.resize(pixels, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    return _jpeg(pixels, int(random.integers(35, 81)))


def _jpeg(pixels: Pixels, quality: int) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "JPEG", quality=quality)
    return file.getvalue()


def _imagenet() -> Network:
    return Network("mobilenet_v2-150", _real.imagenet(), 150)


def _judged(title: str, network: Network, planted: Planted, natural: Sequence[Finding]) -> dict[str, dict[str, object]]:
    """The figures for one network, printed as a table."""
    inspected = subject.of(catalogue.load("planted"), network)
    found = inspection.inspect(inspected)
    doubted = [finding.photos[0] for finding in found if finding.kind is Kind.LABEL]
    flips = {
        "planted": len(planted.flips),
        "precision_50": _share(sum(name in planted.flips for name in doubted[:FIRST]), len(doubted[:FIRST])),
        "recall_2x": _share(
            sum(name in planted.flips for name in doubted[: 2 * len(planted.flips)]), len(planted.flips)
        ),
        "listed": len(doubted),
    }
    across = [finding for finding in found if finding.kind is Kind.COPY_ACROSS_SPLITS]
    right = [finding for finding in across if set(finding.photos) <= planted.twins]
    twins = {
        "planted": len(planted.twins) // 2,
        "recall": _share(len({name for finding in right for name in finding.photos}), len(planted.twins)),
        "precision": _share(len(right), len(across)),
    }
    print(
        f"\nWith {title}:\n"
        f"  wrong classes    planted {flips['planted']:>4}  listed {flips['listed']:>4}  "
        f"precision of the first {FIRST} {flips['precision_50']:.3f}  "
        f"recall at twice the number {flips['recall_2x']:.3f}\n"
        f"  copies in splits planted {twins['planted']:>4}  recall {twins['recall']:.3f}  "
        f"precision {twins['precision']:.3f}"
    )
    unusable: dict[str, object] = {}
    for kind, names in planted.unusable.items():
        known = {name for finding in natural if finding.kind is kind for name in finding.doubtful}
        listed = {name for finding in found if finding.kind is kind for name in finding.doubtful} - known
        recall, precision = _share(len(listed & names), len(names)), _share(len(listed & names), len(listed))
        unusable[kind.value] = [recall, precision]
        print(f"  {kind.value:<16} planted {len(names):>4}  recall {recall:.3f}  precision {precision:.3f}")
    return {"flips": dict(flips), "twins": dict(twins), "unusable": unusable}


def _peers_found(planted: Planted, network: Network) -> dict[str, object]:
    """What other libraries find, printed as a table. cleanlab gets the probabilities by this network's features."""
    inspected = subject.of(catalogue.load("planted"), network)
    figures: dict[str, object] = {}
    print("\nOther libraries:")
    if _peers.is_installed("cleanlab"):
        figures["cleanlab"] = _cleanlab(inspected, planted, network.name)
    if _peers.is_installed("cleanvision"):
        figures["cleanvision"] = _cleanvision(inspected, planted)
    if _peers.is_installed("imagehash"):
        figures["imagehash"] = _copies("imagehash", inspected, _peers.copies_by_imagehash(inspected.paths), planted)
    if _peers.is_installed("imagededup"):
        figures["imagededup"] = _copies("imagededup", inspected, _peers.copies_by_imagededup(inspected.paths), planted)
    return figures


def _cleanlab(inspected: Subject, planted: Planted, network: str) -> dict[str, float]:
    own = np.array(inspected.labels)
    probabilities = labels.cross_validated(inspected.vectors, own, np.array(inspected.sessions))
    doubted = [inspected.names[place] for place in _peers.wrong_classes(probabilities, own)]
    precision = _share(sum(name in planted.flips for name in doubted[:FIRST]), len(doubted[:FIRST]))
    twice = doubted[: 2 * len(planted.flips)]
    recall = _share(sum(name in planted.flips for name in twice), len(planted.flips))
    print(
        f"  cleanlab         wrong classes by {network}: listed {len(doubted)}  precision of the first {FIRST} "
        f"{precision:.3f}  recall at twice the number {recall:.3f}"
    )
    return {"precision_50": precision, "recall_2x": recall}


def _cleanvision(inspected: Subject, planted: Planted) -> dict[str, object]:
    """As for our own check, what it finds in the clean photos does not count."""
    clean = sorted(path for path in _real.PHOTOS.rglob("*") if path.is_file() and not path.name.startswith("."))
    natural, _ = _peers.unusable(clean)
    found, pairs = _peers.unusable(inspected.paths)
    figures: dict[str, object] = {"twins": _copies("cleanvision", inspected, pairs, planted)}
    for kind, places in found.items():
        known = {_name(clean[place], _real.PHOTOS) for place in natural[kind]}
        listed = {inspected.names[place] for place in places} - known
        names = planted.unusable[kind]
        recall, precision = _share(len(listed & names), len(names)), _share(len(listed & names), len(listed))
        figures[kind.value] = [recall, precision]
        print(f"  cleanvision      {kind.value}: recall {recall:.3f}  precision {precision:.3f}")
    return figures


def _copies(library: str, inspected: Subject, pairs: _peers.Pairs, planted: Planted) -> list[float]:
    """The recall and precision of copies in different splits."""
    across = [
        {inspected.names[first], inspected.names[second]}
        for first, second in pairs
        if inspected.splits[first] != inspected.splits[second]
    ]
    right = [pair for pair in across if pair <= planted.twins]
    recall, precision = _share(len(set().union(*right)), len(planted.twins)), _share(len(right), len(across))
    print(f"  {library:<16} copies in splits: recall {recall:.3f}  precision {precision:.3f}")
    return [recall, precision]


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0


if __name__ == "__main__":
    main()
