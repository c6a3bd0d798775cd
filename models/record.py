"""What the worker writes into a run's folder: status, curves, checkpoints. One writer, atomic writes."""

import contextlib
import io
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.files import atomic, cache, npz, records, regular
from core.runs.folder import MOST_CURVES_BYTES, read_status
from core.runs.records import Epoch, PartialEpoch, RunState, from_line, is_whole
from core.runs.stages import Stage

STATUS_SECONDS = 0.5  # minimum time between two writes of the progress


class Stopped(Exception):  # noqa: N818 — a request, not an error
    """Somebody asked the run to stop."""


@contextlib.contextmanager
def _unless_full() -> Iterator[None]:
    """For files that are soon written again: a disk that is full for a while must not end the run."""
    try:
        yield
    except OSError as error:
        if error.errno not in cache.FULL:
            raise


class Progress:
    """The run's status: its stage, how far it is and the time left.

    Each stage is announced with an estimate in seconds; the run's real speed corrects it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        beginning = {"phase": RunState.RUNNING, "error": "", "stage": "starting"}
        self._status = read_status(folder).model_copy(update=beginning)
        self._costs: dict[Stage, float] = {}
        self._done = 0.0  # of the estimated seconds
        self._stage: Stage | None = None
        self._started = self._stage_started = time.monotonic()
        self._written = 0.0
        self.expected_seconds = self.actual_seconds = 0.0  # of the stages that did not come from the cache

    @property
    def attempts(self) -> int:
        return self._status.attempts

    def start(self) -> None:
        """A worker starts the run, or resumes one that lost its worker."""
        self._write(attempts=self._status.attempts + 1)

    def reset_attempts(self) -> None:
        """The run got further than with its last worker, so the next death counts as the first."""
        if self._status.attempts > 1:
            with _unless_full():
                self._write(attempts=1)

    def plan(self, costs: dict[Stage, float]) -> None:
        """Announce the coming stages in order, each with an estimate in seconds."""
        self._costs, self._done, self._stage, self._started = dict(costs), 0.0, None, time.monotonic()

    def stage(self, stage: Stage) -> None:
        """Start a new stage; the previous one is finished."""
        cost = self._costs.pop(self._stage, 0.0) if self._stage else 0.0
        seconds = time.monotonic() - self._stage_started
        if seconds > 0.05 * cost > 0:  # not from the cache
            self.expected_seconds, self.actual_seconds = self.expected_seconds + cost, self.actual_seconds + seconds
        self._done += cost
        self._stage, self._stage_started = stage, time.monotonic()
        self._report(stage.words, 0.0, at_once=True)

    def tick(self, done: float, of: float, words: str | None = None) -> None:
        """Report how far the stage is. Raises Stopped if somebody asked the run to stop."""
        if self.must_stop():
            raise Stopped
        self._report(words or (self._stage.words if self._stage else ""), done / of if of else 0.0)

    def must_stop(self) -> bool:
        return (self._folder / "stop").exists()

    def warn(self, sentence: str) -> None:
        """Add a warning that people should see but that doesn't end the run."""
        if sentence not in self._status.warning:
            with _unless_full():
                self._write(warning=f"{self._status.warning} {sentence}".strip())

    def set_device(self, device: str) -> None:
        """Note the device in words; a run that was resumed on another device names both."""
        if device not in self._status.device:
            with _unless_full():
                self._write(device=f"{self._status.device}, then {device}" if self._status.device else device)

    def set_receipt(self, receipt: str) -> None:
        """Note the receipt of what the run trains on. A run that goes on with another engine than before says so."""
        before = self._status.receipt
        if before and before != receipt:
            self.warn(
                f"The pixels changed during this run: its receipt was {before} at first and is {receipt} now, because "
                "it was continued with another version of the program or of OpenCV."
            )
        if before != receipt:
            with _unless_full():
                self._write(receipt=receipt)

    def end(self, phase: RunState, error: str = "", model: str = "", cause: str = "") -> None:
        """Write the run's last status. On a full disk the cache makes room; raises OSError if that is not enough."""
        words = {RunState.DONE: "done", RunState.STOPPED: "stopped", RunState.FAILED: "failed"}[phase]
        last: dict[str, Any] = {"phase": phase, "error": error, "cause": cause, "model": model, "stage": words}
        last.update(time_left=None, progress=1.0 if phase is RunState.DONE else self._status.progress)
        try:
            self._write(**last)
        except OSError as full:
            if full.errno not in cache.FULL or not cache.evict(cache.SPARE):
                raise
            self._write(**last)

    def _report(self, words: str, share: float, at_once: bool = False) -> None:
        now = time.monotonic()
        if not at_once and now - self._written < STATUS_SECONDS:
            return
        done = self._done + share * (self._costs.get(self._stage, 0.0) if self._stage else 0.0)
        total = self._done + sum(self._costs.values())
        elapsed = now - self._started
        speed = elapsed / done if done > 0.02 * total else 1.0  # seconds per estimated second
        with _unless_full():
            self._write(
                stage=words,
                progress=done / total if total else 0.0,
                time_left=round((total - done) * speed, 1) if total else None,
            )

    def _write(self, **changes: Any) -> None:
        self._status = self._status.model_copy(update={**changes, "updated": time.time()})
        self._written = time.monotonic()
        if self._folder.is_dir():  # a run whose folder was deleted does not come back
            records.write(self._folder / "status.json", self._status)


