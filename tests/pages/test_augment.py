"""The Augment page: one transform, the recipe, the link, the opinions, what to take away."""

import io

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import photos
from core.augment import engine, preview, recipe, saved
from core.augment.catalogue import TRANSFORMS
from core.augment.presets import PRESETS
from core.datasets import catalogue
from core.runs.config import config
from core.runs.folder import look_all
from pages.photos import picker
from tests.conftest import encoded
from tests.fabricated import saved_model
from tests.pages.conftest import APP, colour, held, page, start


def captions(app: AppTest) -> list[str]:
    return [image.proto.imgs[0].caption for image in app.get("image")]


def test_augment_shows_the_range_of_a_transform_and_twelve_draws(tiny: str) -> None:
    app = page("augment")
    original, *others = captions(app)
    assert original == ""
    assert others[:7] == ["15° ↻", "10° ↻", "5° ↻", "0°", "5° ↺", "10° ↺", "15° ↺"]
    assert len(others[7:]) == 12
    assert all("°" in caption for caption in others[7:])


@pytest.mark.slow
def test_each_transform_can_be_in_focus() -> None:
    app = page("augment")
    for key, transform in TRANSFORMS.items():
        app.selectbox(key=held(app, "augment-transform")).set_value(key).run()
        assert not app.exception, key
        assert not app.error, key
        assert any(transform.explanation in markdown.value for markdown in app.markdown)
    app.session_state["recipe-on"] = list(TRANSFORMS)
    app.segmented_control(key=held(app, "augment-view")).set_value("The recipe").run()
    assert not app.exception
    assert len(captions(app)) == 1 + (len(TRANSFORMS) - 1) + 2 + 12  # the border draws nothing and has no picture


def test_the_recipe_keeps_what_was_set_and_its_order(tiny: str) -> None:
    app = page("augment")
    for key in ("zoom", "shear"):
        app.selectbox(key=held(app, "augment-transform")).set_value(key).run()
        app.toggle(key=held(app, f"recipe-in-{key}")).set_value(True).run()
    app.slider(key=held(app, "recipe-shear-shear_range")).set_value(30).run()
    assert app.session_state["recipe-on"] == ["rotation", "shear", "zoom"]
    app.button(key="recipe-up-zoom").click().run()
    assert app.session_state["recipe-on"] == ["rotation", "zoom", "shear"]
    app.button(key="recipe-out-rotation").click().run()
    app.selectbox(key=held(app, "augment-transform")).set_value(
        "noise"
    ).run()  # the sliders of shear are gone, its setting is not
    steps = recipe.loads(app.query_params["recipe"])
    assert steps == (recipe.step("zoom"), recipe.step("shear", shear_range=30))
    app.selectbox(key=held(app, "augment-transform")).set_value("shear").run()
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
    assert app.selectbox(key=held(app, "augment-transform")).value == "gamma"
    assert app.number_input(key=held(app, "augment-seed")).value == 77
    assert app.selectbox(key=held(app, "photo-class-tiny")).value == "frame"
    assert app.number_input(key=held(app, "photo-number-tiny-frame")).value == 2
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
    app.session_state["photo-Upload"] = picker.Photo(colour(250, 10, 40), "red.png")
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
    app.slider(key=held(app, "recipe-rotation-rotation_range")).set_value(40).run()
    app.number_input(key=held(app, "augment-seed")).set_value(7).run()
    next(button for button in app.button if button.label == "Train with this recipe").click().run()
    app.switch_page("pages/train.py").run()
    assert app.selectbox(key=held(app, "train-recipe-False")).value == "mine"
    start(app)
    (run,) = look_all()
    assert run.config.recipe == (recipe.step("rotation", rotation_range=40),)
    assert run.config.augmentation_seed == 7
    assert no_worker == ["models.worker"]


def test_an_uploaded_photo_is_shown_and_a_broken_one_named(tiny: str) -> None:
    app = page("augment")
    app.segmented_control(key=held(app, "photo-source")).set_value("Upload").run()
    app.file_uploader(key="photo-upload").upload("shoe.png", encoded(np.full((30, 20, 3), 90, np.uint8), "PNG")).run()
    assert not app.exception
    assert not app.error
    app.file_uploader(key="photo-upload").upload("notes.jpg", b"not a photo at all").run()
    assert not app.exception
    assert any("not a photo" in error.value for error in app.error)
