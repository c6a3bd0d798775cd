"""Shared by the tests of Predict: photos, models and ways to read the page."""

import io
import json
import zipfile
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from core.answering import classifier, shelf, tables
from tests.conftest import encoded
from tests.fabricated import saved_model
from tests.pages.conftest import colour, key_of, page

RED, GREEN, BLUE, GREY = colour(255, 0, 0), colour(0, 255, 0), colour(0, 0, 255), colour(128, 128, 128)
PINK = colour(255, 160, 140)  # red with .97: doubted by a cautious model
ORANGE = colour(255, 235, 140)  # red with .68, and no near tie
RATES = {
    "0.01": {"probability": 0.3, "similarity": 0.1},
    "0.05": {"probability": 0.9, "similarity": 0.3},
    "0.2": {"probability": 0.999, "similarity": 0.55},
}
CAUTION = "predict-caution-0.01-0.05-0.2"  # of a model with thresholds at these rates


def ask(app: AppTest, **files: bytes) -> AppTest:
    """Drop files into the uploader; `name_png` becomes name.png."""
    uploader = app.file_uploader(key="predict-photos")
    for name, data in files.items():
        uploader.upload(name.replace("_", "."), data)
    app.run()
    assert not app.exception
    return app


def answered(**files: bytes) -> AppTest:
    saved_model("colours")
    return ask(page("predict"), **files)


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in app.markdown)


def cards(app: AppTest) -> list[str]:
    """The labels of the gallery's cards, in order."""
    return [button.label.strip("*") for button in app.button if (button.key or "").startswith("open-")]


def labels(app: AppTest) -> Any:
    """The filter by answers."""
    return next(group for group in app.button_group if (group.key or "").startswith("predict-labels-"))


def model_of(app: AppTest) -> str:
    """The name of the model that answers."""
    (name,) = (box.label for box in app.expander if box.label.startswith("The model: "))
    return name.removeprefix("The model: ").partition(",")[0]


def captions(app: AppTest) -> list[str]:
    return [caption.value for caption in app.caption]


def table(app: AppTest) -> list[dict[str, Any]]:
    """The downloaded table. The test runner can't click downloads, so the same functions make it again."""
    (done,) = app.session_state["predict-answers"].values()
    model = classifier.load(shelf.active())
    rate = app.select_slider(key=key_of(app, CAUTION)).value
    results = tables.results(done.answers.values(), lambda answer: model.doubts(answer, rate))
    rows: list[dict[str, Any]] = json.loads(tables.as_json(results))
    return rows


def open_card(app: AppTest, number: int) -> AppTest:
    """Click a card. The page then runs again and shows the dialog."""
    buttons = [button for button in app.button if (button.key or "").startswith("open-")]
    buttons[number].click().run()
    assert not app.exception
    return app


def zipped(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return data.getvalue()


def many(count: int) -> dict[str, bytes]:
    return {f"p{i}_png": encoded(np.full((20 + i, 20, 3), (255, 0, 0), np.uint8), "PNG") for i in range(count)}


MIXED = {"b_png": RED, "a_png": GREY, "d_png": BLUE, "c_png": RED, "e_jpg": b"text"}
SCORE = {
    "accuracy": 343 / 372,
    "correct": 343,
    "count": 372,
    "interval": [0.8902, 0.9452],
    "calibration_error": 0.032,
    "calibration_error_before": 0.051,
    "confusion": [[100, 4, 0], [2, 120, 20], [0, 3, 123]],
    "per_class": [
        {"label": label, "count": 124, "correct": 114, "recall": 0.92, "precision": 0.92}
        for label in ("red", "green", "blue")
    ],
}
