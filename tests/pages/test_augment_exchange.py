"""Augment: links, presets, the label check, the export, the way to Train and back, uploads."""

import io

import numpy as np
from PIL import Image

from core import photos
from core.augment import engine, preview, recipe, saved
from core.augment.code.targets import TARGETS
from core.augment.presets import PRESETS
from core.datasets import catalogue
from core.runs.config import config
from core.runs.folder import look_all
from pages.photos import picker
from tests.conftest import encoded
from tests.fabricated import saved_model
from tests.pages.augmenting import captions, current_steps, open_link
from tests.pages.conftest import click, colour, follow, key_of, page, start


def test_a_link_restores_recipe_seed_focus_and_photo(tiny: str) -> None:
    steps = (
        recipe.step("black_patch", 0.4, patch_fill="white"),
        recipe.step("brightness", brightness_range=(0.5, 1.5)),
    )
    app = open_link(recipe=recipe.to_link(steps), seed="77", focus="gamma", photo="tiny/frame/2", view="The recipe")
    for _ in range(2):  # the first and every later run
        assert app.selectbox(key=key_of(app, "augment-transform")).value == "gamma"
        assert app.number_input(key=key_of(app, "augment-seed")).value == 77
        assert app.segmented_control(key=key_of(app, "augment-view")).value == "The recipe"
        assert app.selectbox(key=key_of(app, "photo-class-tiny")).value == "frame"
        assert app.number_input(key=key_of(app, "photo-number-tiny-frame")).value == 2
        assert recipe.loads(app.query_params["recipe"]) == steps
        app.query_params["recipe"] = "nonsense"  # the address has no effect any more
        app.run()


SENSELESS = [
    {"recipe": "nonsense"}, {"recipe": '[{"transform": "none such"}]'}, {"seed": "-1"}, {"focus": "none such"},
    {"photo": "nowhere/dress/3"}, {"photo": "tiny/no-class/x"}, {"photo": "///"}, {"view": "none such"},
]  # fmt: skip


def test_an_invalid_link_gives_a_page_that_works(tiny: str) -> None:
    for query in SENSELESS:
        app = open_link(**query)
        assert len(captions(app)) == 19, query
        assert bool(app.error) == ("recipe" in query), query
        assert current_steps(app) == ("rotation",), query


def test_the_page_s_pixels_are_those_of_the_training_feed(tiny: str) -> None:
    """The files that the page shows for epochs 1 to 12, decoded, against what the feed gives in epochs 0 to 11."""
    from core.datasets import pack

    steps = (recipe.step("rotation", rotation_range=30), recipe.step("noise"), recipe.step("black_patch"))
    settings = config(dataset=tiny, image_size=299, recipe=recipe.to_json(steps), augmentation_seed=5, epochs=12)
    photos_packed = pack.load(catalogue.load(tiny), "train", 299)
    chosen = 4
    data = (catalogue.load(tiny).splits["train"].paths[chosen]).read_bytes()
    numbers = photos_packed.numbers[[chosen]]
    views = preview.draws(photos.square(data, 299), int(numbers[0]), steps, 5, 12)
    for epoch, view in enumerate(views):
        fed = engine.augment(
            photos_packed.pixels[[chosen]], numbers, epoch, settings.recipe, settings.augmentation_seed
        )
        pixels = np.asarray(Image.open(io.BytesIO(preview.encode(view.pixels))))
        np.testing.assert_array_equal(pixels, fed[0])


def test_presets_and_saved_recipes(tiny: str) -> None:
    app = page("augment")
    start_from = next(box for box in app.selectbox if box.label == "Start from")
    start_from.set_value("preset:course").run()
    next(button for button in app.button if button.label == "Use recipe").click().run()
    assert current_steps(app) == ("shear", "zoom", "horizontal_flip")
    next(box for box in app.text_input if box.label == "Save this recipe as").set_value("my recipe").run()
    next(button for button in app.button if button.label == "Save").click().run()
    assert not app.exception
    assert saved.load("my recipe") == next(preset.recipe for preset in PRESETS if preset.key == "course")
    next(box for box in app.selectbox if box.label == "Start from").set_value("saved:my recipe").run()
    next(button for button in app.button if button.label == "Delete recipe").click().run()
    assert saved.names() == []


def test_the_model_s_answer_to_each_draw() -> None:
    saved_model("colours")
    app = page("augment")
    app.session_state["recipe"] = ("inversion",)
    app.session_state["transform-inversion-probability"] = 1.0
    app.session_state["augment-label-check"] = True
    app.session_state["photo-source"] = "Upload"
    app.session_state["own-photos"] = {"Upload": picker.Photo(colour(250, 10, 40), "red.png")}
    app.run()
    assert not app.exception
    texts = [element.value for element in app.markdown]
    assert any("12 of 12 draws of the recipe change its answer" in text for text in texts), texts
    assert sum("✗" in caption for caption in captions(app)) == 12


