"""A disk that is full, read-only or gone at each place that writes: `python -m benchmarks._disk`.

Every act is repeated with the disk failing from its first, second, third … access on, until it comes through. Each time
there must be a sentence or a result, the act must work once the disk is well again, and nothing may be left behind.
"""

import argparse
import errno
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from streamlit.testing.v1 import AppTest

from core import workspace
from core.answering import shelf
from core.augment import recipe, saved
from core.datasets import adding, catalogue, drawn, exporting, growing, looks, managing, pack, review
from core.errors import AppError
from core.files import cache, disk, leftovers, storage_errors
from core.health import contents
from core.reviewing import check
from core.runs import estimate, launch, queue
from core.runs.config import config
from core.teaching import gathering, keeping, lesson, teacher
from tests.conftest import drawing, encoded, zipped
from tests.fabricated import saved_model

PROJECT = Path(__file__).resolve().parent.parent
FAULTS = {"full": errno.ENOSPC, "read-only": errno.EROFS, "gone": errno.ENOENT}
ONE_BY_ONE = 8  # places at first; then each is half as far again, since later ones are like those before
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
ROTATION = recipe.loads('[{"transform": "rotation"}]')


@dataclass
class Outcome:
    """What came of the failing disks."""

    places: int = 0
    lost: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, int]:
        return {"places": self.places, "lost": len(self.lost), "tracebacks": len(self.tracebacks)}


class _Disk:
    """The disk below the workspace, as Python's audit hooks see it. It works until it is told to fail."""

    def __init__(self) -> None:
        self.fault, self.left, self.has_failed = "", 0, False
        sys.addaudithook(self._hook)

    @contextmanager
    def failing(self, fault: str, after: int) -> Iterator[None]:
        """Fail from the access after the first `after` ones on."""
        self.fault, self.left, self.has_failed = fault, after, False
        try:
            yield
        finally:
            self.fault = ""

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.fault or not arguments or not isinstance(arguments[0], (str, bytes, os.PathLike)):
            return
        path = os.fsdecode(arguments[0])
        if not self._counts(event, arguments) or not path.startswith(str(workspace.home())):
            return
        if self.left:
            self.left -= 1
            return
        self.has_failed = True
        number = FAULTS[self.fault]
        raise OSError(number, os.strerror(number), path)

    def _counts(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "open":
            mode, flags = arguments[1], arguments[2]
            return self.fault == "gone" or bool(flags & WRITING) or bool(mode and set(mode) & set("wxa+"))
        if event in ("os.mkdir", "os.rename", "os.link"):
            return True
        return self.fault == "gone" and event in ("os.listdir", "os.scandir", "os.remove", "os.rmdir")


Act = Callable[[], object]


def acts(photos: Path, archive: Path) -> dict[str, tuple[Act, Act]]:
    """By name: an act, and what is prepared for it on a healthy disk."""
    settings = config(dataset=catalogue.DRAWN)

    runs: list[str] = []

    def put() -> None:
        runs.append(queue.put(settings))

    def page(name: str) -> Act:
        def draw() -> None:
            app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=60)
            app.switch_page(f"pages/{name}.py").run()
            if app.exception:
                raise RuntimeError(f"the page shows {app.exception[0].value[:200]}")

        return draw

    return {
        "draw the garments": (lambda: catalogue.load(catalogue.DRAWN), nothing),
        "add a folder": (lambda: adding.add_folder("mine", photos), nothing),
        "add a zip": (lambda: adding.add_zip("mine", archive), nothing),
        "pack photos": (
            lambda: pack.load(catalogue.load("mine"), "train", 16),
            lambda: adding.add_folder("mine", photos),
        ),
        "queue a run": (put, lambda: catalogue.load(catalogue.DRAWN)),
        "rename a run": (lambda: queue.rename(runs[-1], "other"), put),
        "stop a run": (lambda: queue.stop(runs[-1]), put),
        "delete a run": (lambda: queue.delete(runs[-1]), put),
        **_acts_on_datasets(photos, archive),
        **_acts_on_lessons(),
        "save a recipe": (lambda: saved.save("tilted", ROTATION), nothing),
        "pin a model": (lambda: shelf.pin("colours"), lambda: saved_model("colours")),
        "decline a model": (lambda: shelf.decline("colours"), lambda: saved_model("colours")),
        "delete a model": (lambda: shelf.delete("colours"), lambda: saved_model("colours")),
        "remember a speed": (lambda: estimate.remember_speed("small_cnn", 1.0, 2.0), nothing),
        "look for trouble": (launch.trouble, put),
        "clean the caches": (disk.clean, nothing),
        **{
            f"draw {name}": (page(name), put)
            for name in ("home", "teach", "augment", "train", "compare", "predict", "data")
        },
    }


