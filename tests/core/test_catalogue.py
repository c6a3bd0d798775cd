"""Datasets added, listed, loaded and removed; nothing half is ever left behind."""

import io
import shutil
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.datasets import adding, catalogue, drawn, managing, titles
from core.datasets.arranging import listing
from core.datasets.folders import contents
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
    added = adding.add_folder("tiny", tiny_dataset)
    assert added == catalogue.load("tiny")
    assert added.folder == tiny_dataset.resolve()
    assert added.classes == TINY_CLASSES
    assert not added.is_drawn
    assert catalogue.names() == ["tiny", catalogue.DRAWN]
    assert everything(home) == ["datasets", "datasets/tiny", "datasets/tiny/dataset.json"]


def test_removing_a_folder_leaves_its_photos(home: Path, tiny_dataset: Path) -> None:
    before = everything(tiny_dataset)
    adding.add_folder("tiny", tiny_dataset)
    managing.remove("tiny")
    assert everything(tiny_dataset) == before
    assert everything(home) == ["datasets"]
    with pytest.raises(DatasetError, match="There is no dataset 'tiny'"):
        catalogue.load("tiny")
    adding.add_folder("tiny", tiny_dataset)


def test_a_relative_path_and_a_tilde(
    home: Path, tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tiny_dataset.parent))
    monkeypatch.setenv("USERPROFILE", str(tiny_dataset.parent))
    assert adding.add_folder("tilde", Path("~") / tiny_dataset.name).folder == tiny_dataset.resolve()
    monkeypatch.chdir(tiny_dataset.parent)
    adding.add_folder("relative", Path(tiny_dataset.name))
    monkeypatch.chdir(tmp_path)
    assert catalogue.load("relative").folder == tiny_dataset.resolve()


def test_a_folder_that_is_no_dataset_is_not_added(home: Path, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DatasetError) as refused:
            adding.add_folder("mine", folder)
        assert str(folder) in sentence(refused.value)
    assert catalogue.names() == [catalogue.DRAWN]
    assert everything(home) == []


def test_a_folder_that_has_gone_says_so(tiny_dataset: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_dataset, tmp_path / "copy")
    adding.add_folder("gone", folder)
    shutil.rmtree(folder)
    assert "gone" in catalogue.names()
    with pytest.raises(DatasetError, match="There is no folder"):
        catalogue.load("gone")
    managing.remove("gone")


@pytest.mark.parametrize("prefix", ["", "clothes/", "project-master/"])
def test_a_zip_is_unpacked_into_the_workspace(home: Path, tiny_dataset: Path, prefix: str) -> None:
    shares: list[float] = []
    added = adding.add_zip("zipped", io.BytesIO(zipped(tiny_dataset, prefix)), shares.append)
    assert added == catalogue.load("zipped")
    assert added.folder == home / "datasets" / "zipped" / "photos"
    assert added.classes == TINY_CLASSES
    assert shares[-1] == 1
    original = listing(contents(tiny_dataset))
    for split, photos in added.splits.items():
        assert photos.labels == original.splits[split].labels
        for mine, theirs in zip(photos.paths, original.splits[split].paths, strict=True):
            assert mine.read_bytes() == theirs.read_bytes()
    assert [path.name for path in (home / "datasets").iterdir()] == ["zipped"]


def test_a_zip_from_a_path(tiny_dataset: Path, tmp_path: Path) -> None:
    path = tmp_path / "My Clothes.zip"
    path.write_bytes(zipped(tiny_dataset))
    added = adding.add_zip(titles.name_for(path.name), path)
    assert added.name == "my-clothes"
    path.unlink()
    assert catalogue.load("my-clothes").splits["train"].paths[0].exists()


def test_removing_an_unpacked_zip_deletes_its_photos(home: Path, tiny_dataset: Path) -> None:
    adding.add_zip("zipped", io.BytesIO(zipped(tiny_dataset)))
    managing.remove("zipped")
    assert everything(home) == ["datasets"]


def test_a_moved_workspace_keeps_its_zips(
    home: Path, tiny_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adding.add_zip("zipped", io.BytesIO(zipped(tiny_dataset)))
    shutil.move(home, tmp_path / "moved")
    monkeypatch.setenv("FITTING_ROOM_HOME", str(tmp_path / "moved"))
    assert catalogue.load("zipped").splits["train"].paths[0].exists()


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        (
            "train/disc",
            "The validation split has the class 'disc', which the train split lacks: add photos of it to the train "
            "split in the zip, or",
        ),
        ("train/[bf]*", "The train split of the zip must have at least two classes with photos, got only the class"),
        ("*", "The file holds no photos"),
    ],
)
def test_a_zip_that_is_no_dataset_leaves_nothing(
    home: Path, tiny_dataset: Path, tmp_path: Path, left_out: str, said: str
) -> None:
    folder = shutil.copytree(tiny_dataset, tmp_path / "copy")
    for path in list(folder.glob(left_out)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(DatasetError) as refused:
        adding.add_zip("mine", io.BytesIO(zipped(folder)))
    assert said in sentence(refused.value)
    assert str(home) not in str(refused.value)  # no folder that has vanished
    assert everything(home) == ["datasets"]
    titles.check_new("mine")


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04"])
def test_a_file_that_is_no_zip_leaves_nothing(home: Path, data: bytes) -> None:
    with pytest.raises(DatasetError) as refused:
        adding.add_zip("mine", io.BytesIO(data))
    sentence(refused.value)
    assert everything(home) == ["datasets"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError])
