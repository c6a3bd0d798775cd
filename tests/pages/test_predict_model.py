"""Predict in Streamlit's test runner: the choice of a model and its card."""

from pathlib import Path

from core import photos, words, workspace
from core.answering import shelf
from core.datasets import adding, catalogue, looks
from pages.runs import card_lines
from tests.fabricated import saved_model
from tests.pages.conftest import click, key_of, page
from tests.pages.predicting import RATES, RED, SCORE, ask, captions, model_of, texts


def test_a_new_model_of_other_classes_is_offered_and_takes_over_only_then() -> None:
    saved_model(shelf.STARTER, workspace.SHIPPED_MODELS, validation=0.8)
    few = {"validation": {"accuracy": 8 / 9, "correct": 8, "count": 9}}
    later = "2025-07-01T12:00:00+00:00"
    saved_model("shop", dataset="shop", labels=["red", "green", "boot"], scores=few, created=later)
    app = page("predict")
    assert model_of(app) == shelf.STARTER
    offer = next(text for text in texts(app).splitlines() if "**shop is new.**" in text)
    assert "It knows 3 classes instead of 3 (new\\: boot; no longer known\\: blue)." in offer
    assert "right on 8 of 9" in offer
    assert "9 photos are too few to compare" in offer
    assert "Predictions still come from **starter**." in offer
    click(app, "use-shop")
    assert model_of(app) == "shop"
    assert "is new" not in texts(app)
    assert "**Don't trust its percentages**: they were adjusted on 9 validation photos only" in texts(app)


def test_a_model_chosen_for_a_visit_gives_way_to_the_one_to_use() -> None:
    saved_model(shelf.STARTER, workspace.SHIPPED_MODELS, validation=0.8)
    saved_model("other", dataset="other", labels=["a", "b", "c"], created="2025-06-30T12:00:00+00:00")
    saved_model("shop", dataset="shop", labels=["red", "green", "boot"], created="2025-07-01T12:00:00+00:00")
    app = page("predict")
    app.selectbox(key=key_of(app, "predict-model")).set_value("other").run()
    assert model_of(app) == "other"
    assert "On Home and in the shell, predictions still come from **starter**." in texts(app)
    click(app, "use-shop")
    assert model_of(app) == "shop"


def test_a_declined_model_is_not_offered_again() -> None:
    saved_model(shelf.STARTER, workspace.SHIPPED_MODELS, validation=0.8)
    saved_model("shop", dataset="shop", created="2025-07-01T12:00:00+00:00")
    app = click(page("predict"), "decline-shop")
    assert "is new" not in texts(app)
    assert "is new" not in texts(page("predict"))
    assert shelf.active().name == shelf.STARTER


def test_a_worse_model_of_the_same_photos_is_no_news() -> None:
    saved_model(shelf.STARTER, workspace.SHIPPED_MODELS, validation=0.8)
    saved_model("worse", validation=0.7, created="2025-07-01T12:00:00+00:00")
    assert "is new" not in texts(page("predict"))


def test_a_card_tells_how_often_the_test_photos_were_looked_at(tiny_dataset: Path) -> None:
    scores = {"validation": {"accuracy": 0.5}, "test": {"accuracy": 0.5}}
    saved_model("colours", dataset="tiny", scores=scores)
    assert "looked at" not in texts(page("predict"))  # the dataset is not on this machine
    adding.add_folder("tiny", tiny_dataset)
    looks.note("tiny")
    assert "Test photos looked at once: the more often" in texts(page("predict"))


def test_a_card_tells_how_many_pictures_without_clothes_were_noticed() -> None:
    saved_model("colours", strangers={"noticed": 3, "count": 54})
    assert "Shown 54 drawn pictures without clothes" in texts(page("predict"))
    assert "it said *probably none of these* to 3." in texts(page("predict")).lower()


def test_a_card_tells_how_it_does_on_sessions_that_it_has_not_learned_from() -> None:
    saved_model("colours", held_out={"correct": 45, "count": 50})
    sentence = "Correct on 45 of 50 validation and test photos (90.0%) from sessions that it has no training photo of."
    assert sentence in texts(page("predict"))


def test_a_new_better_model_answers_unless_the_user_chose_another() -> None:
    saved_model("first", validation=0.5)
    app = page("predict")
    assert app.selectbox(key=key_of(app, "predict-model")).value == ""
    assert app.selectbox(key=key_of(app, "predict-model")).options[0] == "The usual model: first"
    assert model_of(app) == "first"
    saved_model("second", validation=0.7)
    assert model_of(app.run()) == "second"
    app.selectbox(key=key_of(app, "predict-model")).set_value("first").run()
    saved_model("third", validation=0.9)
    assert model_of(app.run()) == "first"
    app.switch_page("pages/data.py").run()
    app.switch_page("pages/predict.py").run()
    assert app.selectbox(key=key_of(app, "predict-model")).value == "first"
    assert model_of(app) == "first"
    app.selectbox(key=key_of(app, "predict-model")).set_value("").run()
    assert model_of(app) == "third"
    app.selectbox(key=key_of(app, "predict-model")).set_value("second").run()
    shelf.delete("second")  # in another window
    assert model_of(app.run()) == "third"
    assert app.selectbox(key=key_of(app, "predict-model")).value == ""


