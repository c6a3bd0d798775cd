"""Machine Learning Zoomcamp's studies on the real photos, with MobileNetV2 for Xception: what wins, and by how much.

150 px and the notebook's number of epochs (10 for learning rates, dense layers and image sizes, 30 for dropout and
augmentation), in a fresh workspace. Prints a table for benchmarks/RESULTS.md with the notebook's figures beside ours,
and, as its last line, {"study": {"variant": [best validation accuracy, test accuracy], …}, …, "seconds": …}. `--quick`
trains for 2 epochs. Needs the ImageNet weights (`$KERAS_HOME`).
"""

import argparse
import json
import os
import tempfile
import time

from benchmarks import _real
from benchmarks.study import SIZE, VIEWS, ours
from core.datasets import adding
from core.runs import course, studies
from core.runs.config import config
from core.runs.folder import look_all, read_curves, scores

EPOCHS = {"learning-rates": 10, "dense-layers": 10, "dropout": 30, "augmentation": 30, "image-sizes": 10}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="2 epochs of each run")
    quick = parser.parse_args().quick
    _real.prepare()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        adding.add_folder("clothing", _real.PHOTOS)
        for key, study in studies.STUDIES.items():
            epochs = 2 if quick else EPOCHS[key]
            ours(study, config(dataset="clothing", image_size=SIZE, epochs=epochs, views=min(VIEWS, epochs)))
        accuracies = results()
    print(f"| study | run | best validation accuracy | test accuracy | {course.COLUMN}, validation |")
    print("|---|---|---|---|---|")
    for key, study in studies.STUDIES.items():
        for variant in study.variants:
            validation, test = accuracies[key][variant.label]
            theirs = f"{variant.course_accuracy:.3f}" if variant.course_accuracy else ""
            print(f"| {study.label} | {variant.label} | {validation:.3f} | {test:.3f} | {theirs} |".replace("0.", "."))
    print(json.dumps({**accuracies, "seconds": round(time.perf_counter() - began)}))


def results() -> dict[str, dict[str, list[float]]]:
    """Best validation accuracy and test accuracy of every run, by study and name."""
    accuracies: dict[str, dict[str, list[float]]] = {key: {} for key in studies.STUDIES}
    for run in look_all():
        key = "-".join(str(run.config.study).split("-")[:-2])
        best, test = read_curves(run.folder).best, scores(run.folder).get("test")
        if best and test and test.accuracy is not None:
            accuracies[key][run.config.name] = [round(best.val_accuracy, 4), round(test.accuracy, 4)]
    return accuracies


if __name__ == "__main__":
    main()
