"""Texts that would become links, pictures, formulas, icons or styles if a page did not show them as they are."""

import json
from pathlib import Path
from typing import Any

from filelock import FileLock

from core import workspace
from core.answering import shelf
from core.augment import saved
from core.augment.presets import PRESETS
from core.datasets import adding, offered
from core.files import atomic
from tests.conftest import encoded
from tests.fabricated import flat, saved_model, scores
from tests.pages.conftest import finished_run

HOST = "evil.test"
PIECES = (  # each short enough for the name of a run
    f'![i](http://{HOST}/i) <a href="http://{HOST}">a</a> $x^2$ :smile: **b** --',
    f"www.{HOST} http://{HOST}/y :material/delete: :red[x] -> &lt; me@{HOST}",
    f"[l](http://{HOST}/l) <img src=http://{HOST}/x> ~~s~~ `c` | :streamlit:",
)
POISON = " ".join(PIECES)
# Without what the names of files, classes and models can't contain. https, because a browser takes http: without
# slashes for an address on the same server.
NAME = (
    f"![i](https:{HOST}) <a href=https:{HOST}>a<b> <img src=https:{HOST} onerror=1> www.{HOST} me@{HOST} $x^2$ :smile: "
    ":red[x] **b** ~~s~~ `c` -> -- &lt; :streamlit:"
)
DATASET = "wardrobe"
MODEL, OLD_MODEL = NAME, f"old {NAME}"


def fabricate(photos: Path) -> dict[str, str]:
    """Put a poisonous text into every stored place. Returns the ids of the runs by what they show.

    `photos` is an empty folder for the dataset.
    """
    _dataset(photos)
    _models()
    saved.save("mild", PRESETS[-1].recipe)
    (file,) = workspace.recipes().glob("*.json")
    atomic.write_json(file, {**json.loads(file.read_text()), "name": POISON})
    return _runs()


def _dataset(photos: Path) -> None:
    """A class and files with poisonous names, a file that was passed over, and one that can't be read."""
    for split in ("train", "validation", "test"):
        for i, label in enumerate((NAME, "plain")):
            (photos / split / label).mkdir(parents=True)
            level = 60 * ["train", "validation", "test"].index(split) + 30 * i
            (photos / split / label / f"{NAME}.png").write_bytes(encoded(flat(200, level, 0), "PNG"))
    (photos / "train" / NAME / f"{NAME}.txt").write_text("no photo", encoding="utf-8")
    (photos / "train" / NAME / f"broken {NAME}.jpg").write_bytes(encoded(flat(9, 9, 9, 80), "JPEG")[:300])
    adding.add_folder(DATASET, photos)


def _models() -> None:
    """Two models: the pinned one, and a newer one with other classes."""
    recall = {"count": 3, "correct": 1, "recall": 0.3, "precision": 0.3}
    test = scores(
        confusion=[[1, 2, 0], [0, 1, 2], [2, 0, 1]],
        per_class=[{"label": label, **recall} for label in PIECES],
    )
    more: dict[str, Any] = {
        "scores": {"validation": {"accuracy": 0.5}, "test": test},
        "dataset": POISON,
    }
    saved_model(OLD_MODEL, labels=list(PIECES), **more)
    saved_model(MODEL, labels=[NAME, *PIECES[:2]], created="2025-07-01T12:00:00+00:00", **more)
    shelf.pin(OLD_MODEL)


def _runs() -> dict[str, str]:
    """A study of four runs, and a run of an unknown dataset. All have ended: see `start`."""
    runs = {}
    for kind, piece, status in (
        ("stopped", PIECES[0], {"phase": "stopped", "error": POISON, "warning": POISON}),
        ("failed", PIECES[1], {"phase": "failed", "error": POISON, "warning": POISON}),
        ("done", PIECES[2], {"phase": "done", "device": f"GPU {POISON}", "model": MODEL, "progress": 1.0}),
        ("running", PIECES[0], {"phase": "done", "model": MODEL, "progress": 1.0}),
    ):
        runs[kind] = _run(DATASET, piece, study=POISON, **status)
    runs["elsewhere"] = _run(PIECES[0], PIECES[1], phase="done", model=MODEL)
    _run(DATASET, "damaged", phase=POISON)  # listed with its reason, which quotes the text
    return runs


def _run(dataset: str, name: str, study: str | None = None, **status: object) -> str:
    run_id = finished_run(DATASET)
    folder = workspace.runs() / run_id
    settings = json.loads((folder / "config.json").read_text())
    atomic.write_json(folder / "config.json", {**settings, "dataset": dataset, "study": study, "name": name})
    atomic.write_json(folder / "notes.json", {"name": name, "note": POISON})
    atomic.write_json(folder / "status.json", status)
    report = json.loads((folder / "report.json").read_text())
    atomic.write_json(folder / "report.json", {**report, "labels": list(PIECES[:2]), "model": MODEL})
    (folder / "worker.log").write_text(POISON, encoding="utf-8")
    return run_id


def start(run_id: str) -> FileLock:
    """Make a run look like one that is being trained. Hold the lock meanwhile."""
    folder = workspace.runs() / run_id
    atomic.write_json(folder / "status.json", {"phase": "running", "stage": POISON, "warning": POISON, "progress": 0.5})
    return FileLock(folder / "worker.lock")


def damage(photos: Path) -> None:
    """Add what somebody could only write by hand: damaged things with poisonous names, and the status of a download."""
    place = workspace.datasets() / NAME
    place.mkdir(parents=True)
    atomic.write_json(place / "dataset.json", {"folder": str(photos)})
    for folder, file in ((workspace.runs(), "config.json"), (workspace.models(), "card.json")):
        (folder / f"damaged {NAME}").mkdir()
        atomic.write_json(folder / f"damaged {NAME}" / file, {POISON: POISON, "dataset": DATASET, "labels": POISON})
    download_says(error=POISON)


def download_says(**status: object) -> None:
    folder = offered._folder()
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write_json(folder / "status.json", {"share": 0.5, **status})


def addresses() -> list[tuple[str, dict[str, str]]]:
    """Pages by name, each with poisonous values in its address."""
    settings = json.dumps({"dataset": PIECES[1]})
    grid = f"dropout = {POISON}"
    return [
        *(("augment", {name: POISON}) for name in ("photo", "recipe", "focus", "view", "seed")),
        ("augment", {"recipe": json.dumps([{"transform": POISON}])}),
        ("augment", {"recipe": json.dumps([{"transform": "rotation", POISON: 1}])}),
        ("augment", {"photo": f"{DATASET}/{NAME}/1"}),
        ("augment", {"photo": f"{DATASET}/{POISON}/1"}),
        *(("train", {name: POISON}) for name in ("settings", "study", "grid")),
        ("train", {"settings": settings}),
        ("train", {"settings": json.dumps({"dataset": DATASET, "backbone": POISON})}),
        ("train", {"settings": json.dumps({"dataset": DATASET, POISON: 1})}),
        ("teach", {"lesson": POISON}),
        ("data", {"dataset": POISON}),
        ("train", {"study": "grid", "grid": grid}),
        ("train", {"study": "grid", "grid": f"{POISON} = 1"}),
        *(
            (page, {"photo": POISON, "settings": POISON, POISON: POISON})
            for page in ("home", "compare", "predict", "data")
        ),
    ]
