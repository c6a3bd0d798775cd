"""Datasets on Data: brought in, collected class by class, renamed, copied, split anew and exported."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets import adding, catalogue, growing, splitting
from core.serving import limits
from pages.frame import access
from pages.reviewing import collecting
from tests.conftest import TINY_CLASSES, drawing, encoded, zipped
from tests.pages.conftest import click, key_of, page, room


def said(app: AppTest) -> list[str]:
    added = [text for text in app.caption if " to the class " in text.value or " in the class " in text.value]
    sentences = (message.value.replace("\\", "") for message in (*app.success, *added, *app.error, *app.warning))
    return [sentence.removeprefix(":material/check_circle: ") for sentence in sentences]


def texts(app: AppTest) -> str:
    return "\n".join(text.value.replace("\\", "") for text in (*app.markdown, *app.caption, *app.info))


def type_into(app: AppTest, control: str, value: str) -> None:
    app.text_input(key=key_of(app, control)).set_value(value).run()
    assert not app.exception


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """A folder of classes without splits, each photo in front of a backdrop of its own."""
    folder = tmp_path / "My Shop"
    for label in TINY_CLASSES:
        (folder / label).mkdir(parents=True)
        for number in range(12):
            data = encoded(drawing(label, 1000 + 37 * number), "PNG")
            (folder / label / f"{chr(97 + number)}{number * 7}.png").write_bytes(data)
    return folder


def test_a_folder_of_classes_is_split_and_its_title_is_shown_on_every_page(classes: Path) -> None:
    app = page("data")
    type_into(app, "data-folder", str(classes))
    click(app, "add-folder")
    (message,) = said(app)
    assert message.startswith("My Shop is ready: 36 photos in 3 classes, split 30/3/3 by ")
    assert catalogue.names()[0] == "my-shop"
    assert "**My Shop**: 3 classes" in texts(app)
    for name in ("train", "augment", "home"):
        app.switch_page(f"pages/{name}.py").run()
        assert not app.exception
        shown = texts(app) + str([box.options for box in app.selectbox])
        assert "My Shop" in shown, name
        assert "my-shop" not in shown, name


def test_the_shares_of_a_zip_are_chosen(classes: Path) -> None:
    app = page("data")
    app.slider(key=key_of(app, "data-shares-zip")).set_value((50, 75)).run()
    app.file_uploader(key=key_of(app, "data-zip")).upload("Größe 40.zip", zipped(classes)).run()
    click(app, "add-zip")
    assert said(app)[0].startswith("Größe 40 is ready: 36 photos in 3 classes, split 18/9/9 by ")


def test_shares_without_validation_are_a_sentence(classes: Path) -> None:
    app = page("data")
    app.slider(key=key_of(app, "data-shares-folder")).set_value((90, 90)).run()
    type_into(app, "data-folder", str(classes))
    click(app, "add-folder")
    assert "with at least 5% for training and for validation, got 90/0/10" in said(app)[0]
    assert catalogue.names() == [catalogue.DRAWN]
    assert app.text_input(key=key_of(app, "data-folder")).value == str(classes)


# --- Class by class --------------------------------------------------------------------------------------------------


def drop(app: AppTest, label: str, numbers: range) -> list[str]:
    """Type a class and drop photos; returns what the page says."""
    type_into(app, "data-collection-class", label)
    uploader = app.file_uploader(key=key_of(app, "data-collection-uploads"))
    for number in numbers:
        uploader.upload(f"{chr(97 + number)}{number * 3}.png", encoded(drawing(label, 700 + number), "PNG"))
    app.run()
    assert not app.exception
    return said(app)


def test_a_dataset_is_collected_class_by_class() -> None:
    app = page("data")
    assert app.file_uploader(key="data-collection-uploads").disabled
    type_into(app, "data-collection-title", "My Toys")
    assert app.file_uploader(key="data-collection-uploads").disabled
    assert drop(app, "disc", range(10)) == ["10 photos added to the class disc."]
    assert "needs at least two classes" in texts(app)
    assert app.selectbox(key=key_of(app, "data-collection")).value == "my-toys"
    assert drop(app, "frame", range(10)) == ["10 photos added to the class frame."]
    assert catalogue.load("my-toys").classes == ("disc", "frame")
    assert "20 photos in 2 classes, split " in texts(app)
    click(app, "collection-my-toys-disc")
    assert app.text_input(key=key_of(app, "data-collection-class")).value == "disc"
    assert drop(app, "disc", range(8, 12)) == [
        "2 photos added to the class disc.",
        "2 photos are in the class disc already.",
    ]
    assert growing.counts("my-toys") == {"disc": 12, "frame": 10}


def test_photos_go_to_the_class_that_was_typed_when_they_were_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    app = page("data")
    type_into(app, "data-collection-title", "Toys")
    with monkeypatch.context() as patch:
        patch.setattr(collecting, "carry_out", lambda: None)  # as if the next click ended the run before
        drop(app, "disc", range(10))
        drop(app, "frame", range(10))
        type_into(app, "data-collection-class", "bars")
    app.run()
    assert not app.exception
    assert growing.counts("toys") == {"disc": 10, "frame": 10}
    assert app.selectbox(key=key_of(app, "data-collection")).value == "toys"


def test_what_is_no_photo_is_said_and_the_others_are_added() -> None:
    app = page("data")
    type_into(app, "data-collection-title", "Toys")
    type_into(app, "data-collection-class", "disc")
    uploader = app.file_uploader(key=key_of(app, "data-collection-uploads"))
    uploader.upload("notes.txt", b"no photo")
    uploader.upload("a.png", encoded(drawing("disc", 1), "PNG"))
    app.run()
    first, second = said(app)
    assert first == "1 photo added to the class disc."
    assert second.startswith("notes.txt was not added. It must be JPEG")


def test_a_name_that_is_taken_is_a_sentence_and_the_photos_stay(tiny: str) -> None:
    app = page("data")
    type_into(app, "data-collection-title", "TINY")
    assert any("There is a dataset 'TINY' already" in sentence for sentence in drop(app, "disc", range(2)))
    assert catalogue.names() == ["tiny", catalogue.DRAWN]


def test_a_full_disk_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    app = page("data")
    type_into(app, "data-collection-title", "Toys")
    monkeypatch.setattr(limits.cache, "free", lambda: 1000)
    assert any("The disk is nearly full" in sentence for sentence in drop(app, "disc", range(2)))
    assert catalogue.names() == [catalogue.DRAWN]


def cameras(app: AppTest) -> list[object]:
    return [each for each in app.get("bidi_component") if each.proto.component_name == "camera"]


def test_the_camera_is_only_drawn_when_chosen() -> None:
    app = page("data")
    assert not cameras(app)
    app.segmented_control(key="data-collection-source").set_value("Camera").run()
    assert cameras(app)
    app.switch_page("pages/home.py").run()
    app.switch_page("pages/data.py").run()
    assert not cameras(app)


# --- A dataset as a whole --------------------------------------------------------------------------------------------


def opened(app: AppTest, form: str, name: str) -> AppTest:
    """The page with one of a dataset's forms open."""
    app.session_state[f"manage-{form}-{name}"] = True
    app.run()
    assert not app.exception
    return app


