"""The notebook's cells about photos: where they come from, which belong to which split, and how they are read."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.datasets import catalogue, offered
from core.datasets.catalogue import Dataset
from core.datasets.folders import SPLITS, Contents
from core.errors import DatasetError
from core.reporting.lesson.cells import Cell, code, indented, markdown, plain
from core.reporting.lesson.settings import Settings

HEIC = (".heic", ".heif")
DOWNLOAD = """
FOLDER = Path("clothing-dataset-small")
if not FOLDER.is_dir():
    subprocess.run(["git", "clone", "--depth", "1", REPOSITORY, str(FOLDER)], check=True)
"""
FOLDER = """
if not FOLDER.exists():
    raise FileNotFoundError(f"{FOLDER} is missing. Put it here, or write another path above.")
if FOLDER.suffix == ".zip":
    shutil.unpack_archive(FOLDER, FOLDER.with_suffix(""))
    FOLDER = FOLDER.with_suffix("")
"""
HEIC_PACKAGE = """
subprocess.run([sys.executable, "-m", "pip", "install", "-q", "pillow-heif"], check=True)
import pillow_heif

pillow_heif.register_heif_opener()
"""
BY_FOLDER = """
FILES = {  # split → photos with their classes
    split: sorted((path, path.parent.name) for path in (FOLDER / split).glob("*/[!.]*"))
    for split in SPLITS
}
"""
BY_LIST = """
FILES = {  # split → photos with their classes
    split: [(FOLDER / name, label) for label, names in LISTED[split].items() for name in names]
    for split in SPLITS
}
"""
COUNTS = """
CLASSES = sorted({label for _, label in FILES["train"]})
for split in SPLITS:
    print(f"{len(FILES[split]):>6} photos for {split}")
print("classes:", ", ".join(CLASSES))
"""
READ = '''
def read(path, size):
    """A photo, upright and squashed to a square: uint8 (size, size, 3), red, green and blue."""
    with Image.open(path) as photo:
        photo.draft("RGB", (2 * size, 2 * size))  # decodes no more pixels of a large JPEG than needed
        photo = ImageOps.exif_transpose(photo).convert("RGB")
        method = Image.Resampling.BOX if min(photo.size) >= size else Image.Resampling.BILINEAR
        return np.asarray(photo.resize((size, size), method))


'''
LOAD = '''
def load(size):
    """By split: photos uint8 (photos, size, size, 3) and labels float32 (photos, classes)."""
    data = {}
    for split in SPLITS:
        photos, labels = [], []
        for path, label in FILES[split]:
            try:
                photo = read(path, size)
            except (OSError, ValueError, SyntaxError) as error:  # not a photo, or damaged
                print(f"{path} is left out: {error}")
                continue
            photos.append(photo)
            labels.append(CLASSES.index(label))
        if photos:
            data[split] = np.stack(photos), keras.utils.to_categorical(labels, len(CLASSES))
    return data
'''
Photos = Mapping[str, Mapping[str, tuple[str, ...]]]  # split → class → paths below the folder


@dataclass(frozen=True)
class Source:
    """Where the notebook gets the photos of a dataset."""

    name: str
    is_offered: bool  # the course's photos, which can be downloaded
    photos: Photos | None  # split → class → photos if that differs from the folders of the download
    has_heic: bool

    @property
    def archive(self) -> str:
        """The file name of the dataset's export."""
        return f"{self.name}.zip"

    @property
    def export(self) -> str:
        """The command that exports the dataset as it is split and reviewed."""
        return f"python -m core data export {shlex.quote(self.name)} {self.archive}"


def source(name: str) -> Source:
    """Where the photos of the dataset of that name come from. One that is gone must be brought along."""
    try:
        dataset, folders = catalogue.load(name), catalogue.contents_of(name)
    except DatasetError:
        return Source(name, False, None, False)
    has_heic = any(path.suffix.lower() in HEIC for split in dataset.splits.values() for path in split.paths)
    if not offered.is_offered(folders):
        return Source(dataset.name, False, None, has_heic)
    photos = _photos(dataset, folders)
    as_downloaded = {
        split: {label: tuple(folders.names(paths)) for label, paths in sorted(of_split.items())}
        for split, of_split in folders.photos.items()
    }
    return Source(dataset.name, True, None if photos == as_downloaded else photos, has_heic)


