"""Stored records, edited: whatever stands in one of them, the pages and the shell go on, and the others are listed."""

import json
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.fuzz import home, values
from benchmarks.fuzz.home import DONE, QUEUED, RUNS
from benchmarks.fuzz.readings import ACTIONS, read_all
from benchmarks.fuzz.trial import Kind
from core import workspace

Edit = tuple[str, str, Any]
"""A record's place, what to do with it, and its new content."""

SPECIAL = ("folder", "pipe", "device", "sparse", "loop", "dangling", "missing", "empty", "unreadable", "link out")
SPARSE_BYTES = 5_000_000_000


def sound() -> Path:
    """A sound workspace, to copy from; beside the one that is edited."""
    return _sound(workspace.home())


@cache
def _sound(place: Path) -> Path:
    home.build(place)
    kept = Path(tempfile.mkdtemp(prefix="sound-", dir=place.parent))
    home.copy(place, kept)
    (place.parent / "outside.json").write_text(json.dumps({"name": "outside", "phase": "done"}))
    return kept


def draw_edit(kinds: Callable[[Path], bool]) -> Callable[[Random], Edit]:
    """Draws an edit of one of the records that `kinds` takes."""

    def draw(random: Random) -> Edit:
        place = random.choice([path for path in home.records_of(sound()) if kinds(path)])
        data = (sound() / place).read_bytes()
        roll = random.random()
        if roll < 0.1:
            return str(place), random.choice(SPECIAL), None
        if roll < 0.3 or place.suffix not in (".json", ".jsonl", ".started"):
            return str(place), "bytes", values.damaged(random, data)
        if place.suffix == ".jsonl":
            return str(place), "bytes", _lines(random, data.decode())
        text = values.as_json(values.edited(random, json.loads(data)))
        return str(place), "bytes", text.encode("utf-8", "surrogatepass")

    return draw


def _lines(random: Random, text: str) -> bytes:
    lines = text.splitlines()
    for _ in range(random.choice((1, 1, 2))):
        at = random.randrange(len(lines))
        roll = random.random()
        if roll < 0.8:
            lines[at] = values.as_json(values.edited(random, json.loads(text.splitlines()[at % 5])))
        elif roll < 0.9:
            lines[at] = random.choice(
                (*values.LITERALS, "val_loss", '"val_loss"', "{}", "[]", '{"epoch": 3, "val_loss": 1}')
            )
        else:
            lines += [lines[at]] * random.choice((1, 3, 3000))
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def edit(change: Edit) -> None:
    """Carry out an edit in the workspace."""
    place, what, content = change
    path = workspace.home() / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if what == "bytes":
        path.write_bytes(content)
    elif what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "sparse":
        path.touch()
        os.truncate(path, SPARSE_BYTES)
    elif what in ("device", "loop", "dangling", "link out"):
        target = {"device": "/dev/zero", "loop": path.name, "dangling": "nothing", "link out": "../outside.json"}[what]
        path.symlink_to(workspace.home() / target if what == "link out" else target)
    elif what in ("empty", "unreadable"):
        path.touch(0o000 if what == "unreadable" else 0o644)


def _use_look(change: Edit) -> None:
    """Read everything, as pages do."""
    with_edit(change, lambda: read_all(change[0]))


def _use_act(change: tuple[Edit, str, str]) -> None:
    """Do something to a run, then read everything."""

    def act() -> None:
        try:
            ACTIONS[change[1]](change[2])
        finally:
            read_all(change[0][0])

    with_edit(change[0], act, whole=True)


def with_edit(change: Edit, action: Callable[[], None], whole: bool = False) -> None:
    """Edit a record, act, and put the record back, or the whole workspace."""
    place = workspace.home()
    edit(change)
    try:
        action()
    finally:
        path = place / change[0]
        if whole or not path.parent.is_dir():
            home.copy(sound(), place)
        else:
            if path.is_dir() and not path.is_symlink():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
            path.write_bytes((sound() / change[0]).read_bytes())


def _is_run(path: Path) -> bool:
    return path.parts[0] == "runs" and path.suffix != ".npz"


def _is_array(path: Path) -> bool:
    return path.suffix in (".npz", ".npy")


def _is_other(path: Path) -> bool:
    return not _is_run(path) and not _is_array(path) and path.suffix != ".tflite"


def _act(random: Random) -> tuple[Edit, str, str]:
    run_id = random.choice((DONE, QUEUED, *RUNS))
    of_run = random.random() < 0.6
    change = draw_edit(lambda path: run_id in path.parts if of_run else _is_other(path))(random)
    return change, random.choice(list(ACTIONS)), run_id


KINDS = (
    Kind("record of a run", 8, draw_edit(_is_run), _use_look),
    Kind("record of anything else", 8, draw_edit(_is_other), _use_look),
    Kind("stored arrays", 3, draw_edit(_is_array), _use_look),
    Kind("stored network", 0.3, draw_edit(lambda path: path.suffix == ".tflite"), _use_look),
    Kind("action on a damaged record", 3, _act, _use_act),
)