def _acts_on_datasets(photos: Path, archive: Path) -> dict[str, tuple[Act, Act]]:
    """What people do to the photos of a dataset."""
    labels = sorted(path.name for path in (photos / "train").iterdir())
    photo = next((photos / "test" / labels[0]).iterdir())
    name = f"train/{labels[0]}/{next((photos / 'train' / labels[0]).iterdir()).name}"
    new = [(f"{letter}.png", encoded(drawing("disc", place), "PNG")) for place, letter in enumerate("abc")]

    def add() -> None:
        adding.add_zip("mine", archive)

    def make() -> None:
        growing.create("Mine")
        growing.add_photos("mine", labels[0], [("x.png", photo.read_bytes())])

    def review_some() -> None:
        add()
        review.decide("mine", [name], "keep")

    return {
        "decide": (lambda: review.decide("mine", [name], "leave out"), add),
        "undo a decision": (lambda: review.undo("mine"), review_some),
        "split anew": (lambda: managing.split_anew("mine"), add),
        "make a dataset": (lambda: growing.create("Mine"), nothing),
        "add photos": (lambda: growing.add_photos("mine", labels[0], new), add),
        "add photos to a split": (lambda: growing.add_photos("mine", labels[1], new), make),
        "rename a dataset": (lambda: managing.rename("mine", "Other"), add),
        "copy a dataset": (lambda: managing.copy("mine", "Other"), review_some),
        "check a dataset": (lambda: check.check("mine"), add),
        "export a dataset": (lambda: exporting.export("mine", workspace.scratch() / "out"), add),
        "export a zip": (lambda: exporting.export("mine", workspace.scratch() / "out.zip"), add),
        "note a look": (lambda: looks.note("mine"), add),
    }


def _acts_on_lessons() -> dict[str, tuple[Act, Act]]:
    """What people do on Teach."""
    photos = {
        label: [(f"{chr(97 + n)}{n * 3}.png", encoded(drawing(label, 500 + n), "PNG")) for n in range(4)]
        for label in ("disc", "bars")
    }

    def make() -> None:
        lesson.start(list(photos))
        for label, of_kind in photos.items():
            gathering.add_photos("disc-bars", label, of_kind[:3])

    def learn() -> None:
        make()
        teacher.learn("disc-bars")

    return {
        "start a lesson": (lambda: lesson.start(["disc", "bars"]), nothing),
        "add a kind": (lambda: lesson.add_kind("disc-bars", "scarf"), make),
        "rename a kind": (lambda: lesson.rename_kind("disc-bars", "disc", "plate"), make),
        "teach photos": (lambda: gathering.add_photos("disc-bars", "disc", photos["disc"][3:]), make),
        "teach unsorted photos": (lambda: gathering.add_unsorted("disc-bars", photos["disc"][3:]), make),
        "learn a lesson": (lambda: teacher.learn("disc-bars"), make),
        "keep a lesson's model": (lambda: keeping.save("disc-bars"), learn),
    }


def nothing() -> None:
    """Prepare nothing."""


REPEATABLE = ("delete a run", "delete a model")  # after half of it, the rest may be damaged, and is then listed


def run(faults: tuple[str, ...] = tuple(FAULTS)) -> Outcome:
    """Try all acts with each fault at each place."""
    outcome, device = Outcome(), _Disk()
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.dict(os.environ),
        mock.patch.object(drawn, "COUNTS", {"train": 1, "validation": 1, "test": 1}),
        mock.patch.object(catalogue, "DRAWING_SECONDS", 0.2),
        mock.patch.object(launch.processes, "start"),  # no worker
    ):
        photos, archive = Path(folder) / "photos", Path(folder) / "photos.zip"
        drawn.draw(photos)
        archive.write_bytes(zipped(photos))
        for name, (act, prepare) in acts(photos, archive).items():
            for fault in faults:
                for after in _places():
                    os.environ["FITTING_ROOM_HOME"] = str(Path(folder) / f"{name}-{fault}-{after}")
                    prepare()
                    if not _try(device, name, act, fault, after, outcome):
                        break
    return outcome


def _places() -> Iterator[int]:
    yield from range(ONE_BY_ONE)
    after = ONE_BY_ONE
    while True:
        yield after
        after += after // 2


def _try(device: _Disk, name: str, act: Act, fault: str, after: int, outcome: Outcome) -> bool:
    """Do the act on a disk that fails after so many accesses; whether it failed at all."""
    place = f"{name}, {fault} after {after}"
    try:
        with device.failing(fault, after):
            act()
    except AppError:
        pass
    except OSError as error:
        if not storage_errors.sentence(error):
            outcome.tracebacks.append(f"{place}: {error!r}")
    except Exception as error:
        outcome.tracebacks.append(f"{place}: {error!r}")
    if not device.has_failed:
        return False
    outcome.places += 1
    leftovers.sweep(0.0)
    cache.sweep(0.0)
    if name not in REPEATABLE:
        outcome.lost += [f"{place}: {item.reason}" for item in contents.damaged()]
    outcome.lost += [f"{place} left {path.name}" for path in workspace.home().rglob(".*") if path.name.count(".") > 1]
    try:
        act()
    except AppError as error:  # done already, in spite of the disk
        if "already" not in str(error) and name not in REPEATABLE:
            outcome.lost.append(f"{place}, then: {error}")
    except Exception as error:
        if name not in REPEATABLE:
            outcome.lost.append(f"{place}, then: {error!r}")
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description="Try acts on failing disks.")
    parser.add_argument("--fault", choices=FAULTS, action="append")
    arguments = parser.parse_args()
    outcome = run(tuple(arguments.fault or FAULTS))
    print("\n".join([*outcome.lost, *outcome.tracebacks]))
    print(json.dumps(outcome.as_json()))
    return 1 if outcome.lost or outcome.tracebacks else 0


if __name__ == "__main__":
    sys.exit(main())
