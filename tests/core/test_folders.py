"""Dataset folders as people have them, listed or refused with a sentence."""

import shutil
import unicodedata
from pathlib import Path

import pytest

from core.datasets import arranging, folders
from core.datasets.arranging import Change, Listing
from core.datasets.folders import SPLITS
from core.errors import DatasetError
from tests.conftest import TINY_CLASSES, TINY_COUNTS, encoded, picture


def made(folder: Path, *names: str) -> Path:
    """`folder` with empty files of those names; a name that ends with / is a folder."""
    for name in names:
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    return folder


def listing(folder: Path) -> Listing:
    return arranging.listing(folders.contents(folder))


def refusal(folder: Path) -> str:
    with pytest.raises(DatasetError) as refused:
        listing(folder)
    words = str(refused.value)
    assert words.endswith(".")
    assert "\n" not in words
    return words


SMALL = ("train/hat/1.jpg", "train/shoe/1.jpg", "validation/hat/2.jpg")


def test_a_whole_dataset(tiny_dataset: Path) -> None:
    found = listing(tiny_dataset)
    assert found.classes == TINY_CLASSES
    assert tuple(found.splits) == SPLITS
    for name, split in found.splits.items():
        assert len(split) == len(split.labels) == TINY_COUNTS[name] * 3
        assert split.labels == tuple(sorted(split.labels))
        for path, label in zip(split.paths, split.labels, strict=True):
            assert path.is_file()
            assert path.parent == tiny_dataset / name / TINY_CLASSES[label]
        assert list(split.paths) == sorted(split.paths)


def test_the_test_split_and_photos_of_a_class_in_it_may_be_missing(tmp_path: Path) -> None:
    found = listing(made(tmp_path, *SMALL))
    assert found.classes == ("hat", "shoe")
    assert len(found.splits["test"]) == 0
    assert found.splits["validation"].labels == (0,)


@pytest.mark.parametrize("name", ["val", "valid", "Val", "VALIDATION", "Validation"])
def test_other_names_of_the_splits(tmp_path: Path, name: str) -> None:
    photos = ("Training/hat/1.jpg", "Training/shoe/1.jpg", f"{name}/shoe/2.jpg", "testing/hat/3.jpg")
    found = listing(made(tmp_path, *photos))
    assert [len(found.splits[split]) for split in SPLITS] == [2, 1, 1]
    assert found.splits["validation"].paths == (tmp_path / name / "shoe" / "2.jpg",)


def test_what_is_no_photo_is_passed_over(tmp_path: Path) -> None:
    junk = (
        "train/hat/.hidden.jpg",
        "train/hat/._1.jpg",
        "train/hat/.DS_Store",
        "train/hat/Thumbs.db",
        "train/hat/notes.txt",
        "train/hat/2.jpg.part",
        "train/hat/jpg",
        "train/.ipynb_checkpoints/1.jpg",
        "train/loose.jpg",
        "README.md",
        "docs/hat/1.jpg",
        ".git/train/1.jpg",
    )
    found = listing(made(tmp_path, *SMALL, *junk))
    assert found.classes == ("hat", "shoe")
    assert [path.name for path in found.splits["train"].paths] == ["1.jpg", "1.jpg"]


def test_every_suffix_in_any_case(tmp_path: Path) -> None:
    names = ("1.jpg", "2.JPEG", "3.Png", "4.webp", "5.avif", "6.HEIC", "7.heif", "8.gif", "9.tif", "a.TIFF", "b.bmp")
    found = listing(made(tmp_path, *SMALL, *(f"train/shoe/{name}" for name in names)))
    assert len(found.splits["train"]) == 1 + len(names)  # shoe/1.jpg is one of them


def test_classes_with_accents_spaces_and_other_scripts(tmp_path: Path) -> None:
    classes = ("Größe 40", "t-shirt", "платье", "👕")
    found = listing(made(tmp_path, *(f"{split}/{name}/1.jpg" for split in SPLITS for name in classes)))
    assert found.classes == tuple(sorted(classes))


