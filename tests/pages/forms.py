"""Shared by the tests of Train's form: settings, and ways to fill and read the form."""

from typing import Any

from streamlit.testing.v1 import AppTest

from core.runs.config import RunConfig
from core.runs.folder import look_all
from tests.pages.conftest import key_of, page, start

STEPS = [{"transform": "rotation", "rotation_range": 12}, {"transform": "horizontal_flip"}]
FULL = {
    "backbone": "small_cnn",
    "image_size": 48,
    "dense_layers": [100, 50, 7],
    "activation": "gelu",
    "dropout": 0.35,
    "recipe": STEPS,
    "augmentation_seed": 7,
    "views": 3,
    "optimizer": "sgd",
    "learning_rate": 0.00025,
    "schedule": "constant",
    "warmup": 20,
    "label_smoothing": 0.1,
    "batch_size": 16,
    "epochs": 12,
    "early_stopping": 4,
    "class_weights": True,
    "seed": 3,
}


def train(**query: str) -> AppTest:
    """The page in a new session, opened by a link with these parameters."""
    app = page("home")
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page("pages/train.py").run()
    assert not app.exception
    return app


def started_config(app: AppTest) -> RunConfig:
    """Start a run and return its settings."""
    before = {run.id for run in look_all()}
    start(app)
    (new,) = [run for run in look_all() if run.id not in before]
    return new.config


def usual(app: AppTest, name: str, value: object) -> AppTest:
    """Click the button that sets a control to a usual value."""
    app.button(key=f"usual-{name}-{value}").click().run()
    assert not app.exception
    return app


def labelled(elements: Any, label: str) -> Any:
    return next(element for element in elements if element.label == label)


def warnings(app: AppTest) -> str:
    return " ".join(warning.value for warning in app.warning)


def address(app: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[-1] for name, value in app.query_params.items()}


def clone(app: AppTest, run_id: str) -> AppTest:
    """Select a run and click *Use these settings*."""
    app.run()
    app.selectbox(key=key_of(app, "train-run")).set_value(run_id).run()
    app.button(key=f"clone-{run_id}").click().run()
    assert not app.exception
    assert app.session_state["train-form-request"] is None
    return app
