"""What a search's process writes down: its progress, with the time that its own runs took."""

import time
from typing import Any

from core.files import records
from core.runs import launch, queue
from core.runs.records import RunState
from core.searching import folder, trials
from core.searching.folder import Search
from core.searching.records import StageRecord, Trial, TrialState
from core.searching.trials import StoppedError

POLL = 0.2  # s between two looks at the runs
WRITE = 2.0  # s between two records of the time alone


class Journal:
    """The progress of a search, which only its process changes. It keeps the time as well."""

    def __init__(self, search: Search) -> None:
        self.search, self.progress = search, search.progress
        self._clock = self._written = time.monotonic()

    def write(self, **changes: Any) -> None:
        """Change the progress and its file. Raises OSError."""
        now = time.monotonic()
        spent = self.progress.spent + now - self._clock
        self._clock = self._written = now
        self.progress = self.progress.model_copy(update={"spent": round(spent, 2), **changes})
        if self.search.folder.is_dir():
            records.write(self.search.folder / folder.PROGRESS, self.progress)

    def add(self, trial: Trial) -> None:
        """Write down a new trial."""
        self.write(trials=(*self.progress.trials, trial))

    def close(self, closed: Trial) -> None:
        """Write down how a trial ended."""
        self.write(trials=tuple(closed if each.run == closed.run else each for each in self.progress.trials))

    def change_stage(self, key: str, **changes: Any) -> None:
        """Change the record of a stage."""
        changed = (each.model_copy(update=changes) if each.key == key else each for each in self.progress.stages)
        self.write(stages=tuple(changed))

    def running(self) -> list[Trial]:
        """The trials that have not ended."""
        return [trial for trial in self.progress.trials if trial.state is TrialState.RUNNING]

    def of(self, record: StageRecord) -> list[Trial]:
        """The trials of a stage."""
        return [trial for trial in self.progress.trials if trial.stage == record.key]

    def final_runs(self) -> list[str]:
        """The ids of the runs at the end."""
        return [*self.progress.again, *([self.progress.base_run] if self.progress.base_run else [])]

    def check_stop(self) -> None:
        """Raise StoppedError if somebody asked the search to stop."""
        if self.search.must_stop:
            queue.stop_study(self.search.id)
            raise StoppedError

    def pause(self) -> None:
        """Wait a moment. Raises StoppedError as `check_stop` does."""
        self.check_stop()
        waits, began = self._waits(), time.monotonic()
        time.sleep(POLL)
        if waits:
            self._clock += time.monotonic() - began
        launch.ensure_worker()
        if time.monotonic() - self._written > WRITE:
            self.write()

    def _waits(self) -> bool:
        """Whether other runs keep the workers busy: that time is not the search's."""
        own = [trial.run for trial in self.running()] or self.final_runs()
        states = [reading.state for reading in map(trials.read, own) if not reading.ended]
        return bool(states) and all(state is RunState.QUEUED for state in states)