def test_photos_in_deeper_folders_belong_to_their_class(tmp_path: Path) -> None:
    deeper = ("train/hat/2024/2.jpg", "train/hat/2024/shop/3.jpg", "train/boot/by year/2023/4.jpg")
    found = listing(made(tmp_path, *SMALL, *deeper))
    assert found.classes == ("boot", "hat", "shoe")
    assert [path.relative_to(tmp_path / "train").as_posix() for path in found.splits["train"].paths] == [
        "boot/by year/2023/4.jpg",
        "hat/1.jpg",
        "hat/2024/2.jpg",
        "hat/2024/shop/3.jpg",
        "shoe/1.jpg",
    ]
    assert found.passed_over == {}


@pytest.mark.parametrize("name", ["1", "1.jpg_large", "1.Jpe", "photo.mpo~", "1.bin"])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "HEIF"])
def test_a_photo_is_known_by_its_content(tmp_path: Path, name: str, form: str) -> None:
    made(tmp_path, *SMALL)
    (tmp_path / "train" / "shoe" / name).write_bytes(encoded(picture(9, 9), form))
    assert len(listing(tmp_path).splits["train"]) == 3


def test_what_is_passed_over_is_told_with_its_reason(tmp_path: Path) -> None:
    others = ("train/hat/notes.txt", "train/loose.jpg", "extra/hat/1.jpg", "train/hat/BMW.doc")
    found = listing(made(tmp_path, *SMALL, *others, "train/hat/Thumbs.db", "train/@eaDir/hat/1.jpg"))
    assert found.passed_over == {
        "neither train, validation nor test": ("extra",),
        "not photos": ("train/hat/BMW.doc", "train/hat/notes.txt"),
        "not in a class's folder": ("train/loose.jpg",),
    }


@pytest.mark.parametrize("around", ["photos", "My Dataset/data", "a/b/c/d"])
def test_folders_around_the_dataset_are_opened(tmp_path: Path, around: str) -> None:
    found = listing(made(tmp_path, *(f"{around}/{name}" for name in SMALL), "readme.txt", "__MACOSX/x.jpg"))
    assert found.classes == ("hat", "shoe")


@pytest.mark.parametrize(("one", "other"), [("train", "Training"), ("Train", "train"), ("val", "validation")])
def test_two_folders_of_one_split_are_refused(tmp_path: Path, one: str, other: str) -> None:
    made(tmp_path, *SMALL, f"{one}/hat/1.jpg", f"{other}/hat/2.jpg")
    if len(list(tmp_path.iterdir())) < 3:
        pytest.skip("the file system doesn't tell capitals from small letters")
    said = refusal(tmp_path)
    assert one in said
    assert other in said


