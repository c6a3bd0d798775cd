"""From a 12-megapixel photo to its answer: our time beside Keras', and the memory for a thousand photos.

Photos of clothes are enlarged to 4032 × 3024 px, with camera noise, and saved as JPEG of quality 90. The real worker
trains a MobileNetV2 of 224 px for one epoch on a few photos (its accuracy does not matter). Then separate processes run
the shell's `predict` on a folder of all photos (rate and peak memory), our single photos, and Keras' `model.predict`
and `model(x)` on the same network. Each figure is the median of the best of several rounds, since other work on the
machine only adds time. Ours and Keras' answers must be equal.

Prints a table and, as its last line, {"photo_p50_ms": …, "network_ms": …, "keras_over_ours": …, …}; keras_over_ours is
the faster of Keras' two ways divided by ours, for the network; photo_keras_over_ours is the same from file to answer,
with Keras' own `load_img` (the table also shows Keras with our reading). The starter model is measured too, if it is on
the shelf. `--quick` uses fewer photos and rounds.
"""

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks import _real

WIDTH, HEIGHT, QUALITY = 4032, 3024, 90
SIZE = 224
MADE, QUICK_MADE = 20, 6  # different photos; the thousand are links to them
STREAMED, QUICK_STREAMED = 1000, 60
ROUNDS, QUICK_ROUNDS = 5, 2
PATIENCE = 600.0  # s
MOST = {"photo_p50_ms": 150.0, "network_ms": 25.0, "stream_mb": 600.0}
LEAST = {"keras_over_ours": 3.0}

Figures = dict[str, Any]


