"""The speed of augmentation: ours, Albumentations, both ways of Keras, and the limit, a bare warp per photo.

`python -m benchmarks.augment [--quick]`; `make bench BENCHMARKS=augment`. All do the same to the same photos as far as
possible, in a thread pool of the same size. They take turns, and the medians of their ratios count, so a busy machine
affects all equally. The last line is JSON; its ratios are for one or two threads, whichever is worse for us.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # otherwise it contacts its server at import
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")  # all on the CPU

import albumentations
import cv2
import numpy as np
from numpy.typing import NDArray

from core import photos
from core.augment import engine, preview, receipt, recipe
from core.augment.code import image_data_generator, keras_layers
from core.augment.recipe import Recipe
from core.datasets import drawn

Batch = NDArray[np.uint8]
Some = Callable[[int, int], Any]
"""Augments photos number a to b of the batch."""

REAL = Path(__file__).resolve().parents[2] / "shared" / "clothing-dataset-small" / "train"
COURSE = (recipe.step("shear"), recipe.step("zoom"), recipe.step("horizontal_flip"))
GEOMETRIC = (  # everything that a single affine warp can do
    recipe.step("rotation"),
    recipe.step("width_shift"),
    recipe.step("height_shift"),
    *COURSE,
    recipe.step("vertical_flip"),
)
EVERYTHING = (
    *GEOMETRIC,
    *(recipe.step(key) for key in ("perspective", "contrast", "brightness", "gamma", "inversion", "posterise")),
    *(recipe.step(key) for key in ("solarise", "saturation", "hue", "greyscale", "blur", "sharpen", "noise", "jpeg")),
    recipe.step("black_patch"),
    recipe.step("grid", 0.5),
)
RECIPES: dict[str, Recipe] = {"course": COURSE, "geometric": GEOMETRIC, "everything": EVERYTHING}
ONE_WARP = {"limit": {150: 0.8, 299: 0.8}, "albumentations": {150: 1.5, 299: 1.2},
            "imagedatagenerator": {150: 10, 299: 30}}  # fmt: skip
GOALS = {"course": ONE_WARP, "geometric": ONE_WARP, "everything": {"albumentations": {150: 2, 299: 2}}}
SLOW = {"imagedatagenerator": 8, "keras_layers": 16}  # photos per turn; the others process the whole batch


def load(size: int, count: int) -> Batch:
    """Real photos if present, otherwise drawn garments."""
    if REAL.is_dir():
        files = sorted(REAL.glob("*/*.jpg"))
        return np.stack([photos.square(path.read_bytes(), size) for path in files[:: len(files) // count][:count]])
    labels = ("dress", "hat", "shoes", "t-shirt")
    return np.stack([photos.resize(np.asarray(drawn.garment(labels[i % 4], i, size)), size) for i in range(count)])


def affine_of(name: str) -> albumentations.Affine:
    """A single Affine, as its documentation advises, with our ranges and border."""
    extra: dict[str, Any] = {"rotate": (-15, 15), "translate_percent": {"x": (-0.1, 0.1), "y": (-0.1, 0.1)}}
    return albumentations.Affine(
        scale={"x": (0.9, 1.1), "y": (0.9, 1.1)},
        shear={"x": (-10, 10), "y": (0, 0)},
        border_mode=cv2.BORDER_REPLICATE,
        p=1,
        **({} if name == "course" else extra),
    )


def albumentations_of(name: str, size: int) -> albumentations.Compose:
    a = albumentations
    steps: list[Any] = [affine_of(name), a.HorizontalFlip(p=0.5)]
    if name != "course":
        steps.append(a.VerticalFlip(p=0.5))
    if name == "everything":
        steps += [
            a.Perspective(scale=(0.0, 0.08), border_mode=cv2.BORDER_REPLICATE, p=0.5),
            a.RandomBrightnessContrast(0.2, 0.2, p=1),
            a.RandomGamma((80, 125), p=1),
            a.InvertImg(p=0.1),
            a.Posterize((3, 6), p=0.3),
            a.Solarize((0.5, 0.88), p=0.2),
            a.ColorJitter((1, 1), (1, 1), (0.7, 1.3), (-15 / 360, 15 / 360), p=1),
            a.ToGray(p=0.2),
            a.GaussianBlur(sigma_limit=(0.0, 0.006 * size), p=0.5),
            a.Sharpen((0.0, 0.5), p=0.5),
            a.GaussNoise(std_range=(0.0, 12 / 255), p=0.5),
            a.ImageCompression(quality_range=(30, 95), p=0.5),
            a.CoarseDropout((1, 1), (0.25, 0.25), (0.25, 0.25), p=1),
            a.GridDropout(0.4, unit_size_range=(int(0.2 * size), int(0.4 * size)), p=0.5),
        ]
    return a.Compose(steps)


def generator_of(steps: Recipe) -> Any:
    """The recipe's exported ImageDataGenerator; of *everything* it can do only geometry and brightness."""
    names: dict[str, Any] = {}
    exec(image_data_generator.source(steps), names)
    return names["generator"]


def layers_of(steps: Recipe, batch: Batch) -> Some:
    """Keras' exported layers in a graph, with a batch at a time, as intended."""
    import tensorflow as tf

    names: dict[str, Any] = {}
    exec(keras_layers.source(steps), names)
    graph = tf.function(lambda photos: names["augmentation"](photos, training=True), reduce_retracing=True)
    floats = batch[: SLOW["keras_layers"]].astype(np.float32)
    return lambda a, b: graph(floats[a:b]).numpy()


