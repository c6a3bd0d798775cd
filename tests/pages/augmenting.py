"""Shared by the tests of Augment: ways to use and read the page."""

from streamlit.testing.v1 import AppTest

from core.augment import recipe
from tests.pages.conftest import APP, key_of


def captions(app: AppTest) -> list[str]:
    return [image.proto.imgs[0].caption for image in app.get("image")]


def choose(app: AppTest, transform: str) -> AppTest:
    app.selectbox(key=key_of(app, "augment-transform")).set_value(transform).run()
    assert not app.exception
    return app


def current_steps(app: AppTest) -> tuple[str, ...]:
    """The recipe's transforms. They must be the same on the page, in the session and in the address."""
    keys: tuple[str, ...] = app.session_state["recipe"]
    assert [button.key for button in app.button if (button.key or "").startswith("recipe-show-")] == [
        f"recipe-show-{key}" for key in keys
    ]
    assert tuple(step.transform.key for step in recipe.loads(app.query_params["recipe"])) == keys
    return keys


def open_link(**query: str) -> AppTest:
    """The page in a new session, opened by a link with these parameters."""
    app = AppTest.from_file(APP, default_timeout=30).run()
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page("pages/augment.py").run()
    assert not app.exception
    return app