def make(folder: Path, count: int) -> list[Path]:
    """Make `count` photos like those of a phone; returns their paths."""
    from PIL import Image

    noise = np.random.default_rng(0).normal(0, 5, (HEIGHT, WIDTH, 1)).astype(np.int8)
    sources = sorted((_real.PHOTOS / "test").glob("*/*.jpg"))
    paths = []
    for number, source in enumerate(sources[:: len(sources) // count][:count]):
        with Image.open(source) as photo:
            large = np.asarray(photo.convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
        large = np.clip(large.astype(np.int16) + np.roll(noise, 97 * number, 1), 0, 255).astype(np.uint8)
        paths.append(folder / f"{number:02d}.jpg")
        Image.fromarray(large).save(paths[-1], quality=QUALITY)
    return paths


def train(photos: int) -> str:
    """Train a model for an epoch on `photos` photos of each class; returns its name."""
    from core.datasets import adding
    from core.runs import queue
    from core.runs.config import config
    from core.runs.folder import look
    from core.runs.records import RunState

    with tempfile.TemporaryDirectory() as place:
        for split, count in (("train", photos), ("validation", 2), ("test", 2)):
            for label in sorted((_real.PHOTOS / split).iterdir()):
                folder = Path(place, split, label.name)
                folder.mkdir(parents=True)
                for photo in sorted(label.iterdir())[:count]:
                    (folder / photo.name).symlink_to(photo)
        dataset = adding.add_folder("clothing", Path(place))
        run_id = queue.put(config(dataset=dataset.name, backbone="mobilenet_v2", image_size=SIZE, epochs=1))
        with _real.worker() as worker:
            until = time.monotonic() + PATIENCE
            while not look(run_id).ended and time.monotonic() < until and worker.poll() is None:
                time.sleep(0.1)
    if look(run_id).state is not RunState.DONE:
        raise RuntimeError(f"The training did not end: {look(run_id).status}")
    return str(look(run_id).status.model)


def milliseconds(work: Callable[[int], object], count: int, rounds: int) -> tuple[float, float]:
    """The median and the 95th percentile of `work` on each of `count` photos, from the best of several rounds."""
    best = (float("inf"), float("inf"))
    work(0)  # warm-up
    for _ in range(rounds):
        times = []
        for number in range(count):
            began = time.perf_counter()
            work(number)
            times.append(1e3 * (time.perf_counter() - began))
        best = min(best, (statistics.median(times), float(np.percentile(times, 95))))
    return best


def measure_ours(name: str, folder: Path, rounds: int) -> Figures:
    """Single photos through the classifier, as pages and shell use it."""
    from core import photos
    from core.answering import shelf
    from core.answering.classifier import Classifier

    classifier = Classifier(shelf.model(name))
    files = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]
    squares = [photos.square(data, classifier.size)[None] for data in files]
    whole, worst = milliseconds(lambda number: classifier.answer(files[number]), len(files), rounds)
    read, _ = milliseconds(lambda number: photos.square(files[number], classifier.size), len(files), rounds)
    network, _ = milliseconds(lambda number: classifier.logits(squares[number % len(squares)]), 30, rounds)
    return {
        "photo": whole,
        "photo_p95": worst,
        "square": read,
        "network": network,
        "size": classifier.size,
        "answers": [int(classifier.logits(square).argmax()) for square in squares],
    }


def measure_keras(name: str, folder: Path, rounds: int) -> Figures:
    """Single photos through Keras, in both its ways."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    from core import photos
    from core.answering import shelf
    from models import rebuild

    model = rebuild.network(shelf.model(name))
    files = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]
    squares = [photos.square(data, SIZE)[None] for data in files]

    def loaded(data: bytes) -> Any:
        return np.asarray(keras.utils.load_img(io.BytesIO(data), target_size=(SIZE, SIZE)))[None]

    ways = {"predict": lambda x: model.predict(x, verbose=0), "call": lambda x: np.asarray(model(x, training=False))}
    figures: Figures = {"answers": [int(ways["predict"](square).argmax()) for square in squares]}
    for way, run in ways.items():
        figures[f"{way}_network"], _ = milliseconds(
            lambda number, run=run: run(squares[number % len(squares)]), 30, rounds
        )
        figures[f"{way}_photo"], _ = milliseconds(
            lambda number, run=run: run(photos.square(files[number], SIZE)[None]), len(files), rounds
        )
        figures[f"{way}_own"], _ = milliseconds(lambda number, run=run: run(loaded(files[number])), len(files), rounds)
    return figures


def run_part(part: str, name: str, folder: Path, rounds: int) -> Figures:
    """Run one of the two measurements in a separate process."""
    command = [sys.executable, "-m", "benchmarks.predict", "--part", part, name, str(folder), str(rounds)]
    process = subprocess.run(command, cwd=_real.PROJECT, capture_output=True, text=True, check=False)
    if process.returncode:
        raise RuntimeError(process.stderr)
    figures: Figures = json.loads(process.stdout.splitlines()[-1])
    return figures


def stream(name: str, files: list[Path], count: int) -> tuple[float, float]:
    """Photos per second and peak megabytes of `python -m core predict` on a folder of `count` photos."""
    with tempfile.TemporaryDirectory(dir=files[0].parent.parent) as folder:
        for number, source in enumerate(islice(cycle(files), count)):
            os.link(source, Path(folder, f"{number:04d}.jpg"))
        command = [sys.executable, "-m", "core", "predict", "--json", "--model", name, folder]
        began, most = time.perf_counter(), 0
        with (
            tempfile.TemporaryFile("w+") as lines,
            subprocess.Popen(command, cwd=_real.PROJECT, stdout=lines, stderr=subprocess.PIPE) as process,
        ):
            while process.poll() is None:
                try:
                    most = max(most, psutil.Process(process.pid).memory_info().rss)
                except psutil.NoSuchProcess:
                    break
                time.sleep(0.01)
            seconds = time.perf_counter() - began
            lines.seek(0)
            answers = sum("answers" in json.loads(line) for line in lines)
        if answers != count:
            raise RuntimeError(f"{answers} answers for {count} photos")
    return count / seconds, most / 1e6


def report(ours: Figures, keras: Figures, rate: float, most: float) -> Figures:
    """Print the table; returns the figures for the last line."""
    network = min(keras["predict_network"], keras["call_network"])
    photo = min(keras["predict_own"], keras["call_own"])
    figures = {
        "photo_p50_ms": round(ours["photo"], 1),
        "photo_p95_ms": round(ours["photo_p95"], 1),
        "network_ms": round(ours["network"], 1),
        "keras_over_ours": round(network / ours["network"], 2),
        "photo_keras_over_ours": round(photo / ours["photo"], 2),
        "stream_photos_per_s": round(rate, 1),
        "stream_mb": round(most),
    }
    print(f"{'MobileNetV2, 224 px, single photos of 12 megapixels':<52}{'file to answer':>16}{'network':>10}")
    print(f"{'ours, ms (median)':<52}{ours['photo']:>16.1f}{ours['network']:>10.1f}")
    print(f"{'ours, ms (95th percentile)':<52}{ours['photo_p95']:>16.1f}")
    print(f"{'of which reading, decoding and resizing':<52}{ours['square']:>16.1f}")
    for way, title in (("predict", "Keras, model.predict"), ("call", "Keras, model(x)")):
        print(f"{title + ', with its own load_img':<52}{keras[f'{way}_own']:>16.1f}{keras[f'{way}_network']:>10.1f}")
        print(f"{title + ', with our reading':<52}{keras[f'{way}_photo']:>16.1f}")
    print(f"{'Keras over ours':<52}{figures['photo_keras_over_ours']:>16.2f}{figures['keras_over_ours']:>10.2f}")
    print(f"{'streamed by the shell: photos per second':<52}{rate:>16.1f}")
    print(f"{'streamed by the shell: peak memory, MB':<52}{most:>16.0f}")
    for name, cap in MOST.items():
        print(f"target: {name} at most {cap:g}: {figures[name]:g}")
    for name, least in LEAST.items():
        print(f"target: {name} at least {least:g}: {figures[name]:g}")
    return figures


def measure(quick: bool) -> Figures:
    from core.answering import shelf

    rounds = QUICK_ROUNDS if quick else ROUNDS
    starter = next((model for model in shelf.models() if model.name == shelf.STARTER), None)
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        folder = Path(home, "photos")
        folder.mkdir()
        name = train(4 if quick else 20)
        files = make(folder, QUICK_MADE if quick else MADE)
        size = statistics.mean(path.stat().st_size for path in files) / 1e6
        print(f"{len(files)} photos of {WIDTH} × {HEIGHT} px, {size:.1f} MB each")
        ours, keras = run_part("ours", name, folder, rounds), run_part("keras", name, folder, rounds)
        if ours["answers"] != keras["answers"]:
            raise RuntimeError(f"Ours and Keras must answer the same, got {ours['answers']} and {keras['answers']}")
        figures = report(ours, keras, *stream(name, files, QUICK_STREAMED if quick else STREAMED))
        if starter is not None:
            times = run_part("ours", str(starter.folder), folder, rounds)
            print(
                f"starter, {times['size']} px, ms: {times['photo']:.1f} file to answer, {times['network']:.1f} network"
            )
            figures["starter"] = {"photo_p50_ms": round(times["photo"], 1), "network_ms": round(times["network"], 1)}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer photos and rounds")
    parser.add_argument("--part", nargs=4, metavar="X", help=argparse.SUPPRESS)
    parsed = parser.parse_args()
    if parsed.part:
        part, name, folder, rounds = parsed.part
        figures = {"ours": measure_ours, "keras": measure_keras}[part](name, Path(folder), int(rounds))
        print(json.dumps(figures))
        return
    _real.prepare()
    print(json.dumps(measure(parsed.quick)))


if __name__ == "__main__":
    main()
