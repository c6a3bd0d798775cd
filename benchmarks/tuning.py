"""What a step of fine-tuning costs, with BatchNorm inside the convolutions and apart, side by side.

All of MobileNetV2 learns (random weights; accuracy does not matter), at 150 px in batches of 32, from photos of noise.
Both are timed in turns, and the fastest turn counts. Prints a table and, as its last line, {"folded_ms": …, "apart_ms":
…, "apart_over_folded": …} with milliseconds a photo. `--quick` takes fewer turns.
"""

import argparse
import json
import os
import time
from unittest import mock

SIZE, BATCH = 150, 32
TURNS, QUICK_TURNS, STEPS = 6, 2, 4


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer turns")
    turns = QUICK_TURNS if parser.parse_args().quick else TURNS
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


if __name__ == "__main__":
    main()
