"""What a search finds in a quarter of a grid's time, beside the grid, a random search and the course's settings.

Heads on a frozen MobileNetV2 at 150 px. The grid is four learning rates × four dropout rates × two dense layers × two
label smoothings, 64 runs of 30 epochs as Train queues them. The search and the random search get a quarter of its time
and the same settings as ranges; they begin from the default settings. All features are banked before, by one run. The
figures are those of the best run on validation photos, by which all of them choose, and of three new runs with its
settings and other seeds on validation and test photos.

Prints a table and, as its last line, {"grid": {"trials": …, "seconds": …, "best": …, "again": …, "test": …}, "search":
…, "random": …, "course": …, "standard_error": …, "within": …}. Needs the ImageNet weights. `--quick` takes a grid of
eight runs of six epochs.
"""

import argparse
import json
import math
import os
import tempfile
import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest import mock

from benchmarks import _real
from core.datasets import adding
from core.runs import folder as runs
from core.runs import queue, readings, studies
from core.runs.config import RunConfig, config
from core.runs.records import RunState
from core.searching import folder, outcome, process, proposals
from core.searching.records import Phase

GRID = "learning_rate = 0.0001, 0.0005, 0.002, 0.01; dropout = 0, 0.2, 0.5, 0.8; dense_layers = [], [100]; "
GRID += "label_smoothing = 0, 0.1"
SPACE = "learning_rate = 0.0001 to 0.01 log; dropout = 0 to 0.8; dense_layers = [], [100]; label_smoothing = 0 to 0.1"
QUICK_GRID = "learning_rate = 0.0001, 0.01; dropout = 0, 0.8; dense_layers = [], [100]"
COURSE = {"learning_rate": 0.001, "dense_layers": [100], "dropout": 0.2}  # where the course's tuning ends
SHARE = 0.25  # of the grid's time
SEEDS = 3
PATIENCE = 3600.0  # s

Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a grid of eight runs")
    quick = parser.parse_args().quick
    _real.prepare()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as home, _workspace(home), _real.worker():
        adding.add_folder("clothing", _real.PHOTOS)
        base = config(dataset="clothing", image_size=150, epochs=6 if quick else 30)
        waited([queue.put(base)])
        grid = tried_grid(base, QUICK_GRID if quick else GRID)
        seconds = max(1.0, SHARE * grid["seconds"])
        figures = {
            "grid": grid,
            "search": searched(base, seconds, nullcontext()),
            "random": searched(base, seconds, _at_random()),
            "course": repeated(config(**{**base.model_dump(mode="json"), **COURSE})),
        }
    best = figures["grid"]["best"]
    error = math.sqrt(best * (1 - best) / figures["grid"]["photos"])
    print(f"{'':<10}{'trials':>8}{'seconds':>9}{'best':>8}{'again':>8}{'test':>8}")
    for name, each in figures.items():
        trials, took, chosen = each.get("trials", ""), each.get("seconds", ""), each.get("best", float("nan"))
        print(f"{name:<10}{trials:>8}{took:>9}{chosen:>8.3f}{each['again']:>8.3f}{each['test']:>8.3f}")
    within = bool(figures["search"]["best"] >= best - error)
    print(f"one standard error of the grid's best: {error:.3f}; the search is within it: {within} (wished)")
    print(json.dumps({**figures, "standard_error": round(error, 4), "within": within}))


def _workspace(home: str) -> AbstractContextManager[Any]:
    return mock.patch.dict(os.environ, {"FITTING_ROOM_HOME": home})


def _at_random() -> AbstractContextManager[Any]:
    sampler = proposals.optuna.samplers.RandomSampler
    return mock.patch.object(proposals.optuna.samplers, "TPESampler", lambda seed=0, **_: sampler(seed=seed))


def waited(ids: list[str]) -> float:
    """Wait for the end of runs; returns the seconds. Raises RuntimeError if one fails."""
    began = time.monotonic()
    while not all(runs.look(run_id).ended for run_id in ids):
        if time.monotonic() - began > PATIENCE:
            raise RuntimeError("The runs did not end.")
        time.sleep(0.1)
    if failed := [run_id for run_id in ids if runs.look(run_id).state is not RunState.DONE]:
        raise RuntimeError(f"{failed} {runs.look(failed[0]).status}")
    return time.monotonic() - began


def tried_grid(base: RunConfig, text: str) -> Figures:
    ids = studies.put(studies.grid(text), base)
    seconds = waited(ids)
    best = max(ids, key=lambda run_id: _accuracy(run_id))
    count = runs.scores(runs.look(best).folder)["validation"].count
    figures = {"trials": len(ids), "seconds": round(seconds), "best": round(_accuracy(best), 4), "photos": count}
    return {**figures, **repeated(runs.look(best).config)}


def searched(base: RunConfig, seconds: float, sampler: AbstractContextManager[Any]) -> Figures:
    """The figures of a search whose trials get so many seconds; its last runs come on top."""
    with (
        sampler,
        mock.patch("core.runs.launch.ensure_worker", return_value=False),
        mock.patch("core.searching.course.LEAST_SHARE", 1.0),
    ):
        search_id = folder.put(base, seconds / 60, vary=SPACE)
        process.run(search_id)
    search = folder.look(search_id)
    if search.progress.phase is not Phase.DONE:
        raise RuntimeError(f"The search did not end: {search.progress.error}")
    winner, again, unseen = outcome.best(search), outcome.found(search, "validation"), outcome.found(search, "test")
    assert winner
    assert winner.accuracy
    assert again
    assert unseen
    return {
        "trials": len(search.progress.trials),
        "seconds": round(seconds),
        "best": round(winner.accuracy, 4),
        "again": round(again.accuracy, 4),
        "test": round(unseen.accuracy, 4),
    }


def repeated(settings: RunConfig) -> Figures:
    """The mean accuracy of the settings with new seeds, on validation and on test photos."""
    changes = [{"seed": 1 + number, "study": None, "name": ""} for number in range(SEEDS)]
    ids = [queue.put(settings.model_copy(update=change)) for change in changes]
    waited(ids)
    scores = [runs.scores(runs.look(run_id).folder) for run_id in ids]
    means = {split: sum(each[split].accuracy or 0.0 for each in scores) / SEEDS for split in ("validation", "test")}
    return {"again": round(means["validation"], 4), "test": round(means["test"], 4)}


def _accuracy(run_id: str) -> float:
    best = readings.summary(runs.look(run_id).folder).best
    return best.val_accuracy if best else 0.0


if __name__ == "__main__":
    main()
