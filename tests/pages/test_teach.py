"""Teach: a lesson from its first kind to a saved model, as the page shows it."""

from collections.abc import Sequence

import pytest
from streamlit.testing.v1 import AppTest

from core.answering import shelf
from core.datasets import catalogue, growing, review
from core.serving import limits
from core.teaching import draft, gathering, keeping, lesson, teacher
from pages.photos import camera
from pages.teaching import adding
from tests.conftest import TINY_CLASSES
from tests.core.test_lesson import photos
from tests.pages.conftest import key_of, page


def texts(app: AppTest) -> str:
    """Everything that the page says."""
    elements: Sequence[object] = (*app.markdown, *app.caption, *app.info, *app.warning, *app.success, *app.subheader)
    return "\n".join(str(element.value) for element in elements)  # type: ignore[attr-defined]


@pytest.fixture
def taught(home: object) -> str:
    """A lesson of three kinds with five photos each, learned."""
    name = lesson.start(list(TINY_CLASSES))
    for label in TINY_CLASSES:
        gathering.add_photos(name, label, photos(label, range(5)))
    teacher.learn(name)
    return name


def opened(name: str) -> AppTest:
    app = page("teach")
    app.query_params["lesson"] = name
    return app.run()


def test_a_lesson_begins_with_the_kinds_that_are_typed() -> None:
    app = page("teach").run()
    app.text_input(key="teach-start").set_value("summer dress; winter coat, bag")
    app.button(key="FormSubmitter:teach-start-form-Start").click().run()
    assert not app.exception
    (name,) = lesson.names()
    assert lesson.of(name).kinds == ("summer dress", "winter coat", "bag")
    assert app.query_params["lesson"] == name
    assert "It answers as soon as two kinds have three photos each." in texts(app)


def test_an_empty_start_says_what_to_type() -> None:
    app = page("teach").run()
    app.button(key="FormSubmitter:teach-start-form-Start").click().run()
    assert "Type the kinds of things first" in app.toast[0].value
    assert lesson.names() == []


def test_photos_are_dropped_on_a_kind(no_worker: list[str]) -> None:
    name = lesson.start(["disc", "bars"])
    app = opened(name)
    uploader = app.file_uploader(key=f"teach-photos-{name}-disc")
    for file, data in photos("disc", range(4)):
        uploader.upload(file, data)
    app.run()
    assert not app.exception
    assert "4 photos added to disc." in texts(app)
    assert [len(rows) for rows in lesson.by_kind(name).values()] == [4, 0]
    assert no_worker.count("core.teaching.teacher") >= 1


def test_photos_dropped_on_several_kinds_in_quick_succession_are_all_added(
    monkeypatch: pytest.MonkeyPatch, no_worker: list[str]
) -> None:
    name = lesson.start(list(TINY_CLASSES))
    app = opened(name)
    for round_ in range(2):  # the second time into uploaders that have received photos already
        with monkeypatch.context() as patch:
            patch.setattr(adding, "carry_out", lambda name: None)  # as if each drop ended the run before
            for label in TINY_CLASSES:
                uploader = app.file_uploader(key=key_of(app, f"teach-photos-{name}-{label}"))
                for file, data in photos(label, range(3 * round_, 3 * round_ + 3)):
                    uploader.upload(file, data)
                app.run()
    app.run()
    assert not app.exception
    assert [len(rows) for rows in lesson.by_kind(name).values()] == [6, 6, 6]
    assert texts(app).count("3 photos added to") == 6
    assert [text.value for text in app.expander[0].caption] == ["3 photos added to disc.", "3 photos added to frame."]


def test_a_file_that_is_no_photo_is_refused_with_a_sentence() -> None:
    name = lesson.start(["disc", "bars"])
    app = opened(name)
    app.file_uploader(key=f"teach-photos-{name}-disc").upload("notes.txt", b"hello").run()
    assert "notes.txt was not added." in texts(app)


