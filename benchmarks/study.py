"""Machine Learning Zoomcamp's dropout study, its way and ours: four rates × 30 epochs, dense 100, MobileNetV2, 150 px.

Once with plain photos, once with its augmentation (shear, zoom, flip; ours at 8 views). Its way is ImageDataGenerator
and `fit` of the whole frozen graph: one epoch is measured after a warm-up of a few batches, the rest is extrapolated.
Ours is measured in full, from queueing to four saved results, in an empty workspace (cold bank, backbone not
converted) by the real worker, including its start and the import of TensorFlow. Then follow the median epoch of a head
without a dense layer, and the cost for different numbers of photos (benchmarks.growth).

Prints a table and, as its last line, {"dropout": ratio, "dropout_augmented": ratio, "epoch_s": …, "growth":
…, …}; growth is that of benchmarks.growth. Needs the ImageNet weights of MobileNetV2 (`$KERAS_HOME`) and scipy.
`--quick` trains 3 epochs instead of 30, and a tenth of its epoch, without growth; its ratios mean little.
"""

import argparse
import json
import os
import statistics
import tempfile
import time

from benchmarks import _real, growth
from core.augment.presets import PRESETS
from core.datasets import adding
from core.datasets.catalogue import Dataset
from core.runs import studies
from core.runs.config import RunConfig, config
from core.runs.folder import look, read_curves
from core.runs.records import RunState

SIZE, BATCH, EPOCHS, VIEWS = 150, 32, 30, 8
COURSE = {"shear_range": 10, "zoom_range": 0.1, "horizontal_flip": True}  # ImageDataGenerator's arguments
PATIENCE = 1800.0  # s


def ours(study: studies.Study, base: RunConfig) -> tuple[float, float]:
    """Seconds from queueing to the last saved result, and seconds of the median epoch."""
    began = time.perf_counter()
    ids = studies.put(study, base)
    with _real.worker() as worker:
        while not all(look(run_id).ended for run_id in ids):
            if time.perf_counter() - began > PATIENCE or worker.poll() is not None:
                raise RuntimeError(f"The study did not end: {[look(run_id).status for run_id in ids]}")
            time.sleep(0.05)
        duration = time.perf_counter() - began
    for run_id in ids:
        if look(run_id).state is not RunState.DONE:
            raise RuntimeError(f"{run_id} {look(run_id).status}")
    seconds = [epoch.seconds for run_id in ids for epoch in read_curves(look(run_id).folder).epochs]
    return duration, statistics.median(seconds)


def the_course(dataset: Dataset, share: float, **augmentation: object) -> float:
    """Seconds of one epoch with ImageDataGenerator and the whole frozen graph, training and validation photos."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras
    from keras.src.legacy.preprocessing.image import ImageDataGenerator

    prepare = keras.applications.mobilenet_v2.preprocess_input
    generators = {
        split: ImageDataGenerator(preprocessing_function=prepare, **changes).flow_from_directory(
            str(dataset.folder / split), target_size=(SIZE, SIZE), batch_size=BATCH, shuffle=split == "train", seed=1
        )
        for split, changes in (("train", augmentation), ("validation", {}))
    }
    base = keras.applications.MobileNetV2(weights="imagenet", include_top=False, input_shape=(SIZE, SIZE, 3))
    base.trainable = False
    photos = keras.Input((SIZE, SIZE, 3))
    x = keras.layers.GlobalAveragePooling2D()(base(photos, training=False))
    x = keras.layers.Dropout(0.2)(keras.layers.Dense(100, activation="relu")(x))
    network = keras.Model(photos, keras.layers.Dense(len(dataset.classes))(x))
    network.compile(keras.optimizers.Adam(1e-3), keras.losses.CategoricalCrossentropy(from_logits=True))
    network.fit(
        generators["train"], steps_per_epoch=3, validation_data=generators["validation"], validation_steps=2, verbose=0
    )
    steps = {split: max(1, round(share * len(generator))) for split, generator in generators.items()}
    began = time.perf_counter()
    network.fit(
        generators["train"],
        steps_per_epoch=steps["train"],
        validation_data=generators["validation"],
        validation_steps=steps["validation"],
        verbose=0,
    )
    return (time.perf_counter() - began) / share


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="3 epochs, and a tenth of the notebook's")
    quick = parser.parse_args().quick
    _real.prepare()
    epochs, share = (3, 0.1) if quick else (EPOCHS, 1.0)
    runs = len(studies.DROPOUT.variants)
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        dataset = adding.add_folder("clothing", _real.PHOTOS)
        base = config(dataset="clothing", image_size=SIZE, batch_size=BATCH, epochs=epochs)
        plain, epoch = ours(studies.DROPOUT, base)
        single = studies.Study("one", "One", "", (studies.Variant("no dense layer"),))
        _, epoch_no_dense = ours(single, base)
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        adding.add_folder("clothing", _real.PHOTOS)
        course = next(preset.recipe for preset in PRESETS if preset.key == "course")
        augmented, _ = ours(studies.DROPOUT, base.model_copy(update={"recipe": course, "views": VIEWS}))
        theirs = the_course(dataset, share) * epochs * runs
        theirs_augmented = epochs * runs * the_course(dataset, share, **COURSE)
    print(f"{f'dropout study, {runs} × {epochs} epochs, seconds':<52}{'plain':>10}{'augmented':>12}")
    print(f"{'Machine Learning Zoomcamp (extrapolated)':<52}{theirs:>10.0f}{theirs_augmented:>12.0f}")
    print(f"{'ours (queueing to four saved results)':<52}{plain:>10.1f}{augmented:>12.1f}")
    print(f"{'times as fast (target: 40 and 15)':<52}{theirs / plain:>10.1f}{theirs_augmented / augmented:>12.1f}")
    print(f"{'the median epoch, dense 100 (target: 0.4 s)':<52}{epoch:>10.3f}")
    print(f"{'the median epoch, no dense layer (target: 0.1 s)':<52}{epoch_no_dense:>10.3f}")
    figures: dict[str, object] = {
        "dropout": round(theirs / plain, 1),
        "dropout_augmented": round(theirs_augmented / augmented, 1),
        "epoch_s": round(epoch, 3),
        "epoch_no_dense_s": round(epoch_no_dense, 3),
        "ours_s": [round(plain, 1), round(augmented, 1)],
        "course_s_extrapolated": [round(theirs), round(theirs_augmented)],
    }
    if not quick:
        figures |= growth.measure(growth.COUNTS)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
