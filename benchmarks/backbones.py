"""What each pretrained backbone brings on clothes: the same head on its frozen features, and what it costs.

For every backbone whose ImageNet weights are on this machine (`$KERAS_HOME`), a run with the usual settings (no dense
layer, 30 epochs) is trained on clothing-dataset-small by the real worker, in a fresh workspace. Backbones without
weights are listed and not measured; `--download` fetches theirs first. Prints a table and, as its last line,
{backbone: {"validation": …, "test": …, "photo_ms": …, "mb": …}}. `--quick` trains 2 epochs at 96 px.

    python -m benchmarks.backbones [--quick] [--download] [--size 224] [BACKBONE …]
"""

import argparse
import json
import os
import tempfile
import time

import numpy as np

from benchmarks import _real
from core import words
from core.answering import litert, model_files, shelf
from core.backbone import Backbone
from core.backbones import BACKBONES
from core.datasets import adding, pack
from core.datasets.catalogue import Dataset
from core.errors import ModelError
from core.runs import queue
from core.runs.config import config
from core.runs.folder import look, read_curves, scores
from core.runs.records import RunState

PRETRAINED = {key: record for key, record in BACKBONES.items() if record.application}
EPOCHS, QUICK_EPOCHS, QUICK_SIZE = 30, 2, 96
PHOTOS = 96  # that are timed


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_EPOCHS} epochs at {QUICK_SIZE} px")
    parser.add_argument("--download", action="store_true", help="download weights that are not here")
    parser.add_argument("--size", type=int, default=224, help="px")
    parser.add_argument("backbone", nargs="*", choices=[[], *PRETRAINED], help="default: all")
    parsed = parser.parse_args()
    _real.prepare()
    size, epochs = (QUICK_SIZE, QUICK_EPOCHS) if parsed.quick else (parsed.size, EPOCHS)
    figures: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        dataset = adding.add_folder("clothing", _real.PHOTOS)
        print(f"{'':<22}{'validation':>12}{'test':>8}{'ms a photo':>12}{'MB':>8}   {size} px, frozen, {epochs} epochs")
        for key in parsed.backbone or PRETRAINED:
            record = PRETRAINED[key]
            if not (record.is_ready(size) or (parsed.download and _downloaded(record, size))):
                print(f"{record.label:<22}not measured: its weights ({words.size(record.download_bytes)}) are not here")
                continue
            found = figures[key] = measure(record, dataset, size, epochs)
            print(
                f"{record.label:<22}{found['validation']:>12.3f}{found['test']:>8.3f}{found['photo_ms']:>12.1f}"
                f"{found['mb']:>8.1f}",
                flush=True,
            )
    print(json.dumps(figures))


def measure(record: Backbone, dataset: Dataset, size: int, epochs: int) -> dict[str, float]:
    """Train a head on the backbone's frozen features; its accuracies, and what the backbone costs."""
    run_id = queue.put(config(dataset=dataset.name, backbone=record.key, image_size=size, epochs=epochs))
    with _real.worker() as worker:
        while not look(run_id).ended and worker.poll() is None:
            time.sleep(0.1)
    run = look(run_id)
    best, test = read_curves(run.folder).best, scores(run.folder).get("test")
    if run.state is not RunState.DONE or not best or not test or test.accuracy is None:
        raise RuntimeError(f"The run with {record.label} did not end well: {run.status}")
    file = shelf.model(str(run.status.model)).folder / model_files.BACKBONE
    backbone, photos = litert.Backbone(file), np.asarray(pack.load(dataset, "test", size).pixels[:PHOTOS])
    list(backbone.vectors(photos))
    began = time.perf_counter()
    list(backbone.vectors(photos))
    return {
        "validation": round(best.val_accuracy, 4),
        "test": round(test.accuracy, 4),
        "photo_ms": round((time.perf_counter() - began) / len(photos) * 1e3, 2),
        "mb": round(file.stat().st_size / 1e6, 1),
    }


def _downloaded(record: Backbone, size: int) -> bool:
    from models import build

    try:
        build.weights_file(record, size)
    except ModelError as error:
        print(f"{record.label:<22}{error}")
        return False
    return True


if __name__ == "__main__":
    main()
