"""Problems of a dataset, in sentences: files passed over or unreadable, duplicates, rare classes."""

from collections import Counter, defaultdict
from collections.abc import Callable

from core import photos, words
from core.datasets.catalogue import Dataset
from core.errors import PhotoError
from core.files.names import path_text, printable_name
from core.photos import finding

RARE = 10  # training photos; a class with fewer is hardly learned
UNBALANCED = 10  # times as many photos of one class as of another


def check(dataset: Dataset, progress: Callable[[int, int], None] | None = None) -> list[str]:
    """A sentence for each problem that a person should look at. Reads every photo."""
    remarks = finding.sentences(dataset.passed_over)
    places: dict[str, list[tuple[str, str, str]]] = defaultdict(list)  # key → (split, class, name)
    total = sum(len(split) for split in dataset.splits.values())
    done = 0
    for split, listed in dataset.splits.items():
        for path, label in zip(listed.paths, listed.labels, strict=True):
            if progress:
                progress(done, total)
            done += 1
            name = printable_name(path_text(path.relative_to(dataset.folder)))
            try:
                data = photos.read_file(path)
                photos.decode(data, at_least=32)
            except PhotoError as error:
                remarks.append(f"{name} can't be read: {error}")
                continue
            places[photos.key(data)].append((split, dataset.classes[label], name))
    copies = []  # the names of equal photos of one split and class
    for same in places.values():
        names = [name for _, _, name in same]
        pair = " and ".join(names[:2])
        if len({split for split, _, _ in same}) > 1:
            remarks.append(f"{pair} are the same photo in different splits: scores on it mean nothing.")
        elif len({label for _, label, _ in same}) > 1:
            remarks.append(f"{pair} are the same photo in different classes: one of them is wrong.")
        elif len(same) > 1:
            copies.append(names)
    return remarks + _copies(copies) + _rare_classes(dataset)


def _copies(copies: list[list[str]]) -> list[str]:
    """A sentence about copies within a class, as people make them so that a rare class counts more."""
    if not copies:
        return []
    extra = words.count(sum(map(len, copies)) - len(copies), "photo")
    verb = "is a copy" if extra.startswith("1 ") else "are copies"
    return [
        f"{extra} {verb} of others in the same class, such as {' and '.join(copies[0][:2])}. Copies get the same "
        "random changes in every epoch, so they add nothing but weight; class weights do that too."
    ]


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
