"""The Disk section of the Data page: the usage, the clean-up, and the files it leaves alone."""

import numpy as np
import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from core import words, workspace
from core.files import arrays, cache
from core.runs import launch
from core.runs.records import AUTO
from tests.fabricated import saved_model
from tests.pages.conftest import page


def sizes(app: AppTest) -> dict[str, str]:
    table = app.dataframe[0].value
    return dict(zip(table["What"], table["Size"], strict=True))


def features(name: str) -> np.ndarray:
    rows = np.ones((250, 1000), np.float32)
    return arrays.store(workspace.cache() / "features" / name, [rows], len(rows))[0]


def test_it_shows_the_usage() -> None:
    saved_model("colours")
    features("a.npy")
    usage = sizes(page("data"))
    assert usage["Cached features"] == "1.0 MB"
    assert usage["Cached backbones"] == "0 bytes"
    assert usage["Saved models"] != "0 bytes"


def test_the_caches_are_cleaned() -> None:
    features("a.npy")
    app = page("data")
    assert any("You only lose time" in markdown.value for markdown in app.markdown)
    app.button(key="disk-clean").click().run()
    assert not app.exception
    assert [success.value for success in app.success] == ["1.0 MB freed."]
    assert cache.entries() == []
    assert sizes(app)["Cached features"] == "0 bytes"
    assert [success.value for success in app.run().success] == ["1.0 MB freed."]  # it stays until the next action
    app.button(key="disk-clean").click().run()
    assert [success.value for success in app.success] == ["0 bytes freed."]


def test_files_in_use_stay() -> None:
    mapped = features("a.npy")
    workspace.locks().mkdir()
    with FileLock(launch.lock_of(AUTO)):
        app = page("data")
        assert any("The files it uses stay" in markdown.value for markdown in app.markdown)
        app.button(key="disk-clean").click().run()
    assert [success.value for success in app.success] == ["0 bytes freed; 1 item in use stayed."]
    assert mapped.sum() == 250_000
    assert len(cache.entries()) == 1


def test_a_limit_that_is_not_a_number_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FITTING_ROOM_CACHE_GB", "lots")
    app = page("data")
    assert any(
        error.value.startswith("FITTING\\_ROOM\\_CACHE\\_GB must be a number of gigabytes such as 20, got 'lots'")
        for error in app.error
    )


SIZES = [(0, "0 bytes"), (1, "1 byte"), (1500, "1.5 kB"), (25_400_000, "25 MB"), (20e9, "20 GB"), (1.25e12, "1,250 GB")]


def test_sizes_in_words() -> None:
    for count, text in SIZES:
        assert words.size(count) == text
