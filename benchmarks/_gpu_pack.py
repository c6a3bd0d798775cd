"""The photos for benchmarks.gpu in one file that can be taken to another machine.

The pack is a zip: the photos as JPEGs of 150 px in the folders of a dataset, and MobileNetV2's ImageNet weights where
Keras looks for them, if they are at hand. Pillow is all that it takes to read a photo.
"""

import io
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

SIDE = 150  # px
QUALITY = 85  # of the JPEGs
MOST_BYTES = 60_000_000
PHOTOS, KERAS = "photos", "keras"  # folders in the pack


def make(pack: Path, photos: Path, keras_home: Path, most: Mapping[str, int] | None = None) -> None:
    """Write the pack of the dataset in the folder `photos`: `most` photos of each split, by default all."""
    from PIL import Image

    from core.backbones import MOBILENET_V2
    from core.photos import read_file, square

    with zipfile.ZipFile(pack, "w", zipfile.ZIP_STORED) as file:
        for photo in _chosen(photos, most):
            content = io.BytesIO()
            Image.fromarray(square(read_file(photo), SIDE)).save(content, "JPEG", quality=QUALITY)
            name = photo.relative_to(photos).with_suffix(".jpg").as_posix()
            file.writestr(f"{PHOTOS}/{name}", content.getvalue())
        weights = keras_home / "models" / MOBILENET_V2.weights_file.format(size=224)
        if weights.is_file():
            file.write(weights, f"{KERAS}/models/{weights.name}")
    if pack.stat().st_size > MOST_BYTES:
        sys.exit(f"The pack must have at most {MOST_BYTES / 1e6:.0f} MB, got {pack.stat().st_size / 1e6:.0f} MB.")


def unpack(pack: Path, folder: Path, most: Mapping[str, int] | None = None) -> None:
    """Unpack into `folder`: `most` photos of each split, by default all. Exits with a sentence if it is no pack."""
    try:
        with zipfile.ZipFile(pack) as file:
            file.extractall(folder)
    except (OSError, zipfile.BadZipFile) as error:
        sys.exit(f"The pack must be a zip as --make-pack writes it, got {pack} ({error}).")
    photos = folder / PHOTOS
    if not photos.is_dir():
        sys.exit(f"The pack must hold the folder {PHOTOS}, which {pack} lacks. Make it again with --make-pack.")
    keep = set(_chosen(photos, most))
    for photo in photos.glob("*/*/*"):
        if photo not in keep:
            photo.unlink()


def _chosen(photos: Path, most: Mapping[str, int] | None) -> Iterator[Path]:
    """The photos of a dataset, the classes in turn: as many of each split as `most` says."""
    for split in ("train", "validation", "test"):
        classes = [
            sorted(path for path in kind.iterdir() if path.is_file()) for kind in sorted(photos.glob(f"{split}/*"))
        ]
        turns = range(max(map(len, classes), default=0))
        every = [files[turn] for turn in turns for files in classes if turn < len(files)]
        yield from every[: most[split] if most else None]
