"""The camera: photos are taken once, in order and with their target, and nothing odd gets any further."""

import base64
import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets import catalogue, growing, managing
from core.datasets.sessions import burst
from core.serving import limits
from tests.conftest import drawing, encoded
from tests.pages.conftest import key_of, page
from tests.pages.test_data import said, type_into

SITTING, BURST = "camera-20261128-143501", "camera-20261128-143501-x7ab"


def photo(number: int) -> bytes:
    return encoded(drawing("disc", number), "JPEG")


def sent(number: int, photo: bytes = b"photo", **fields: Any) -> dict[str, Any]:
    """A photo as the browser sends it."""
    text = base64.b64encode(photo).decode()
    return {"instance": "i1", "number": number, "session": BURST, "target": 0, "photo": text, **fields}


def _script() -> None:
    import streamlit as st

    from pages.photos import camera

    st.session_state["new"] = [(shot.session, shot.photos, shot.target) for shot in camera.take("cam")]
    st.session_state["seen"] = camera.frame("cam")
    camera.show("cam", label="Photos", live=True, target=st.session_state.get("wanted", "discs"))


@pytest.fixture
def app() -> AppTest:
    app = AppTest.from_function(_script, default_timeout=30).run()
    assert not app.exception
    return app


def arrive(app: AppTest, *shots: Any, **state: Any) -> Any:
    """What the page gets when this arrives from the browser."""
    app.session_state["cam"] = {"shots": list(shots), **state}
    app.run()
    assert not app.exception
    return app.session_state["new"]


def drawn(app: AppTest) -> dict[str, Any]:
    """What the camera was drawn with, the last one of the page."""
    data = [json.loads(each.proto.json or each.proto.mixed.json or "{}") for each in app.get("bidi_component")]
    return dict(next(each for each in data if "live" in each))


def test_each_photo_is_taken_once_however_often_it_arrives(app: AppTest) -> None:
    assert arrive(app, sent(2, b"b"), sent(1, b"a")) == [(BURST, (b"a", b"b"), "discs")]
    assert arrive(app, sent(1, b"a"), sent(2, b"b")) == []
    assert arrive(app, sent(2, b"b"), sent(3, b"c")) == [(BURST, (b"c",), "discs")]
    assert drawn(app)["done"] == {"i1": 3}
    assert arrive(app, sent(1, b"d", instance="another")) == [(BURST, (b"d",), "discs")]


def test_photos_come_with_what_they_were_of(app: AppTest) -> None:
    app.session_state["wanted"] = ("frames", 7)
    app.run()
    assert drawn(app)["target"] == 1
    shots = arrive(app, sent(1), sent(2, session=SITTING), sent(3, session=SITTING, target=1))
    assert [shot[0] for shot in shots] == [BURST, SITTING, SITTING]
    assert [shot[2] for shot in shots] == ["discs", "discs", ("frames", 7)]


@pytest.mark.parametrize(
    "shot",
    [
        None, 5, "photo", [], {}, {"number": 1}, sent(0), sent(-1), {**sent(1), "number": "1"},
        {**sent(1), "number": 1.5}, {**sent(1), "number": 10**400}, sent(1, b""),
        {**sent(1), "photo": "no base64!"}, {**sent(1), "photo": "é" * 8},
        {**sent(1), "photo": None}, {**sent(1), "photo": "AAAA" * 3_000_000}, sent(1, session="../../x"),
        sent(1, session=""), sent(1, session="x" * 51), sent(1, session="<b>x</b>"), sent(1, session=None),
        sent(1, target=7), sent(1, target=-1), sent(1, target="discs"), sent(1, instance="x" * 1000),
        sent(1, instance=3), sent(1, instance="\ud800"),
    ],
)  # fmt: skip
def test_what_is_no_photo_gets_no_further(app: AppTest, shot: Any) -> None:
    assert arrive(app, shot) == []
    assert arrive(app, shot, sent(5, b"good")) == [(BURST, (b"good",), "discs")]


@pytest.mark.parametrize("state", [{"shots": "x"}, {"shots": {"a": 1}}, {"shots": None}, {"rounds": 3}, {}])
def test_a_state_of_another_form_has_no_photos(app: AppTest, state: dict[str, Any]) -> None:
    app.session_state["cam"] = state
    app.run()
    assert not app.exception
    assert app.session_state["new"] == []