def _photos(dataset: Dataset, folders: Contents) -> Photos:
    arranged: dict[str, dict[str, list[str]]] = {split: {} for split in dataset.splits}
    for split, listed in dataset.splits.items():
        names = folders.names(listed.paths)
        for name, label in zip(names, listed.labels, strict=True):
            arranged[split].setdefault(dataset.classes[label], []).append(name)
    return {
        split: {label: tuple(sorted(names)) for label, names in sorted(of_split.items())}
        for split, of_split in arranged.items()
    }


def cells(settings: Settings, photos: Source) -> list[Cell]:
    """The cells up to the photos as arrays: `DATA` if all runs have one image size, and the function `load`."""
    return [*_where(photos), *_listing(photos), *_reading(settings)]


def _where(photos: Source) -> list[Cell]:
    title = plain(catalogue.title(photos.name))
    if photos.is_offered:
        return [
            markdown(
                "photos",
                "## The photos",
                "*clothing-dataset-small*: 3,781 photos of clothes in ten classes, free to use (CC0). This downloads "
                "about 100 MB.",
            ),
            code("download", DOWNLOAD.replace("REPOSITORY", repr(offered.REPOSITORY)).splitlines()),
        ]
    heic = [
        markdown("heic", "Some photos are HEIC files, as phones take them. Pillow needs a package to read them."),
        code("heic-package", HEIC_PACKAGE.splitlines()),
    ]
    return [
        markdown(
            "photos",
            "## The photos",
            f"This notebook needs the photos of *{title}*. In Fitting Room, export them on the Data page or with "
            f"`{photos.export}`: they come out split and reviewed as they are there. Put the file beside this notebook "
            "(in Colab: the folder symbol on the left, then drop the file there). An unpacked folder works too. It "
            "must have the folders `train`, `validation` and perhaps `test`, each with a folder of photos per class.",
        ),
        code("folder", [
            f"FOLDER = Path({photos.archive!r})  # the export, or a folder with train, validation and test",
            *FOLDER.strip().splitlines(),
        ]),
        *(heic if photos.has_heic else []),
    ]  # fmt: skip


def _listing(photos: Source) -> list[Cell]:
    splits = f"SPLITS = {list(SPLITS)!r}"
    learn = (
        "The network learns from the training photos. The validation photos choose the best epoch, so their score "
        "flatters a little. The test photos choose nothing: theirs is the score to report."
    )
    if photos.photos is None:
        return [
            markdown("splits", learn),
            code("files", [splits, *(BY_FOLDER + COUNTS.lstrip()).strip().splitlines()]),
        ]
    return [
        markdown(
            "splits",
            learn,
            "These photos were split or reviewed in Fitting Room, so their classes and splits are not those of their "
            "folders. The next cell lists them.",
        ),
        code("listed", ["LISTED = {  # split → class → photos", *indented(list(_listed(photos.photos))), "}"]),
        code("files", [splits, *(BY_LIST + COUNTS.lstrip()).strip().splitlines()]),
    ]


def _listed(photos: Photos) -> Iterator[str]:
    for split in SPLITS:
        yield f"{split!r}: {{"
        for label, names in photos.get(split, {}).items():
            yield f"    {label!r}: ["
            yield from (f"        {name!r}," for name in names)
            yield "    ],"
        yield "},"


def _reading(settings: Settings) -> list[Cell]:
    several = settings.varies("image_size")
    cached = ["@functools.lru_cache(maxsize=1)"] if several else []
    loaded = [] if several else ["", "", f"DATA = load({settings.code('image_size')})"]
    return [
        markdown(
            "reading",
            "Networks take photos of one size. Each photo is turned upright and squashed to a square. All photos stay "
            "in memory, so they are read only once. Labels become vectors with a 1 at the place of the class.",
        ),
        code("load", [*READ.splitlines(), *cached, *LOAD.strip().splitlines(), *loaded]),
    ]
