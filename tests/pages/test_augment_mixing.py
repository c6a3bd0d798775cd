"""Augment with mixed photos: captions, partners, and what the label check says; and the presets that choose steps."""

import io
import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.augment import engine, recipe
from core.augment.presets import PRESETS
from core.augment.transform import Pixels
from core.datasets import adding, catalogue, pack
from core.datasets.partners import PackPartners
from core.photos.photo import Photo
from core.runs.folder import look_all
from pages.augmenting import partners, pictures
from tests.fabricated import saved_model
from tests.pages.augmenting import captions, choose, current_steps, open_link
from tests.pages.conftest import click, follow, key_of, page, start

MIXED = (recipe.step("rotation"), recipe.step("mixup", mixup_alpha=1.0), recipe.step("cutmix"))


def texts(app: AppTest) -> str:
    return " ".join(element.value for element in (*app.caption, *app.markdown, *app.info))


def test_the_pictures_are_those_of_training_and_name_the_partners(tiny: str) -> None:
    app = open_link(recipe=recipe.to_link(MIXED), view="The recipe", seed="3", photo="tiny/bars/2")
    assert current_steps(app) == ("rotation", "mixup", "cutmix")
    views = [caption for caption in captions(app) if caption.startswith("**View ")]
    assert len(views) == pictures.DRAWS
    assert all("MixUp" in caption and "% this photo, " in caption for caption in views)
    assert any("CutMix" in caption for caption in views)
    assert "Mixed in: training photos of **tiny**. Training on it mixes this photo with the same ones." in texts(app)

    dataset = catalogue.load("tiny")
    train = pack.load(dataset, "train", pictures.SIZE)
    row = [i for i, label in enumerate(train.labels) if dataset.classes[label] == "bars"][1]
    path = dataset.folder / train.names[row]
    photo = Photo(path.read_bytes(), path.name, "tiny/bars/2", "bars")
    for view, (file, _, caption) in enumerate(pictures.views(photo, MIXED, 3)):
        pixels, number = train.pixels[row : row + 1], train.numbers[row]
        (seen,) = engine.augment(pixels, number, view, MIXED, 3, partners=PackPartners(train))
        assert np.array_equal(opened(file), seen)
        assert f"**View {view + 1}** {caption}" in views


def opened(file: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(file)))


def test_one_transform_shows_its_range(tiny: str) -> None:
    app = choose(page("augment"), "mixup")
    shares = [caption.split("%")[0] for caption in captions(app)[:7]]
    assert shares[0] == "100"
    assert shares[-1] == "50"
    assert [int(share) for share in shares] == sorted(map(int, shares), reverse=True)
    assert "Mixed in: training photos of **tiny**" in texts(app)
    app = choose(app, "rotation")
    assert "Mixed in" not in texts(app)


def test_another_photo_is_mixed_with_the_chosen_dataset_and_is_no_training_picture(tiny: str) -> None:
    photo = Photo(b"", "mine.jpg")
    assert partners.of(photo, MIXED[:1]) == ""
    assert partners.load("") is None

    def script() -> None:
        import streamlit as st

        from core.augment import recipe
        from pages.augmenting import partners
        from pages.photos.pictures import example

        steps = (recipe.step("mixup"),)
        st.text(partners.of(example("dress", 3), steps))
        partners.note(example("dress", 3), steps)

    app = AppTest.from_function(script).run()
    assert app.text[0].value.startswith("tiny/")
    assert "This photo is not among them, so training has no such picture." in app.caption[0].value


def test_new_photos_in_the_dataset_give_new_pictures(tiny: str, tiny_dataset: Path, tmp_path: Path) -> None:
    folder = tmp_path / "grown"
    shutil.copytree(tiny_dataset, folder)
    adding.add_folder("grown", folder)
    photo = Photo(next((folder / "train" / "bars").glob("*")).read_bytes(), "a", "grown/bars/1", "bars")
    before = partners.of(photo, MIXED)
    shutil.copy(next((folder / "train" / "disc").glob("*")), folder / "train" / "disc" / "one-more.png")
    assert partners.of(photo, MIXED) != before


def test_the_label_check_knows_mixed_labels(tiny: str) -> None:
    saved_model("colours")
    app = open_link(recipe=recipe.to_link(MIXED), focus="cutmix", photo="tiny/bars/1")
    app.session_state["augment-label-check"] = True
    app.run()
    assert not app.exception
    said = texts(app)
    assert "A mixed photo has a mixed label: an answer is right if its class has at least 25% of the label." in said
    assert "Its confidence over the whole range of **cutmix**" in said


def test_the_choice_is_a_setting(tiny: str) -> None:
    app = choose(page("augment"), "choice")
    assert app.slider(key=key_of(app, "transform-choice-choice_count")).value == 1
    assert "This is only a setting. You see its effect when the recipe has several other steps." in texts(app)
    assert current_steps(click(app, "recipe-add-choice")) == ("rotation", "choice")


def test_the_presets_are_offered_and_trained_with(tiny: str, no_worker: list[str]) -> None:
    app = page("augment")
    preset = next(preset for preset in PRESETS if preset.key == "trivial_augment")
    app.selectbox(key=key_of(app, "augment-start-from")).set_value("preset:trivial_augment").run()
    assert "arXiv:2103.10158" in texts(app)
    click(app, "start-from-preset:trivial_augment")
    assert recipe.loads(app.query_params["recipe"]) == preset.recipe
    app.segmented_control(key=key_of(app, "augment-view")).set_value("The recipe").run()
    drawn = [caption for caption in captions(app) if caption.startswith("**View ")]
    assert max(caption.replace("Horizontal flip", "").count(" · ") for caption in drawn) <= 1
    follow(app, "Train with this recipe", "train")
    assert "1 of: rotation" in texts(app)
    start(app)
    (run,) = look_all()
    assert run.config.recipe == preset.recipe


def test_mixing_is_trained_with(tiny: str, no_worker: list[str]) -> None:
    app = open_link(recipe=recipe.to_link(MIXED))
    follow(app, "Train with this recipe", "train")
    assert "rotation, mixup, cutmix" in texts(app).lower()
    start(app)
    (run,) = look_all()
    assert run.config.recipe == MIXED
    assert run.config.views_used == 8
