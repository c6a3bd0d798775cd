"""Trying one input, and judging what the program made of it."""

import contextlib
import os
import re
import resource
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any
from unittest import mock

from benchmarks.fuzz.values import shortened
from core import workspace
from core.datasets import drawn
from core.errors import AppError

MOST_SECONDS = 2.0
PATIENCE = 3  # times as long by the clock: other programs take their share
MOST_BYTES = 1_000_000_000
FEW_DRAWINGS = {"train": 2, "validation": 1, "test": 1}  # of each garment; all six hundred take seconds
LONGEST_SENTENCE = 600  # characters
UNFIT = re.compile(  # for people: Python's and pydantic's own words
    r"Traceback|<class|<function|object at 0x|NoneType|recursion depth|\b[A-Z]\w+(Error|Exception)\b|pydantic|"
    r"errors\.|input_value|[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]|validation error|codec can't|surrogates not allowed|"
    r"int_max_str_digits"
)
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
         "os.utime",
           "shutil.rmtree"}  # fmt: skip
NEVER = {"pickle.find_class", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "socket.connect"}


@dataclass(frozen=True)
class Kind:
    """A kind of input: how to draw one, and what the program does with it."""

    name: str
    share: float  # of all inputs
    draw: Callable[[Random], Any]
    use: Callable[[Any], object]  # may raise AppError, and nothing else
    prepare: Callable[[], object] = lambda: None  # once before, unwatched


@dataclass(frozen=True)
class Fault:
    """An input that the program did not take well. Its kind, seed and number bring it back."""

    kind: str
    seed: int
    number: int
    what: str  # "traceback", "sentence", "slow", "memory", "outside", "hang" or "crash"
    details: str
    input: str  # shortened

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        again = f"python -m benchmarks.fuzz --kind '{self.kind}' --seed {self.seed} --number {self.number}"
        return f"{self.kind}: {self.what}: {self.details}\n    input: {self.input}\n    again: {again}"


class Watch:
    """What the program does to the system while an input is tried."""

    def __init__(self) -> None:
        self.active = False
        self.events: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.active:
            return
        if event in NEVER and not (event.startswith("pickle") and _is_for_cache()):
            self.events.append(f"{event} {shortened(arguments, 120)}")
        elif event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITES):
            self.events += [
                f"{event} {shortened(path, 200)}" for path in _places(event, arguments) if _is_outside(path)
            ]


def _is_for_cache() -> bool:
    """Whether Streamlit copies a value of its own cache in memory, by pickling it."""
    frame: FrameType | None = sys._getframe()
    while frame and "streamlit/runtime/caching" not in frame.f_code.co_filename:
        frame = frame.f_back
    return frame is not None


def _places(event: str, arguments: tuple[Any, ...]) -> list[Any]:
    """The files and folders that an audit event of CHANGES, or of opening, changes."""
    if event == "os.rename":
        return list(arguments[:2])
    if event in ("os.link", "os.symlink"):
        return [arguments[1]]
    at = {"os.remove": 1, "os.rmdir": 1, "os.mkdir": 2}.get(event)  # where the folder stands that the path begins at
    if at is not None and len(arguments) > at and arguments[at] >= 0:
        return [Path(os.readlink(f"/proc/self/fd/{arguments[at]}"), os.fsdecode(arguments[0]))]  # noqa: PTH115
    return [arguments[0]]


_watches: list[Watch] = []  # one for each process: a hook can't be taken off again


def _is_outside(path: Any) -> bool:
    if not isinstance(path, (str, bytes, Path)):
        return False
    place = os.path.normpath(os.path.join(os.getcwd(), os.fsdecode(path)))  # noqa: PTH109, PTH118
    return not (
        place.startswith((f"{workspace.home()}/", "/dev/null"))
        or "__pycache__" in place
        or place == str(workspace.home())
    )


def attempt(kind: Kind, seed: int, number: int) -> list[Fault]:
    """Try one input. Returns what is wrong: nothing, or one Fault for each thing."""
    if not _watches:
        _watches.append(Watch())
    kind.prepare()
    item = kind.draw(Random(f"{seed}/{kind.name}/{number}"))
    wrong = _tried(kind, item, _watches[0])
    if "slow" in wrong and "slow" not in _tried(kind, item, _watches[0]):
        del wrong["slow"]  # other programs had the processor; what else was wrong stays
    return [Fault(kind.name, seed, number, what, details, shortened(item)) for what, details in wrong.items()]


def _tried(kind: Kind, item: Any, watch: Watch) -> dict[str, str]:
    """What is wrong, with its details, when the program gets this input."""
    wrong: dict[str, str] = {}
    watch.events.clear()
    before, busy, started = _peak(), time.process_time(), time.monotonic()
    watch.active = True
    try:
        with mock.patch.object(drawn, "COUNTS", FEW_DRAWINGS):
            kind.use(item)
    except AppError as error:
        watch.active = False
        if fault := unfit(str(error)):
            wrong["sentence"] = f"{fault}: {shortened(str(error), 400)}"
    except Exception as error:
        watch.active = False
        wrong["traceback"] = last_lines(error)
    finally:
        watch.active = False
    busy, seconds = time.process_time() - busy, time.monotonic() - started
    if busy > MOST_SECONDS or seconds > PATIENCE * MOST_SECONDS:
        wrong["slow"] = f"{seconds:.1f} s, of which {busy:.1f} s busy"
    if _peak() - before > MOST_BYTES:
        wrong["memory"] = f"{(_peak() - before) / 1e9:.1f} GB"
    if watch.events:
        wrong["outside"] = "; ".join(sorted(set(watch.events))[:3])
    return wrong


def unfit(sentence: str, pieces: int = 1) -> str:
    """What is wrong with an error's sentence; empty if people can read it."""
    if not sentence.strip():
        return "empty"
    if len(sentence) > pieces * LONGEST_SENTENCE:
        return f"{len(sentence):,} characters"
    found = UNFIT.search(sentence)
    return f"says {found.group()!r}" if found else ""


def check_sentence(sentence: str, pieces: int = 1) -> None:
    """Raise AssertionError unless people can read a sentence, or one made of so many pieces."""
    fault = unfit(sentence, pieces)
    assert not fault, f"{fault}: {shortened(sentence)}"


def last_lines(error: BaseException) -> str:
    """The error and the program's own lines that led to it, the innermost last."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/core/" in frame.filename]
    frames = frames or traceback.extract_tb(error.__traceback__)
    places = " > ".join(f"{'/'.join(Path(frame.filename).parts[-2:])}:{frame.lineno}" for frame in frames[-3:])
    return f"{type(error).__name__}({shortened(str(error), 400)}) at {places}"


def _peak() -> int:
    """The most memory that this process ever took, bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


@contextlib.contextmanager
def own_workspace() -> Iterator[Path]:
    """An empty workspace for this process, without shipped models, deleted afterwards."""
    with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as folder:
        home = Path(folder).resolve() / "home"
        home.mkdir()
        with (
            mock.patch.dict(os.environ, {"FITTING_ROOM_HOME": str(home)}),
            mock.patch.object(workspace, "SHIPPED_MODELS", home / "shipped"),
        ):
            yield home
