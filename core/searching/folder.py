"""A search as a folder: what was asked for, how far it is, and a request to stop. Its trials are runs of one study."""

import contextlib
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from core import workspace
from core.errors import SearchError, SettingsError
from core.files import atomic, records
from core.files.locks import is_held
from core.files.versions import Remembered
from core.runs import bodies, problems, queue, studies
from core.runs.config import LONGEST_NAME, RunConfig, config
from core.searching import space
from core.searching import stages as start
from core.searching.records import ENDED, Progress, StageKey, Wanted
from core.words import quoted

WANTED, PROGRESS, STOP, LOCK = "search.json", "progress.json", "stop", "search.lock"
LOG_PLACE = "locks/search.log in the workspace"
FIRST = "your settings"  # the name of the first trial


@dataclass(frozen=True)
class Search:
    """The contents of a search's folder at one moment."""

    id: str  # of the study that its runs belong to, too
    folder: Path
    wanted: Wanted
    progress: Progress

    @property
    def base(self) -> RunConfig:
        """The settings to start from. Raises SettingsError."""
        return config(**self.wanted.base)

    @property
    def has_ended(self) -> bool:
        return self.progress.phase in ENDED

    @property
    def is_alive(self) -> bool:
        """Whether its process lives."""
        return is_held(self.folder / LOCK)

    @property
    def must_stop(self) -> bool:
        return (self.folder / STOP).exists()


def put(
    base: RunConfig,
    minutes: float,
    stages: tuple[StageKey, ...] = (StageKey.HEAD,),
    vary: str = "",
    **others: object,
) -> str:
    """Store a search, queue its first trial, which has the base settings, and return the search's id.

    `others` are further fields of `Wanted`. Raises SettingsError, DatasetError and whatever keeps a run from starting.
    """
    if vary.strip():
        space.parse(vary, base)
        stages = (StageKey.OWN,)
    else:
        check_stages(base, stages)
    name = str(others.get("name") or "")[:LONGEST_NAME]
    stages = tuple(key for key in StageKey if key in stages)  # in their order, each once
    base = base.model_copy(update={"parent": None})
    wanted = _checked(
        {"base": base.model_dump(mode="json"), "minutes": minutes, "stages": stages, "vary": vary, **others}
    )
    search_id = f"{studies.SEARCH}-{datetime.now():%Y%m%d-%H%M%S%f}"
    first = start.first(base, tuple(stages)).model_copy(update={"name": FIRST, "study": search_id, "trial": True})
    with atomic.new_folder(workspace.searches() / search_id) as folder:
        records.write(folder / WANTED, wanted)
    try:
        queue.put(first, wanted.device, name)  # so that the search shows at once wherever runs do
    except BaseException:
        shutil.rmtree(workspace.searches() / search_id, ignore_errors=True)
        raise
    return search_id


def check_stages(base: RunConfig, stages: tuple[StageKey, ...]) -> None:
    """Raise SettingsError if there is nothing to vary, or if the backbone can't be fine-tuned."""
    if not stages:
        raise SettingsError("A search must vary something. Choose the head, augmentation or fine-tuning.")
    if StageKey.FINE_TUNING in stages and not bodies.is_tunable(base.backbone):
        raise SettingsError(
            f"{bodies.label(base.backbone)} can't be fine-tuned. Leave fine-tuning out of the search, or choose "
            "another backbone."
        )


def _checked(fields: dict[str, object]) -> Wanted:
    try:
        return Wanted.model_validate(fields)
    except ValidationError as error:
        raise SettingsError(problems.sentences(error.errors(include_url=False), tuple(Wanted.model_fields))) from None


def look(search_id: str) -> Search:
    """The search as its files describe it now. Raises SearchError."""
    folder = workspace.searches() / search_id
    if not search_id or folder.parent != workspace.searches() or not folder.is_dir():
        raise SearchError(f"There is no search {quoted(search_id)}. `python -m core runs` lists the runs of searches.")
    return _searches.get(folder)


def _read(folder: Path) -> Search:
    wanted = records.read(folder / WANTED, Wanted)
    if wanted is None:
        raise SearchError(f"The search {folder.name} has no {WANTED}. Delete its folder.")
    return Search(folder.name, folder, wanted, records.read(folder / PROGRESS, Progress) or Progress())


_searches = Remembered((WANTED, PROGRESS), _read)  # Train looks at all of them every second


def find(search_id: str | None) -> Search | None:
    """The search with this id; None if there is none or if it can't be read."""
    try:
        return look(search_id or "")
    except SearchError:
        return None


def unfinished() -> list[Search]:
    """The searches that have not ended, oldest first."""
    with contextlib.suppress(OSError):
        names = sorted(path.name for path in workspace.searches().iterdir() if not path.name.startswith("."))
        found = (find(name) for name in names)
        return [search for search in found if search and not search.has_ended]
    return []


def stop(search_id: str) -> None:
    """Ask the search to stop, with its trials; what it has found so far stays. Raises SearchError, RunError."""
    search = look(search_id)
    if search.has_ended:
        return
    (search.folder / STOP).touch()
    queue.stop_study(search_id)


def remove(search_id: str) -> None:
    """Delete the search's folder, if there is one; its runs are deleted apart. Raises SearchError while it goes on."""
    place = workspace.searches() / search_id
    if place.parent != workspace.searches():
        return
    search = find(search_id)
    if search and not search.has_ended and search.is_alive:
        raise SearchError("The search still goes on. Stop it first.")
    shutil.rmtree(place, ignore_errors=True)  # a damaged one too
