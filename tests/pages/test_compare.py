"""Compare: one dataset at a time, and how much of a gap is luck."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.datasets import adding, managing
from core.runs.comparison import Comparison
from core.runs.folder import look_all
from pages.comparing import luck
from tests.pages.conftest import finished_run, key_of, page


def test_runs_of_different_datasets_are_never_mixed(tiny: str, tiny_dataset: Path) -> None:
    adding.add_folder("other", tiny_dataset)
    finished_run(tiny, name="here")
    finished_run("other", name="there")
    app = page("compare")
    assert list(app.dataframe[0].value["Run"]) == ["there"]  # the newest run's dataset
    app.selectbox(key=key_of(app, "compare-dataset")).set_value("tiny").run()
    assert not app.exception
    assert list(app.dataframe[0].value["Run"]) == ["here"]


def test_the_number_of_looks_at_the_test_photos_stands_below_the_table(tiny: str) -> None:
    run_id = finished_run(tiny)
    finished_run(tiny)
    assert "Test photos looked at 2 times" in "".join(caption.value for caption in page("compare").caption)
    managing.remove(tiny)
    assert "looked at" not in "".join(caption.value for caption in page("compare").caption)
    assert run_id in {run.id for run in look_all()}


def test_with_one_dataset_there_is_no_choice(tiny: str) -> None:
    finished_run(tiny)
    assert not page("compare").selectbox


def test_fine_tuning_has_a_column(tiny: str) -> None:
    for tuning in (None, {}, {"blocks": 1, "epochs": 1}):
        finished_run(tiny, fine_tune=tuning)
    expected = ["last 1 block, 1 epoch", "whole backbone, 10 epochs", "no"]  # the newest first
    assert list(page("compare").dataframe[0].value["Fine-tuned"]) == expected


def test_a_comparison_photo_by_photo_in_words() -> None:
    comparison = Comparison((312, 309), (372, 372), only=(10, 7), chance=0.629)
    assert luck.sentence("a_b", "c", comparison) == (
        "**a\\_b** is 3 test photos ahead of **c** (312 and 309 of 372): **may well be luck**. The first got 10 photos "
        "right that the second got wrong; the second got 7 right that the first got wrong. Equally good models differ "
        "at least this much in 63 of 100 cases."
    )
    clear = luck.sentence("a", "b", Comparison((340, 309), (372, 372), only=(31, 0), chance=1e-9))
    assert "31 test photos ahead of" in clear
    assert "**more than luck**" in clear
    assert "fewer than 1 of 100" in clear


def test_a_comparison_by_counts_in_words() -> None:
    sentence = luck.sentence("a", "b", Comparison((308, 309), (372, 372), interval=(-0.055, 0.049)))
    assert "**a** is 1 test photo behind **b** (308 and 309 of 372): **may well be luck**" in sentence
    assert "between -5.5 and +4.9 points" in sentence
    assert "got as many test photos right as" in luck.sentence("a", "b", Comparison((3, 3), (4, 4), interval=(-1, 1)))
    apart = luck.sentence("a", "b", Comparison((56, 48), (70, 80), interval=(0.0524, 0.3339)))
    assert "is 20.0 points ahead of **b** (56 of 70 and 48 of 80): **more than luck**" in apart


def test_the_best_on_validation_is_compared_with_the_others(tiny: str) -> None:
    def script() -> None:
        from core.runs.folder import look_all
        from pages.comparing import luck

        luck.show(look_all())

    for name in ("a", "b", "c"):
        finished_run(tiny, name=name)
    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    (markdown,) = app.markdown
    assert markdown.value.count("got as many test photos right as") == 2
    assert "Of twenty comparisons" in app.caption[0].value
