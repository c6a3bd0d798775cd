"""Every page in Streamlit's test runner: empty, with content, and with errors."""

import shutil
import subprocess
import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

from core import workspace
from core.datasets import adding, catalogue
from core.runs.folder import look_all
from tests.fabricated import saved_model
from tests.pages.conftest import APP, charts, colour, finished_run, key_of, page, room

PAGES = ("home", "augment", "train", "compare", "predict", "data")


def test_each_page_has_an_empty_state_that_tells_the_next_step() -> None:
    app = page("home")
    steps = {"train": "No runs yet", "compare": "No runs yet", "predict": "No saved model yet"}
    for name in PAGES:
        app.switch_page(f"pages/{name}.py").run()
        assert not app.exception, name
        assert app.title[0].value, name
        assert not app.error, name
        assert any(steps.get(name, "") in info.value for info in app.info) or name not in steps, name
    assert not look_all()


def test_no_page_draws_while_pandas_is_half_loaded() -> None:
    """Plotly looks for pandas among the loaded modules. What two sessions load at once, one of them finds half loaded,
    unless it is whole before the first page draws."""
    script = "import sys; import pages.frame.page; print(sys.modules['pandas'].__spec__._initializing)"
    process = subprocess.run(
        [sys.executable, "-c", script], cwd=workspace.PROJECT, capture_output=True, text=True, check=True
    )
    assert process.stdout.split()[-1] == "False"


