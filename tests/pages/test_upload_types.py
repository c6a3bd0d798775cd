"""The uploaders take any file: a photo is known by its content, whatever its name ends in."""

import pytest

from tests.conftest import encoded
from tests.fabricated import flat, saved_model
from tests.pages.conftest import click, key_of, page
from tests.pages.predicting import RED, cards, texts


def test_no_uploader_of_photos_asks_for_an_ending() -> None:
    saved_model("colours")
    app = page("predict")
    assert not app.file_uploader(key="predict-photos").proto.type
    app = page("augment")
    app.segmented_control(key=key_of(app, "photo-source")).set_value("Upload").run()
    assert not app.file_uploader(key="photo-upload").proto.type


@pytest.mark.parametrize("name", ["red", "red.photo", "red.txt", "red."])
def test_a_photo_of_any_name_gets_an_answer(name: str) -> None:
    saved_model("colours")
    app = page("predict")
    app.file_uploader(key="predict-photos").upload(name, RED)
    app.run()
    assert not app.exception
    assert "red" in texts(app)
    assert not app.error


def test_a_folder_says_what_was_passed_over() -> None:
    saved_model("colours")
    app = page("predict")
    app.segmented_control(key="predict-source").set_value("Folder").run()
    uploader = app.file_uploader(key="predict-folder")
    uploader.upload("trip/a", RED)
    uploader.upload("trip/b.png", encoded(flat(0, 255, 0), "PNG"))
    uploader.upload("trip/notes.txt", b"no photo")
    uploader.upload("trip/list.csv", b"a,b")
    app.run()
    assert not app.exception
    assert len(cards(app)) == 2
    assert [warning.value for warning in app.warning] == ["2 passed over, not photos\\: trip/notes.txt, trip/list.csv."]
    assert not click(app, "predict-clear").warning