class Metrics:
    """metrics.jsonl: one line per epoch, and at most two per second within an epoch.

    A full disk costs the lines within epochs; lines of whole epochs wait until there is room.
    """

    def __init__(self, folder: Path, keep_epochs: int, backup_lines: Sequence[str] = ()) -> None:
        """Keep the file's first `keep_epochs` epochs, those in the backup, and drop the rest.

        `backup_lines` are the lines of these epochs in the backup; they replace the file's if one is missing.
        """
        self._path = folder / "metrics.jsonl"
        self._written = 0.0
        self._waiting: list[str] = []
        before = _text(self._path)
        lines = [line for line in before.splitlines(keepends=True) if self._is_of_first(line, keep_epochs)]
        if not set(backup_lines) <= set(lines):
            lines = list(backup_lines)
        self.finished = [line for line in lines if is_whole(line)]  # a line per epoch
        if "".join(lines) != before:
            atomic.write(self._path, lambda file: file.write("".join(lines).encode()))

    @staticmethod
    def _is_of_first(line: str, epochs: int) -> bool:
        """Whether the line is complete and belongs to one of the first `epochs` epochs."""
        epoch = from_line(line) if line.endswith("\n") else None
        return epoch is not None and epoch.epoch < epochs

    def epoch(self, epoch: Epoch) -> None:
        line = Metrics.line(epoch)
        self.finished.append(line)
        self._waiting.append(line)
        with _unless_full():
            self.flush()

    def within(self, epoch: PartialEpoch) -> None:
        if time.monotonic() - self._written >= STATUS_SECONDS:
            with _unless_full():
                self._append("".join([*self._waiting, Metrics.line(epoch)]))

    def flush(self) -> None:
        """Write the whole epochs that wait for room. Raises OSError if there is still none."""
        if self._waiting:
            self._append("".join(self._waiting))

    @staticmethod
    def line(epoch: Epoch | PartialEpoch) -> str:
        """The line, with figures rounded to six digits."""
        figures = {name: float(f"{value:.6g}") for name, value in epoch if isinstance(value, float)}
        return records.line(epoch.model_copy(update=figures))

    def _append(self, lines: str) -> None:
        """Append all lines or none."""
        self._written = time.monotonic()
        with self._path.open("ab", buffering=0) as file:
            end, rest = file.seek(0, io.SEEK_END), lines.encode()
            try:
                while rest:  # a disk that fills up first takes a part
                    rest = rest[file.write(rest) :]
            except OSError:
                file.truncate(end)
                raise
        self._waiting.clear()


def write_arrays(path: Path, arrays: list[np.ndarray], **facts: Any) -> None:
    """Replace `path` with arrays and JSON facts, in NumPy's npz format."""
    buffer = io.BytesIO()
    numbered = {f"array_{i}": array for i, array in enumerate(arrays)}
    np.savez(buffer, facts=np.array(json.dumps(facts)), **numbered)  # type: ignore[arg-type]
    atomic.write(path, lambda file: file.write(buffer.getbuffer()))


def read_arrays(path: Path) -> tuple[list[np.ndarray], dict[str, Any]] | None:
    """The arrays and facts that `write_arrays` wrote, or None if the file is missing or damaged."""
    try:
        stored = npz.load(path)
        arrays = [stored[f"array_{i}"] for i in range(len(stored) - 1)]
        facts = json.loads(str(stored["facts"]))
    except (npz.ArraysError, KeyError, ValueError, RecursionError):
        return None
    return (arrays, facts) if isinstance(facts, dict) else None


def _text(path: Path) -> str:
    """The text of a file; empty if it can't be read."""
    try:
        return regular.read(path, MOST_CURVES_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
