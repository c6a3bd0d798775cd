"""Augment: one transform, the recipe and its changes."""

import pytest
from streamlit.testing.v1 import AppTest

from core.augment import recipe
from core.augment.catalogue import TRANSFORMS
from core.runs.folder import look_all
from tests.fabricated import saved_model
from tests.pages.augmenting import captions, choose, current_steps, open_link
from tests.pages.conftest import click, follow, key_of, page, start


def test_augment_shows_the_range_of_a_transform_and_twelve_draws(tiny: str) -> None:
    app = page("augment")
    others = captions(app)
    assert others[:7] == ["15° ↻", "10° ↻", "5° ↻", "0°", "5° ↺", "10° ↺", "15° ↺"]
    assert len(others[7:]) == 12
    assert all("°" in caption for caption in others[7:])


@pytest.mark.slow
def test_each_transform_can_be_selected() -> None:
    app = page("augment")
    for key, transform in TRANSFORMS.items():
        app.selectbox(key=key_of(app, "augment-transform")).set_value(key).run()
        assert not app.exception, key
        assert not app.error, key
        assert any(transform.explanation in markdown.value for markdown in app.markdown)
    app.session_state["recipe"] = tuple(key for key in TRANSFORMS if key != "choice")  # it would leave most steps out
    app.segmented_control(key=key_of(app, "augment-view")).set_value("The recipe").run()
    assert not app.exception
    assert len(captions(app)) == (len(TRANSFORMS) - 2) + 2 + 12  # neither has the border a picture


def test_the_recipe_keeps_what_was_set_and_its_order(tiny: str) -> None:
    app = page("augment")
    for key in ("zoom", "shear"):
        assert not choose(app, key).button(key=f"recipe-add-{key}").disabled
        assert click(app, f"recipe-add-{key}").button(key=f"recipe-add-{key}").disabled
    app.slider(key=key_of(app, "transform-shear-shear_range")).set_value(30).run()
    assert current_steps(app) == ("rotation", "shear", "zoom")
    assert current_steps(click(app, "recipe-up-zoom")) == ("rotation", "zoom", "shear")
    click(app, "recipe-remove-rotation")
    choose(app, "noise")  # the sliders of shear are gone, but not its setting
    steps = recipe.loads(app.query_params["recipe"])
    assert steps == (recipe.step("zoom"), recipe.step("shear", shear_range=30))
    click(app, "recipe-show-shear")
    assert app.selectbox(key=key_of(app, "augment-transform")).value == "shear"
    assert app.slider(key=key_of(app, "transform-shear-shear_range")).value == 30
    click(app, "transform-reset-shear")
    assert app.slider(key=key_of(app, "transform-shear-shear_range")).value == 10
    assert recipe.loads(app.query_params["recipe"])[1] == recipe.step("shear")


FOUR = (
    recipe.step("rotation", rotation_range=25),
    recipe.step("shear", shear_range=12),
    recipe.step("horizontal_flip"),
    recipe.step("black_patch", 0.5),
)


def test_looking_at_a_transform_never_changes_the_recipe(tiny: str, no_worker: list[str]) -> None:
    app = open_link(recipe=recipe.to_link(FOUR), focus="rotation")
    for key in ("noise", "zoom", "rotation", "noise"):
        choose(app, key)
        assert recipe.loads(app.query_params["recipe"]) == FOUR
    app.switch_page("pages/train.py").run()
    app.query_params.clear()
    app.switch_page("pages/augment.py").run()
    assert app.selectbox(key=key_of(app, "augment-transform")).value == "noise"
    assert current_steps(app) == tuple(step.transform.key for step in FOUR)
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
        assert set(current_steps(app)) == {"rotation", *added[:count]}
    order = list(TRANSFORMS)
    assert list(current_steps(app)) == sorted(["rotation", *added], key=order.index)
    for key in added:
        click(app, f"recipe-remove-{key}")
        assert key not in current_steps(app)
    click(choose(app, "noise"), "recipe-remove-rotation")
    assert current_steps(app) == ()
    for _ in range(4):  # removed and added again
        assert current_steps(click(app, "recipe-add-noise")) == ("noise",)
        assert current_steps(click(app, "recipe-remove-noise")) == ()


def test_a_change_of_the_recipe_that_arrives_twice_does_no_more() -> None:
    def script() -> None:
        import streamlit as st

        from core.augment import recipe
        from core.augment.presets import PRESETS
        from pages.frame import current_recipe, session

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
        results = []
        for act in acts:
            act()
            once = current_recipe.steps(), session.RECIPE.get(), session.TRANSFORM.get(current_recipe.FIRST)
            act()
            assert (current_recipe.steps(), session.RECIPE.get(), session.TRANSFORM.get(current_recipe.FIRST)) == once
            results.append(once[1])
        st.session_state["results"] = results

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    course = ("shear", "zoom", "horizontal_flip")
    assert app.session_state["results"] == [
        ("rotation", "shear"),
        ("rotation", "shear", "noise"),
        ("rotation", "shear", "zoom", "noise"),
        ("zoom", "rotation", "shear", "noise"),
        *[("shear", "zoom", "rotation", "noise")] * 3,
        *[("shear", "zoom", "noise")] * 2,
        *[(*course, "blur")] * 2,
        (),
    ]


def test_a_change_of_the_recipe_comes_after_the_previous_change() -> None:
    """Several clicks before the page is drawn."""

    def script() -> None:
        import streamlit as st

        from core.augment import recipe
        from core.augment.presets import PRESETS
        from pages.frame import current_recipe

        course = next(preset.recipe for preset in PRESETS if preset.key == "course")
        results = []
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
            results.append(tuple(step.transform.key for step in current_recipe.steps()))
        st.session_state["results"] = results

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    assert app.session_state["results"] == [
        ("shear", "zoom", "horizontal_flip", "blur"),
        ("shear", "horizontal_flip"),
        ("zoom", "shear", "horizontal_flip"),
        ("shear", "zoom", "horizontal_flip"),
        ("shear", "zoom", "horizontal_flip", "noise"),
    ]


# Does the label survive?


def label_check(app: AppTest) -> str:
    """The sentence about the model's answers, with the expander open."""
    app.session_state["augment-label-check"] = True
    app.run()
    assert not app.exception
    return next(text.value for text in app.markdown if "The model **" in text.value)


def test_the_label_check_names_the_true_class_and_lets_one_choose_the_model(tiny: str) -> None:
    saved_model("colours", created="2025-07-02T12:00:00+00:00")
    assert "It does not know the class *bars*" in label_check(page("augment"))
    saved_model("shop", dataset="shop", labels=["bars", "hat", "boot"])
    app = page("augment")
    text = label_check(app)
    assert text.startswith("The photo shows **bars**. The model **shop** ")
    app.selectbox(key=key_of(app, "augment-label-model")).set_value("colours").run()
    assert "The model **colours** thinks the photo shows" in label_check(app)
