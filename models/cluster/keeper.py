"""The keeper: an actor on the workspace's machine that gives nodes their runs and writes what comes back.

It holds the lock of each run that is being trained, as a worker does, so a run without its keeper is interrupted. Its
methods run in threads; each run has one caller at a time.
"""

import contextlib
import os
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray
from filelock import FileLock, Timeout

from core import workspace
from core.answering import model_files
from core.answering.card import Card
from core.datasets import trained_on
from core.datasets.pack import Pack
from core.errors import RunError
from core.files import atomic, cache, exchange, records
from core.runs import bodies, changes, devices
from core.runs.config import RunConfig
from core.runs.folder import Run, folder_of, look
from core.runs.records import Report, RunState, Status
from models import reading, save
from models.cluster import stream
from models.cluster.placing import PackSource, Source, pieces
from models.cluster.stream import Piece
from models.record import Progress
from models.worker import begin, end_after

GO_ON, STOP, GONE = "go on", "stop", "gone"  # answers to a node that sends its changes
TO_CONTINUE = ("config.json", "status.json", "metrics.jsonl", "labels.json", "backup.npz", "best.npz")  # of a parent
SHARED = ("features", "backbones")  # kinds of files in the cache that nodes exchange
LAST: dict[str, type[Report] | type[Status]] = {"report.json": Report, "status.json": Status}  # in this order
NOT_NEEDED = {"notes.json", "worker.lock", "stop", *model_files.NETWORK}  # by a node
LOCK_SECONDS = 5.0


@dataclass(frozen=True)
class Order:
    """All that a node needs to train a run."""

    token: int  # of this attempt: a node that was given up may still be alive
    config: RunConfig
    classes: tuple[str, ...]
    photos: dict[str, PackSource | None]  # by split; None for a split without readable photos
    files: dict[str, bytes]  # of the run's folder
    parent: dict[str, bytes]  # of the folder of the run that it continues
    base: dict[str, Source]  # of the saved model that is its backbone
    weights: Source | None  # with the ImageNet weights, if this machine has them


@dataclass
class _Held:
    lock: FileLock
    token: int = 0
    names: set[Path] = field(default_factory=set)  # files that its nodes may fetch


