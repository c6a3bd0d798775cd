"""Ids and names, as people type them and links hold them: of runs, models, datasets, recipes, devices and folders."""

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

from benchmarks.fuzz import home, stored, values
from benchmarks.fuzz.home import DONE, QUEUED, RUNS
from benchmarks.fuzz.trial import Kind
from core import backbones, workspace
from core.answering import shelf
from core.augment import catalogue as transforms
from core.augment import saved
from core.datasets import adding, catalogue, managing, titles
from core.runs import devices, folder, queue

NAMES = (
    "..", ".", "", "/", "../runs", "../datasets", "../models/colours", "tiny/photos", "runs", f"../runs/{DONE}",
    f"{DONE}/", f"./{DONE}", f"{DONE}/..", "~", "~root", "~nobody/x", "/dev", "/proc/self/fd",
    "x" * 5000, "x/" * 3000, "\0", "a\0b",
    "\ud800", *RUNS,
)  # fmt: skip
READING: dict[str, Callable[[str], object]] = {
    "run": folder.look,
    "model": shelf.model,
    "dataset": catalogue.load,
    "recipe": saved.load,
    "device": devices.check,
    "backbone": backbones.backbone,
    "transform": transforms.transform,
    "study": queue.members,
    "name for": titles.name_for,
    "best": shelf.best,
    "new name": titles.check_new,
}
CHANGING: dict[str, Callable[[str], object]] = {
    "stop": queue.stop,
    "delete": queue.delete,
    "retry": queue.retry,
    "train more": lambda name: queue.train_more(name, 1),
    "rename": lambda name: queue.rename(name, "new"),
    "rename to": lambda name: queue.rename(DONE, name),
    "move": lambda name: queue.move(QUEUED, name),
    "move a run": lambda name: queue.move(name, "cpu"),
    "delete a study": queue.delete_study,
    "pin": shelf.pin,
    "decline": shelf.decline,
    "delete a model": shelf.delete,
    "remove": managing.remove,
    "add": lambda name: adding.add_folder(name, workspace.datasets() / "tiny" / "photos"),
    "add a folder": lambda name: adding.add_folder("third", Path(name)),
    "save": lambda name: saved.save(name, saved.load("first")),
    "forget": saved.delete,
}


def _draw(random: Random) -> tuple[str, str]:
    name = random.choice(NAMES) if random.random() < 0.4 else values.text(random)
    return random.choice([*READING, *CHANGING]), name


def _use(item: tuple[str, str]) -> None:
    action, name = item
    if action in READING:
        READING[action](name)
        return
    try:
        CHANGING[action](name)
    finally:
        home.copy(stored.sound(), workspace.home())
        shutil.rmtree(workspace.home() / "third", ignore_errors=True)


KINDS = (Kind("name", 4, _draw, _use, stored.sound),)