def test_there_is_an_end_to_what_a_message_may_hold(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [len(shot[1]) for shot in arrive(app, *(sent(number + 1) for number in range(500)))] == [100]
    monkeypatch.setenv(limits.BATCH_MB.variable, "0.001")
    assert arrive(app, sent(1000, bytes(2000)), sent(1001, b"small")) == [(BURST, (b"small",), "discs")]


def test_many_tabs_are_remembered_and_forgotten(app: AppTest) -> None:
    for number in range(30):
        assert len(arrive(app, sent(1, instance=f"tab-{number}"))) == 1
    assert len(drawn(app)["done"]) == 20


def test_the_last_frame_is_seen_while_the_camera_is_on(app: AppTest) -> None:
    assert app.session_state["seen"] is None
    frame = {"number": 4, "picture": base64.b64encode(b"frame").decode()}
    assert arrive(app, sent(1), frame=frame)
    assert app.session_state["seen"] == b"frame"
    assert drawn(app)["frame"] == 4
    arrive(app, frame=None)
    assert app.session_state["seen"] is None


@pytest.mark.parametrize(
    "frame",
    [5, "x", [], {}, {"number": 1}, {"number": "1", "picture": "AAAA"}, {"number": 1, "picture": "!"},
     {"number": 1, "picture": "AAAA" * 200_000}, {"number": 1e9, "picture": "AAAA"},
     {"number": 10**99, "picture": "AAAA"}],
)  # fmt: skip
def test_an_odd_frame_is_none(app: AppTest, frame: Any) -> None:
    assert arrive(app, sent(1), frame=frame)
    assert app.session_state["seen"] is None


# On Data


def shoot(app: AppTest, *shots: dict[str, Any]) -> list[str]:
    """Let photos arrive on Data; returns what the page says."""
    app.session_state["collection-camera"] = {"shots": list(shots)}
    app.run()
    assert not app.exception
    return said(app)


@pytest.fixture
def data() -> AppTest:
    """Data with the camera, for the class disc of a new dataset."""
    app = page("data")
    type_into(app, "data-collection-title", "My Toys")
    app.segmented_control(key="data-collection-source").set_value("Camera").run()
    assert drawn(app)["disabled"]
    type_into(app, "data-collection-class", "disc")
    assert not drawn(app)["disabled"]
    return app


def test_a_burst_is_one_session_of_a_new_dataset(data: AppTest) -> None:
    target = drawn(data)["target"]
    first, second, third = (sent(number, photo(number), target=target) for number in (1, 2, 3))
    assert shoot(data, first, second) == ["2 photos added to the class disc."]
    assert shoot(data, first, second, third) == ["3 photos added to the class disc."]
    assert data.selectbox(key=key_of(data, "data-collection")).value == "my-toys"
    photos = catalogue.contents_of("my-toys")
    names = photos.names(photos.photos[""]["disc"])
    assert names == [f"disc/{BURST}-{number:04d}.jpg" for number in (1, 2, 3)]
    assert {burst(name) for name in names} == {BURST}
    assert shoot(data, sent(4, photo(3), target=target))[0].startswith("3 photos added to the class disc.")


def test_photos_on_their_way_go_to_the_class_that_they_were_taken_for(data: AppTest) -> None:
    discs = drawn(data)["target"]
    type_into(data, "data-collection-class", "frame")
    frames = drawn(data)["target"]
    assert discs != frames
    said = shoot(data, sent(1, photo(1), target=discs), sent(2, photo(2), target=frames))
    assert sorted(said) == ["1 photo added to the class disc.", "1 photo added to the class frame."]
    shoot(data, sent(3, photo(3), target=frames))  # the page did not know the new dataset when it was taken
    assert growing.counts("my-toys") == {"disc": 1, "frame": 2}
    assert catalogue.names() == ["my-toys", catalogue.DRAWN]


def test_what_is_no_jpeg_is_a_sentence(data: AppTest) -> None:
    (sentence,) = shoot(data, sent(1, b"no photo", target=drawn(data)["target"]))
    assert sentence.startswith("photo.jpg was not added. This is not a photo that can be read.")


def test_a_full_disk_is_a_sentence_and_the_next_photo_is_added(data: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    target = drawn(data)["target"]
    with monkeypatch.context() as full:
        full.setattr(limits.cache, "free", lambda: 1000)
        assert "The disk is nearly full" in shoot(data, sent(1, photo(1), target=target))[0]
    assert catalogue.names() == [catalogue.DRAWN]
    assert shoot(data, sent(2, photo(2), target=target)) == ["1 photo added to the class disc."]


def test_photos_that_could_not_be_added_wait_until_there_is_room(
    data: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = drawn(data)["target"]
    with monkeypatch.context() as full:
        full.setattr(limits.cache, "free", lambda: 1000)
        shoot(data, sent(1, photo(1), target=target), sent(2, photo(2), target=target))
    data.button(key="collection-again").click().run()
    assert said(data) == ["2 photos added to the class disc."]
    assert growing.counts("my-toys") == {"disc": 2}
    assert not [button for button in data.button if str(button.key).startswith("collection-again")]


def test_photos_that_could_not_be_added_are_discarded(data: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as full:
        full.setattr(limits.cache, "free", lambda: 1000)
        shoot(data, sent(1, photo(1), target=drawn(data)["target"]))
    data.button(key="collection-again-discard").click().run()
    assert not [button for button in data.button if str(button.key).startswith("collection-again")]


def test_a_dataset_that_is_gone_is_a_sentence(data: AppTest) -> None:
    shoot(data, sent(1, photo(1), target=drawn(data)["target"]))
    target = drawn(data)["target"]
    data.selectbox(key=key_of(data, "data-collection")).set_value("").run()
    managing.remove("my-toys")
    assert "my-toys" in shoot(data, sent(2, photo(2), target=target))[0]
    assert catalogue.names() == [catalogue.DRAWN]