class Keeper:
    """See the module."""

    def __init__(self, worker: str, environment: Mapping[str, str]) -> None:
        """`environment` has the settings of the process that started the keeper."""
        os.environ.update(environment)
        self._worker = worker
        self._held: dict[str, _Held] = {}
        self._parts: dict[Path, list[Any]] = {}
        self._beginning, self._fetching, self._shelving = threading.Lock(), threading.Lock(), threading.Lock()

    def pulse(self) -> None:
        """Do nothing: whoever calls sees that the keeper lives."""

    def begin(self, run_id: str) -> Order | None:
        """Begin a run, or resume it after its node has died; None if there is nothing to train."""
        with self._beginning:  # runs of the same photos don't pack them twice
            run = self._take(run_id)
            if run is None:
                self._release(run_id)
                return None
            order = self._order(run)
            if order is None:
                self._release(run_id)
            return order

    def receive(self, run_id: str, token: int, changes: Mapping[str, Piece]) -> tuple[str, set[str]]:
        """Write a node's changes into the run's folder. Returns what the node shall do, and which files it must send
        as a whole. Raises OSError if the disk is full."""
        folder = self._folder(run_id, token)
        if folder is None:
            return GONE, set()
        misfits = stream.apply(folder, changes)
        return (STOP if (folder / "stop").exists() else GO_ON), misfits

    def finish(self, run_id: str, token: int, changes: Mapping[str, Piece], model: Mapping[str, bytes]) -> None:
        """Write the last changes of a run and its saved model. Raises OSError if the disk is full."""
        folder = self._folder(run_id, token)
        if folder is not None:
            early = {name: piece for name, piece in changes.items() if name not in stream.LAST}
            stream.apply(folder, early)
            name = self._shelve(look(run_id), model) if model else ""
            for last, record in LAST.items():
                if last in changes:
                    content = records.parse(changes[last].content, record)
                    records.write(folder / last, content.model_copy(update={"model": name}))
            self._release(run_id)

    def fail(self, run_id: str, sentence: str) -> None:
        """Record that a run failed, unless it has ended or is somebody else's by now."""
        with contextlib.suppress(RunError, Timeout):
            run = self._take(run_id)
            if run is not None:
                Progress(run.folder).end(RunState.FAILED, sentence)
        self._release(run_id)

    def find(self, run_id: str, kind: str, name: str) -> Source | None:
        """The shared file of the cache with that name, or whose name goes on after it; None without one."""
        held = self._held.get(run_id)
        if held is None or kind not in SHARED or not stream.is_plain(name):
            return None
        path = exchange.stored(workspace.cache() / kind / name)
        if path is None:
            return None
        held.names.add(path)
        return Source.of(path)

    def add(self, kind: str, name: str, content: bytes) -> None:
        """Add a shared file to the cache, unless it has no room for it."""
        path = workspace.cache() / kind / name
        if kind in SHARED and stream.is_plain(name) and not path.exists():
            with contextlib.suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                cache.make_room(len(content))
                atomic.write(path, lambda file: file.write(content))

    def fetch(self, run_id: str, path: Path) -> list[Any]:
        """References to the pieces of a file in Ray's store, where it is put once for all nodes."""
        with self._fetching:
            held = self._held.get(run_id)
            if held is None or path not in held.names:
                raise RunError(f"Run {run_id} must name a file of its own, got {path}.")
            if path not in self._parts:
                self._parts[path] = [ray.put(piece) for piece in pieces(path)]
            return self._parts[path]

    def _take(self, run_id: str) -> Run | None:
        """The run, whose lock is held from now on; None if it doesn't wait for this cluster any more."""
        try:
            run = look(run_id)
            if run_id in self._held:
                return run if run.state is not RunState.STOPPED else None
            if run.state not in (RunState.QUEUED, RunState.INTERRUPTED) or (
                devices.worker_of(run.device) != self._worker
            ):
                return None
            lock = FileLock(run.folder / "worker.lock", timeout=LOCK_SECONDS, thread_local=False)
            lock.acquire()
        except (RunError, OSError):  # a Timeout is one
            return None
        self._held[run_id] = _Held(lock)
        return run

    def _release(self, run_id: str) -> None:
        held = self._held.pop(run_id, None)
        if held:
            held.lock.release()
        if not self._held:
            self._parts.clear()  # frees Ray's store

    def _folder(self, run_id: str, token: int) -> Path | None:
        """The run's folder; None if it was deleted or if another node has taken the run over."""
        held = self._held.get(run_id)
        if held is None or held.token != token:
            return None
        folder = workspace.runs() / run_id
        if not (folder / "config.json").exists():
            self._release(run_id)
            shutil.rmtree(folder, ignore_errors=True)
            return None
        return folder

    def _order(self, run: Run) -> Order | None:
        """The order for a node; None if the run has ended because it can't be trained."""
        with (run.folder / "worker.log").open("a", encoding="utf-8") as log, contextlib.redirect_stdout(log):
            try:
                progress = begin(run)
            except FileNotFoundError:
                progress = None
            if progress is None:
                return None
            try:
                classes, packs = reading.read(run.config, progress)
                if change := changes.change_within_study(run, trained_on.of(packs, classes)):
                    progress.warn(change)
                order = self._packed(run, classes, packs)
            except Exception as error:
                with contextlib.suppress(FileNotFoundError):
                    end_after(error, run, progress)
                return None
        held = self._held[run.id]
        sources = [source for pack in order.photos.values() if pack for source in (pack.pixels, pack.index)]
        sources += [*order.base.values(), *([order.weights] if order.weights else [])]
        held.token, held.names = order.token, {source.path for source in sources}
        return order

    def _packed(self, run: Run, classes: tuple[str, ...], packs: Mapping[str, Pack]) -> Order:
        body = bodies.of(run.config.backbone)
        base = bodies.model(run.config.backbone).folder if body.is_saved_model else None
        weights = body.weights_path(run.config.image_size)
        return Order(
            token=self._held[run.id].token + 1,
            config=run.config,
            classes=classes,
            photos={split: PackSource.of(pack.folder) if pack.folder else None for split, pack in packs.items()},
            files=_contents(run.folder),
            parent=_contents(folder_of(run.config.parent), TO_CONTINUE) if run.config.parent else {},
            base={path.name: Source.of(path) for path in sorted(base.iterdir()) if path.is_file()} if base else {},
            weights=Source.of(weights) if weights and weights.is_file() else None,
        )

    def _shelve(self, run: Run, files: Mapping[str, bytes]) -> str:
        """Put a run's model on the shelf, under a name that is free here; returns the name."""
        with self._shelving:
            target = workspace.models() / save.name_of(run)
            if target.exists():  # from an attempt that died before it could report it
                shutil.rmtree(target)
            with atomic.new_folder(target) as folder:
                for name, content in files.items():
                    if stream.is_plain(name) or name in model_files.NETWORK:
                        (folder / name).write_bytes(content)
                _share_network(folder / model_files.BACKBONE)
                card = records.read(folder / "card.json", Card)
                if card is None:
                    raise RunError("The machine that trained the run sent a model without a card.")
                records.write(folder / "card.json", card.model_copy(update={"name": target.name}))
        return target.name


def _contents(folder: Path, names: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The files of a run's folder, or those of them with these names."""
    files = (path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith("."))
    wanted = (path for path in files if (path.name in names if names else path.name not in NOT_NEEDED))
    return {path.name: path.read_bytes() for path in wanted}


def _share_network(path: Path) -> None:
    """Store a converted network that is in the cache only once."""
    for cached in (workspace.cache() / "backbones").glob("*.tflite"):
        if cached.stat().st_size == path.stat().st_size and cached.read_bytes() == path.read_bytes():
            path.unlink()
            atomic.link(cached, path)
            return
