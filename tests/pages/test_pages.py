"""Every page through Streamlit's own test runner: empty, with something to show, and with what people do wrong."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import photos, workspace
from core.augment import engine, preview, recipe, saved
from core.augment.catalogue import TRANSFORMS
from core.augment.presets import PRESETS
from core.datasets import catalogue
from core.runs import queue
from core.runs.config import config
from core.runs.folder import RunState, look, look_all
from pages import _widgets as widgets
from tests.conftest import encoded
from tests.fabricated import saved_model

APP = str(workspace.PROJECT / "app.py")
PAGES = ("home", "augment", "train", "compare", "predict", "data")


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Pages start no training process here; the list tells what they wanted to start."""
    wanted: list[str] = []
    monkeypatch.setattr("core.runs.launch.start_process", lambda module, *_: wanted.append(module))
    return wanted


@pytest.fixture
def tiny(tiny_dataset: Path) -> str:
    catalogue.add_folder("tiny", tiny_dataset)
    return "tiny"


def page(name: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=30).run()
    if name != "home":
        app.switch_page(f"pages/{name}.py").run()
    assert not app.exception
    return app


def finished_run(dataset: str, **settings: object) -> str:
    """A run whose folder says that it is done, with three epochs and a report."""
    run_id = queue.put(config(dataset=dataset, **settings))
    folder = workspace.runs() / run_id
    epochs = [
        {
            "epoch": e,
            "loss": 1 / (e + 1),
            "accuracy": 0.5 + 0.1 * e,
            "val_loss": 1.1 / (e + 1),
            "val_accuracy": 0.6,
            "seconds": 1.0,
        }
        for e in range(3)
    ]
    (folder / "metrics.jsonl").write_text("".join(json.dumps(epoch) + "\n" for epoch in epochs))
    (folder / "status.json").write_text(json.dumps({"phase": "done", "progress": 1.0, "model": "colours"}))
    score = {"accuracy": 0.75, "correct": 3, "count": 4, "interval": [0.3, 0.95], "confusion": [[2, 0], [1, 1]]}
    report = {"labels": ["a", "b"], "best_epoch": 2, "scores": {"validation": score, "test": score}, "model": "colours"}
    (folder / "report.json").write_text(json.dumps(report))
    return run_id


@pytest.mark.parametrize("name", PAGES)
def test_each_page_has_an_empty_state(name: str) -> None:
    app = page(name)
    assert app.title[0].value
    assert not app.error
    assert not look_all()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("train", "No runs yet"),
        ("compare", "No runs yet"),
        ("predict", "There is no model to ask yet"),
    ],
)
def test_an_empty_state_tells_the_next_step(name: str, words: str) -> None:
    assert any(words in info.value for info in page(name).info)


