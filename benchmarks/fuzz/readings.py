"""What pages and shell read and do, all at once: over a damaged record, lists go on and single things are explained."""

from collections.abc import Callable

import numpy as np

from benchmarks.fuzz import home
from benchmarks.fuzz.home import DATASETS, GROUP, RUNS, WARDROBE
from benchmarks.fuzz.pictures import sound_photo
from benchmarks.fuzz.trial import last_lines, unfit
from core import workspace
from core.answering import classifier, newcomer, shelf
from core.augment import saved
from core.comparing import conclusion, pairs
from core.datasets import (
    adding,
    catalogue,
    growing,
    latest,
    looks,
    managing,
    offered,
    pack,
    placing,
    review,
    rows,
    splitting,
)
from core.drawing import figures
from core.errors import AppError
from core.files import disk
from core.reviewing import check, findings, stored_map
from core.runs import changes, folder, launch, link, look_count, queue, studies
from models.record import read_arrays


class BrokenError(Exception):
    """What an edited record broke."""


def read_all(edited: str) -> None:
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
        pairs.compare(run, runs[0])
    changes.change_between(runs)
    conclusion.of(runs)


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


def _checks() -> None:
    """What the pages read of checks, whatever stands in their files."""
    for name in DATASETS:
        found = findings.read(name)
        for sentence in [each.sentence for each in (*found.findings, *found.effects)] if found else []:
            f"{sentence}".encode()
        if found:
            found.problems()
            found.kinds()
        stored_map.read(name)
        check.status(name)
        look_count.sentence(name)
        looks.of(name)
        catalogue.title(name)


def _reviews(name: str) -> None:
    stored = review.of(name)
    stored.changes()
    found = findings.read(name)
    if found:
        found.unsettled(stored.settled())


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
    "checks": _checks,
    "can grow": lambda: [(growing.can_grow(name), managing.can_restore_split(name)) for name in DATASETS],
}
SINGLE: dict[str, Callable[[], object]] = {
    **{f"look {run_id[:8]}": lambda run_id=run_id: folder.look(run_id) for run_id in RUNS},
    **{
        f"status {run_id[:8]}": lambda run_id=run_id: folder.read_status(workspace.runs() / run_id)
        for run_id in RUNS[:2]
    },
    "reports": _own_reports,
    **{f"dataset {name}": lambda name=name: catalogue.load(name) for name in DATASETS},
    **{f"review {name}": lambda name=name: _reviews(name) for name in DATASETS},
    **{f"split {name}": lambda name=name: splitting.read(workspace.datasets() / name) for name in DATASETS},
    **{f"latest {name}": lambda name=name: rows.of(latest.load(name)) for name in DATASETS},
    "counts": lambda: growing.counts(WARDROBE),
    "sessions": lambda: placing.rows(WARDROBE),
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
    "remove a dataset": lambda run_id: managing.remove("tiny"),
    "decide": lambda run_id: review.decide("tiny", ["train/disc/0.png"], "split", "test"),
    "undo": lambda run_id: review.undo("tiny"),
    "split a dataset": lambda run_id: managing.split_anew(WARDROBE),
    "restore a split": lambda run_id: managing.restore_split("tiny"),
    "rename a dataset": lambda run_id: managing.rename("tiny", "Other title"),
    "copy a dataset": lambda run_id: managing.copy(WARDROBE, "Copy"),
    "add a photo": lambda run_id: growing.add_photos(WARDROBE, "disc", [("a.png", sound_photo())]),
    "add a dataset": lambda run_id: adding.add_folder("third", workspace.datasets() / "tiny" / "photos"),
}
