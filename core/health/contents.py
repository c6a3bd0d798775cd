"""The disk and what lies in the workspace: damaged, half-written, orphaned, or of another version."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial

from core import words, workspace
from core.answering import integrity, shelf
from core.augment import saved
from core.datasets import catalogue
from core.errors import AppError
from core.evaluating import stored
from core.files import cache, leftovers, read_only, storage_errors
from core.files.damage import Damaged
from core.health.findings import Finding, Level, good, note, problem
from core.runs import bodies, folder, launch
from core.runs.records import RunState
from core.serving import limits

LITTLE = 5 * limits.GB  # free bytes below which a training may fill the disk
SHOWN = 5  # names in a sentence


def examine() -> Iterator[Finding]:
    """The findings about the disk and the workspace."""
    yield from _disk()
    yield from _settings()
    yield from _leftovers()
    broken = damaged()
    found = [*broken, *_foreign_files()]
    yield from (Finding(item.kind, Level.PROBLEM, item.reason, _remedy(item), damaged=item) for item in found)
    yield from _orphans()
    yield from _absent_photos({item.name for item in broken if item.kind == "dataset"})
    yield from _worker()
    if not found:
        runs, models = len(folder.look_all()), len(shelf.models())
        yield good("contents", f"{words.count(runs, 'run')} and {words.count(models, 'saved model')} can be read.")


def damaged() -> list[Damaged]:
    """All runs, models, datasets, recipes and evaluations that can't be read."""
    return [*folder.damaged(), *shelf.damaged(), *catalogue.damaged(), *saved.damaged(), *stored.damaged()]


def _remedy(item: Damaged) -> str:
    return "" if "Delete" in item.reason or "Update" in item.reason else f"Delete the {item.kind}, or mend the file."


def _disk() -> Iterator[Finding]:
    home = workspace.home()
    place = workspace.cache() if read_only.is_on() else home
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"test")
    except OSError as error:
        yield problem("workspace", storage_errors.sentence(error) or f"{home} can't be written ({error.strerror}).")
        return
    free, total = shutil.disk_usage(home).free, shutil.disk_usage(home).total
    text = f"{home} can be written; {words.size(free)} of {words.size(total)} are free."
    if free < LITTLE:
        yield note("disk", text, "Clean the caches on Data, under Disk, or delete models and runs.")
    else:
        yield good("disk", text)


def _settings() -> Iterator[Finding]:
    """The environment variables that can't be used."""
    for read in (cache.limit, *(setting.read for setting in limits.SETTINGS)):
        try:
            read()
        except AppError as error:
            yield problem("settings", str(error))
    with contextlib.suppress(AppError):  # said above
        if limits.READ_ONLY.read():
            yield note("settings", f"{limits.READ_ONLY.variable} is on: on the pages, people can change nothing.")
    for part in limits.folders():
        if not os.path.isdir(os.path.expanduser(part)):  # noqa: PTH111, PTH112
            yield note("settings", f"{limits.FOLDERS} names {part}, which is not a folder.", "Mend it.")


def _leftovers() -> Iterator[Finding]:
    found = leftovers.find()
    if found:
        size = words.size(sum(leftover.bytes for leftover in found))
        count = words.count(len(found), "half-written item")
        yield note(
            "leftovers",
            f"{count} of processes that were killed ({size}).",
            "Delete them: `python -m core disk --clean`.",
            fix=partial(leftovers.sweep, leftovers.STILL),
        )


def _foreign_files() -> Iterator[Damaged]:
    """Saved models whose files differ from what their cards say."""
    for model in shelf.models():
        try:
            integrity.check_files(model, (name for name in model.card.files if "/" not in name and "\\" not in name))
        except AppError as error:
            yield Damaged("model", model.folder, str(error))


def _orphans() -> Iterator[Finding]:
    names, models = set(catalogue.names()), {model.name for model in shelf.models()}
    if (pinned := shelf.pinned()) and pinned not in models:
        yield note(
            "pinned model",
            f"The model {words.quoted(pinned)}, chosen for Predict, does not exist any more.",
            "Choose another one on Predict.",
            fix=partial(shelf.pin, None),
        )
    runs = [run for run in folder.look_all() if not run.ended and run.config.dataset not in names]
    if runs:
        lost = words.listed(sorted({run.config.dataset for run in runs}), SHOWN)
        yield note(
            "runs",
            f"{words.count(len(runs), 'run')} waiting for a dataset that is not here: {lost}.",
            "Add the dataset, or cancel the runs on Train.",
        )
    keys = {run.config.backbone for run in folder.look_all() if not run.ended}
    if bases := sorted(bodies.model_name(key) for key in keys if not bodies.find(key)):
        yield note(
            "runs",
            f"Runs wait for saved models that can't be used as their backbones: {words.listed(bases, SHOWN)}.",
            "Give the models their names back, or cancel the runs on Train.",
        )


def _absent_photos(damaged_names: set[str]) -> Iterator[Finding]:
    """The datasets that can't be used for now: on a disk that is not connected, or still being collected."""
    for name in catalogue.names():
        if name == catalogue.DRAWN or name in damaged_names:
            continue
        try:
            catalogue.load(name)
        except AppError as error:
            yield note(f"dataset {catalogue.title(name)}", str(error))


def _worker() -> Iterator[Finding]:
    if trouble := launch.trouble():
        yield problem("training process", trouble)
    waiting = [run for run in folder.look_all() if run.state is RunState.INTERRUPTED]
    if waiting:
        yield note(
            "training process",
            f"{words.count(len(waiting), 'run')} lost the training process and will be taken up again.",
            "Open the app, or any page of it: it starts the training process.",
            fix=launch.ensure_worker,
        )
