"""What a step of fine-tuning costs, with BatchNorm inside the convolutions and apart, side by side.

All of MobileNetV2 learns (random weights; accuracy does not matter), at 150 px in batches of 32, from photos of noise.
Both are timed in turns, and the fastest turn counts. Prints a table and, as its last line, {"folded_ms": …, "apart_ms":
…, "apart_over_folded": …} with milliseconds a photo. `--quick` takes fewer turns.

With `--train` it trains on the real photos instead, through the worker: the settings of core/runs/fine_tuned.json at
112 px with 8 epochs of fine-tuning, once with all blocks and once each with only the last ones (needs the ImageNet
weights). Prints what each reached and what an epoch took, and as its last line {blocks: {"val_loss": …,
"val_accuracy": …, "test": …, "epoch_s": …}}.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from unittest import mock

from benchmarks import _real
from core.datasets import adding
from core.runs import folder, queue
from core.runs.config import config
from core.runs.records import RunState

SIZE, BATCH = 150, 32
TURNS, QUICK_TURNS, STEPS = 6, 2, 4
TRAINED, EPOCHS = 112, 8  # px, epochs of fine-tuning
BLOCKS = (None, 14, 12)  # of 16 that learn; None is all of the network


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    parser.add_argument("--train", action="store_true", help="train on the real photos, with fewer blocks too")
    parsed = parser.parse_args()
    if parsed.train:
        train()
        return
    turns = QUICK_TURNS if parsed.quick else TURNS
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    import numpy as np

    from core.backbones import MOBILENET_V2
    from models import build, folding

    def network() -> keras.Model:
        body = build.backbone(MOBILENET_V2, SIZE, None)
        build.unfreeze(body, MOBILENET_V2, None)
        top = keras.Sequential([keras.Input((MOBILENET_V2.features,)), keras.layers.Dense(10)])
        whole = build.whole(body, top)
        whole.compile("adamw", keras.losses.CategoricalCrossentropy(from_logits=True))
        return whole

    folded = network()
    with mock.patch.object(folding, "_fits", return_value=False):
        apart = network()
    random = np.random.default_rng(0)
    photos = random.integers(0, 256, (BATCH, SIZE, SIZE, 3), np.uint8)
    labels = np.eye(10, dtype=np.float32)[random.integers(0, 10, BATCH)]
    fastest = {"folded": float("inf"), "apart": float("inf")}
    for turn in range(turns + 1):
        for name, model in (("folded", folded), ("apart", apart)):
            began = time.perf_counter()
            for _ in range(STEPS):
                model.train_on_batch(photos, labels)
            if turn:  # the first one builds the graph
                fastest[name] = min(fastest[name], (time.perf_counter() - began) / STEPS / BATCH * 1e3)
    print(f"{'BatchNorm':<28}{'ms a photo':>12}")
    print(f"{'inside the convolutions':<28}{fastest['folded']:>12.1f}")
    print(f"{'apart':<28}{fastest['apart']:>12.1f}")
    figures = {f"{name}_ms": round(value, 2) for name, value in fastest.items()}
    print(json.dumps({**figures, "apart_over_folded": round(fastest["apart"] / fastest["folded"], 2)}))


def train() -> None:
    _real.prepare()
    settings = json.loads((_real.PROJECT / "core" / "runs" / "fine_tuned.json").read_text(encoding="utf-8"))
    settings.update(image_size=TRAINED, name="")
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        adding.add_folder("clothing", _real.PHOTOS)
        tuned = [{"epochs": EPOCHS, "blocks": blocks} for blocks in BLOCKS]
        ids = [queue.put(config(**{**settings, "fine_tune": each})) for each in tuned]
        with _real.worker() as worker:
            while not all(folder.look(run_id).ended for run_id in ids) and worker.poll() is None:
                time.sleep(0.5)
        figures = {str(blocks or "all"): _reached(run_id) for blocks, run_id in zip(BLOCKS, ids, strict=True)}
    print(f"{'blocks':<10}{'val loss':>10}{'val':>8}{'test':>8}{'s an epoch':>12}")
    for blocks, each in figures.items():
        print(f"{blocks:<10}{each['val_loss']:>10}{each['val_accuracy']:>8}{each['test']:>8}{each['epoch_s']:>12}")
    print(json.dumps(figures))


def _reached(run_id: str) -> dict[str, float]:
    run = folder.look(run_id)
    if run.state is not RunState.DONE:
        raise RuntimeError(f"{run_id} {run.status}")
    curves = folder.read_curves(run.folder)
    best = curves.best
    assert best is not None
    seconds = statistics.median(epoch.seconds for epoch in curves.epochs if epoch.stage == 1)
    lowest = min(epoch.val_loss for epoch in curves.epochs)
    test = folder.scores(run.folder)["test"].accuracy or 0.0
    return {
        "val_loss": round(lowest, 3),
        "val_accuracy": round(best.val_accuracy, 3),
        "test": round(test, 3),
        "epoch_s": round(seconds, 1),
    }


if __name__ == "__main__":
    main()