def contestants(
    name: str, batch: Batch, keys: NDArray[np.uint64], pool: Executor | None
) -> dict[str, Callable[[], Any]]:
    """One turn of each contestant; preparations are not timed."""
    steps, size = RECIPES[name], batch.shape[1]
    whole = engine.fuse(steps, engine.draw(steps, keys, 0, 0), size, size)
    matrices = engine.fuse(GEOMETRIC, engine.draw(GEOMETRIC, keys, 0, 0), size, size).matrices
    matrices = whole.matrices if name != "everything" else matrices
    assert matrices is not None
    out, view = np.empty_like(batch), iter(range(10**9))
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    pipeline, generator, layers = albumentations_of(name, size), generator_of(steps), layers_of(steps, batch)

    def limit(a: int, b: int) -> None:
        for i in range(a, b):
            cv2.warpAffine(
                batch[i], matrices[i], (size, size), dst=out[i], flags=flags, borderMode=cv2.BORDER_REPLICATE
            )

    def with_albumentations(a: int, b: int) -> None:
        for i in range(a, b):
            pipeline(image=batch[i])

    def with_generator(a: int, b: int) -> None:
        generator.flow(batch[a:b], batch_size=b - a, shuffle=False)[0]

    def spread(change: Some, count: int) -> None:
        """Spread the work over the pool, in pieces of the engine's size."""
        if pool is None:
            change(0, count)
            return
        piece = max(2, count // 16)
        for job in [pool.submit(change, a, min(a + piece, count)) for a in range(0, count, piece)]:
            job.result()

    return {
        "ours": lambda: engine.augment(batch, keys, next(view), steps, 0, pool),
        "limit": partial(spread, limit, len(batch)),
        "albumentations": partial(spread, with_albumentations, len(batch)),
        "imagedatagenerator": partial(spread, with_generator, SLOW["imagedatagenerator"]),
        "keras_layers": partial(spread, layers, SLOW["keras_layers"]),
    }


def photos_a_second(turns: dict[str, Callable[[], Any]], count: int, rounds: int) -> dict[str, list[float]]:
    """Photos per second of each contestant in each round; they take turns."""
    speeds: dict[str, list[float]] = {who: [] for who in turns}
    for round_ in range(rounds + 1):  # the first warms up
        for who, turn in turns.items():
            start = time.perf_counter()
            turn()
            if round_:
                speeds[who].append(SLOW.get(who, count) / (time.perf_counter() - start))
    return speeds


def ratios(speeds: dict[str, list[float]]) -> dict[str, float]:
    """Our speed divided by each other's: the median of the rounds' ratios."""
    return {
        who: statistics.median(ours / other for ours, other in zip(speeds["ours"], others, strict=True))
        for who, others in speeds.items()
        if who != "ours"
    }


def preview_p95(batch: Batch, moves: int) -> float:
    """Milliseconds per slider move (strip, draws and steps, encoded, and the receipt), the 95th percentile."""
    times = []
    for move in range(moves + 3):
        pixels = batch[move % len(batch)]
        steps = (
            recipe.step("rotation", rotation_range=5 + move % 90),
            recipe.step("zoom"),
            recipe.step("brightness"),
            recipe.step("saturation"),
            recipe.step("black_patch"),
        )
        start = time.perf_counter()
        previews = [
            *preview.strip(pixels, "rotation", steps[0].settings, 7),
            *preview.draws(pixels, move, steps, 0, 12),
            *preview.steps(pixels, move, steps, 0),
        ]
        preview.encode_all(previews)
        receipt.of(steps, move)
        times.append((time.perf_counter() - start) * 1000)
    return float(np.percentile(times[3:], 95))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer photos and rounds: under a minute")
    quick = parser.parse_args().quick
    rounds = 5 if quick else 21
    result: dict[str, Any] = {}
    large = load(299, 32 if quick else 64)
    result["preview_p95_ms"] = round(preview_p95(large, 30 if quick else 150), 1)

    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)  # it gets only the pool's threads, like the others
    tf.config.threading.set_inter_op_parallelism_threads(2)
    cv2.setNumThreads(1)  # as Albumentations does at import
    print(f"{'photos per second':22}{'threads':>8}{'ours':>9}", end="")
    others = ("limit", "albumentations", "imagedatagenerator", "keras_layers")
    print("".join(f"{who:>26}" for who in others))
    for size in (150, 299):
        batch = load(150, 64 if quick else 128) if size == 150 else large
        keys = np.arange(len(batch), dtype=np.uint64) * 7919
        for name in RECIPES:
            worst: dict[str, float] = {}
            for threads in (1, 2):
                with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
                    speeds = photos_a_second(contestants(name, batch, keys, pool), len(batch), rounds)
                times = ratios(speeds)
                worst = {who: min(worst.get(who, times[who]), times[who]) for who in times}
                row = [f"{statistics.median(speeds[who]):>15,.0f} (× {times[who]:6.2f})" for who in others]
                label = f"{name}, {size} px"
                print(f"{label:22}{threads:>8}{statistics.median(speeds['ours']):>9,.0f}{''.join(row)}", flush=True)
            result[f"{name}_{size}"] = {who: round(value, 2) for who, value in worst.items()}
    print(f"\nIn brackets: our speed divided by theirs. One slider move: {result['preview_p95_ms']} ms (p95).")
    print(missed(result))
    print(json.dumps(result))


def missed(result: dict[str, Any]) -> str:
    """The missed goals as a sentence."""
    short = [f"preview {result['preview_p95_ms']} > 60 ms"] if result["preview_p95_ms"] > 60 else []
    for name, goals in GOALS.items():
        for size in (150, 299):
            for who, goal in goals.items():
                if (ratio := result[f"{name}_{size}"][who]) < goal[size]:
                    short.append(f"{name} {size} px: {ratio} × {who}, not {goal[size]} ×")
    return "All goals reached." if not short else "Goals missed: " + "; ".join(short) + "."


if __name__ == "__main__":
    main()
