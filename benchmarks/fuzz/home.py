"""A whole workspace, small and sound: the ground for edits of its records."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fuzz.settings import WHOLE
from core import workspace
from core.augment import recipe
from core.augment.presets import PRESETS
from core.datasets import catalogue, growing, looks, pack, review, splitting
from core.datasets.folders import SPLITS
from core.datasets.splitting import Splits
from core.files import records
from core.reviewing import check, findings
from core.reviewing.findings import Effect, Finding, Findings, Kind
from core.runs import config as configs
from core.runs import estimate
from core.runs.records import Epoch, PartialEpoch
from models.record import write_arrays
from tests.conftest import TINY_CLASSES, drawing, encoded
from tests.fabricated import LABELS, report, saved_model

DONE, FAILED, STOPPED, QUEUED, STUDY = (f"2026010{day}-120000-000000-abcd" for day in range(1, 6))
RUNS = (DONE, FAILED, STOPPED, QUEUED, STUDY)
GROUP = "dropout-20260101-120000"
WARDROBE = "wardrobe"  # a dataset made class by class
DATASETS = ("tiny", "other", WARDROBE)
DATE = "2026-01-01T12:00:00+00:00"
SIZE = 8  # px of the packed photos


def build(home: Path) -> None:
    """Fill an empty workspace with datasets, runs, models, recipes and what lies in its cache."""
    for split in SPLITS:
        for label in TINY_CLASSES:
            photo = home / "datasets" / "tiny" / "photos" / split / label / "0.png"
            photo.parent.mkdir(parents=True)
            photo.write_bytes(encoded(drawing(label, len(split), 16), "PNG"))
    for name, folder in (("tiny", "photos"), ("other", "../tiny/photos")):
        facts = {"version": 1, "folder": folder, "passed_over": {"not photos": ["a.txt"]}}
        write(home / "datasets" / name / "dataset.json", facts)
    for name, accuracy in (("colours", 0.6), ("other", 0.4)):
        saved_model(
            name, home / "models", accuracy, run=DONE, config=WHOLE, trained_on=_trained_on(), photos={"train": 6}
        )
    _reviewed(home)
    saved_model("starter", workspace.SHIPPED_MODELS, 0.5)
    write(home / "models" / "pinned.json", {"version": 1, "name": "colours", "declined": ["other"]})
    for name in ("first", "second"):
        write(home / "recipes" / f"{name}.json", {"name": name, "recipe": recipe.to_json(PRESETS[-1].recipe)})
    _runs(home / "runs")
    write(home / "cache" / "speed.json", {"version": 1, "small_cnn": 1.5, "mobilenet_v2": 0.7})
    progress = {"version": 1, "share": 0.5, "words": "50 MB of about 106 MB", "error": "", "running": True}
    write(home / "cache" / "downloads" / "status.json", progress)
    write(home / "locks" / "worker-auto.started", 4)
    (home / "locks" / "worker.log").write_text("The output of a worker.\n" * 20)
    pack.load(catalogue.load("tiny"), "train", SIZE)


def _reviewed(home: Path) -> None:
    """Give a dataset its split, review, looks, findings and map, and make another one class by class."""
    names = [f"{split}/{label}/0.png" for split in SPLITS for label in TINY_CLASSES]
    own = home / "datasets" / "tiny"
    splits = Splits(date=DATE, sessions=9, splits={name: name.split("/")[0] for name in names})  # type: ignore[misc]
    write(own / splitting.FILE, splits.model_dump(mode="json"))
    review.decide("tiny", names[:2], "keep", reason="blurred")
    review.decide("tiny", names[2:3], "leave out", reason="label")
    review.undo("tiny")
    for _ in range(5):
        looks.note("tiny")
    few = Finding(kind=Kind.FEW, reason="The class 'disc' has only 1 training photo: add more of it.")
    doubt = Finding(kind=Kind.LABEL, photos=(names[0],), reason="It is probably 'disc'.", remedy="class", to="disc")
    effect = Effect(model="colours", split="test", photos=3, right=2, without_twins=(1, 2), doubtful_labels=1)
    findings.write("tiny", Findings(date=DATE, photos=9, findings=(few, doubt), effects=(effect,), listed={"train": 3}))
    text = np.frombuffer(json.dumps(names).encode(), np.uint8)
    np.savez(
        home / "datasets" / "tiny" / "map.npz", names=text, points=np.ones((len(names), 2), np.float32),
        method=np.array("PCA"), trustworthiness=np.array(0.9),
    )  # fmt: skip
    write(home / "datasets" / "tiny" / "check.json", check.Status(share=1.0, words="done").model_dump(mode="json"))
    growing.create("Wardrobe")
    for label in TINY_CLASSES[:2]:
        photos = [(f"{chr(97 + n)}.png", encoded(drawing(label, 90 + n, 16), "PNG")) for n in range(4)]
        growing.add_photos(WARDROBE, label, photos)
    review.decide(WARDROBE, ["disc/a.png"], "class", "bars")


def _runs(folder: Path) -> None:
    for run_id in RUNS:
        settings = {**WHOLE, "name": f"run {run_id}", "dropout": 0.5}
        if run_id in (DONE, STUDY):
            settings["study"] = GROUP
        if run_id == QUEUED:
            settings["parent"] = DONE
        config = configs.config(**settings)
        write(folder / run_id / "config.json", config.model_dump(mode="json"))
        write(folder / run_id / "notes.json", {"version": 1, "name": f"note {run_id}", "note": "", "device": "auto"})
        if run_id != QUEUED:
            _trained(folder / run_id, {FAILED: "failed", STOPPED: "stopped"}.get(run_id, "done"))
    (folder / QUEUED / "worker.lock").touch()


def _trained(folder: Path, phase: str) -> None:
    status: dict[str, Any] = {"version": 1, "phase": phase, "stage": "training", "progress": 1.0, "time_left": 3.0,
                              "attempts": 1, "error": "", "warning": "", "model": "colours", "device": "CPU",
                              "cause": "",
                              "updated": 1e9}  # fmt: skip
    write(folder / "status.json", status)
    lines = [_epoch(number) for number in range(4)] + [_partial(4)]
    (folder / "metrics.jsonl").write_text("".join(lines))
    write(folder / "report.json", json.loads(json.dumps(
        {"version": 1, **report(0.6, 0.5), "trained_on": _trained_on(), "temperature": 1.2}
    )))  # fmt: skip
    write_arrays(folder / "backup.npz", [np.zeros((3, 4), np.float32)], stage=0, epochs=4, labels=list(LABELS))


def _epoch(number: int) -> str:
    figures = {"loss": 1 / (number + 1), "accuracy": 0.5, "val_loss": 1.0, "val_accuracy": 0.4 + number / 100}
    return records.line(Epoch(epoch=number, stage=int(number > 2), seconds=0.5, scored_on="ab" * 8, **figures))


def _partial(number: int) -> str:
    return records.line(PartialEpoch(epoch=number, batch=3, batches=10, loss=0.4, accuracy=0.5))


def _trained_on() -> dict[str, Any]:
    state = {"photos": 100, "content": "ab" * 8, "order": "cd" * 8}
    return {
        "classes": list(LABELS),
        "fingerprint": "ef" * 8,
        "splits": {"train": state, "validation": state, "test": state},
    }


def write(path: Path, value: Any) -> None:
    """Write a value as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1))


def records_of(home: Path) -> list[Path]:
    """Every stored record, relative to the workspace."""
    listed = [path.relative_to(home) for path in sorted(home.rglob("*")) if path.is_file()]
    return [
        path for path in listed if path.suffix in (".json", ".jsonl", ".npz", ".npy", ".started", ".log", ".tflite")
    ]


def copy(source: Path, target: Path) -> None:
    """Make a workspace the copy of another one; what is the same already stays."""
    for path in target.iterdir():
        same = source / path.name
        if path.is_symlink() or not path.is_dir():
            if not same.is_file() or _stamp(path) != _stamp(same):
                path.unlink()
        elif same.is_dir():
            copy(same, path)
        else:
            shutil.rmtree(path)
    for path in source.iterdir():
        twin = target / path.name
        if not twin.exists():
            shutil.copytree(path, twin) if path.is_dir() else shutil.copy2(path, twin)


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.lstat()
    return status.st_mode, status.st_size, status.st_mtime_ns


def speed_of(settings: configs.RunConfig) -> float:
    """The estimated seconds of a run with these settings."""
    return estimate.seconds([settings], {"train": 6, "validation": 3, "test": 3})
