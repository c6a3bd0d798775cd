"""Does the network ever wait for its augmented photos? The share of step time spent waiting for the training feed.

Trains all of MobileNetV2 (random weights; accuracy does not matter) on photos of 200 px, and the small network on
photos of 96 px, in batches of 32, with the strong recipe. "Waiting" is the time between requesting a batch from the
feed and getting it. The first batch, which could not be prepared, does not count. Prints a table and,
as its last line, {"mobilenet_v2_200": share, "small_cnn_96": share}.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
CASES = (("mobilenet_v2", 200), ("small_cnn", 96))
MOST = 0.05


def waiting_share(backbone: str, size: int, batches: int) -> float:
    """The share of the time of `batches` steps in which the network waits."""
    from core.augment.presets import PRESETS
    from core.augment.recipe import to_json
    from core.backbones import BACKBONES
    from core.datasets import adding, catalogue, pack
    from core.runs.config import config
    from models import build, fit
    from models.feed import PhotoFeed

    real = PROJECT.parent / "shared" / "clothing-dataset-small"
    if real.is_dir() and "clothing" not in catalogue.names():
        adding.add_folder("clothing", real)
    dataset = catalogue.load(catalogue.names()[0])
    strong = next(preset.recipe for preset in PRESETS if preset.key == "strong")
    settings = config(dataset=dataset.name, backbone=backbone, image_size=size, recipe=to_json(strong))
    train = pack.load(dataset, "train", size)
    record = BACKBONES[backbone]
    body = build.backbone(record, size, None)
    if record.is_tunable:
        build.unfreeze(body, record, None)
    network = build.whole(body, build.head(settings, record.features, len(dataset.classes)))
    feed = PhotoFeed(settings, train, train, len(dataset.classes))
    fit.compile_for(fit.Plan.of(settings), network, feed.batches)
    waited = worked = 0.0
    stream = feed.epoch(0)
    network.train_on_batch(*next(stream)[:2])  # builds the graph
    for _ in range(min(batches, feed.batches - 2)):
        start = time.perf_counter()
        photos, labels, _ = next(stream)
        got = time.perf_counter()
        network.train_on_batch(photos, labels)
        waited += got - start
        worked += time.perf_counter() - got
    stream.close()
    return waited / (waited + worked)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few batches only")
    batches = 8 if parser.parse_args().quick else 40
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as home:
        os.environ["FITTING_ROOM_HOME"] = home
        shares = {f"{backbone}_{size}": waiting_share(backbone, size, batches) for backbone, size in CASES}
    print(f"{'share of step time spent waiting':<36}{'measured':>10}{'at most':>10}")
    for name, share in shares.items():
        print(f"{name:<36}{share:>10.2%}{MOST:>10.0%}")
    print(json.dumps({name: round(share, 4) for name, share in shares.items()}))


if __name__ == "__main__":
    main()
