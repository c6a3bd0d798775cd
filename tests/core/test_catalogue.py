"""Datasets added, listed, loaded and removed; nothing half is ever left behind."""

import io
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.datasets import catalogue, drawn
from core.datasets.folders import listing
from core.errors import DatasetError
from tests.conftest import TINY_CLASSES, zipped


def everything(home: Path) -> list[str]:
    return sorted(path.relative_to(home).as_posix() for path in home.rglob("*"))


def sentence(error: DatasetError) -> str:
    words = str(error)
    assert words.endswith(".")
    assert "\n" not in words
    return words


@pytest.fixture
def few_drawings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Only one drawing per class and split, as small as can be; the list gets the folders they are drawn into."""
    drawn_into: list[Path] = []
    draw = drawn.draw

    def counted(folder: Path) -> None:
        drawn_into.append(folder)
        draw(folder)

    monkeypatch.setattr(drawn, "COUNTS", {"train": 1, "validation": 1, "test": 1})
    monkeypatch.setattr(drawn, "SIDE", 24)
    monkeypatch.setattr(drawn, "draw", counted)
    return drawn_into


def test_at_first_there_are_the_drawn_garments_and_nothing_is_written(home: Path) -> None:
    assert catalogue.names() == [catalogue.DRAWN]
    assert not catalogue.is_drawn_yet()
    assert everything(home) == []


def test_a_folder_is_referred_to_and_not_copied(home: Path, tiny_dataset: Path) -> None:
    added = catalogue.add_folder("tiny", tiny_dataset)
    assert added == catalogue.load("tiny")
    assert added.folder == tiny_dataset.resolve()
    assert added.classes == TINY_CLASSES
    assert not added.is_drawn
    assert catalogue.names() == ["tiny", catalogue.DRAWN]
    assert everything(home) == ["datasets", "datasets/tiny", "datasets/tiny/dataset.json"]


def test_removing_a_folder_leaves_its_photos(home: Path, tiny_dataset: Path) -> None:
    before = everything(tiny_dataset)
    catalogue.add_folder("tiny", tiny_dataset)
    catalogue.remove("tiny")
    assert everything(tiny_dataset) == before
    assert everything(home) == ["datasets"]
    with pytest.raises(DatasetError, match="There is no dataset 'tiny'"):
        catalogue.load("tiny")
    catalogue.add_folder("tiny", tiny_dataset)


def test_a_relative_path_and_a_tilde(
    home: Path, tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tiny_dataset.parent))
    monkeypatch.setenv("USERPROFILE", str(tiny_dataset.parent))
    assert catalogue.add_folder("tilde", Path("~") / tiny_dataset.name).folder == tiny_dataset.resolve()
    monkeypatch.chdir(tiny_dataset.parent)
    catalogue.add_folder("relative", Path(tiny_dataset.name))
    monkeypatch.chdir(tmp_path)
    assert catalogue.load("relative").folder == tiny_dataset.resolve()


def test_a_folder_that_is_no_dataset_is_not_added(home: Path, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DatasetError) as refused:
            catalogue.add_folder("mine", folder)
        assert str(folder) in sentence(refused.value)
    assert catalogue.names() == [catalogue.DRAWN]
    assert everything(home) == []


def test_a_folder_that_has_gone_says_so(tiny_dataset: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_dataset, tmp_path / "copy")
    catalogue.add_folder("gone", folder)
    shutil.rmtree(folder)
    assert "gone" in catalogue.names()
    with pytest.raises(DatasetError, match="There is no folder"):
        catalogue.load("gone")
    catalogue.remove("gone")


@pytest.mark.parametrize("prefix", ["", "clothes/", "project-master/"])
def test_a_zip_is_unpacked_into_the_workspace(home: Path, tiny_dataset: Path, prefix: str) -> None:
    shares: list[float] = []
    added = catalogue.add_zip("zipped", io.BytesIO(zipped(tiny_dataset, prefix)), shares.append)
    assert added == catalogue.load("zipped")
    assert added.folder == home / "datasets" / "zipped" / "photos"
    assert added.classes == TINY_CLASSES
    assert shares[-1] == 1
    original = listing(tiny_dataset)
    for split, photos in added.splits.items():
        assert photos.labels == original.splits[split].labels
        for mine, theirs in zip(photos.paths, original.splits[split].paths, strict=True):
            assert mine.read_bytes() == theirs.read_bytes()
    assert [path.name for path in (home / "datasets").iterdir()] == ["zipped"]


def test_a_zip_from_a_path(tiny_dataset: Path, tmp_path: Path) -> None:
    path = tmp_path / "My Clothes.zip"
    path.write_bytes(zipped(tiny_dataset))
    added = catalogue.add_zip(catalogue.name_for(path.name), path)
    assert added.name == "my-clothes"
    path.unlink()
    assert catalogue.load("my-clothes").splits["train"].paths[0].exists()


def test_removing_an_unpacked_zip_deletes_its_photos(home: Path, tiny_dataset: Path) -> None:
    catalogue.add_zip("zipped", io.BytesIO(zipped(tiny_dataset)))
    catalogue.remove("zipped")
    assert everything(home) == ["datasets"]


def test_a_moved_workspace_keeps_its_zips(
    home: Path, tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.add_zip("zipped", io.BytesIO(zipped(tiny_dataset)))
    shutil.move(home, tmp_path / "moved")
    monkeypatch.setenv("FITTING_ROOM_HOME", str(tmp_path / "moved"))
    assert catalogue.load("zipped").splits["train"].paths[0].exists()


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("validation", "The zip has no validation split (found: test, train)"),
        ("train", "The zip has no train split"),
        (
            "train/disc",
            "The test split has the class 'disc', which the train split lacks: add photos of it to train or",
        ),
        ("train/[bf]*", "train must have at least two classes with photos, got only the class 'disc'"),
        ("validation/*/*", "no validation split"),
    ],
)
def test_a_zip_that_is_no_dataset_leaves_nothing(
    home: Path, tiny_dataset: Path, tmp_path: Path, left_out: str, said: str
) -> None:
    folder = shutil.copytree(tiny_dataset, tmp_path / "copy")
    for path in list(folder.glob(left_out)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(DatasetError) as refused:
        catalogue.add_zip("mine", io.BytesIO(zipped(folder)))
    assert said in sentence(refused.value)
    assert str(home) not in str(refused.value)  # no folder that has vanished
    assert everything(home) == ["datasets"]
    catalogue.check_new("mine")


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04"])
def test_a_file_that_is_no_zip_leaves_nothing(home: Path, data: bytes) -> None:
    with pytest.raises(DatasetError) as refused:
        catalogue.add_zip("mine", io.BytesIO(data))
    sentence(refused.value)
    assert everything(home) == ["datasets"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_an_interrupted_zip_leaves_nothing(home: Path, tiny_dataset: Path, interruption: type[BaseException]) -> None:
    def stop(share: float) -> None:
        if share > 0.5:
            raise interruption

    with pytest.raises(interruption):
        catalogue.add_zip("mine", io.BytesIO(zipped(tiny_dataset)), stop)
    assert everything(home) == ["datasets"]


def test_a_zip_is_not_seen_before_it_is_whole(tiny_dataset: Path, home: Path) -> None:
    seen: list[list[str]] = []
    catalogue.add_zip("mine", io.BytesIO(zipped(tiny_dataset)), lambda share: seen.append(catalogue.names()))
    assert len(seen) > 1
    assert all(names == [catalogue.DRAWN] for names in seen)
    assert catalogue.names() == ["mine", catalogue.DRAWN]


@pytest.mark.parametrize("name", ["a", "0", "my-clothes", "my_clothes_2", "a" * 60])
def test_names_that_can_be_used(tiny_dataset: Path, name: str) -> None:
    catalogue.add_folder(name, tiny_dataset)
    assert name in catalogue.names()
    assert catalogue.load(name).name == name


WRONG_NAMES = [
    "",
    " ",
    "-a",
    "_a",
    ".",
    "..",
    "a/b",
    "../a",
    "a\\b",
    "A",
    "My Clothes",
    "a.b",
    "é",
    "a" * 61,
    "a\n",
    "a\0",
]


def test_names_that_can_not_be_used(subtests: pytest.Subtests, home: Path, tiny_dataset: Path) -> None:
    for name in WRONG_NAMES:
        with subtests.test(name=name):
            with pytest.raises(DatasetError, match="can't be a dataset's name"):
                catalogue.add_folder(name, tiny_dataset)
            with pytest.raises(DatasetError, match="can't be a dataset's name"):
                catalogue.add_zip(name, io.BytesIO(zipped(tiny_dataset)))
            for ask in (catalogue.load, catalogue.remove):
                with pytest.raises(DatasetError) as refused:
                    ask(name)
                assert "There is no dataset" in str(refused.value)
                assert catalogue.DRAWN in str(refused.value)
            assert everything(home) == []


def test_a_name_that_is_taken(home: Path, tiny_dataset: Path) -> None:
    catalogue.add_folder("tiny", tiny_dataset)
    before = everything(home)
    for name in ("tiny", catalogue.DRAWN):
        with pytest.raises(DatasetError, match=f"There is a dataset '{name}' already"):
            catalogue.add_folder(name, tiny_dataset)
        with pytest.raises(DatasetError, match=f"There is a dataset '{name}' already"):
            catalogue.add_zip(name, io.BytesIO(zipped(tiny_dataset)))
    assert everything(home) == before


NAMES_OF_FILES = [
    ("My Clothes.zip", "my-clothes"),
    ("CLOTHES.ZIP", "clothes"),
    ("/home/me/wardrobe", "wardrobe"),
    ("clothing-dataset-small-master.zip", "clothing-dataset-small-master"),
    ("Größe (40).zip", "gr-e-40"),
    ("платье.zip", "photos"),
    ("", "photos"),
    ("--.zip", "photos"),
    ("x" * 100, "x" * 60),
    ("a" * 59 + "-b.zip", "a" * 59),
]


def test_a_name_made_from_a_file(subtests: pytest.Subtests) -> None:
    for path, name in NAMES_OF_FILES:
        with subtests.test(path=path):
            assert catalogue.name_for(path) == name
            catalogue.check_new(name)


def test_a_damaged_record_is_no_dataset(home: Path, tiny_dataset: Path) -> None:
    catalogue.add_folder("tiny", tiny_dataset)
    for content in ("", "{", "[]", "3", '{"name": "x"}', '{"folder": 3}'):
        (home / "datasets" / "tiny" / "dataset.json").write_text(content)
        with pytest.raises(DatasetError, match=r"tiny.dataset\.json is damaged: .*Remove the dataset"):
            catalogue.load("tiny")
    catalogue.remove("tiny")
    assert catalogue.names() == [catalogue.DRAWN]


def test_the_drawn_garments_are_drawn_once(home: Path, few_drawings: list[Path]) -> None:
    first = catalogue.load(catalogue.DRAWN)
    assert first.is_drawn
    assert catalogue.is_drawn_yet()
    assert first.classes == drawn.CLASSES
    assert [len(split) for split in first.splits.values()] == [10, 10, 10]
    assert catalogue.load(catalogue.DRAWN) == first
    assert len(few_drawings) == 1
    assert [path.name for path in first.folder.parent.iterdir()] == ["photos"]
    assert catalogue.names() == [catalogue.DRAWN]


def test_the_drawn_garments_are_drawn_once_when_several_ask_at_the_same_time(few_drawings: list[Path]) -> None:
    together = threading.Barrier(4)

    def ask(_: int) -> catalogue.Dataset:
        together.wait(timeout=10)
        return catalogue.load(catalogue.DRAWN)

    with ThreadPoolExecutor(4) as threads:
        datasets = list(threads.map(ask, range(4)))
    assert len(few_drawings) == 1
    assert all(dataset == datasets[0] for dataset in datasets)
    assert len(datasets[0].splits["train"]) == 10


def test_drawing_that_fails_leaves_nothing_and_can_be_done_again(
    home: Path, few_drawings: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise OSError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(drawn, "garment", failing)
        with pytest.raises(OSError, match="no room"):
            catalogue.load(catalogue.DRAWN)
    assert not catalogue.is_drawn_yet()
    assert list((home / "datasets" / catalogue.DRAWN).iterdir()) == []
    assert len(catalogue.load(catalogue.DRAWN).splits["test"]) == 10


def test_removed_drawings_are_drawn_again(few_drawings: list[Path]) -> None:
    catalogue.load(catalogue.DRAWN)
    catalogue.remove(catalogue.DRAWN)
    assert not catalogue.is_drawn_yet()
    catalogue.load(catalogue.DRAWN)
    assert len(few_drawings) == 2
