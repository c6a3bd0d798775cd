"""Stored records, edited: whatever stands in one of them, the pages and the shell go on, and the others are listed."""

import json
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.fuzz import home, values
from benchmarks.fuzz.home import DONE, GROUP, QUEUED, RUNS
from benchmarks.fuzz.trial import Kind, last_lines, unfit
from core import workspace
from core.answering import classifier, newcomer, shelf
from core.augment import saved
from core.datasets import catalogue, offered, pack
from core.drawing import figures
from core.errors import AppError
from core.files import disk
from core.runs import comparison, folder, launch, link, queue, studies
from models.record import read_arrays

Edit = tuple[str, str, Any]
"""A record's place, what to do with it, and its new content."""

SPECIAL = ("folder", "pipe", "device", "sparse", "loop", "dangling", "missing", "empty", "unreadable", "link out")
SPARSE_BYTES = 5_000_000_000


class BrokenError(Exception):
    """What an edited record broke."""


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
    with_edit(change, lambda: _read_all(change[0]))


def _use_act(change: tuple[Edit, str, str]) -> None:
    """Do something to a run, then read everything."""

    def act() -> None:
        try:
            ACTIONS[change[1]](change[2])
        finally:
            _read_all(change[0][0])

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


def _read_all(edited: str) -> None:
    """Call what pages and shell call. Lists never raise; whatever concerns a single thing may raise AppError."""
    lists = {**LISTS, "figures": lambda: _figures(edited)}
    wrong = [problem for name, call in lists.items() if (problem := _problem(name, call, may_refuse=False))]
    wrong += [problem for name, call in SINGLE.items() if (problem := _problem(name, call, may_refuse=True))]
    others = {run.id for run in folder.look_all()} if not wrong else set(RUNS)
    left = [run_id for run_id in RUNS if run_id not in others and f"runs/{run_id}/" not in edited]
    if left and workspace.runs().is_dir() and not _acted(left):
        wrong.append(BrokenError(f"{edited} hides the run {left[0]}"))
    if wrong:
        raise BrokenError(str(wrong[0]))


def _acted(missing: list[str]) -> bool:
    return not any((workspace.runs() / run_id / "config.json").exists() for run_id in missing)


def _problem(name: str, call: Callable[[], object], may_refuse: bool) -> Exception | None:
    try:
        call()
    except AppError as error:
        if not may_refuse:
            return BrokenError(f"{name} stops everything: {error}")
        return BrokenError(f"{name}: {unfit(str(error))}: {str(error)[:300]}") if unfit(str(error)) else None
    except Exception as error:
        return BrokenError(f"{name}: {last_lines(error)}")
    return None


def _figures(edited: str) -> None:
    """Draw the curves of the edited run; Plotly takes its time."""
    for run in folder.look_all():
        if edited == f"runs/{run.id}/metrics.jsonl":
            curves = folder.read_curves(run.folder)
            for quantity in figures.QUANTITIES:
                figures.curves([(run.name, curves)], quantity, folder.planned_epochs(run.config, curves)).to_json()


def _runs_in_words() -> None:
    for run in folder.look_all():
        assert run.created.year > 0
        f"{run.status.progress:4.0%} {run.status.time_left} {run.name}".encode()
        link.dumps(run.config)
        home.speed_of(run.config)
        studies.course_accuracy(run.config)
        queue.can_continue(run)


def _scores() -> None:
    for run_id in RUNS:
        for score in folder.scores(workspace.runs() / run_id).values():
            f"{score.accuracy} {score.interval}".encode()


def _compare() -> None:
    runs = folder.look_all()
    for run in runs:
        comparison.compare(run, runs[0])
    comparison.change_between(runs)


def _newcomer() -> None:
    active = shelf.active()
    new = newcomer.find(active) if active else None
    if new and active:
        newcomer.sentences(new, active)


def _answer(name: str) -> None:
    model = classifier.load(shelf.model(name))
    model.answers(np.full((1, 8, 8, 3), 90, np.uint8))


def _own_reports() -> None:
    for run_id in RUNS:
        folder.read_report(workspace.runs() / run_id)


def _backups() -> None:
    for run_id in RUNS:
        read_arrays(workspace.runs() / run_id / "backup.npz")


LISTS: dict[str, Callable[[], object]] = {
    "look_all": folder.look_all,
    "waiting": queue.waiting,
    "members": lambda: queue.members(GROUP),
    "runs in words": _runs_in_words,
    "curves": lambda: [folder.read_curves(workspace.runs() / run_id) for run_id in RUNS],
    "scores": _scores,
    "comparison": _compare,
    "models": shelf.models,
    "active": shelf.active,
    "pinned": lambda: (shelf.pinned(), shelf.declined(), shelf.best("own")),
    "newcomer": _newcomer,
    "dataset names": catalogue.names,
    "download": offered.status,
    "saved recipes": saved.names,
    "trouble": launch.trouble,
    "log": launch.log_tail,
    "is working": launch.is_working,
    "disk": disk.usage,
    "backups": _backups,
}
SINGLE: dict[str, Callable[[], object]] = {
    **{f"look {run_id[:8]}": lambda run_id=run_id: folder.look(run_id) for run_id in RUNS},
    **{
        f"status {run_id[:8]}": lambda run_id=run_id: folder.read_status(workspace.runs() / run_id)
        for run_id in RUNS[:2]
    },
    "reports": _own_reports,
    **{f"dataset {name}": lambda name=name: catalogue.load(name) for name in ("tiny", "other")},
    "pack": lambda: pack.load(catalogue.load("tiny"), "train", home.SIZE),
    **{f"model {name}": lambda name=name: shelf.model(name) for name in ("colours", "other")},
    **{f"answer {name}": lambda name=name: _answer(name) for name in ("colours", "other")},
    **{f"recipe {name}": lambda name=name: saved.load(name) for name in ("first", "second")},
}
ACTIONS: dict[str, Callable[[str], object]] = {
    "stop": queue.stop,
    "delete": queue.delete,
    "retry": queue.retry,
    "train more": lambda run_id: queue.train_more(run_id, 2),
    "fine-tune": lambda run_id: queue.fine_tune(run_id, 2),
    "rename": lambda run_id: queue.rename(run_id, "another name"),
    "move": lambda run_id: queue.move(run_id, "cpu"),
    "delete the study": lambda run_id: queue.delete_study(GROUP),
    "delete a model": lambda run_id: shelf.delete("colours"),
    "pin": lambda run_id: shelf.pin("other"),
    "decline": lambda run_id: shelf.decline("other"),
    "save a recipe": lambda run_id: saved.save("first", saved.load("second")),
    "delete a recipe": lambda run_id: saved.delete("first"),
    "remove a dataset": lambda run_id: catalogue.remove("tiny"),
    "add a dataset": lambda run_id: catalogue.add_folder("third", workspace.datasets() / "tiny" / "photos"),
}


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
