"""Problems of a dataset, in sentences: unreadable files, duplicates, rare classes."""

from collections import Counter, defaultdict
from collections.abc import Callable

from core import photos
from core.datasets.catalogue import Dataset
from core.errors import PhotoError

RARE = 10  # training photos; a class with fewer is hardly learned
UNBALANCED = 10  # times as many photos of one class as of another


def check(dataset: Dataset, progress: Callable[[int, int], None] | None = None) -> list[str]:
    """A sentence for each problem that a person should look at. Reads every photo."""
    remarks = []
    places: dict[str, list[tuple[str, str, str]]] = defaultdict(list)  # key → (split, class, name)
    total = sum(len(split) for split in dataset.splits.values())
    done = 0
    for split, listed in dataset.splits.items():
        for path, label in zip(listed.paths, listed.labels, strict=True):
            if progress:
                progress(done, total)
            done += 1
            name = path.relative_to(dataset.folder).as_posix()
            try:
                data = photos.read_file(path)
                photos.decode(data, at_least=32)
            except PhotoError as error:
                remarks.append(f"{name} can't be read: {error}")
                continue
            places[photos.key(data)].append((split, dataset.classes[label], name))
    for same in places.values():
        if len({split for split, _, _ in same}) > 1:
            names = " and ".join(name for _, _, name in same[:2])
            remarks.append(f"{names} are the same photo in different splits: scores on it mean nothing.")
        elif len({label for _, label, _ in same}) > 1:
            names = " and ".join(name for _, _, name in same[:2])
            remarks.append(f"{names} are the same photo in different classes: one of them is wrong.")
    return remarks + _rare_classes(dataset)


def _rare_classes(dataset: Dataset) -> list[str]:
    counts = Counter(dataset.classes[label] for label in dataset.splits["train"].labels)
    remarks = [
        f"The class {name!r} has only {count} training photos; it will hardly be learned."
        for name, count in counts.items()
        if count < RARE
    ]
    most, least = max(counts, key=lambda name: counts[name]), min(counts, key=lambda name: counts[name])
    if counts[most] >= UNBALANCED * counts[least]:
        remarks.append(
            f"There are {counts[most]} training photos of {most!r} but {counts[least]} of {least!r}: consider class "
            "weights."
        )
    if not len(dataset.splits["test"]):
        remarks.append("There is no test split, so no model can be scored on photos that had no part in choosing it.")
    return remarks
