"""The report: all of it inside one file, nothing from outside loose in it, and no run that stops the rest."""

import csv
import html
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from core import photos, workspace
from core.comparing import conclusion
from core.datasets import adding, catalogue, managing
from core.errors import RunError
from core.reporting import choosing, document, export, report, spreadsheet
from core.runs import course, folder, groups, look_count, predictions, queue
from core.runs.config import config
from core.runs.predictions import Predictions
from tests.conftest import TINY_CLASSES, TINY_COUNTS, run_ids
from tests.fabricated import epoch
from tests.fabricated import report as report_fields
from tests.pages.conftest import finished_run

EVIL = "<script>alert(1)</script>"
LOADING = {"src", "srcset", "data", "poster", "background", "action"}  # attributes that make a browser load something
VOID = {"meta", "img", "br"}
INLINE = {"a", "span", "strong"}


class Page(HTMLParser):
    """What a browser finds in a report: elements, text, what they load, and whether they are closed in order."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.handlers: list[str] = []
        self.scripts: list[str] = []
        self.pieces: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loaded += [value or "" for name, value in attributes if name in LOADING or (tag, name) == ("link", "href")]
        self.handlers += [name for name, _ in attributes if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag not in INLINE:
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        (self.scripts if self.open and self.open[-1] == "script" else self.pieces).append(data)

    @property
    def text(self) -> str:
        """The visible text on one line."""
        return " ".join("".join(self.pieces).split())


def look(*ids: str) -> list[folder.Run]:
    return [folder.look(run_id) for run_id in ids]


def page(runs: list[folder.Run], title: str = "A title", **options: bool) -> Page:
    return Page(report.html(runs, title, "A question?", **options))


@pytest.fixture
def tiny(tiny_dataset: Path) -> str:
    return adding.add_folder("tiny", tiny_dataset).name


@pytest.fixture
def pair(tiny: str) -> list[folder.Run]:
    return look(
        finished_run(tiny, name="slow", learning_rate=0.0001), finished_run(tiny, name="fast", learning_rate=0.01)
    )


def failed(dataset: str, name: str) -> str:
    run_id = queue.put(config(dataset=dataset, name=name))
    (workspace.runs() / run_id / "status.json").write_text(
        json.dumps({"phase": "failed", "error": "The memory was too small."})
    )
    return run_id


def with_mistakes(run_id: str, dataset: str) -> None:
    """Give a run of the tiny dataset predictions that call every test photo a disc."""
    root = catalogue.load(dataset).folder
    paths = sorted(root.glob("test/*/*.png"))
    labels = np.array([TINY_CLASSES.index(path.parent.name) for path in paths])
    logits = np.tile(np.array([0, 3, 0], np.float32), (len(paths), 1))
    names = tuple(path.relative_to(root).as_posix() for path in paths)
    keys = tuple(photos.key(path.read_bytes()) for path in paths)
    run = workspace.runs() / run_id
    predictions.write(run, {"test": Predictions(keys, names, labels, logits)})
    count = TINY_COUNTS["test"]
    score = {
        "accuracy": 1 / 3, "correct": count, "count": 3 * count, "interval": [0.1, 0.6],
        "confusion": [[0, count, 0], [0, count, 0], [0, count, 0]],
    }  # fmt: skip
    fields = report_fields(labels=list(TINY_CLASSES), scores={"validation": score, "test": score})
    (run / "report.json").write_text(json.dumps(fields))


def test_everything_is_inside_the_file(pair):
    found = page(pair)
    assert not found.open
    assert not found.loaded
    assert not found.handlers
    assert not {"link", "iframe", "object", "embed", "form", "base"} & set(found.tags)
    source = report.html(pair, "A title", "A question?")
    assert "@import" not in document.STYLE.read_text()
    assert "url(" not in document.STYLE.read_text()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', source)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-")
    assert policy.count("'sha256-") == 2
    assert "http" not in policy
    figures = [json.loads(script) for script in found.scripts if script.startswith("{")]
    assert len(figures) == 4  # loss, accuracy, the learning rate, the matrix
    assert all(figure["data"] for figure in figures)


def test_it_has_every_sentence_of_the_conclusion_and_the_question(pair):
    text = page(pair).text
    found = conclusion.of(pair)
    assert found is not None
    for sentence in (
        found.headline,
        *found.luck,
        *found.same,
        *found.seeds,
        *found.shapes,
        *found.left_out,
        *found.next,
    ):
        assert sentence in text
    assert "A title" in text
    assert "A question?" in text
    assert look_count.sentence("tiny") in text
    for words in ("95 % interval", "McNemar", "Holm", "Learning rate 0.0001, 0.01", "MobileNetV2", "keras"):
        assert words in text, words


def test_texts_from_outside_stay_texts(tiny):
    other = finished_run(tiny, name='"><img src=x onerror=alert(2)>', learning_rate=0.01)
    evil = finished_run(tiny, name=EVIL)
    queue.change_notes(evil, note=f"{EVIL}\nsecond </main> line")
    (workspace.runs() / evil / "report.json").write_text(
        json.dumps(report_fields(labels=[EVIL, "b"], scores={
            split: {"accuracy": 0.75, "correct": 3, "count": 4, "interval": [0.3, 0.95], "confusion": [[2, 0], [1, 1]]}
            for split in ("validation", "test")
        }))
    )  # fmt: skip
    found = page(look(evil, other), title=EVIL)
    assert not found.open
    assert not found.loaded
    assert not found.handlers
    assert found.tags.count("script") == len(found.scripts) == 4 + 2
    assert not any("alert(" in script and not script.startswith("{") for script in found.scripts)
    figures = [script for script in found.scripts if script.startswith("{")]
    assert any("\\u0026lt;script" in script for script in figures)  # Plotly gets it escaped once more
    assert found.text.count(EVIL) >= 4
    assert "second </main> line" in found.text


def test_a_failed_run_is_named_with_its_reason(pair, tiny):
    run_id = failed(tiny, "broken one")
    text = page([*pair, *look(run_id)]).text
    assert text.count("broken one") >= 2
    assert "'broken one' can't be compared (failed): The memory was too small." in text  # the conclusion's words
    alone = page(look(run_id)).text
    assert "'broken one' failed before its first epoch: The memory was too small." in alone
    assert "so there are no curves" in alone


@pytest.mark.parametrize("state", ["queued", "stopped", "interrupted"])
def test_a_run_without_curves_stops_nothing(pair, tiny, state):
    run_id = queue.put(config(dataset=tiny, name="other"))
    if state == "stopped":
        (workspace.runs() / run_id / "stop").touch()
    elif state == "interrupted":
        (workspace.runs() / run_id / "status.json").write_text('{"phase": "running"}')
    text = page([*look(run_id), *pair]).text
    words = {
        "queued": "has not started yet",
        "stopped": "can't be compared (stopped)",
        "interrupted": "was interrupted",
    }
    assert f"'other' {words[state]}" in text
    assert "'fast'" in text


def test_a_damaged_report_is_a_sentence_and_the_rest_stays(pair, tiny):
    damaged = finished_run(tiny, name="third", dropout=0.8)
    (workspace.runs() / damaged / "report.json").write_text("{")
    metrics = workspace.runs() / damaged / "metrics.jsonl"
    metrics.write_text(f'{metrics.read_text()}{{"val_loss": \n{epoch(9).model_dump_json()}\n')
    text = page([*pair, *look(damaged)]).text
    assert "The scores of 'third' can't be read, so it is left out." in text
    assert "1 line of the curves of 'third' can't be read, so those epochs are missing." in text
    assert conclusion.of(pair).headline in text


def test_a_dataset_that_is_gone_or_has_other_classes_is_a_sentence(pair, tiny):
    text = page(pair, with_pictures=True).text
    assert "The classes of 'tiny' have changed since 'slow', 'fast' were trained" in text
    managing.remove(tiny)
    text = page(pair, with_pictures=True).text
    assert "The dataset 'tiny' is not on this machine any more." in text
    assert "'fast'" in text


def test_pictures_are_embedded_only_on_request(pair, tiny):
    for run in pair:
        with_mistakes(run.id, tiny)
    assert "img" not in page(pair).tags
    found = page(pair, with_pictures=True)
    assert found.tags.count("img") == len(found.loaded) == 6  # of nine photos, three are discs
    assert all(address.startswith("data:image/jpeg;base64,") for address in found.loaded)
    assert "bars, answered disc" in found.text
    (gone, *_) = sorted(catalogue.load(tiny).folder.glob("test/bars/*.png"))
    gone.write_bytes(sorted(catalogue.load(tiny).folder.glob("test/disc/*.png"))[0].read_bytes())
    found = page(pair, with_pictures=True)
    assert found.tags.count("img") == 5
    assert "The photo is gone or has changed." in found.text


def test_without_stored_answers_pictures_are_a_sentence(pair):
    assert "The answers to each photo are not stored" in page(pair, with_pictures=True).text


def test_the_course_s_figures_have_their_footnote(tiny):
    ids = [
        finished_run(
            tiny, name=f"learning rate {rate:g}", learning_rate=rate, study="learning-rates-20260101-000000000000"
        )
        for rate in (0.001, 0.01)
    ]
    text = page(look(*ids)).text
    assert f"{course.COLUMN}*" in text
    assert "83.0%" in text
    assert (
        html.unescape(f"* {course.NAME}'s figures are the best validation accuracies in its notebook: Xception") in text
    )
    other = page(look(finished_run(tiny, name="mine"))).text
    assert course.NAME not in other.replace("adds one of 100", "")


def test_runs_of_several_datasets_or_none_are_refused(pair, tiny_dataset):
    adding.add_folder("other", tiny_dataset)
    with pytest.raises(RunError, match="must be on the same dataset, got 'tiny', 'other'"):
        page([*pair, *look(finished_run("other"))])
    with pytest.raises(RunError, match="at least one run"):
        page([])


def test_many_runs_and_settings_find_room(tiny):
    ids = [
        finished_run(tiny, name=f"run {number} with a long name", dropout=number / 20, seed=number, epochs=number + 1)
        for number in range(10)
    ]
    found = page(look(*ids))
    assert "The best 8 of 10 runs." in found.text
    assert sum(script.startswith("{") for script in found.scripts) == 2 + 2 + 1  # without one for the seeds


def test_the_table_has_plain_columns(pair, tiny):
    evil = finished_run(tiny, name="=1+1", dense_layers=(100, 50), recipe=[{"transform": "rotation"}])
    runs = [*pair, *look(evil, failed(tiny, "broken"))]
    text = report.csv(runs)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["name"] for row in rows] == ["slow", "fast", "'=1+1", "broken"]
    first, _, third, last = rows
    assert first["id"] == pair[0].id
    assert (first["learning_rate"], first["dropout"], first["state"]) == ("0.0001", "0.2", "done")
    assert (first["test_accuracy"], first["test_correct"], first["test_count"]) == ("0.75", "3", "4")
    assert (first["test_low"], first["test_high"], first["seconds"]) == ("0.3", "0.95", "3.0")
    assert first["validation_accuracy"] == "0.6"
    assert json.loads(third["dense_layers"]) == [100, 50]
    assert json.loads(third["recipe"])[0]["transform"] == "rotation"
    assert (last["state"], last["test_accuracy"], last["error"]) == ("failed", "", "The memory was too small.")
    assert report.csv([]) == "\ufeff"
    json.dumps(spreadsheet.records(runs))


def test_a_study_is_found_by_its_id_its_name_or_its_runs(tiny):
    study = "dropout-20260101-000000000000"
    ids = [finished_run(tiny, name=f"dropout {rate}", dropout=rate, study=study) for rate in (0.0, 0.5)]
    for names in ([study], ["dropout RATE"], ids):
        choice = choosing.of(groups.find(names))
        assert [run.id for run in choice.runs] == ids
        assert choice.title == "Dropout rate"
        assert "What fraction" in choice.question
    single = choosing.of(groups.find(ids[:1]))
    assert (single.title, single.question) == ("dropout 0.0", "")
    other = finished_run(tiny, name="other", learning_rate=0.5)
    mixed = choosing.of(groups.find([ids[0], other]))
    assert (mixed.title, mixed.question) == (
        "2 runs on tiny",
        "Compares different values of dropout rate, learning rate.",
    )
    finished_run(tiny, dropout=0.9, study="dropout-20260102-000000000000")
    with pytest.raises(RunError, match=r"There are 2 studies with the name 'Dropout rate'\. Use the id of one"):
        choosing.of(groups.find(["Dropout rate"]))
    with pytest.raises(RunError, match=r"There is no run or study 'nothing'\. Studies: 'Dropout rate', 'Dropout rate'"):
        choosing.of(groups.find(["nothing"]))
    assert len(run_ids()) == 4


def test_a_report_is_written_whole_and_named_after_its_title(tmp_path):
    assert export.file_name("Learning rate / mine") == "report-learning-rate-mine.html"
    path = export.write(tmp_path / "a.html", "one\r\n")
    assert export.write(tmp_path / "a.html", "ü") == path
    assert path.read_bytes() == "ü".encode()
    with pytest.raises(RunError, match="does not exist"):
        export.write(tmp_path / "nowhere" / "a.html", "")
    with pytest.raises(RunError, match="got a folder"):
        export.write(tmp_path, "")
