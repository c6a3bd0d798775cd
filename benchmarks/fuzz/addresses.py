"""Pages, drawn whole: with any address that a link may give them, and over a workspace with a damaged record."""

import contextlib
from collections.abc import Callable, Iterator
from random import Random
from unittest import mock

from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest, app_test

from benchmarks.fuzz import settings, stored, values
from benchmarks.fuzz.stored import Edit
from benchmarks.fuzz.trial import Kind, check_sentence
from core import workspace
from core.augment.catalogue import TRANSFORMS

APP = str(workspace.PROJECT / "app.py")
PATIENCE = 30  # s; whoever tries the input loses it earlier
PHOTOS = (
    "tiny/train/disc/00.png", "tiny/test/bars/1.png", "tiny", "tiny/", "/etc/passwd", "../../../etc/passwd",
    "tiny/train/../../x", "drawn-garments/train/dress/0.png", "other/train/frame/00.png", "tiny/train/disc/0", "0",
    "tiny:0",
)  # fmt: skip
PAGES = ("home", "train", "compare", "predict", "data", "augment", "teach")

Address = tuple[str, dict[str, str]]
"""A page and the parameters of its address."""


@contextlib.contextmanager
def _own_app() -> Iterator[None]:
    """Pages inside app.py, as in a browser, and no training process."""
    with (
        mock.patch.object(PagesManager, "uses_pages_directory", False),
        mock.patch.object(app_test, "PagesManager", type("OwnPagesManager", (PagesManager,), {})),
        mock.patch("core.files.processes.start", return_value=None),
    ):
        yield


def _draw_page(name: str, query: dict[str, str]) -> AppTest:
    """The page, drawn once. Raises AssertionError for what a person should never see."""
    with _own_app():
        app = AppTest.from_file(APP, default_timeout=PATIENCE)
        for key, value in query.items():
            app.query_params[key] = value
        if name != "home":
            app.switch_page(f"pages/{name}.py")
        app.run()
    problems = [f"{error.message} {' '.join(error.stack_trace[-4:])}" for error in app.exception]
    assert not problems, problems[0]
    for element in (*app.error, *app.warning, *app.toast):
        check_sentence(element.value, pieces=2)
    return app


def draw_train(random: Random) -> Address:
    """An address of Train."""
    query = {}
    if random.random() < 0.7:
        query["settings"] = _text(random, lambda: values.as_json(settings.draw_config(random)))
    if random.random() < 0.6:
        query["study"] = _text(random, lambda: random.choice(("grid", "ablation", "dropout", "learning-rates", "one")))
    if random.random() < 0.6:
        query["grid"] = _text(random, lambda: settings.draw_grid(random))
    if random.random() < 0.1:
        query[values.text(random)[:300]] = values.text(random)
    return "train", _sendable(query)


def draw_augment(random: Random) -> Address:
    """An address of Augment."""
    query = {}
    if random.random() < 0.7:
        query["recipe"] = _text(random, lambda: values.as_json(settings.draw_recipe(random)))
    if random.random() < 0.6:
        query["seed"] = _text(random, lambda: random.choice(("0", "7", "4294967295", "9" * 10, "٣", "²", "-1", "1e3")))
    if random.random() < 0.5:
        query["focus"] = _text(random, lambda: random.choice(list(TRANSFORMS)))
    if random.random() < 0.5:
        query["photo"] = _text(random, lambda: random.choice(PHOTOS))
    if random.random() < 0.3:
        query["view"] = _text(random, lambda: random.choice(("One transform", "The recipe")))
    return "augment", _sendable(query)


def _text(random: Random, usual: Callable[[], str]) -> str:
    return usual() if random.random() < 0.7 else values.text(random)


def _sendable(query: dict[str, str]) -> dict[str, str]:
    """The parameters as a browser sends them: never half characters."""
    return {_utf8(key): _utf8(value) for key, value in query.items()}


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _use_address(item: Address) -> None:
    _draw_page(*item)


def _draw_damaged(random: Random) -> tuple[Edit, str]:
    change = stored.draw_edit(lambda path: path.suffix not in (".npy", ".tflite"))(random)
    page = {"runs": ("home", "train", "train", "compare"), "models": ("home", "predict", "predict")}
    return change, random.choice(page.get(change[0].split("/")[0], PAGES))


def _use_damaged(item: tuple[Edit, str]) -> None:
    def draw() -> None:
        _draw_page(item[1], {})

    stored.with_edit(item[0], draw, whole=True)


KINDS = (
    Kind("address of Train", 0.6, draw_train, _use_address, stored.sound),
    Kind("address of Augment", 0.5, draw_augment, _use_address, stored.sound),
    Kind("page over a damaged record", 0.8, _draw_damaged, _use_damaged),
)