def test_the_page_shows_the_score_what_is_mixed_up_and_an_answer(taught: str) -> None:
    app = opened(taught)
    assert not app.exception
    assert "Right on " in texts(app)
    assert "It has learned all photos." in texts(app)
    ((file, data),) = photos("disc", range(30, 31))
    app.file_uploader(key="teach-question").upload(file, data).run()
    assert not app.exception
    assert "disc" in [element.value for element in app.subheader]
    assert "What is it really?" in texts(app)


def test_an_answer_is_put_right_by_a_click(taught: str) -> None:
    app = opened(taught)
    ((file, data),) = photos("frame", range(30, 31))
    app.file_uploader(key="teach-question").upload(file, data).run()
    app.button(key=f"teach-answer-{taught}-frame").click().run()
    assert not app.exception
    assert len(lesson.by_kind(taught)["frame"]) == 6
    assert not teacher.is_current(taught, draft.read(taught))


def test_kinds_are_added_and_removed_on_the_page(taught: str) -> None:
    app = opened(taught)
    app.text_input(key=f"teach-new-kind-{taught}").set_value("Scarf")
    app.button(key=f"FormSubmitter:new-kind-form-{taught}-Add kind").click().run()
    assert lesson.of(taught).kinds == (*TINY_CLASSES, "Scarf")
    app.text_input(key=next(str(each.key) for each in app.text_input if "new-kind" in str(each.key))).set_value("scarf")
    app.button(key=f"FormSubmitter:new-kind-form-{taught}-Add kind").click().run()
    assert "There is a kind 'Scarf' already" in app.toast[0].value
    (button,) = [each for each in app.button if each.label == "Remove"]
    button.click().run()
    assert lesson.of(taught).kinds == TINY_CLASSES


def test_the_same_photo_in_two_kinds_is_asked_about(taught: str) -> None:
    row = lesson.by_kind(taught)["disc"][0]
    gathering.add_photos(taught, "bars", [("same.png", row.path.read_bytes())])
    teacher.learn(taught)
    app = opened(taught)
    assert "The same photo is in two kinds." in texts(app)
    (button,) = [each for each in app.button if str(each.key) == f"teach-twin-{taught}-{row.name}"]
    button.click().run()
    assert not app.exception
    assert len(lesson.by_kind(taught)["bars"]) == 5


def test_a_model_is_saved_and_used_on_predict(taught: str) -> None:
    app = opened(taught)
    app.segmented_control(key="teach-section").set_value("Save and use").run()
    app.text_input(key=f"teach-model-name-{taught}").set_value("My Toys")
    app.button(key=f"FormSubmitter:save-form-{taught}-Save").click().run()
    assert not app.exception
    (model,) = keeping.versions(taught)
    assert model.name == "my-toys"
    assert "Saved as my-toys." in texts(app)
    assert not app.button(key="take-away-of-my-toys").disabled
    assert "Used on Predict" in texts(app)  # there is no other model in tests
    gathering.add_photos(taught, "disc", photos("disc", range(50, 52)))
    teacher.learn(taught)
    keeping.save(taught, "My Toys")
    usual = shelf.active()
    (other,) = [version for version in keeping.versions(taught) if version != usual]
    app.run()
    app.button(key=f"teach-use-{other.name}").click().run()
    assert shelf.pinned() == other.name


def test_unsorted_photos_come_with_a_suggestion(taught: str) -> None:
    gathering.add_unsorted(taught, photos("disc", range(40, 43)))
    teacher.learn(taught)
    app = opened(taught)
    app.segmented_control(key="teach-section").set_value("Label next").run()
    assert not app.exception
    assert "3 photos to sort" in texts(app)


def test_a_lesson_that_is_gone_and_one_that_is_damaged_say_so(taught: str) -> None:
    app = opened("nothing")
    assert "There is no lesson 'nothing'" in texts(app)
    (catalogue.own_folder(taught) / lesson.FILE).write_text("{", encoding="utf-8")
    app = opened(taught)
    assert not app.exception
    assert "is damaged" in "\n".join(element.value for element in app.error)