def test_a_dataset_is_renamed_and_copied(tiny: str) -> None:
    app = opened(room("tiny", "Manage"), "rename", "tiny")
    type_into(app, "data-title-tiny", "Größe & Farbe")
    click(app, "rename-tiny")
    assert said(app) == ["It is called Größe & Farbe now."]
    assert catalogue.title("tiny") == "Größe & Farbe"
    click(app, "copy-tiny")
    assert "already" in said(app)[0]
    type_into(app, "data-title-tiny", "Another")
    click(app, "copy-tiny")
    assert said(app) == ["Another is a copy with the same split and review."]
    assert catalogue.names() == ["another", "tiny", catalogue.DRAWN]
    assert catalogue.load("another").splits == catalogue.load("tiny").splits


def test_a_dataset_is_split_anew_and_the_folders_split_restored(tiny: str) -> None:
    before = catalogue.load("tiny")
    app = opened(room("tiny", "Manage"), "split", "tiny")
    assert not [button for button in app.button if button.key == "restore-tiny"]
    app.slider(key=key_of(app, "data-shares-tiny")).set_value((60, 80)).run()
    app.number_input(key=key_of(app, "data-seed-tiny")).set_value(7).run()
    click(app, "split-tiny")
    assert said(app)[0].startswith("36 photos in 3 classes, split 2")
    stored = splitting.read(catalogue.own_folder("tiny"))
    assert stored
    assert (stored.seed, stored.shares) == (7, pytest.approx((0.6, 0.2, 0.2)))
    click(app, "restore-tiny")
    assert said(app) == ["The folders' own split counts again."]
    assert catalogue.load("tiny") == before


def test_a_dataset_is_exported(tiny: str, tmp_path: Path) -> None:
    app = opened(room("tiny", "Manage"), "export", "tiny")
    assert "Download a zip" in str([button.label for button in app.get("download_button")])
    click(app, "export-tiny")
    assert "Type the folder or zip" in said(app)[0]
    type_into(app, "data-export-tiny", str(tmp_path / "out.zip"))
    click(app, "export-tiny")
    assert said(app) == [f"Written to {tmp_path / 'out.zip'}."]
    assert adding.add_zip("again", tmp_path / "out.zip").classes == TINY_CLASSES


def test_a_large_dataset_is_not_held_in_memory(tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FITTING_ROOM_BATCH_MB", "0.001")
    app = opened(room("tiny", "Manage"), "export", "tiny")
    assert not app.get("download_button")
    assert "too large for a browser" in texts(app)


def test_a_shared_server_writes_to_no_foreign_folder(
    tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "is_shared", lambda: True)
    monkeypatch.setattr(access, "is_granted", lambda: True)
    monkeypatch.setattr(access, "remember", lambda: None)
    app = opened(room("tiny", "Manage"), "export", "tiny")
    type_into(app, "data-export-tiny", str(tmp_path / "out"))
    click(app, "export-tiny")
    assert "does not allow" in said(app)[0]
    assert not (tmp_path / "out").exists()


def test_an_unfinished_dataset_can_be_removed() -> None:
    growing.create("Toys")
    app = page("data")
    assert "needs at least two classes" in texts(app)
    click(app, "remove-toys")
    assert catalogue.names() == [catalogue.DRAWN]