def test_the_exported_code(tiny: str) -> None:
    """Each tab shows what its target is for and the code for the recipe, and offers it as a file."""
    app = page("augment")
    app.session_state["augment-export"] = True
    app.number_input(key=key_of(app, "augment-seed")).set_value(7).run()
    for target in TARGETS.values():
        app.session_state["augment-export-tab"] = target.label
        app.run()
        assert not app.exception
        shown = [block.value for block in app.code]
        assert target.source((recipe.step("rotation"),), 7, 299).rstrip() in [text.rstrip() for text in shown]
        assert target.sentence in [element.value for element in app.markdown]
        assert f"Download {target.file_name}" in [button.label for button in app.get("download_button")]


def test_a_recipe_goes_to_train_and_into_the_run(tiny: str, no_worker: list[str]) -> None:
    app = page("augment")
    app.slider(key=key_of(app, "transform-rotation-rotation_range")).set_value(40).run()
    app.number_input(key=key_of(app, "augment-seed")).set_value(7).run()
    follow(app, "Train with this recipe", "train")
    assert app.selectbox(key=key_of(app, "train-recipe-False")).value == "augment"
    start(app)
    (run,) = look_all()
    assert run.config.recipe == (recipe.step("rotation", rotation_range=40),)
    assert run.config.augmentation_seed == 7
    assert no_worker == ["models.worker"]


def test_one_button_trains_with_and_without_the_recipe(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    app.slider(key=key_of(app, "train-dropout")).set_value(0.5).run()
    app.switch_page("pages/augment.py").run()
    app.slider(key=key_of(app, "transform-rotation-rotation_range")).set_value(40).run()
    app.number_input(key=key_of(app, "augment-seed")).set_value(7).run()
    follow(app, "Train with and without it", "train")
    app.run()  # a later run of the page starts nothing again
    with_it, without = look_all()
    assert (without.name, with_it.name) == ("without augmentation", "with augmentation")
    assert (without.config.recipe, with_it.config.recipe) == ((), (recipe.step("rotation", rotation_range=40),))
    for run in (with_it, without):
        assert (run.config.dropout, run.config.augmentation_seed, run.config.dataset) == (0.5, 7, tiny)
        assert run.notes.study_name == "With and without rotation"
    different = {"name", "recipe"}
    assert with_it.config.model_dump(exclude=different) == without.config.model_dump(exclude=different)
    assert set(no_worker) == {"models.worker"}
    assert any("**With and without rotation**, 2 runs on tiny" in each.value for each in app.markdown)


def test_a_comparison_that_can_not_start_says_why_on_train(tiny: str) -> None:
    app = page("augment")
    app.slider(key=key_of(app, "transform-rotation-probability")).set_value(0.0).run()
    follow(app, "Train with and without it", "train")
    assert not look_all()
    assert any("needs a recipe that changes photos" in error.value for error in app.error)


def test_an_empty_recipe_can_not_be_trained(tiny: str) -> None:
    app = click(page("augment"), "recipe-remove-rotation")
    for label in ("Train with this recipe", "Train with and without it"):
        (button,) = (button for button in app.button if button.label == label)
        assert button.disabled
        assert button.help.startswith("The recipe is empty. Add a transform first")


def test_the_form_uses_the_recipe_as_changed_on_augment(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    app.selectbox(key=key_of(app, "train-recipe-False")).set_value("course").run()
    follow(app, "View or change the recipe", "augment")
    assert current_steps(app) == ("shear", "zoom", "horizontal_flip")
    click(app, "recipe-remove-zoom")
    app.slider(key=key_of(app, "transform-shear-shear_range")).set_value(33).run()
    app.switch_page("pages/train.py").run()
    assert app.selectbox(key=key_of(app, "train-recipe-False")).value == "augment"
    start(app)
    (run,) = look_all()
    assert run.config.recipe == (recipe.step("shear", shear_range=33), recipe.step("horizontal_flip"))
    follow(app, "View or change the recipe", "augment")  # again: the current recipe stays
    assert current_steps(app) == ("shear", "horizontal_flip")


def test_an_upload_is_shown_and_a_broken_upload_is_an_error(tiny: str) -> None:
    app = page("augment")
    app.segmented_control(key=key_of(app, "photo-source")).set_value("Upload").run()
    app.file_uploader(key="photo-upload").upload("shoe.png", encoded(np.full((30, 20, 3), 90, np.uint8), "PNG")).run()
    assert not app.exception
    assert not app.error
    app.file_uploader(key="photo-upload").upload("notes.jpg", b"not a photo at all").run()
    assert not app.exception
    assert any("not a photo" in error.value for error in app.error)