def test_a_damaged_draft_is_made_again(taught: str) -> None:
    outcome = draft.read(taught)
    assert outcome is not None
    (catalogue.own_folder(taught) / draft.FOLDER / outcome.draft / "card.json").write_text("{", encoding="utf-8")
    app = opened(taught)
    assert not app.exception
    assert draft.read(taught) is None


def test_the_process_that_failed_is_started_again_by_a_button(taught: str, no_worker: list[str]) -> None:
    review.decide(taught, [lesson.by_kind(taught)["disc"][0].name], "leave out")
    own = catalogue.own_folder(taught)
    (own / "teaching.json").write_text('{"share": 0.5, "words": "failed", "error": "The disk is full."}')
    app = opened(taught)
    assert "The disk is full." in "\n".join(element.value for element in app.error)
    no_worker.clear()
    app.button(key=f"teach-retry-{taught}").click().run()
    assert no_worker.count("core.teaching.teacher") >= 1


def test_a_dataset_becomes_a_lesson(home: object) -> None:
    name = growing.create("Mine")
    growing.add_photos(name, "disc", photos("disc", range(3)))
    app = page("teach").run()
    app.button(key="teach-with-dataset").click().run()
    assert not app.exception
    assert lesson.names() == [name]


def test_a_lesson_is_renamed_and_removed(taught: str) -> None:
    app = opened(taught)
    app.text_input(key=f"teach-title-{taught}").set_value("Toys")
    app.button(key=f"teach-rename-{taught}").click().run()
    assert catalogue.title(taught) == "Toys"
    app.button(key=f"teach-remove-{taught}").click().run()
    assert not app.exception
    assert lesson.names() == []


def test_a_kind_without_a_readable_photo_is_told(home: object) -> None:
    name = lesson.start(["disc", "bars"])
    gathering.add_photos(name, "disc", photos("disc", range(3)))
    gathering.add_photos(name, "bars", photos("bars", range(3)))
    for row in lesson.by_kind(name)["bars"]:
        row.path.write_bytes(row.path.read_bytes()[:100])
    teacher.learn(name)
    assert "Too few of these photos can be read" in texts(opened(name))


def test_what_the_camera_took_waits_until_there_is_room(taught: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shots = [camera.Shot("camera-1", tuple(data for _, data in photos("disc", range(60, 62))), "disc")]
    monkeypatch.setattr(camera, "take", lambda key: [shots.pop()] if shots else [])
    with monkeypatch.context() as disk:
        disk.setattr(limits.cache, "free", lambda: 1000)
        app = opened(taught)
    assert "The disk is nearly full" in texts(app)
    assert len(lesson.by_kind(taught)["disc"]) == 5
    app.button(key=f"teach-again-{taught}").click().run()
    assert not app.exception
    assert "2 photos added to disc." in texts(app)
    assert len(lesson.by_kind(taught)["disc"]) == 7


def test_a_lesson_is_built_on_another_model(taught: str) -> None:
    keeping.save(taught, "My Toys")
    app = opened(taught)
    app.selectbox(key=f"teach-base-{taught}").set_value("my-toys").run()
    app.button(key=f"build-on-{taught}").click().run()
    assert not app.exception
    assert lesson.of(taught).base == "my-toys"


def test_names_from_outside_stay_text(home: object) -> None:
    kind = "![x](http://example.com/a.png) **bold** $x$ :red[y]"
    name = lesson.start([kind, "b"])
    app = opened(name)
    assert not app.exception
    assert not any("![x](" in str(element.value) for element in (*app.markdown, *app.caption))


def test_everything_goes_on_when_kinds_have_no_photos_at_all(home: object) -> None:
    name = lesson.start(["only"])
    app = opened(name)
    assert "Add at least two kinds of things" in texts(app)
    for section in ("Label next", "Save and use", "How good is it?"):
        app.segmented_control(key="teach-section").set_value(section).run()
        assert not app.exception