def test_no_page_ever_imports_tensorflow(tiny_dataset: Path) -> None:
    """All pages in a separate process, with a dataset, a run and a model to show."""
    script = f"""
import sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
from core.datasets import adding, catalogue
from tests.fabricated import saved_model
from tests.pages.conftest import finished_run
adding.add_folder("tiny", Path({str(tiny_dataset)!r}))
saved_model("colours")
finished_run("tiny")
app = AppTest.from_file({APP!r}, default_timeout=30).run()
for name in {PAGES!r}:
    app.switch_page(f"pages/{{name}}.py").run()
    assert not app.exception, app.exception
heavy = {{"tensorflow", "keras", "jax", "torch"}} & set(sys.modules)
assert not heavy, heavy
"""
    process = subprocess.run(
        [sys.executable, "-c", script], cwd=workspace.PROJECT, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr


# --- Compare ---------------------------------------------------------------------------------------------------------


def test_compare_lists_runs_with_their_scores(tiny: str) -> None:
    finished_run(tiny, dropout=0.2)
    finished_run(tiny, dropout=0.8)
    app = page("compare")
    table = app.dataframe[0].value
    assert sorted(table["Dropout rate"]) == ["0.2", "0.8"]
    assert list(table["Test photos right"]) == ["3 of 4", "3 of 4"]
    assert len(charts(app)) == 2


# --- Data ------------------------------------------------------------------------------------------------------------


def add(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def messages(app: AppTest) -> list[str]:
    return [success.value.replace("\\", "") for success in app.success]


def test_data_adds_a_folder_and_reports_a_missing_folder(tiny_dataset: Path) -> None:
    app = page("data")
    assert [button.disabled for button in app.button if button.label == "Add folder"] == [True]
    app.text_input(key=key_of(app, "data-folder")).set_value("/no/such/folder").run()
    add(app, "Add folder")
    assert any("There is no folder" in error.value for error in app.error)
    app.text_input(key=key_of(app, "data-folder")).set_value(str(tiny_dataset))
    app.text_input(key=key_of(app, "data-folder-name")).set_value("mine").run()
    assert any("There is no folder" in error.value for error in app.error)  # until the next action
    add(app, "Add folder")
    assert not app.error
    assert "mine" in catalogue.names()
    assert messages(app) == messages(app.run()) == ["mine is ready: 36 photos in 3 classes."]
    fields = [app.text_input(key=key_of(app, name)).value for name in ("data-folder", "data-folder-name")]
    assert fields == ["", ""]


def test_data_adds_a_zip_and_refuses_a_file_that_is_not_a_zip(tiny_dataset: Path) -> None:
    from tests.conftest import zipped

    app = page("data")
    app.file_uploader(key=key_of(app, "data-zip")).upload("wardrobe.zip", b"no zip").run()
    add(app, "Add zip")
    assert app.error
    assert catalogue.names() == [catalogue.DRAWN]
    app = page("data")
    app.file_uploader(key=key_of(app, "data-zip")).upload("wardrobe.zip", zipped(tiny_dataset)).run()
    add(app, "Add zip")
    assert "wardrobe" in catalogue.names()
    assert messages(app) == ["wardrobe is ready: 36 photos in 3 classes."]
    assert not app.error
    assert [button.disabled for button in app.button if button.label == "Add zip"] == [True]  # the uploader is empty


def test_data_asks_how_the_names_in_an_old_zip_are_written() -> None:
    from tests.zips import old_zip

    app = page("data")
    uploader = app.file_uploader(key=key_of(app, "data-zip"))
    uploader.upload("kleider.zip", old_zip(("바지", "치마"), "cp949").getvalue()).run()
    assert not app.radio
    add(app, "Add zip")
    assert "does not say how its folders' names are written. Choose below." in app.error[0].value
    (question,) = app.radio
    assert question.options[0] == "바지, 치마"
    question.set_value("cp949")
    add(app, "Add zip")
    assert catalogue.load("kleider").classes == ("바지", "치마")
    assert not app.error
    assert not app.radio


def test_the_question_about_one_zip_is_not_answered_for_the_next() -> None:
    from tests.zips import old_zip

    app = page("data")
    app.file_uploader(key=key_of(app, "data-zip")).upload("a.zip", old_zip(("바지", "치마"), "cp949").getvalue()).run()
    add(app, "Add zip")
    assert app.radio
    app = page("data")
    app.session_state["data-zip-readings"] = ("another file", {"cp949": "바지, 치마"})
    app.file_uploader(key=key_of(app, "data-zip")).upload("b.zip", old_zip(("Hüte", "Röcke"), "cp1252").getvalue())
    app.run()
    assert not app.radio
    add(app, "Add zip")
    assert catalogue.load("b").classes == ("Hüte", "Röcke")


def test_data_starts_the_download_in_a_process_of_its_own(no_worker: list[str]) -> None:
    app = page("data")
    app.button(key="data-download").click().run()
    assert not app.exception
    assert no_worker == ["core.datasets.offered"]


def test_data_removes_a_dataset(tiny: str, tiny_dataset: Path) -> None:
    app = room("tiny", "Manage")
    app.button(key="remove-tiny").click().run()
    assert not app.exception
    assert catalogue.names() == [catalogue.DRAWN]
    assert any(tiny_dataset.iterdir())


def test_removing_a_dataset_removes_its_messages(tiny_dataset: Path) -> None:
    app = page("data")
    for _ in range(2):
        app.text_input(key=key_of(app, "data-folder")).set_value(str(tiny_dataset))
        app.text_input(key=key_of(app, "data-folder-name")).set_value("mine").run()
        add(app, "Add folder")
        assert messages(app) == ["mine is ready: 36 photos in 3 classes."]
        app.session_state["data-open"], app.session_state["data-section"] = "mine", "Manage"
        app.run()
        app.button(key="remove-mine").click().run()
        assert not app.exception
        assert not messages(app)
        assert catalogue.names() == [catalogue.DRAWN]


EVIL = "![x](http:evil) **b** &sol; $a$ :red[c]"


def test_names_are_never_read_as_markdown(tmp_path: Path) -> None:
    """A class, a file and a run with such a name: every page escapes it."""
    for split in ("train", "validation"):
        for label in ("plain", EVIL.replace("/", "")):
            (tmp_path / split / label).mkdir(parents=True)
            (tmp_path / split / label / f"{EVIL.replace('/', '')}.png").write_bytes(colour(200, 0, 0))
    adding.add_folder("evil", tmp_path)
    finished_run("evil", name=EVIL)
    saved_model("colours", labels=[EVIL, "green", "blue"])
    predict = page("predict")
    predict.file_uploader(key="predict-photos").upload(f"{EVIL}.png", colour(255, 0, 0))
    predict.file_uploader(key="predict-photos").upload(f"{EVIL}.jpg", b"no photo").run()
    for app in (predict, page("data"), page("train"), page("home"), page("compare")):
        assert not app.exception
        elements = [*app.markdown, *app.caption, *app.error, *app.warning, *app.info, *app.success]
        texts = [element.value for element in elements] + [
            image.caption for gallery in app.get("image") for image in gallery.proto.imgs
        ]
        assert not [text for text in texts if "![x]" in text or "&sol;" in text.replace("\\&", "")]


def test_data_says_which_files_of_a_folder_were_passed_over(tiny_dataset: Path, tmp_path: Path) -> None:
    place = shutil.copytree(tiny_dataset, tmp_path / "wardrobe")
    for name in ("notes.txt", "prices.csv"):
        (place / "train" / "bars" / name).write_text("no photo", encoding="utf-8")
    adding.add_folder("wardrobe", place)
    captions = " ".join(caption.value for caption in page("data").caption)
    assert "2 passed over, not photos" in captions
    assert "train/bars/notes.txt, train/bars/prices.csv" in captions
