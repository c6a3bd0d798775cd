"""How long a run takes: rough costs of its stages, corrected by how fast this machine has been before."""

from collections.abc import Mapping

from core import atomic, workspace
from core.backbones import backbone
from core.datasets.catalogue import Dataset
from core.runs.config import RunConfig

SECONDS_PER_PHOTO_READ = 1 / 400
SECONDS_TO_CONVERT = 12.0
SECONDS_TO_IMPORT = 8.0  # TensorFlow, once per worker
SECONDS_PER_MEGAPIXEL = {"mobilenet_v2": 0.12, "xception": 1.2, "small_cnn": 0.1}  # forward, per photo
SECONDS_PER_PHOTO_FITTED = 1e-4  # the head, on banked features


def costs(config: RunConfig, photos: Mapping[str, int]) -> dict[str, float]:
    """The stages of a run that finds nothing in the cache, in order, with about how many seconds each takes.

    `photos` counts those of each split.
    """
    stages = {f"reading {split}": count * SECONDS_PER_PHOTO_READ for split, count in photos.items()}
    learning = config.epochs * fitting(config, photos["train"])
    if backbone(config.backbone).pretrained:
        stages |= {
            "weights": 1.0,
            "converting": SECONDS_TO_CONVERT,
            "judging features": banking(config, 2.5 * photos["validation"] + photos["test"]),
            "epochs": learning + config.views_used * banking(config, photos["train"]),
        }
    else:
        stages |= {"epochs": learning, "converting": SECONDS_TO_CONVERT / 2}
    return {**stages, "saving": 1.0}


def banking(config: RunConfig, photos: float) -> float:
    """About how many seconds the backbone looks at so many photos."""
    return photos * SECONDS_PER_MEGAPIXEL[config.backbone] * config.image_size**2 / 1e6


def fitting(config: RunConfig, photos: int) -> float:
    """About how many seconds an epoch of so many photos takes."""
    return photos * SECONDS_PER_PHOTO_FITTED if backbone(config.backbone).pretrained else 3 * banking(config, photos)


def seconds(configs: list[RunConfig], dataset: Dataset) -> float:
    """About how long these runs take on this machine, one after another, sharing what they can."""
    photos = {split: len(listed) for split, listed in dataset.splits.items()}
    total, shared = SECONDS_TO_IMPORT, set()
    for config in configs:
        stages = costs(config, photos)
        about = (config.backbone, config.image_size)
        if about in shared:
            for name in [
                stage for stage in stages if stage.startswith(("reading", "weights", "converting", "judging"))
            ]:
                del stages[name]
        seen = (*about, str(config.recipe), config.augmentation_seed)
        if seen in shared and backbone(config.backbone).pretrained:
            stages["epochs"] = config.epochs * fitting(config, photos["train"])
        shared |= {about, seen}
        total += sum(stages.values()) * speed(config.backbone)
    return total


def speed(backbone_key: str) -> float:
    """How many times as long as announced the last runs with this backbone took here; 1 before the first."""
    record = atomic.read_json(workspace.cache() / "speed.json")
    value = record.get(backbone_key) if isinstance(record, dict) else None
    return min(20.0, max(0.05, float(value))) if isinstance(value, (int, float)) else 1.0


def learn(backbone_key: str, announced: float, took: float) -> None:
    """Remember how long a whole run took, against what was announced: halfway to the newest measurement."""
    if announced <= 0 or took <= 0:
        return
    path = workspace.cache() / "speed.json"
    record = atomic.read_json(path)
    known = record if isinstance(record, dict) else {}
    before = known.get(backbone_key)
    now = took / announced
    known[backbone_key] = now if not isinstance(before, (int, float)) else (before + now) / 2
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic.write_json(path, known)