def test_an_interrupted_zip_leaves_nothing(home: Path, tiny_dataset: Path, interruption: type[BaseException]) -> None:
    def stop(share: float) -> None:
        if share > 0.5:
            raise interruption

    with pytest.raises(interruption):
        adding.add_zip("mine", io.BytesIO(zipped(tiny_dataset)), stop)
    assert everything(home) == ["datasets"]


def test_a_zip_is_not_seen_before_it_is_whole(tiny_dataset: Path, home: Path) -> None:
    seen: list[list[str]] = []
    adding.add_zip("mine", io.BytesIO(zipped(tiny_dataset)), lambda share: seen.append(catalogue.names()))
    assert len(seen) > 1
    assert all(names == [catalogue.DRAWN] for names in seen)
    assert catalogue.names() == ["mine", catalogue.DRAWN]


@pytest.mark.parametrize("name", ["a", "0", "my-clothes", "my_clothes_2", "a" * 60])
def test_names_that_are_used_as_they_are(tiny_dataset: Path, name: str) -> None:
    adding.add_folder(name, tiny_dataset)
    assert name in catalogue.names()
    assert catalogue.load(name).name == name


TITLES = [  # as typed, and the name of the folder
    ("My Shop", "my-shop"),
    ("  Größe 40 ", "gr-e-40"),
    ("платье", "photos"),
    ("👕", "photos"),
    (".", "photos"),
    ("..", "photos"),
    ("-a", "a"),
    ("_a", "a"),
    ("A", "a"),
    ("a/b", "a-b"),
    ("../runs", "runs"),
    ("a\\b", "a-b"),
    ("/etc/passwd", "etc-passwd"),
    ("con", "con-data"),
    ("a.b", "a-b"),
    ("a" * 80, "a" * 60),
    ("Clothes.zip", "clothes"),
    ("drawn garments", "drawn-garments-data"),
]


def test_any_title_is_accepted_and_shown_as_typed(
    subtests: pytest.Subtests, home: Path, tiny_dataset: Path, tmp_path: Path
) -> None:
    for typed, name in TITLES:
        with subtests.test(title=typed):
            added = adding.add_folder(typed, tiny_dataset)
            assert (added.name, added.title) == (name, typed.strip())
            assert catalogue.title(name) == typed.strip()
            assert catalogue.load(typed) == catalogue.load(typed.strip().upper()) == added
            assert [path.name for path in (home / "datasets").iterdir()] == [name]
            assert everything(home) == ["datasets", f"datasets/{name}", f"datasets/{name}/dataset.json"]
            managing.remove(typed)
            assert not list((home / "datasets").iterdir())


def test_two_titles_with_one_name_are_told_apart_by_a_number(tiny_dataset: Path) -> None:
    titles = ("My Shop", "my shop!", "платье", "👕")
    added = [adding.add_folder(title, tiny_dataset).name for title in titles]
    assert added == ["my-shop", "my-shop-2", "photos", "photos-2"]
    assert tuple(map(catalogue.title, added)) == titles


WRONG_TITLES = ["", " ", "a" * 81, "a\nb", "a\0", "\ud800", "a\tb", "\u202e"]
UNSAFE = [
    "",
    ".",
    "..",
    "../runs",
    "../datasets/tiny",
    "tiny/../tiny",
    "/etc",
    "tiny/photos",
    "a\0",
    "\ud800",
    "x" * 5000,
]


def test_titles_that_can_not_be_used(subtests: pytest.Subtests, home: Path, tiny_dataset: Path) -> None:
    for title in WRONG_TITLES:
        with subtests.test(title=title):
            for add in (
                lambda title: adding.add_folder(title, tiny_dataset),
                lambda title: adding.add_zip(title, io.BytesIO(zipped(tiny_dataset))),
            ):
                with pytest.raises(DatasetError, match="must have 1 to 80 printable characters"):
                    add(title)
            assert everything(home) == []


