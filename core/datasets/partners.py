"""The training photos as partners for mixing: from a pack for training, from their files for the preview.

Both put the photos in the order of their names, and take the next one in place of a photo that can't be read. So the
same random number means the same partner in both.
"""

import bisect
import hashlib
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from core import photos
from core.augment import recipe
from core.augment.partners import Places
from core.augment.recipe import Recipe
from core.augment.transform import Floats, Pixels
from core.datasets.catalogue import Dataset
from core.datasets.folders import photo_names
from core.datasets.pack import Pack
from core.errors import DatasetError, PhotoError
from core.files import versions
from core.files.versions import Latest, Version

KEPT = 4  # lists of partners in memory
READ = 64  # photos of each list in memory; a preview of twelve draws with MixUp and CutMix needs 24


def of_pack(pack: Pack, steps: Recipe) -> "PackPartners | None":
    """The partners that the recipe needs in training; None if it mixes no photos."""
    return PackPartners(pack) if recipe.mixes(steps) else None


def of_dataset(dataset: Dataset, size: int) -> "FilePartners":
    """The training photos of a dataset as partners: the same object, with what it has read, as long as they are the
    same photos with the same labels."""
    found = FilePartners(dataset, size)
    return _known.get((dataset.name, size), (dataset.folder, found.version), lambda: found)


def _places(u: Floats, count: int) -> Places:
    return np.floor(u * count).astype(np.intp)  # below count, since u has 53 bits


class PackPartners:
    """The photos of a pack; places are rows of the pack."""

    def __init__(self, pack: Pack) -> None:
        self._pack, self._numbers = pack, pack.numbers
        names = sorted((*pack.names, *(name for name, _ in pack.skipped)))
        rows = {name: row for row, name in enumerate(pack.names)}
        readable = [place for place, name in enumerate(names) if name in rows]
        following = [readable[bisect.bisect_left(readable, place) % len(readable)] for place in range(len(names))]
        self.order: Places = np.array([rows[names[place]] for place in following], np.intp)

    def places(self, u: Floats) -> Places:
        return self.order[_places(u, len(self.order))]

    def numbers(self, places: Places) -> NDArray[np.uint64]:
        return self._numbers[places]

    def pixels(self, places: Places) -> Pixels:
        return self._pack.pixels[places]


class FilePartners:
    """The training photos of a dataset, read one by one; places are those in the order of the names."""

    def __init__(self, dataset: Dataset, size: int) -> None:
        split = dataset.splits["train"]
        names = photo_names(dataset.folder, split.paths)
        self._photos = sorted(zip(names, split.paths, split.labels, strict=True))
        self._classes, self._size = dataset.classes, size
        self._kept = lru_cache(READ)(self._read)

    @cached_property
    def version(self) -> str:
        """Tells one list of photos and labels from another: 16 hex digits."""
        text = "\n".join(f"{name}\t{self._classes[label]}" for name, _, label in self._photos)
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    def label(self, place: int) -> str:
        """The photo's class."""
        return self._classes[self._photos[place][2]]

    def places(self, u: Floats) -> Places:
        """The places; raises DatasetError if no photo can be read."""
        return np.array([self._readable(place) for place in _places(u, len(self._photos)).tolist()], np.intp)

    def numbers(self, places: Places) -> NDArray[np.uint64]:
        return np.array([self._photo(place)[0] for place in places.tolist()], np.uint64)

    def pixels(self, places: Places) -> Pixels:
        return np.stack([self._photo(place)[1] for place in places.tolist()])

    def _readable(self, place: int) -> int:
        count: int = len(self._photos)
        for step in range(count):
            if self._try((place + step) % count):
                return (place + step) % count
        raise DatasetError("None of the training photos can be read. Check the dataset on the Data page.")

    def _photo(self, place: int) -> tuple[int, Pixels]:
        read = self._try(place)
        if read is None:
            raise DatasetError(f"The training photo {self._photos[place][0]} can't be read any more. Try again.")
        return read

    def _try(self, place: int) -> tuple[int, Pixels] | None:
        path = self._photos[place][1]
        return self._kept(place, versions.version(path.parent, path.name))

    def _read(self, place: int, version: Version | None) -> tuple[int, Pixels] | None:
        """A photo's key as a number, and its pixels; None if it can't be read. Another version is read anew."""
        try:
            data = photos.read_file(self._photos[place][1])
            return photos.key_number(photos.key(data)), photos.square(data, self._size)
        except PhotoError:
            return None


_known: Latest[FilePartners] = Latest(KEPT)
