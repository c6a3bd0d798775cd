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
from tests.pages.conftest import APP, colour, follow, held, page, start


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
    app.session_state["recipe"] = tuple(TRANSFORMS)
    app.segmented_control(key=held(app, "augment-view")).set_value("The recipe").run()
    assert not app.exception
    assert len(captions(app)) == 1 + (len(TRANSFORMS) - 1) + 2 + 12  # the border draws nothing and has no picture


def choose(app: AppTest, transform: str) -> AppTest:
    app.selectbox(key=held(app, "augment-transform")).set_value(transform).run()
    assert not app.exception
    return app


def click(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def steps_in_hand(app: AppTest) -> tuple[str, ...]:
    """The recipe's transforms as the page lists them, which are those of the session and of the address."""
    keys: tuple[str, ...] = app.session_state["recipe"]
    assert [button.key for button in app.button if (button.key or "").startswith("recipe-show-")] == [
        f"recipe-show-{key}" for key in keys
    ]
    assert tuple(step.transform.key for step in recipe.loads(app.query_params["recipe"])) == keys
    return keys


def opened(**query: str) -> AppTest:
    """The page in a new session, opened by a link with these parameters."""
    app = AppTest.from_file(APP, default_timeout=30).run()
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page("pages/augment.py").run()
    assert not app.exception
    return app


def test_the_recipe_keeps_what_was_set_and_its_order(tiny: str) -> None:
    app = page("augment")
    for key in ("zoom", "shear"):
        assert not choose(app, key).button(key=f"recipe-add-{key}").disabled
        assert click(app, f"recipe-add-{key}").button(key=f"recipe-add-{key}").disabled
    app.slider(key=held(app, "transform-shear-shear_range")).set_value(30).run()
    assert steps_in_hand(app) == ("rotation", "shear", "zoom")
    assert steps_in_hand(click(app, "recipe-up-zoom")) == ("rotation", "zoom", "shear")
    click(app, "recipe-remove-rotation")
    choose(app, "noise")  # the sliders of shear are gone, its setting is not
    steps = recipe.loads(app.query_params["recipe"])
    assert steps == (recipe.step("zoom"), recipe.step("shear", shear_range=30))
    click(app, "recipe-show-shear")
    assert app.selectbox(key=held(app, "augment-transform")).value == "shear"
    assert app.slider(key=held(app, "transform-shear-shear_range")).value == 30
    click(app, "transform-reset-shear")
    assert app.slider(key=held(app, "transform-shear-shear_range")).value == 10
    assert recipe.loads(app.query_params["recipe"])[1] == recipe.step("shear")


FOUR = (
    recipe.step("rotation", rotation_range=25),
    recipe.step("shear", shear_range=12),
    recipe.step("horizontal_flip"),
    recipe.step("black_patch", 0.5),
)


def test_looking_at_a_transform_never_changes_the_recipe(tiny: str, no_worker: list[str]) -> None:
    app = opened(recipe=recipe.to_link(FOUR), focus="rotation")
    for key in ("noise", "zoom", "rotation", "noise"):
        choose(app, key)
        assert recipe.loads(app.query_params["recipe"]) == FOUR
    app.switch_page("pages/train.py").run()
    app.query_params.clear()
    app.switch_page("pages/augment.py").run()
    assert app.selectbox(key=held(app, "augment-transform")).value == "noise"
    assert steps_in_hand(app) == tuple(step.transform.key for step in FOUR)
    assert recipe.loads(app.query_params["recipe"]) == FOUR
    follow(app, "Train with this recipe", "train")
    start(app)
    (run,) = look_all()
    assert run.config.recipe == FOUR


def test_each_transform_that_is_added_is_in_the_recipe(tiny: str) -> None:
    app = page("augment")
    added = ("shear", "zoom", "noise", "blur", "black_patch", "horizontal_flip")
    for count, key in enumerate(added, start=1):
        click(choose(app, key), f"recipe-add-{key}")
        assert set(steps_in_hand(app)) == {"rotation", *added[:count]}
    order = list(TRANSFORMS)
    assert list(steps_in_hand(app)) == sorted(["rotation", *added], key=order.index)
    for key in added:
        click(app, f"recipe-remove-{key}")
        assert key not in steps_in_hand(app)
    click(choose(app, "noise"), "recipe-remove-rotation")
    assert steps_in_hand(app) == ()
    for _ in range(4):  # taken out and put back, as often as one likes
        assert steps_in_hand(click(app, "recipe-add-noise")) == ("noise",)
        assert steps_in_hand(click(app, "recipe-remove-noise")) == ()


def test_an_act_on_the_recipe_that_is_delivered_twice_does_no_more() -> None:
    def script() -> None:
        import streamlit as st

        from core.augment import recipe
        from core.augment.presets import PRESETS
        from pages.frame import current_recipe
        from pages.frame import session

        course = next(preset.recipe for preset in PRESETS if preset.key == "course")
        acts = [
            lambda: current_recipe.add("shear"),
            lambda: current_recipe.add("noise"),
            lambda: current_recipe.add("zoom"),
            lambda: current_recipe.move_before("zoom", "rotation"),
            lambda: current_recipe.move_before("shear", "zoom"),
            lambda: current_recipe.move_before("flip of no such name", "zoom"),
            lambda: current_recipe.move_before("zoom", "zoom"),
            lambda: current_recipe.remove("rotation"),
            lambda: current_recipe.remove("blur"),
            lambda: current_recipe.put((*course, recipe.step("blur", 0.5))),
            lambda: current_recipe.reset("blur"),
            lambda: current_recipe.put(()),
        ]
        seen = []
        for act in acts:
            act()
            once = current_recipe.steps(), session.RECIPE.get(), session.TRANSFORM.get(current_recipe.FIRST)
            act()
            assert (current_recipe.steps(), session.RECIPE.get(), session.TRANSFORM.get(current_recipe.FIRST)) == once
            seen.append(once[1])
        st.session_state["seen"] = seen

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    course = ("shear", "zoom", "horizontal_flip")
    assert app.session_state["seen"] == [
        ("rotation", "shear"),
        ("rotation", "shear", "noise"),
        ("rotation", "shear", "zoom", "noise"),
        ("zoom", "rotation", "shear", "noise"),
        *[("shear", "zoom", "rotation", "noise")] * 3,
        *[("shear", "zoom", "noise")] * 2,
        *[(*course, "blur")] * 2,
        (),
    ]


def test_an_act_on_the_recipe_finds_the_one_before_it_done() -> None:
    """Clicks that follow each other before the page is drawn."""

    def script() -> None:
        import streamlit as st

        from core.augment import recipe
        from core.augment.presets import PRESETS
        from pages.frame import current_recipe

        course = next(preset.recipe for preset in PRESETS if preset.key == "course")
        seen = []
        for act in (
            lambda: current_recipe.add("blur"),
            lambda: current_recipe.remove("zoom"),
            lambda: current_recipe.move_before("zoom", "shear"),
            lambda: current_recipe.reset("shear"),
            lambda: current_recipe.put((*course, recipe.step("noise"))),
        ):
            current_recipe.put((recipe.step("rotation", rotation_range=77),))
            current_recipe.steps()
            current_recipe.put(course)
            act()
            seen.append(tuple(step.transform.key for step in current_recipe.steps()))
        st.session_state["seen"] = seen

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    assert app.session_state["seen"] == [
        ("shear", "zoom", "horizontal_flip", "blur"),
        ("shear", "horizontal_flip"),
        ("zoom", "shear", "horizontal_flip"),
        ("shear", "zoom", "horizontal_flip"),
        ("shear", "zoom", "horizontal_flip", "noise"),
    ]


def test_a_link_restores_recipe_seed_focus_and_photo(tiny: str) -> None:
    steps = (
        recipe.step("black_patch", 0.4, patch_fill="white"),
        recipe.step("brightness", brightness_range=(0.5, 1.5)),
    )
    app = opened(recipe=recipe.to_link(steps), seed="77", focus="gamma", photo="tiny/frame/2", view="The recipe")
    for _ in range(2):  # the first and every later run
        assert app.selectbox(key=held(app, "augment-transform")).value == "gamma"
        assert app.number_input(key=held(app, "augment-seed")).value == 77
        assert app.segmented_control(key=held(app, "augment-view")).value == "The recipe"
        assert app.selectbox(key=held(app, "photo-class-tiny")).value == "frame"
        assert app.number_input(key=held(app, "photo-number-tiny-frame")).value == 2
        assert recipe.loads(app.query_params["recipe"]) == steps
        app.query_params["recipe"] = "nonsense"  # the address no longer counts
        app.run()


SENSELESS = [
    {"recipe": "nonsense"}, {"recipe": '[{"transform": "none such"}]'}, {"seed": "-1"}, {"focus": "none such"},
    {"photo": "nowhere/dress/3"}, {"photo": "tiny/no-class/x"}, {"photo": "///"}, {"view": "none such"},
]  # fmt: skip


def test_a_link_that_makes_no_sense_leaves_a_page_that_works(tiny: str) -> None:
    for query in SENSELESS:
        app = opened(**query)
        assert len(captions(app)) == 20, query
        assert bool(app.error) == ("recipe" in query), query
        assert steps_in_hand(app) == ("rotation",), query


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
        fed = engine.augment(
            photos_packed.pixels[[chosen]], numbers, epoch, settings.recipe, settings.augmentation_seed
        )
        seen = np.asarray(Image.open(io.BytesIO(preview.encode(one.pixels))))
        np.testing.assert_array_equal(seen, fed[0])


def test_presets_and_saved_recipes(tiny: str) -> None:
    app = page("augment")
    start_from = next(box for box in app.selectbox if box.label == "Start from")
    start_from.set_value("preset:course").run()
    next(button for button in app.button if button.label == "Use it").click().run()
    assert steps_in_hand(app) == ("shear", "zoom", "horizontal_flip")
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
    app.session_state["recipe"] = ("inversion",)
    app.session_state["transform-inversion-probability"] = 1.0
    app.session_state["augment-label-check"] = True
    app.session_state["photo-source"] = "Upload"
    app.session_state["own-photos"] = {"Upload": picker.Photo(colour(250, 10, 40), "red.png")}
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
    app.slider(key=held(app, "transform-rotation-rotation_range")).set_value(40).run()
    app.number_input(key=held(app, "augment-seed")).set_value(7).run()
    follow(app, "Train with this recipe", "train")
    assert app.selectbox(key=held(app, "train-recipe-False")).value == "augment"
    start(app)
    (run,) = look_all()
    assert run.config.recipe == (recipe.step("rotation", rotation_range=40),)
    assert run.config.augmentation_seed == 7
    assert no_worker == ["models.worker"]


def test_an_empty_recipe_leads_nowhere(tiny: str) -> None:
    app = click(page("augment"), "recipe-remove-rotation")
    (button,) = (each for each in app.button if each.label == "Train with this recipe")
    assert button.disabled


def test_the_form_s_recipe_is_changed_on_augment_and_used_as_it_is_there(tiny: str, no_worker: list[str]) -> None:
    app = page("train")
    app.selectbox(key=held(app, "train-recipe-False")).set_value("course").run()
    follow(app, "View or change the recipe", "augment")
    assert steps_in_hand(app) == ("shear", "zoom", "horizontal_flip")
    click(app, "recipe-remove-zoom")
    app.slider(key=held(app, "transform-shear-shear_range")).set_value(33).run()
    app.switch_page("pages/train.py").run()
    assert app.selectbox(key=held(app, "train-recipe-False")).value == "augment"
    start(app)
    (run,) = look_all()
    assert run.config.recipe == (recipe.step("shear", shear_range=33), recipe.step("horizontal_flip"))
    follow(app, "View or change the recipe", "augment")  # once more: what is in hand stays
    assert steps_in_hand(app) == ("shear", "horizontal_flip")


def test_an_uploaded_photo_is_shown_and_a_broken_one_named(tiny: str) -> None:
    app = page("augment")
    app.segmented_control(key=held(app, "photo-source")).set_value("Upload").run()
    app.file_uploader(key="photo-upload").upload("shoe.png", encoded(np.full((30, 20, 3), 90, np.uint8), "PNG")).run()
    assert not app.exception
    assert not app.error
    app.file_uploader(key="photo-upload").upload("notes.jpg", b"not a photo at all").run()
    assert not app.exception
    assert any("not a photo" in error.value for error in app.error)