def test_names_that_lead_elsewhere_never_reach_the_disk(
    subtests: pytest.Subtests, home: Path, tiny_dataset: Path
) -> None:
    adding.add_folder("tiny", tiny_dataset)
    (home / "runs").mkdir()
    for place in (home, home / "runs"):
        shutil.copy(home / "datasets" / "tiny" / "dataset.json", place)
    before = everything(home)
    for name in UNSAFE:
        with subtests.test(name=name):
            for ask in (catalogue.load, catalogue.find, catalogue.entry, catalogue.contents_of, managing.remove):
                with pytest.raises(DatasetError) as refused:
                    ask(name)
                assert "There is no dataset" in sentence(refused.value)
                assert catalogue.DRAWN_TITLE in str(refused.value)
            assert catalogue.title(name) == name
            assert everything(home) == before


def test_a_title_belongs_to_one_dataset(home: Path, tiny_dataset: Path) -> None:
    adding.add_folder("My Shop", tiny_dataset)
    before = everything(home)
    for title in ("My Shop", " my SHOP", "my-shop", catalogue.DRAWN_TITLE.upper()):
        with pytest.raises(DatasetError, match=r"There is a dataset .* already"):
            adding.add_folder(title, tiny_dataset)
    assert everything(home) == before


def test_a_dataset_of_before_titles_has_its_name_as_title(home: Path, tiny_dataset: Path) -> None:
    (home / "datasets" / "old").mkdir(parents=True)
    (home / "datasets" / "old" / "dataset.json").write_text(f'{{"version": 1, "folder": "{tiny_dataset}"}}')
    assert catalogue.title("old") == catalogue.load("OLD").title == "old"


def test_a_name_that_is_taken(home: Path, tiny_dataset: Path) -> None:
    adding.add_folder("tiny", tiny_dataset)
    before = everything(home)
    for name in ("tiny", catalogue.DRAWN):
        with pytest.raises(DatasetError, match=f"There is a dataset '{name}' already"):
            adding.add_folder(name, tiny_dataset)
        with pytest.raises(DatasetError, match=f"There is a dataset '{name}' already"):
            adding.add_zip(name, io.BytesIO(zipped(tiny_dataset)))
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
            assert titles.name_for(path) == name
            titles.check_new(name)


def test_a_damaged_record_is_no_dataset(home: Path, tiny_dataset: Path) -> None:
    adding.add_folder("tiny", tiny_dataset)
    for content in ("", "{", "[]", "3", '{"name": "x"}', '{"folder": 3}'):
        (home / "datasets" / "tiny" / "dataset.json").write_text(content)
        with pytest.raises(DatasetError, match=r"tiny.dataset\.json is damaged: .*Remove the dataset"):
            catalogue.load("tiny")
    managing.remove("tiny")
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
    managing.remove(catalogue.DRAWN)
    assert not catalogue.is_drawn_yet()
    catalogue.load(catalogue.DRAWN)
    assert len(few_drawings) == 2


def test_a_folder_of_classes_is_split_when_it_is_added(home: Path, tiny_dataset: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_dataset / "train", tmp_path / "clothes")
    read: list[tuple[int, int]] = []
    added = adding.add_folder("mine", folder, progress=lambda done, total: read.append((done, total)))
    assert added == catalogue.load("mine")
    assert added.classes == TINY_CLASSES
    assert [len(added.splits[split]) for split in ("train", "validation", "test")] == [12, 3, 3]
    assert read[-1][1] == 18
    assert "datasets/mine/splits.json" in everything(home)
    assert sorted(path.name for path in folder.iterdir()) == list(TINY_CLASSES)  # nothing was moved


@pytest.mark.parametrize("prefix", ["", "my clothes/", "a/b/"])
def test_a_zip_of_classes_is_split_when_it_is_added(home: Path, tiny_dataset: Path, prefix: str) -> None:
    added = adding.add_zip("mine", io.BytesIO(zipped(tiny_dataset / "train", prefix)), shares=(60, 20, 20))
    assert added.classes == TINY_CLASSES
    assert sum(len(split) for split in added.splits.values()) == 18
    assert all(len(split) for split in added.splits.values())
    assert catalogue.load("mine") == added


def test_photos_of_one_class_are_refused_and_leave_nothing(home: Path, tiny_dataset: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_dataset / "train" / "disc", tmp_path / "clothes" / "disc")
    with pytest.raises(DatasetError, match="at least two classes"):
        adding.add_folder("mine", folder.parent)
    assert list((home / "datasets").iterdir()) == []


def test_classes_that_differ_in_capitals_are_refused_and_leave_nothing(home: Path, tiny_dataset: Path) -> None:
    data = io.BytesIO(zipped(tiny_dataset / "train"))
    with zipfile.ZipFile(data, "a") as archive:
        archive.write(next((tiny_dataset / "train" / "disc").iterdir()), "Disc/1.png")
    with pytest.raises(DatasetError, match="The zip has the classes 'Disc' and 'disc'"):
        adding.add_zip("mine", data)
    assert list((home / "datasets").iterdir()) == []
