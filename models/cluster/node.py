"""Train a run on a node: a Ray task in a process of its own, with a workspace that belongs to this machine."""

import contextlib
import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from ray.actor import ActorHandle
from ray.exceptions import RayActorError, RayError

from core import workspace
from core.backbones import BACKBONES
from core.datasets import pack
from core.datasets.folders import SPLITS
from core.datasets.pack import Pack
from core.errors import AppError, ClusterError, DatasetError
from core.files import atomic, exchange, locks, records
from core.machine import give_way
from core.runs import bodies, estimate
from core.runs.config import RunConfig
from core.runs.folder import look, read_status
from core.runs.records import AUTO, ENDED, Notes, Status
from core.runs.stages import Stage
from models.cluster import placing, versions
from models.cluster.keeper import GO_ON, GONE, Order
from models.cluster.stream import GROWING, LAST, Changes, Piece
from models.record import Progress
from models.worker import output_to, train_begun

HOME = "FITTING_ROOM_NODE"  # where everything that is written on a node lies, in a folder of that name
FOLDER = "fitting-room-node"  # always of its own: runs in it are deleted, and somebody may name a workspace
SECONDS = 0.5  # between two looks at the run's folder
ATTEMPTS = 20  # of Ray for a run whose node dies; see also MOST_ATTEMPTS in models.worker
FULL_SECONDS, FULL_ATTEMPTS = 3.0, 40  # the workspace's disk may be full for two minutes at a run's end


def train(keeper: ActorHandle, run_id: str, expected: Mapping[str, str]) -> str:
    """Train the run that the keeper gives. Returns why this machine can't, as a sentence; empty if the run has ended.

    `expected` are the versions that this machine must have.
    """
    if sentence := check(expected):
        return sentence
    machine = name()
    order: Order | None = _result(keeper.begin.remote(run_id))
    if order is None:
        return ""
    try:
        _Training(keeper, run_id, order, machine).run()
    except AppError as error:
        return str(error)
    return ""


def check(expected: Mapping[str, str]) -> str:
    """Why this machine can't train, as a sentence; empty if it can."""
    machine = name()
    if sentence := versions.difference(expected, machine):
        return sentence
    try:
        _prepare()
    except OSError as error:
        return placing.unwritable(machine, error)
    return ""


def name() -> str:
    """This machine's name in the cluster: its address, or what `ray start --node-name` says."""
    own = ray.get_runtime_context().get_node_id()
    return next((str(node["NodeName"]) for node in ray.nodes() if node["NodeID"] == own), own)


