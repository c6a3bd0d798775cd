"""The pages over workspaces as every version left them, and over what a newer version wrote."""

from pathlib import Path

import pytest

from tests import samples
from tests.pages.conftest import page
from tests.pages.test_trust import texts
from tests.samples import ERAS, NEWER_PLACES

PAGES = ("home", "train", "compare", "predict", "data")


@pytest.mark.parametrize("era", ERAS)
def test_every_page_shows_what_every_version_left(era: str) -> None:
    ERAS[era].build()
    app = page("home")
    errors = list(app.error)
    for name in PAGES[1:]:
        app.switch_page(f"pages/{name}.py").run()
        assert not app.exception, name
        assert not any("can't be used" in expander.label for expander in app.expander), name
        errors += app.error
    had_a_download = any(sample.startswith("download/") for sample in ERAS[era].others)
    interrupted = ["The download was interrupted. Start it again."] if had_a_download else []
    assert [error.value for error in errors] == interrupted


def test_runs_of_all_versions_are_compared_side_by_side() -> None:
    for era in ERAS.values():
        era.build()
    app = page("compare")
    table = app.dataframe[0].value
    assert not app.exception
    assert len(table) == len(ERAS)
    assert set(table["Run"]) == {"first try"}
    assert [round(share, 1) for share in table["Validation"]] == [66.7] * len(ERAS)
    assert set(table["Test photos right"]) == {"5 of 9"}
    assert set(table["Dropout rate"]) == {"0.2", "0.5"}


@pytest.mark.parametrize("kind", NEWER_PLACES)
def test_every_page_goes_on_beside_what_a_newer_version_wrote(kind: str, home: Path) -> None:
    ERAS["identity"].build()
    (home / NEWER_PLACES[kind]).write_bytes(samples.path_of(f"{kind}/newer").read_bytes())
    app, said = page("home"), ""
    for name in (*PAGES[1:], "augment"):
        app.switch_page(f"pages/{name}.py").run()
        assert not app.exception, name
        said += texts(app)
    assert "newer version of this program" in said
    assert "Update the program" in said
