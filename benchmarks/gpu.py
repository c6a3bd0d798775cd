"""Is a GPU put to use? The feed of photos, steps and whole runs on this machine, in under eight minutes.

`python -m benchmarks.gpu --make-pack FILE` writes the real photos at 150 px and MobileNetV2's ImageNet weights into one
file of 34 MB. `python -m benchmarks.gpu --pack FILE` measures with it on a machine that has neither. TensorFlow and
LiteRT may be missing; runs then train, but end without a saved model. The other packages that it needs are Keras, JAX,
NumPy, OpenCV, Pillow, h5py, pydantic, scikit-learn, filelock, httpx, click, psutil and nvidia-ml-py.

KERAS_BACKEND names the backend; without it, that is TensorFlow, or JAX where TensorFlow is missing. Without a GPU, the
settings are those of --quick. Prints tables and, as its last line, JSON with "photos_per_s" (trained, with
augmentation), "augmented_over_plain" (time of a step), the feed's rates, both precisions and the runs.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import _gpu_pack, _real

MINUTES = 7.5  # then what is not finished is left out
STEPS_SHARE = 0.6  # of the time, for the steps at most
WISH = 1.05  # augmented over plain


@dataclass(frozen=True)
class Size:
    """How much to measure. All batches and chunks of photos are whole, so that each network is compiled once."""

    photos: dict[str, int]
    batch_size: int
    steps: dict[str, Any]  # settings of benchmarks._gpu_steps
    image_size: int
    blocks: int | None  # that are fine-tuned
    scratch: str  # the backbone that is trained from scratch
    epochs: tuple[int, int, int]  # frozen, fine-tuned, from scratch


FULL = Size(
    photos={"train": 2944, "validation": 320, "test": 320},
    batch_size=128,
    steps={"backbone": "mobilenet_v2", "image_size": 150, "turns": 5, "steps": 30, "compared": 60},
    image_size=150,
    blocks=None,
    scratch="residual",
    epochs=(10, 8, 8),
)
QUICK = Size(  # MobileNetV2's gradients take XLA minutes on a CPU, so only its last block learns
    photos={"train": 128, "validation": 64, "test": 64},
    batch_size=32,
    steps={"backbone": "small_cnn", "image_size": 64, "turns": 2, "steps": 5, "compared": 8},
    image_size=32,
    blocks=1,
    scratch="small_cnn",
    epochs=(5, 3, 5),
)


def main() -> None:
    began = time.monotonic()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pack", type=Path, help="the photos, made by --make-pack (default: the real photos here)")
    parser.add_argument("--make-pack", type=Path, metavar="FILE", help="only write the pack of photos")
    parser.add_argument("--quick", action="store_true", help="a minute or two, also on a CPU")
    arguments = parser.parse_args()
    if arguments.make_pack:
        _real.prepare()
        _gpu_pack.make(arguments.make_pack, _real.PHOTOS, _real.WEIGHTS)
        print(f"{arguments.make_pack}: {arguments.make_pack.stat().st_size / 1e6:.1f} MB")
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    has_tensorflow = importlib.util.find_spec("tensorflow") is not None
    os.environ.setdefault("KERAS_BACKEND", "tensorflow" if has_tensorflow else "jax")
    with tempfile.TemporaryDirectory() as home:
        place = Path(home).resolve()
        os.environ.update(FITTING_ROOM_HOME=str(place), KERAS_HOME=str(place / "pack" / _gpu_pack.KERAS))
        figures = measured(arguments.pack, arguments.quick, place / "pack", began)
    figures["seconds"] = round(time.monotonic() - began, 1)
    print(f"\nThe whole benchmark took {figures['seconds']:.0f} s.")
    print(json.dumps(figures))


def measured(pack: Path | None, quick: bool, place: Path, began: float) -> dict[str, Any]:
    """Measure and print tables; returns the figures. `place` is an empty folder in the workspace."""
    from benchmarks import _gpu_runs
    from core import machine
    from core.datasets import adding

    gpus = machine.gpus()
    for gpu in gpus:
        print(f"{gpu.name}, {gpu.memory_bytes / 1e9:.0f} GB, {gpu.memory:.0%} in use, {gpu.busy:.0%} busy")
    size = QUICK if quick or not gpus else FULL
    if not gpus:
        print("NVML sees no GPU, so everything is measured on the CPU, with the settings of --quick.")
    print(f"{machine.cores()} cores, {os.environ['KERAS_BACKEND']}", flush=True)
    if pack is None:
        _real.prepare()
        pack = place.with_suffix(".zip")
        _gpu_pack.make(pack, _real.PHOTOS, _real.WEIGHTS, size.photos)
    _gpu_pack.unpack(pack, place, size.photos)
    adding.add_folder("clothing", place / _gpu_pack.PHOTOS)
    figures: dict[str, Any] = {"gpus": [gpu.name for gpu in gpus]}
    feed = {"feed_size": _gpu_pack.SIDE, "feed_seconds": 2.0}
    steps = {"dataset": "clothing", "batch_size": size.batch_size, **feed, **size.steps}
    figures |= _steps(steps, STEPS_SHARE * MINUTES * 60 - (time.monotonic() - began))
    results = _gpu_runs.train(_runs(size), began + MINUTES * 60)
    columns = f"{'epochs':>8}{'run, s':>9}{'epoch, s':>10}{'photos/s':>10}{'busy':>7}{'MB':>9}"
    print(f"\n{'run, through the worker':<26}{columns}")
    for result in results:
        busy = "" if result.gpu_busy is None else f"{result.gpu_busy:.0%}"
        epochs = f"{result.epochs}/{result.wanted}"
        print(
            f"{result.name:<26}{epochs:>8}{result.seconds:>9.1f}{result.epoch_s:>10.2f}{result.photos_per_s:>10,.0f}"
            f"{busy:>7}{result.memory_mb:>9,.0f}"
        )
    for sentence in dict.fromkeys(f"{result.device}. {result.note}".strip() for result in results):
        print(sentence)
    return {**figures, "runs": {result.name: result.figures() for result in results}}


def _runs(size: Size) -> dict[str, dict[str, Any]]:
    """The settings of the runs."""
    from core.augment.presets import PRESETS
    from core.augment.recipe import to_json

    course = next(to_json(preset.recipe) for preset in PRESETS if preset.key == "course")
    shared = {"dataset": "clothing", "image_size": size.image_size, "batch_size": size.batch_size}
    frozen, tuned, scratch = size.epochs
    fine_tune = {"blocks": size.blocks, "epochs": tuned, "warmup": 0}
    return {
        "frozen": {**shared, "epochs": frozen, "dense_layers": [100]},
        "fine-tuned": {**shared, "epochs": 1, "recipe": course, "views": 1, "fine_tune": fine_tune},
        "from scratch": {**shared, "backbone": size.scratch, "epochs": scratch, "recipe": course},
    }


def _steps(settings: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The figures of benchmarks._gpu_steps, printed as tables; a sentence instead if it fails or takes too long."""
    command = [sys.executable, "-m", "benchmarks._gpu_steps", json.dumps(settings)]
    try:
        done = subprocess.run(command, cwd=_real.PROJECT, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        print(f"The steps took longer than {seconds:.0f} s and were left out.")
        return {"steps": "timeout"}
    if done.returncode:
        print(f"The steps could not be measured:\n{done.stderr[-2000:]}")
        return {"steps": "failed"}
    found = json.loads(done.stdout.splitlines()[-1])
    trained = found["mixed" if found["on_gpu"] else "float32"]  # what runs on this device compute in
    rate = settings["batch_size"] / trained["augmented_ms"] * 1e3
    ratio = trained["augmented_ms"] / trained["plain_ms"]
    if found["random_weights"]:
        print("MobileNetV2's weights are random, because the pack has none: its accuracies mean nothing.")
    print(f"Keras computes on {', '.join(found['devices'])}.")
    title = f"feed alone, {settings['feed_size']} px"
    print(f"\n{title:<44}{'photos/s':>10}")
    for name, words in (
        ("plain", "plain, all cores"),
        ("augmented", "augmented, all cores"),
        ("augmented_1_thread", "augmented, one thread"),
    ):
        print(f"{words:<44}{found['feed'][name]:>10,.0f}")
    print(f"\n{settings['backbone']}, {settings['image_size']} px, batches of {settings['batch_size']}")
    print(f"{'step, ms':<32}{'mixed':>12}{'float32':>12}")
    for name, words in (
        ("alone_ms", "always the same photos"),
        ("plain_ms", "photos of the feed"),
        ("augmented_ms", "augmented photos"),
    ):
        print(f"{words:<32}{found['mixed'][name]:>12.1f}{found['float32'][name]:>12.1f}")
    print(f"{'share waiting for the feed':<32}{found['mixed']['waiting']:>12.1%}{found['float32']['waiting']:>12.1%}")
    print(f"{'memory so far, MB':<32}{found['mixed']['memory_mb']:>12,.0f}{found['float32']['memory_mb']:>12,.0f}"
          f"  ({found['memory_of']})")  # fmt: skip
    losses = {name: found[name]["loss"] for name in ("mixed", "float32")}
    difference = abs(losses["mixed"] - losses["float32"])
    noise = abs(found["float32"]["other_order"] - losses["float32"])
    print(f"{'loss after the same steps':<32}{losses['mixed']:>12.4f}{losses['float32']:>12.4f}")
    print(f"The losses differ by {difference:.4f}; with the photos in another order, by {noise:.4f}.")
    print(f"A step with augmentation takes {ratio:.3f} times one without (wish: at most {WISH}).")
    print(f"Alone, the feed makes {found['feed']['augmented'] / rate:.1f} times as many photos as such steps take.")
    return {
        "backend": found["backend"],
        "devices": found["devices"],
        "photos_per_s": round(rate, 1),
        "augmented_over_plain": round(ratio, 4),
        "feed_over_steps": round(found["feed"]["augmented"] / rate, 2),
        "loss_difference": round(difference, 5),
        "loss_noise": round(noise, 5),
        **{name: {key: round(value, 4) for key, value in found[name].items()} for name in ("feed", "mixed", "float32")},
        "random_weights": found["random_weights"],
    }


if __name__ == "__main__":
    main()