def _prepare() -> None:
    """Point this process to the workspace of the node, and its libraries to the cores that it may use."""
    home = Path(os.environ.get(HOME) or Path.home() / ".cache").expanduser() / FOLDER
    os.environ["FITTING_ROOM_HOME"] = str(home)
    cores = max(1, int(ray.get_runtime_context().get_assigned_resources().get("CPU", 1)))
    for variable in ("FITTING_ROOM_CORES", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[variable] = str(cores)
    for folder in (workspace.runs(), workspace.locks(), workspace.cache()):
        folder.mkdir(parents=True, exist_ok=True)
    probe = workspace.locks() / f"probe-{os.getpid()}"
    probe.write_bytes(b"0")  # raises on a full disk and on one that is read-only
    probe.unlink()
    give_way()  # the machine of the workspace also shows the pages


class _Training:
    def __init__(self, keeper: ActorHandle, run_id: str, order: Order, machine: str) -> None:
        self._keeper, self._id, self._order, self._machine = keeper, run_id, order, machine
        self._folder = workspace.runs() / run_id
        self._gone = threading.Event()  # nobody wants the result any more
        self._ended = threading.Event()

    def run(self) -> None:
        """Train the run and send everything home. Raises AppError if this machine can't."""
        try:
            with contextlib.ExitStack() as held:
                try:
                    self._lay_out(held)
                except OSError as error:
                    raise ClusterError(placing.unwritable(self._machine, error)) from error
                exchange.use(self._turn)
                self._train()
        finally:
            for folder in (self._folder, workspace.models() / self._id):
                shutil.rmtree(folder, ignore_errors=True)

    def _lay_out(self, held: contextlib.ExitStack) -> None:
        """Write the folders of the run and of its parent, which stay until `held` is closed, and its network."""
        order, settings = self._order, self._order.config
        folders = {self._folder: order.files}
        if settings.parent:
            folders[workspace.runs() / settings.parent] = order.parent
        with placing.alone(workspace.runs()):
            for old in workspace.runs().iterdir():  # of runs that have ended or whose process was killed
                with locks.unused(old) as is_unused:
                    if is_unused:
                        shutil.rmtree(old)
            for folder, files in folders.items():
                _write(folder, files)
                held.enter_context(locks.in_use(folder))
        records.write(self._folder / "notes.json", Notes(name=self._id))  # names the model: the shelf renames it
        if base := bodies.model_name(settings.backbone):
            folder = workspace.models() / base
            with placing.alone(folder):
                for file in sorted(order.base, key=lambda file: file == "card.json"):  # the card makes it a model
                    placing.place(order.base[file], folder / file, self._fetch, self._machine)
        body = BACKBONES.get(settings.backbone)
        target = body.weights_path(settings.image_size) if body else None
        if order.weights and target:
            with placing.alone(target):
                if not target.exists():
                    placing.place(order.weights, target, self._fetch, self._machine)

    def _train(self) -> None:
        changes = Changes(self._folder)
        sender = threading.Thread(target=self._send, args=(changes,), daemon=True)
        sender.start()
        run = look(self._id)
        try:
            with output_to(self._folder / "worker.log"):
                train_begun(run, Progress(self._folder), self._read, _worker(), self._machine)
        finally:
            self._ended.set()
            sender.join()
        status = read_status(self._folder)
        if not self._gone.is_set() and status.phase in ENDED:
            model = workspace.models() / status.model if status.model else None
            self._finish(changes, {path.name: path.read_bytes() for path in model.iterdir()} if model else {})

    def _read(self, config: RunConfig, progress: Progress) -> tuple[tuple[str, ...], dict[str, Pack]]:
        """The classes and the photos by split, placed on this machine: what models.reading gives elsewhere."""
        counts, packs = {}, {}
        for split in SPLITS:
            source = self._order.photos[split]
            packs[split] = pack.empty(config.image_size)
            if source:
                folder = source.place(self._fetch, self._machine)
                packed = pack.read(folder, config.image_size, self._order.classes)
                if packed is None:
                    raise DatasetError(
                        f"The photos on the machine {self._machine} are damaged right after writing. Check its disk."
                    )
                packs[split] = packed
            counts[split] = len(packs[split])
        costs = estimate.costs(config, counts)
        reading = {Stage.reading(split) for split in SPLITS}
        progress.plan({stage: cost for stage, cost in costs.items() if stage not in reading})
        return self._order.classes, packs

    def _fetch(self, path: Path) -> Iterator[bytes]:
        for piece in _result(self._keeper.fetch.remote(self._id, path)):
            yield _result(piece)

    @contextmanager
    def _turn(self, path: Path) -> Iterator[None]:
        """See core.files.exchange: bring the file if the workspace has it, else pass it on to the workspace."""
        kind = path.parent.name
        with placing.alone(path):
            if exchange.stored(path) is None:
                source = _result(self._keeper.find.remote(self._id, kind, path.name))
                if source:
                    placing.place(source, path.with_name(source.path.name), self._fetch, self._machine)
                    yield
                    return
            before = exchange.stored(path)
            yield
            new = exchange.stored(path)
            if new and new != before:
                self._keeper.add.remote(kind, new.name, new.read_bytes())

    def _send(self, changes: Changes) -> None:
        """Send what changes until training has ended; stop the run if that is asked at home."""
        while not self._ended.wait(SECONDS):
            pieces = changes.take(leave=LAST[:1])
            if "status.json" in pieces and _is_end(pieces["status.json"]):  # the model comes before it
                changes.forget({"status.json": pieces.pop("status.json")})
            try:
                answer, misfits = _result(self._keeper.receive.remote(self._id, self._order.token, pieces))
            except RayActorError:  # this process will end too
                answer, misfits = GONE, set()
            except RayError:  # such as a full disk at home: all of it again, later
                changes.forget(set(pieces))
                continue
            changes.forget(misfits)
            if answer != GO_ON:
                (self._folder / "stop").touch()
            if answer == GONE:
                self._gone.set()
                return

    def _finish(self, changes: Changes, model: Mapping[str, bytes]) -> None:
        changes.forget(set(GROWING))
        pieces = changes.take()
        for attempt in range(FULL_ATTEMPTS):
            try:
                _result(self._keeper.finish.remote(self._id, self._order.token, pieces, model))
                return
            except RayError:
                if attempt == FULL_ATTEMPTS - 1:
                    raise
                time.sleep(FULL_SECONDS)


def _result(reference: Any) -> Any:
    """The value of a reference. `ray.get` would give this task's cores to another one meanwhile."""
    return reference.future().result()


def _worker() -> str:
    """The device that Ray has given to this task, as core.runs.devices names it."""
    gpus: list[Any] = ray.get_gpu_ids()
    return f"gpu-{gpus[0]}" if gpus else AUTO


def _is_end(piece: Piece) -> bool:
    return records.parse(piece.content, Status).phase in ENDED


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        atomic.write(folder / file, lambda target, content=content: target.write(content))  # type: ignore[misc]
