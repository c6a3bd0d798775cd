"""Stored records as every version wrote them: the files in tests/records, and workspaces made of them.

A sample is named after its record and after what was different, such as "status/device". Samples are never changed:
when a record gets a field, it gets a sample too.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from core import workspace
from core.answering import head, likeness, model_notes, shelf
from core.answering.card import Card
from core.augment import saved
from core.datasets import catalogue, looks, offered, pack, review, splitting
from core.evaluating.record import Evaluation
from core.files import atomic, records
from core.importing import background
from core.reviewing import check, findings
from core.runs import config, estimate, launch
from core.runs import records as run_records
from core.searching import records as searches
from core.sending import delivery
from core.teaching import corrections, draft, lesson
from tests.conftest import encoded
from tests.fabricated import LABELS, colour_backbone, flat

FOLDER = Path(__file__).with_name("records")
NEWER = "newer"  # the sample of each record that a later version might write

RECORDS: dict[str, type[records.Record]] = {
    "status": run_records.Status,
    "notes": run_records.Notes,
    "epoch": run_records.Epoch,
    "partial-epoch": run_records.PartialEpoch,
    "report": run_records.Report,
    "card": Card,
    "model-note": model_notes.ModelNotes,
    "pinned": shelf.Pinned,
    "dataset": catalogue.Entry,
    "splits": splitting.Splits,
    "review": review.Review,
    "look": looks.Look,
    "findings": findings.Findings,
    "check": check.Status,
    "lesson": lesson.Lesson,
    "outcome": draft.Outcome,
    "recipe": saved.SavedRecipe,
    "pack": pack.Index,
    "speed": estimate.Speeds,
    "download": offered.Status,
    "corrections": corrections.Corrections,
    "evaluation": Evaluation,
    "delivery": delivery.Delivery,
    "import": background.Wanted,
    "search": searches.Wanted,
    "search-progress": searches.Progress,
}
CHECKPOINTS = ("backup", "best")  # the facts in files that only models/ reads


def names(*kinds: str) -> list[str]:
    """The names of all samples, or of those of some records."""
    found = (path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.glob("*/*.json"))
    return sorted(name for name in found if not kinds or kind_of(name) in kinds)


def kind_of(name: str) -> str:
    return name.split("/")[0]


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


def content(name: str) -> Any:
    """The values in a sample."""
    return json.loads(path_of(name).read_text(encoding="utf-8"))


def read(name: str, place: Path) -> Any:
    """What today's code reads from the sample, as a record or as the value that the program uses.

    `place` is an empty folder. Raises the AppError of the record.
    """
    kind = kind_of(name)
    if kind in ("epoch", "partial-epoch"):
        return run_records.from_line(path_of(name).read_text(encoding="utf-8"))
    if kind in RECORDS:
        return records.read(path_of(name), RECORDS[kind])
    return {
        "config": lambda: config.read(path_of(name)),
        "labels": lambda: atomic.read_json(path_of(name)),
        "head": lambda: head.load(arrays(name, place / "head.npz")),
        "stats": lambda: likeness.load(arrays(name, place / "stats.npz")),
        "worker-start": lambda: _worker_start(name),
    }[kind]()


def arrays(name: str, path: Path) -> Path:
    """Write the sample as NumPy's arrays, in 16 bits where the program does; returns the path."""
    dtype = np.float16 if kind_of(name) == "stats" else np.float32
    values = {key: np.array(value) if isinstance(value, str) else dtype(value) for key, value in content(name).items()}
    np.savez(path, **values)
    return path


def _worker_start(name: str) -> str:
    """The sentence about failed starts while a run waits; empty without one."""
    mark = workspace.locks() / ("worker.started" if name == "worker-start/first" else "worker-auto.started")
    shutil.rmtree(workspace.locks(), ignore_errors=True)  # the marks of other samples
    _copy("config/shortest", workspace.runs() / "20261122-161344-541-19fc" / "config.json")
    os.utime(_copy(name, mark), (0, 0))
    return launch.trouble() or ""


def _copy(name: str, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(path_of(name), path))


