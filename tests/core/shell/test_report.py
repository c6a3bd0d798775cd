"""`python -m core report`, `notebook` and `compare`: the file that is written, and what is printed."""

import csv
import json

import pytest

from core import workspace
from core.comparing import conclusion
from core.runs import folder, queue
from core.runs.config import config
from core.shell.main import main
from tests.pages.conftest import finished_run

STUDY = "dropout-20260101-000000000000"


@pytest.fixture
def study(colours: str) -> list[str]:
    return [finished_run(colours, name=f"dropout {rate:g}", dropout=rate, study=STUDY) for rate in (0.0, 0.5)]


def test_a_report_is_named_after_its_study(run, study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (line,) = run("report", STUDY)
    assert line == str(tmp_path / "report-dropout-rate.html")
    text = (tmp_path / "report-dropout-rate.html").read_text(encoding="utf-8")
    assert "<h1>Dropout rate</h1>" in text
    assert "are not stored" not in text
    (line,) = run("report", *study, "--out", tmp_path / "a.html", "--pictures")
    assert "The answers to each photo are not stored" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_a_csv_file_has_only_the_table(run, study, tmp_path):
    run("report", "Dropout rate", "--out", tmp_path / "table.CSV")
    with (tmp_path / "table.CSV").open(encoding="utf-8-sig", newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == study


def test_a_notebook_is_named_after_its_study(run, study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (line,) = run("notebook", STUDY)
    assert line == str(tmp_path / "notebook-dropout-rate.ipynb")
    assert json.loads((tmp_path / "notebook-dropout-rate.ipynb").read_text(encoding="utf-8"))["nbformat"] == 4
    run("notebook", study[0], "--out", tmp_path / "one.ipynb")
    assert "def train" not in (tmp_path / "one.ipynb").read_text(encoding="utf-8")


def test_compare_prints_a_line_per_run_and_the_conclusion(run, study):
    lines = run("compare", *study)
    assert [line.split()[0] for line in lines[:2]] == study
    assert lines[0].endswith("dropout 0")
    assert "test 0.750 (95 %: 0.300 to 0.950)" in lines[0]
    found = conclusion.of([folder.look(run_id) for run_id in study])
    assert found is not None
    assert found.headline in lines
    assert f"- {found.luck[0]}" in lines


def test_compare_prints_one_object(run, study, colours):
    failed = queue.put(config(dataset=colours, name="broken"))
    (workspace.runs() / failed / "status.json").write_text('{"phase": "failed", "error": "No memory."}')
    (line,) = run("compare", *study, failed, "--json")
    found = json.loads(line)
    assert found["winner"] in study
    assert found["headline"]
    assert found["left_out"] == ["'broken' can't be compared (failed): No memory."]
    assert [(record["id"], record["dropout"]) for record in found["runs"][:2]] == list(
        zip(study, (0, 0.5), strict=True)
    )
    assert found["runs"][2]["test_accuracy"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "nothing"], "There is no run or study 'nothing'. Studies: 'Dropout rate'."),
        (["report", STUDY, "nothing"], "There is no run or study 'nothing'."),
        (["report", STUDY, "--out", "nowhere/a.html"], "does not exist. Create it first"),
        (["report"], "missing argument 'STUDY"),
        (["notebook", "nothing"], "There is no run or study 'nothing'."),
        (["compare", "../runs"], "There is no run or study '../runs'."),
    ],
)
def test_an_error_is_one_line(study, capsys, arguments, words):
    capsys.readouterr()
    assert main(arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line


def test_one_run_is_no_comparison(study, capsys):
    assert main(["compare", study[0]]) == 1
    assert "needs two runs with a finished epoch, got 1" in capsys.readouterr().err