def test_no_page_ever_imports_tensorflow(tiny_dataset: Path) -> None:
    """All pages in one process of its own, with a dataset, a run and a model there to be shown."""
    script = f"""
import sys
from pathlib import Path
from streamlit.testing.v1 import AppTest
from core.datasets import catalogue
from tests.fabricated import saved_model
from tests.pages.test_pages import finished_run
catalogue.add_folder("tiny", Path({str(tiny_dataset)!r}))
saved_model("colours")
finished_run("tiny")
app = AppTest.from_file({APP!r}, default_timeout=30).run()
for name in {PAGES!r}:
    app.switch_page(f"pages/{{name}}.py").run()
    assert not app.exception, app.exception
heavy = {{"tensorflow", "keras", "jax", "torch"}} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=workspace.PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


# --- Augment ---------------------------------------------------------------------------------------------------------


def captions(app: AppTest) -> list[str]:
    return [image.proto.imgs[0].caption for image in app.get("image")]


def test_augment_shows_the_range_of_a_transform_and_twelve_draws(tiny: str) -> None:
    app = page("augment")
    original, *others = captions(app)
    assert original == ""
    assert others[:7] == ["15° ↻", "10° ↻", "5° ↻", "0°", "5° ↺", "10° ↺", "15° ↺"]
    assert len(others[7:]) == 12
    assert all("°" in caption for caption in others[7:])


def test_each_transform_can_be_in_focus() -> None:
    app = page("augment")
    for key, transform in TRANSFORMS.items():
        app.selectbox(key="recipe-focus").set_value(key).run()
        assert not app.exception, key
        assert not app.error, key
        assert any(transform.explanation in markdown.value for markdown in app.markdown)
    app.session_state["recipe-on"] = list(TRANSFORMS)
    app.segmented_control(key="augment-view").set_value("The recipe").run()
    assert not app.exception
    assert len(captions(app)) == 1 + (len(TRANSFORMS) - 1) + 2 + 12  # the border draws nothing and has no picture


def test_the_recipe_keeps_what_was_set_and_its_order(tiny: str) -> None:
    app = page("augment")
    for key in ("zoom", "shear"):
        app.selectbox(key="recipe-focus").set_value(key).run()
        app.toggle(key="recipe-in").set_value(True).run()
    app.slider(key="recipe-shear-shear_range").set_value(30).run()
    assert app.session_state["recipe-on"] == ["rotation", "shear", "zoom"]
    app.button(key="recipe-up-zoom").click().run()
    assert app.session_state["recipe-on"] == ["rotation", "zoom", "shear"]
    app.button(key="recipe-out-rotation").click().run()
    app.selectbox(key="recipe-focus").set_value("noise").run()  # the sliders of shear are gone, its setting is not
    steps = recipe.loads(app.query_params["recipe"])
    assert steps == (recipe.step("zoom"), recipe.step("shear", shear_range=30))
    app.selectbox(key="recipe-focus").set_value("shear").run()
    app.button(key="recipe-reset").click().run()
    assert recipe.loads(app.query_params["recipe"])[1] == recipe.step("shear")


def test_a_link_restores_recipe_seed_focus_and_photo(tiny: str) -> None:
    steps = (
        recipe.step("black_patch", 0.4, patch_fill="white"),
        recipe.step("brightness", brightness_range=(0.5, 1.5)),
    )
    app = AppTest.from_file(APP, default_timeout=30)
    app.query_params["recipe"] = recipe.to_link(steps)
    app.query_params["seed"] = "77"
    app.query_params["focus"] = "gamma"
    app.query_params["photo"] = "tiny/frame/2"
    app.switch_page("pages/augment.py").run()
    assert not app.exception
    assert app.selectbox(key="recipe-focus").value == "gamma"
    assert app.number_input(key="augment-seed").value == 77
    assert app.selectbox(key="photo-class-tiny").value == "frame"
    assert app.number_input(key="photo-number-tiny-frame").value == 2
    assert recipe.loads(app.query_params["recipe"]) == steps
    app.query_params["recipe"] = "nonsense"


@pytest.mark.parametrize("asked", [
    {"recipe": "nonsense"}, {"recipe": '[{"transform": "none such"}]'}, {"seed": "-1"}, {"focus": "none such"},
    {"photo": "nowhere/dress/3"}, {"photo": "tiny/no-class/x"}, {"photo": "///"},
])  # fmt: skip
def test_a_link_that_makes_no_sense_leaves_a_page_that_works(tiny: str, asked: dict[str, str]) -> None:
    app = AppTest.from_file(APP, default_timeout=30)
    for name, value in asked.items():
        app.query_params[name] = value
    app.switch_page("pages/augment.py").run()
    assert not app.exception
    assert len(captions(app)) == 20
    assert bool(app.error) == ("recipe" in asked)


def test_the_page_s_pixels_are_those_of_the_training_feed(tiny: str) -> None:
    """The files that the page shows for epochs 1 to 12, decoded, against what the feed gives in epochs 0 to 11."""
    from core.datasets import pack

    steps = (recipe.step("rotation", rotation_range=30), recipe.step("noise"), recipe.step("black_patch"))
    settings = config(dataset=tiny, image_size=299, recipe=recipe.to_json(steps), augmentation_seed=5, epochs=12)
    photos_packed = pack.load(catalogue.load(tiny), "train", 299)
    chosen = 4
    data = (catalogue.load(tiny).splits["train"].paths[chosen]).read_bytes()
    numbers = photos_packed.numbers[[chosen]]
    shown = preview.in_epochs(photos.square(data, 299), int(numbers[0]), steps, 5, range(12))
    for epoch, one in enumerate(shown):
        fed = engine.augmented(
            photos_packed.pixels[[chosen]], numbers, epoch, settings.recipe, settings.augmentation_seed
        )
        seen = np.asarray(Image.open(io.BytesIO(preview.encoded(one.pixels))))
        np.testing.assert_array_equal(seen, fed[0])


def test_presets_and_saved_recipes(tiny: str) -> None:
    app = page("augment")
    start_from = next(box for box in app.selectbox if box.label == "Start from")
    start_from.set_value("preset:course").run()
    next(button for button in app.button if button.label == "Use it").click().run()
    assert app.session_state["recipe-on"] == ["shear", "zoom", "horizontal_flip"]
    next(box for box in app.text_input if box.label.startswith("Save the recipe")).set_value("as in the course").run()
    next(button for button in app.button if button.label == "Save").click().run()
    assert not app.exception
    assert saved.load("as in the course") == next(one.recipe for one in PRESETS if one.key == "course")
    next(box for box in app.selectbox if box.label == "Start from").set_value("saved:as in the course").run()
    next(button for button in app.button if button.label == "Delete it").click().run()
    assert saved.names() == []


def test_a_model_s_opinion_on_each_draw() -> None:
    saved_model("colours")
    app = page("augment")
    app.session_state["recipe-on"] = ["inversion"]
    app.session_state["recipe-inversion-probability"] = 1.0
    app.session_state["augment-safety"] = True
    app.session_state["photo-source"] = "Upload"
    app.session_state["photo-Upload"] = widgets.Photo(colour(250, 10, 40), "red.png")
    app.run()
    assert not app.exception
    said = [markdown.value for markdown in app.markdown]
    assert any("12 of 12 draws of the recipe change its answer" in text for text in said), said
    assert sum("✗" in caption for caption in captions(app)) == 12


def test_the_code_to_take_away(tiny: str) -> None:
    app = page("augment")
    app.session_state["augment-export"] = True
    app.run()
    assert not app.exception
    code = [block.value for block in app.code]
    assert any("ImageDataGenerator(" in text and "rotation_range=15" in text for text in code)
    assert any("RandomRotation" in text for text in code)
    assert any('"rotation_range": 15' in text for text in code)


def test_a_recipe_goes_to_train_and_into_the_run(tiny: str, no_worker: list[str]) -> None:
    app = page("augment")
    app.slider(key="recipe-rotation-rotation_range").set_value(40).run()
    app.number_input(key="augment-seed").set_value(7).run()
    next(button for button in app.button if button.label == "Train with this recipe").click().run()
    app.switch_page("pages/train.py").run()
    assert app.selectbox(key="train-preset-False").value == "mine"
    start(app)
    (run,) = look_all()
    assert run.config.recipe == (recipe.step("rotation", rotation_range=40),)
    assert run.config.augmentation_seed == 7
    assert no_worker == ["models.worker"]


def test_an_uploaded_photo_is_shown_and_a_broken_one_named(tiny: str) -> None:
    app = page("augment")
    app.segmented_control(key="photo-source").set_value("Upload").run()
    app.file_uploader(key="photo-upload").upload("shoe.png", encoded(np.full((30, 20, 3), 90, np.uint8), "PNG")).run()
    assert not app.exception
    assert not app.error
    app.file_uploader(key="photo-upload").upload("notes.jpg", b"not a photo at all").run()
    assert not app.exception
    assert any("not a photo" in error.value for error in app.error)


# --- Train -----------------------------------------------------------------------------------------------------------


def start(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Start training").click().run()
    assert not app.exception


def test_starting_queues_a_run_with_the_form_s_settings(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    app.selectbox(key="train-backbone-False").set_value("small_cnn").run()
    app.number_input(key="train-size-small_cnn").set_value(32)
    app.text_input(key="train-dense").set_value("100, 50")
    app.slider(key="train-dropout").set_value(0.5)
    app.text_input(key="train-name").set_value("first try").run()
    start(app)
    (run,) = look_all()
    assert run.state is RunState.QUEUED
    settings = run.config
    assert (settings.backbone, settings.image_size, settings.dense_layers) == ("small_cnn", 32, (100, 50))
    assert (settings.dropout, settings.name, settings.dataset) == (0.5, "first try", "tiny")
    assert no_worker == ["models.worker"]


def test_a_setting_that_cannot_be_is_named_and_nothing_is_queued(tiny: str) -> None:
    app = page("train")
    app.text_input(key="train-dense").set_value("a hundred").run()
    start(app)
    assert any("dense_layers" in error.value for error in app.error)
    assert not look_all()


def test_a_queued_run_can_be_stopped(tiny: str) -> None:
    run_id = queue.put(config(dataset=tiny))
    app = page("train")
    app.button(key=f"stop-{run_id}").click().run()
    assert not app.exception
    assert look(run_id).state is RunState.STOPPED


def test_a_finished_run_shows_curves_scores_and_can_be_renamed_and_deleted(tiny: str) -> None:
    run_id = finished_run(tiny)
    app = page("train")
    assert [metric.value for metric in app.metric] == ["75.0%", "75.0%", "3"]
    assert len(app.get("plotly_chart")) == 3  # loss, accuracy, confusion matrix
    app.text_input(key=f"rename-{run_id}").set_value("the good one")
    app.button(key=f"rename-do-{run_id}").click().run()
    assert look(run_id).name == "the good one"
    app.button(key=f"delete-{run_id}").click().run()
    assert not app.exception
    assert not look_all()


def test_a_failed_run_says_why(tiny: str) -> None:
    run_id = queue.put(config(dataset=tiny))
    status = {"phase": "failed", "error": "The disk is full."}
    (workspace.runs() / run_id / "status.json").write_text(json.dumps(status))
    assert any("The disk is full." in error.value for error in page("train").error)


def test_a_dataset_whose_folder_is_gone_is_named(tmp_path: Path) -> None:
    place = workspace.datasets() / "gone"
    place.mkdir(parents=True)
    (place / "dataset.json").write_text(json.dumps({"folder": str(tmp_path / "nowhere")}))
    app = page("train")
    start(app)
    assert any("nowhere" in error.value for error in app.error)
    assert any("nowhere" in error.value for error in page("data").error)
    assert any("nowhere" in error.value for error in page("augment").error)


# --- Compare ---------------------------------------------------------------------------------------------------------


def test_compare_lists_runs_with_their_scores(tiny: str) -> None:
    finished_run(tiny, dropout=0.2)
    finished_run(tiny, dropout=0.8)
    app = page("compare")
    table = app.dataframe[0].value
    assert sorted(table["Dropout"]) == [0.2, 0.8]
    assert list(table["Test photos right"]) == ["3 of 4", "3 of 4"]
    assert len(app.get("plotly_chart")) == 2


# --- Predict ---------------------------------------------------------------------------------------------------------


def colour(red: int, green: int, blue: int) -> bytes:
    return encoded(np.full((20, 20, 3), (red, green, blue), np.uint8), "PNG")


def test_predict_answers_each_photo_and_names_the_broken_one() -> None:
    saved_model("colours")
    app = page("predict")
    uploader = app.file_uploader(key="predict-photos")
    uploader.upload("a.png", colour(255, 0, 0))
    uploader.upload("b.png", colour(0, 0, 255))
    uploader.upload("c.jpg", b"text, not a photo")
    app.run()
    assert not app.exception
    said = " ".join(markdown.value for markdown in app.markdown)
    assert "a red" in said
    assert "a blue" in said
    assert [error.value for error in app.error] == [
        "**c.jpg**: This is not a photo, or of a kind that can't be read. JPEG, PNG, WebP, AVIF, HEIC, GIF, TIFF and "
        "BMP can."
    ]
    assert len(app.get("plotly_chart")) == 2


def test_predict_says_when_it_is_not_sure() -> None:
    saved_model("colours")
    app = page("predict")
    app.file_uploader(key="predict-photos").upload("grey.png", colour(128, 128, 128)).run()
    assert app.warning
    assert any("Perhaps" in markdown.value for markdown in app.markdown)


def test_a_pinned_model_is_asked() -> None:
    saved_model("good", validation=0.9)
    saved_model("poor", validation=0.2)
    app = page("predict")
    assert app.selectbox(key="predict-picked").value == "good"
    app.selectbox(key="predict-picked").set_value("poor").run()
    next(button for button in app.button if button.label == "Pin").click().run()
    assert not app.exception
    assert page("predict").selectbox(key="predict-picked").value == "poor"


# --- Data ------------------------------------------------------------------------------------------------------------


def test_data_adds_a_folder_and_names_one_that_is_not_there(tiny_dataset: Path) -> None:
    app = page("data")
    app.text_input(key="data-folder").set_value("/no/such/folder").run()
    add(app, "Add folder")
    assert any("There is no folder" in error.value for error in app.error)
    app.text_input(key="data-folder").set_value(str(tiny_dataset))
    app.text_input(key="data-folder-name").set_value("mine").run()
    add(app, "Add folder")
    assert "mine" in catalogue.names()
    assert any("mine is ready" in success.value for success in app.success)


def add(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception


def test_data_adds_a_zip_and_refuses_what_is_none(tiny_dataset: Path) -> None:
    from tests.conftest import zipped

    app = page("data")
    app.file_uploader(key="data-zip").upload("wardrobe.zip", b"no zip").run()
    add(app, "Add zip")
    assert app.error
    assert catalogue.names() == [catalogue.DRAWN]
    app = page("data")
    app.file_uploader(key="data-zip").upload("wardrobe.zip", zipped(tiny_dataset)).run()
    add(app, "Add zip")
    assert "wardrobe" in catalogue.names()


def test_data_starts_the_download_in_a_process_of_its_own(no_worker: list[str]) -> None:
    app = page("data")
    app.button(key="data-download").click().run()
    assert not app.exception
    assert no_worker == ["core.datasets.offered"]


def test_data_removes_a_dataset(tiny: str, tiny_dataset: Path) -> None:
    app = page("data")
    app.button(key="remove-tiny").click().run()
    assert not app.exception
    assert catalogue.names() == [catalogue.DRAWN]
    assert any(tiny_dataset.iterdir())
