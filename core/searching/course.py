"""The course of a search: stage after stage of trials, then the best settings once more, with several seeds."""

from typing import Any

from core.datasets import catalogue
from core.errors import SearchError
from core.runs import estimate, queue
from core.runs.config import RunConfig, config
from core.runs.fine_tuning import FineTune
from core.searching import folder, space, stages, trials
from core.searching.folder import Search
from core.searching.journal import Journal
from core.searching.proposals import Told
from core.searching.records import Phase, Progress, StageKey, StageRecord
from core.searching.trying import Trying

SEEDS = 3  # with which the best settings are trained again
LEAST_SHARE = 0.4  # of the time, at least, is for trials, however long the last runs take


class Course:
    """A search in its process."""

    def __init__(self, search: Search) -> None:
        self._search, self._wanted = search, search.wanted
        self._base = search.base
        self._dataset = catalogue.load(self._base.dataset)
        self._photos = {name: len(split) for name, split in self._dataset.splits.items()}
        self._journal = Journal(search)

    @property
    def progress(self) -> Progress:
        """How far the search is."""
        return self._journal.progress

    def run(self) -> None:
        """Go on until the end. Raises StoppedError on request, SearchError if no trial finished."""
        is_final = self.progress.phase is Phase.FINAL
        self._journal.write(phase=Phase.FINAL if is_final else Phase.RUNNING)
        if not is_final:
            self._stop_orphans()
            begun = max(0, len(self.progress.stages) - 1)
            for place, key in enumerate(self._wanted.stages):
                if place >= begun:
                    self._stage(place, key)
        self._train_again()
        while not all(trials.read(run_id).ended for run_id in self._journal.final_runs()):
            self._journal.pause()
        self._journal.write(phase=Phase.DONE, words="")

    def _stop_orphans(self) -> None:
        """Stop trials that were queued right before the process died: nobody knows their values."""
        runs = queue.members(self._search.id)
        known = {trial.run for trial in self.progress.trials} or {run.id for run in runs[:1]}  # it will be adopted
        for run in runs:
            if run.config.trial and run.id not in known and not run.ended:
                trials.stop(run.id)

    def _stage(self, place: int, key: str) -> None:
        best = self._best_settings()
        if place >= len(self.progress.stages):
            self._journal.write(stages=(*self.progress.stages, self._new_stage(place, key, best)), words="")
        record = self.progress.stages[place]
        if not record.dimensions:
            return
        trying = Trying(self._journal, record, self._cost_of_first(record), self._told(place, record, best))
        runs = queue.members(self._search.id)
        if place == 0 and not self.progress.trials and runs:
            trying.adopt(runs[0].id, self._values_of_first(record))
        is_new_tuning = key == StageKey.FINE_TUNING and place and not self._journal.of(record)
        planned = stages.values_of_base(record, config(**record.base)) if is_new_tuning else None
        trying.run(self._wanted.trials * (place + 1) // len(self._wanted.stages), planned)

    def _new_stage(self, place: int, key: str, best: RunConfig) -> StageRecord:
        until, label = self._until(place), StageKey(key).label
        if place and self.progress.spent >= until:
            note = f"{label} was left out: no time was left. Give the search more time."
            return StageRecord(key=key, base=best.model_dump(mode="json"), dimensions=(), note=note)
        checks = ": checking how strong it may be" if key == StageKey.AUGMENTATION else ""
        self._journal.write(words=f"{label}{checks}")
        record = stages.stage(key, best, self._base, self._wanted.vary, self._dataset)
        return record.model_copy(update={"began": self.progress.spent, "until": until})

    def _told(self, place: int, record: StageRecord, best: RunConfig) -> list[Told]:
        """What a later stage knows from the start: how good the settings are from which it goes on.

        That is nothing for fine-tuning: no run before it was fine-tuned.
        """
        winner = trials.best(self.progress.trials)
        is_known = place and winner and winner.value is not None and winner.stage != record.key
        if not is_known or (record.key == StageKey.FINE_TUNING and best.fine_tune is None):
            return []
        assert winner is not None
        return [(stages.values_of_base(record, best), winner.value, False)]

    def _values_of_first(self, record: StageRecord) -> dict[str, Any]:
        """The values of the settings to start from; empty if they lie outside of the space."""
        values = stages.values_of_base(record, stages.first(self._base, self._wanted.stages))
        inside = all(dimension.has(values[dimension.name]) for dimension in record.dimensions)
        return values if inside else {}

    def _cost_of_first(self, record: StageRecord) -> float:
        """The estimated seconds of a stage's first trial, after those of the stage before."""
        before = [stages.first(self._base, self._wanted.stages).model_copy(update={"trial": True})]
        trial = config(**record.base).model_copy(update={"trial": True})
        return estimate.seconds([*before, trial], self._photos) - estimate.seconds(before, self._photos)

    def _until(self, place: int) -> float:
        """The spent time at which a new stage ends: what is left for trials is shared by the stages left."""
        final = self._final_settings()
        if StageKey.FINE_TUNING in self._wanted.stages:
            final = final.model_copy(update={"fine_tune": final.fine_tune or FineTune()})
        runs = [final.model_copy(update={"seed": seed}) for seed in range(SEEDS)]
        total = 60 * self._wanted.minutes
        reserve = min(estimate.seconds([*runs, self._base], self._photos), (1 - LEAST_SHARE) * total)
        left = max(0.0, total - reserve - self.progress.spent)
        return self.progress.spent + left / (len(self._wanted.stages) - place)

    def _best_settings(self) -> RunConfig:
        """The best settings so far, as a stage goes on from them; at first those to start from."""
        winner = trials.best(self.progress.trials)
        if winner is None or winner.is_base:
            return stages.first(self._base, self._wanted.stages)
        record = next(record for record in self.progress.stages if record.key == winner.stage)
        views = {} if StageKey.OWN in self._wanted.stages else {"views": self._base.views}
        return space.applied(config(**record.base), winner.values, **views)

    def _final_settings(self) -> RunConfig:
        """The best settings, with the fine-tuning that the search started from if none of its stages varied it."""
        best = self._best_settings()
        return best if best.fine_tune else best.model_copy(update={"fine_tune": self._base.fine_tune})

    def _train_again(self) -> None:
        """Queue the runs at the end that are not queued yet. Raises SearchError if no trial finished."""
        self._journal.check_stop()
        if trials.best(self.progress.trials) is None:
            errors = [trials.read(trial.run).error for trial in self.progress.trials]
            raise SearchError(
                "No trial finished, so there is nothing to choose from. "
                f"{next(filter(None, reversed(errors)), 'Give the search more time.')}"
            )
        best = self._final_settings()
        self._journal.write(phase=Phase.FINAL)
        for number in range(len(self.progress.again), SEEDS):
            seed = best.seed + number
            run_id = self._full_run(best, f"best settings, seed {seed}", seed=seed)
            self._journal.write(again=(*self.progress.again, run_id))
        if not self.progress.base_run and not _same(best, self._base):
            self._journal.write(base_run=self._full_run(self._base, f"{folder.FIRST}, seed {self._base.seed}"))

    def _full_run(self, settings: RunConfig, name: str, **changes: Any) -> str:
        """The id of a run with these settings that saves a model; queued now unless it was before the process died."""
        for run in queue.members(self._search.id):
            if not run.config.trial and run.config.name == name:
                return run.id
        others = {"name": name, "study": self._search.id, "trial": False, "parent": None, **changes}
        full = config(**{**settings.model_dump(mode="json"), **others})
        return queue.put(full, self._wanted.device, self._wanted.name)


def _same(settings: RunConfig, other: RunConfig) -> bool:
    """Whether two runs have the same settings, whatever they are called."""
    own = set(RunConfig.OF_ONE_RUN)
    return settings.model_dump(exclude=own) == other.model_dump(exclude=own)