def test_a_pinned_model_answers() -> None:
    saved_model("good", validation=0.9)
    saved_model("poor", validation=0.2)
    app = page("predict")
    assert model_of(app) == "good"
    app.selectbox(key=key_of(app, "predict-model")).set_value("poor").run()
    click(app, "pin-poor")
    other = page("predict")
    assert model_of(other) == "poor"
    click(other, "unpin-poor")
    assert model_of(other) == "good"
    assert model_of(app.run()) == "poor"  # chosen here


def test_a_model_can_be_deleted() -> None:
    saved_model("colours")
    app = page("predict")
    app.button(key="delete-model-colours").click().run()
    assert not app.exception
    assert any("No saved model yet" in info.value for info in app.info)


def test_a_damaged_model_is_an_error_and_another_can_be_chosen() -> None:
    saved_model("good", validation=0.2)
    broken = saved_model("broken", validation=0.9)
    (broken / "backbone.tflite").write_bytes(b"no network")
    app = ask(page("predict"), a_png=RED)
    assert any("missing or damaged" in error.value for error in app.error)
    app.selectbox(key=key_of(app, "predict-model")).set_value("good").run()
    assert not app.error
    assert app.subheader[0].value == "Almost certainly a red"


def test_the_card_says_in_plain_words_how_good_the_model_is() -> None:
    scores = {"validation": {**SCORE, "accuracy": 0.9}, "test": SCORE}
    saved_model("colours", scores=scores)
    app = page("predict")
    card = texts(app)
    assert (
        "**Correct on 343 of 372 test photos that it had not seen.** Its true accuracy is probably between 89% and 95%."
        in card
    )
    assert "Measured on the dataset own." in card
    assert "by 3.2 points on average (5.1 before they were adjusted)" in card
    assert "20 of 142 photos of a green taken for a blue; 4 of 104 photos of a red taken for a green" in card
    assert any("It has no name for **other garments** (a hoodie, a blazer)" in c for c in captions(app))
    assert "drawn pictures without clothes" not in card  # nobody has measured it


def test_a_model_without_test_photos_or_details_shows_a_short_card() -> None:
    saved_model("colours")
    card = texts(page("predict"))
    assert "Correct on 50 of 100 validation photos" in card
    assert "slightly too high" in card
    assert "mix-ups" not in card
    assert "points on average" not in card


def test_a_model_of_drawings_warns_about_photos() -> None:
    saved_model("drawn", dataset=catalogue.DRAWN)
    card = texts(page("predict"))
    assert "the built-in drawn garments" in card
    assert "it has never seen one" in card


def test_exact_figures_are_matrix_scores_and_thresholds() -> None:
    saved_model("colours", scores={"validation": SCORE, "test": SCORE}, thresholds_at=RATES)
    app = page("predict")
    assert not app.get("plotly_chart")
    app.toggle(key=key_of(app, "predict-exact-figures")).set_value(True).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 1
    classes, thresholds = (element.value for element in app.dataframe)
    assert list(classes["label"]) == ["red", "green", "blue"]
    assert list(thresholds["rate"]) == [0.01, 0.05, 0.2]
    assert not any("features come from" in caption.value for caption in app.caption)


def test_exact_figures_name_the_model_under_a_model() -> None:
    saved_model("colours", config={"dataset": "own", "backbone": "model:first_try"}, architecture="residual")
    app = page("predict")
    app.toggle(key=key_of(app, "predict-exact-figures")).set_value(True).run()
    assert any("the network of the model first\\_try." in caption.value for caption in app.caption)


def test_the_help_names_the_limits() -> None:
    saved_model("colours")
    explained = page("predict").file_uploader(key="predict-photos").help
    assert photos.limits() in explained
    assert "Nothing is written to the disk" in explained


def test_labels_get_their_article() -> None:
    things = ("a dress", "an apron", "shoes", "outwear", "a uniform", "an undershirt", "a t-shirt", "a Ärmel")
    for thing in things:
        assert words.with_article(thing.split(" ")[-1]) == thing


def test_the_card_of_a_perfect_model_promises_at_most_100() -> None:
    perfect = {**SCORE, "calibration_error": 0.3, "confusion": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}
    saved_model("colours", scores={"validation": perfect, "test": perfect}, labels=["a", "b", "c"])
    model = shelf.model("colours")
    (line,) = (line for line in card_lines.of(model, "test", model.card.scores.test) if "percentages" in line)
    assert "Of 100 answers with 80%, about 50 to 100 are correct" in line