@pytest.mark.parametrize("name", ["Röcke", "Ça va", "Ångström", "두루마기"])
def test_accents_written_in_two_ways_are_one_class(tmp_path: Path, name: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    assert composed != decomposed
    made(tmp_path, *SMALL, f"train/{composed}/1.jpg", f"train/{decomposed}/2.jpg", f"validation/{decomposed}/3.jpg")
    found = listing(tmp_path)
    assert sorted(found.classes) == sorted(["hat", "shoe", composed])
    assert len(found.splits["train"]) == 4
    assert len(found.splits["validation"]) == 2


def test_a_link_that_leads_back_ends(tmp_path: Path) -> None:
    made(tmp_path, *SMALL)
    (tmp_path / "train" / "hat" / "again").symlink_to(tmp_path / "train" / "hat", target_is_directory=True)
    (tmp_path / "train" / "hat" / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    found = listing(tmp_path)
    assert len(found.splits["train"]) == 2
    assert found.passed_over == {"neither files nor folders": ("train/hat/gone.jpg",)}


def test_an_empty_class_folder_is_no_class(tmp_path: Path) -> None:
    found = listing(made(tmp_path, *SMALL, "train/empty/", "validation/empty/", "validation/other/", "test/other/"))
    assert found.classes == ("hat", "shoe")


def test_no_such_folder(tmp_path: Path) -> None:
    assert "nowhere" in refusal(tmp_path / "nowhere")
    assert "no folder" in refusal(made(tmp_path, "file.jpg") / "file.jpg")


NO_DATASETS = [
    ((), "no photos in folders of classes"),
    (("1.jpg", "2.jpg"), "2 photos in no folder of a class"),
    (("hat/", "shoe/notes.txt"), "no photos in folders of classes"),
    (("hat/1.jpg", "shoe/1.jpg"), "is not split into train and validation yet"),
    (("train/hat/1.jpg", "train/shoe/1.jpg"), "is not split into train and validation yet"),
    (("train/hat/1.jpg", "train/shoe/1.jpg", "test/hat/1.jpg"), "is not split into train and validation yet"),
    (("train/hat/1.jpg", "validation/hat/1.jpg"), "only the class 'hat'"),
    (("train/hat/1.jpg", "train/shoe/", "validation/hat/1.jpg"), "only the class 'hat'"),
    (("train/1.jpg", "validation/1.jpg"), "no photos in folders of classes"),
    (("train/", "validation/"), "no photos in folders of classes"),
    ((*SMALL, "validation/sock/1.jpg"), "validation split has the class 'sock'"),
    ((*SMALL, "test/sock/1.jpg"), "test split has the class 'sock'"),
    ((*SMALL, "train/sock/", "test/sock/1.jpg"), "test split has the class 'sock'"),
    ((*SMALL, "validation/Shoe/1.jpg"), "rename it to 'shoe'"),
    (("train/hat/1.jpg", "train/shoe/1.jpg", "validation/hat/"), "is not split into train and validation yet"),
    (("train/hat/1.jpg", "train/shoe/1.jpg", "validation/1.jpg"), "is not split into train and validation yet"),
]


def test_nothing_could_be_learned_from(subtests: pytest.Subtests, tmp_path: Path) -> None:
    for number, (names, said) in enumerate(NO_DATASETS):
        with subtests.test(names=names):
            folder = tmp_path / str(number)
            folder.mkdir()
            words = refusal(made(folder, *names))
            assert said in words
            assert str(folder) in words


def test_a_split_that_is_a_file(tmp_path: Path) -> None:
    assert "not split into train and validation yet" in refusal(made(tmp_path, *SMALL[:2], "validation"))


def test_a_photo_more_is_found_at_the_next_look(tiny_dataset: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_dataset, tmp_path / "copy")
    before = len(listing(folder).splits["test"])
    made(folder, "test/disc/new.webp")
    assert len(listing(folder).splits["test"]) == before + 1


CLASSES_OR_SPLITS = [  # files, and what they are by split and class
    (("hat/1.jpg", "shoe/1.jpg"), {"": {"hat": 1, "shoe": 1}}),
    (("hat/1.jpg", "train/1.jpg", "shoe/1.jpg"), {"": {"hat": 1, "train": 1, "shoe": 1}}),
    (("hat/1.jpg", "train/2024/1.jpg"), {"": {"hat": 1, "train": 1}}),
    (("hat/1.jpg", "train/1.jpg", "test/1.jpg"), {"": {"hat": 1, "train": 1, "test": 1}}),
    ((*SMALL, "samples/1.jpg"), {"train": {"hat": 1, "shoe": 1}, "validation": {"hat": 1}}),
    (("train/hat/1.jpg", "test/hat/2.jpg", "samples/1.jpg"), {"train": {"hat": 1}, "test": {"hat": 1}}),
    (("train/hat/1.jpg", "extra/shoe/1.jpg"), {"train": {"hat": 1}}),
    (("train/hat/1.jpg", "validation/1.jpg"), {"train": {"hat": 1}, "validation": {}}),
    (("my photos/hat/1.jpg", "my photos/train/1.jpg"), {"": {"hat": 1, "train": 1}}),
    (("hat/1.jpg",), {"": {"hat": 1}}),
]


def test_folders_are_splits_or_classes(subtests: pytest.Subtests, tmp_path: Path) -> None:
    for number, (names, meaning) in enumerate(CLASSES_OR_SPLITS):
        with subtests.test(names=names):
            folder = tmp_path / str(number)
            folder.mkdir()
            photos = folders.contents(made(folder, *names)).photos
            assert {
                split: {label: len(paths) for label, paths in of_split.items()} for split, of_split in photos.items()
            } == meaning


def test_in_a_collected_dataset_each_folder_is_a_class(tmp_path: Path) -> None:
    assert folders.contents(tmp_path, is_collected=True).photos == {"": {}}
    made(tmp_path, "train/1.jpg")
    assert set(folders.contents(tmp_path, is_collected=True).photos[""]) == {"train"}


def test_classes_that_differ_only_in_capitals_are_refused(subtests: pytest.Subtests, tmp_path: Path) -> None:
    """A model can't learn to tell them apart, and no folder of Windows or macOS could hold both."""
    pairs = [("Hat", "hat"), ("Größe", "GRÖSSE"), ("T  shirt", "t shirt"), ("ﬁsh", "FISH")]
    for number, (one, other) in enumerate(pairs):
        with subtests.test(one=one, other=other):
            folder = tmp_path / str(number)
            folder.mkdir()
            photos = folders.contents(made(folder, f"{one}/1.jpg", f"{other}/2.jpg", "shoe/3.jpg"))
            if len(photos.photos[""]) < 3:
                pytest.skip("the file system doesn't tell capitals from small letters")
            with pytest.raises(DatasetError) as refused:
                arranging.check_classes(photos)
            assert one in str(refused.value)
            assert other in str(refused.value)
    arranging.check_classes(folders.contents(made(tmp_path / "fine", "hat/1.jpg", "hats/1.jpg", "Hat/notes.txt")))


def test_ten_thousand_classes_are_refused_before_they_are_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10_000):
        (tmp_path / "photos" / str(number)).mkdir(parents=True)
    monkeypatch.setattr(folders.finding, "files", lambda folder: pytest.fail("a folder was walked"))
    with pytest.raises(DatasetError, match="at most 1,000 classes, got 10,000"):
        folders.contents(tmp_path)


def test_photos_of_later_go_to_training_and_photos_that_are_gone_do_no_harm(tmp_path: Path) -> None:
    photos = folders.contents(made(tmp_path, "hat/1.jpg", "hat/2.jpg", "shoe/1.jpg", "shoe/2.jpg", "shoe/new.jpg"))
    splits = {"hat/1.jpg": "train", "hat/2.jpg": "validation", "shoe/1.jpg": "train", "shoe/2.jpg": "test"}
    found = arranging.listing(photos, {**splits, "hat/gone.jpg": "validation", "sock/gone.jpg": "train"})
    assert [[path.name for path in split.paths] for split in found.splits.values()] == [
        ["1.jpg", "1.jpg", "new.jpg"],
        ["2.jpg"],
        ["2.jpg"],
    ]
    assert photos.names(found.splits["train"].paths) == ["hat/1.jpg", "shoe/1.jpg", "shoe/new.jpg"]


def test_a_split_without_any_photo_puts_all_into_training(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"validation split .* has no photos"):
        arranging.listing(folders.contents(made(tmp_path, "hat/1.jpg", "shoe/1.jpg")), {})


def test_loose_photos_wait_until_a_review_sorts_them(tmp_path: Path) -> None:
    names = ("hat/1.jpg", "hat/2.jpg", "shoe/1.jpg", "shoe/2.jpg")
    found = folders.contents(made(tmp_path, *names, "a.jpg", "b.jpg", "c.jpg", "notes.txt"))
    assert [path.name for path in found.loose] == ["a.jpg", "b.jpg", "c.jpg"]
    assert found.passed_over == {"not photos": ("notes.txt",)}
    splits = {"hat/1.jpg": "validation"}
    changes = {"a.jpg": Change(label="coat"), "b.jpg": Change(left_out=True)}
    listed = arranging.listing(found, splits, changes)
    assert listed.classes == ("coat", "hat", "shoe")
    assert len(listed.splits["train"]) == 4
    assert [path.name for path in arranging.unsorted(found, changes)] == ["c.jpg"]


def test_files_beside_the_classes_of_a_split_are_passed_over(tmp_path: Path) -> None:
    found = folders.contents(made(tmp_path, *SMALL, "train/a.jpg"))
    assert not found.loose
    assert found.passed_over == {"not in a class's folder": ("train/a.jpg",)}