@dataclass(frozen=True)
class Era:
    """The samples that make up the workspace of a version."""

    run_id: str
    config: str
    status: str
    notes: str
    lines: tuple[str, ...]  # of the curves
    report: str
    card: str
    stats: str
    dataset: str
    pinned: str
    others: dict[str, str] = field(default_factory=dict)  # sample → its place in the workspace

    def build(self) -> None:
        """Write the workspace, with the photos of a dataset of plain colours that the model knows."""
        _photos(self.dataset)
        run = workspace.runs() / self.run_id
        files = {"config": self.config, "status": self.status, "notes": self.notes, "report": self.report}
        for file, name in {**files, "labels": "labels/first"}.items():
            _copy(name, run / f"{file}.json")
        (run / "metrics.jsonl").write_text("".join(path_of(line).read_text() for line in self.lines))
        (run / "worker.lock").touch()
        _model(self.card, self.stats)
        _copy(self.pinned, workspace.models() / "pinned.json")
        for name, place in self.others.items():
            _copy(name, workspace.home() / place)


def _photos(dataset: str) -> None:
    place = workspace.datasets() / "shirts"
    for number, split in enumerate(("train", "validation", "test")):
        for channel, label in enumerate(LABELS):
            photos = place / "photos" / split / label
            photos.mkdir(parents=True, exist_ok=True)
            for shade in range(3):
                levels = [9 + number] * 3
                levels[channel] = 250 - shade
                (photos / f"{shade}.png").write_bytes(encoded(flat(*levels), "PNG"))
    _copy(dataset, place / "dataset.json")


def _model(card: str, stats: str) -> None:
    """The model's folder. Its card names the sizes and hashes of the files here, as each version did."""
    facts = content(card)
    model = workspace.models() / facts["name"]
    model.mkdir(parents=True, exist_ok=True)
    (model / "backbone.tflite").write_bytes(colour_backbone())
    arrays("head/first", model / "head.npz")
    arrays(stats, model / "stats.npz")
    for name in facts["files"]:
        data = (model / name).read_bytes()
        facts["files"][name] = {"bytes": len(data), "hash": hashlib.sha256(data).hexdigest()}
    atomic.write_json(model / "card.json", facts)


ERAS = {
    "first": Era(
        run_id="20261122-161344-540-19fb",
        config="config/first",
        status="status/first",
        notes="notes/first",
        lines=("epoch/first", "partial-epoch/first", "partial-epoch/overflowed"),
        report="report/first",
        card="card/first",
        stats="stats/first",
        dataset="dataset/first",
        pinned="pinned/first",
        others={"download/first": "cache/downloads/status.json", "worker-start/first": "locks/worker.started"},
    ),
    "devices and fine-tuning": Era(
        run_id="20261122-231540-028120-85da",
        config="config/residual",
        status="status/device",
        notes="notes/device-and-name",
        lines=("epoch/first", "partial-epoch/first", "epoch/fine-tuned"),
        report="report/mistakes",
        card="card/thresholds-by-rate",
        stats="stats/first",
        dataset="dataset/first",
        pinned="pinned/none",
        others={
            "speed/first": "cache/speed.json",
            "recipe/first": "recipes/tilted.json",
            "worker-start/count": "locks/worker-auto.started",
        },
    ),
    "records": Era(
        run_id="20261127-204013-092617-0868",
        config="config/all-transforms",
        status="status/version",
        notes="notes/version",
        lines=("epoch/version", "partial-epoch/version"),
        report="report/version",
        card="card/all-fields",
        stats="stats/axes",
        dataset="dataset/version",
        pinned="pinned/version",
        others={
            "speed/version": "cache/speed.json",
            "recipe/all-transforms": "recipes/all-7c21aa01.json",
            "download/version": "cache/downloads/status.json",
        },
    ),
    "identity": Era(
        run_id="20261128-050029-387128-e427",
        config="config/study",
        status="status/version",
        notes="notes/version",
        lines=("epoch/scored-on", "partial-epoch/version"),
        report="report/trained-on",
        card="card/strangers",
        stats="stats/axes",
        dataset="dataset/passed-over",
        pinned="pinned/declined",
        others={
            "splits/first": "datasets/shirts/splits.json",
            "review/first": "datasets/shirts/review.json",
            "look/first": "datasets/shirts/looks.jsonl",
            "findings/first": "datasets/shirts/findings.json",
            "check/first": "datasets/shirts/check.json",
            "speed/version": "cache/speed.json",
            "recipe/version": "recipes/tilted-7c21aa01.json",
        },
    ),
}

NEWER_PLACES = {  # where the newer sample of a record lies in the workspace of the last era
    "config": f"runs/{ERAS['identity'].run_id}/config.json",
    "status": f"runs/{ERAS['identity'].run_id}/status.json",
    "notes": f"runs/{ERAS['identity'].run_id}/notes.json",
    "card": "models/first-try/card.json",
    "dataset": "datasets/shirts/dataset.json",
    "recipe": "recipes/tilted-7c21aa01.json",
}
