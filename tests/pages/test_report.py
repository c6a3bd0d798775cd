"""The section *Report* of Compare: its runs, its switch and its two files."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from core import workspace
from core.runs import queue
from core.runs.config import config
from pages.comparing import reporting
from tests.pages.conftest import finished_run, key_of, page

STUDY = "learning-rates-20260101-000000000000"


def report_section() -> AppTest:
    app = page("compare")
    app.segmented_control(key=key_of(app, "compare-section")).set_value("Report").run()
    assert not app.exception
    return app


def test_a_study_gives_a_report_and_a_table(tiny: str) -> None:
    for rate in (0.001, 0.01):
        finished_run(tiny, name=f"learning rate {rate:g}", learning_rate=rate, study=STUDY)
    failed = queue.put(config(dataset=tiny, name="broken", study=STUDY))
    (workspace.runs() / failed / "status.json").write_text(json.dumps({"phase": "failed", "error": "No memory."}))
    app = report_section()
    assert [button.label for button in app.get("download_button")] == ["Make the report", "CSV", "Notebook"]
    assert "One file about 3 runs" in "".join(text.value for text in app.markdown)  # the failed one is named too
    app.toggle(key=key_of(app, "compare-report-pictures")).set_value(True).run()
    assert not app.exception


def test_the_report_is_made_at_the_click(tiny: str, monkeypatch: Any) -> None:
    finished_run(tiny, name="a")
    finished_run(tiny, name="b", dropout=0.5)
    files = {}
    monkeypatch.setattr(
        reporting.st, "download_button", lambda label, data, name, *_, **__: files.update({label: (name, data)})
    )
    app = report_section()
    assert not app.error
    name, make = files["Make the report"]
    assert name == "report-2-runs-on-tiny.html"
    assert "<h1>2 runs on tiny</h1>" in make()
    name, data = files["CSV"]
    assert name == "report-2-runs-on-tiny.csv"
    assert data.decode("utf-8-sig").count("\n") == 3


def test_the_notebook_of_the_compared_runs(tiny: str, monkeypatch: Any) -> None:
    for rate in (0.0, 0.5):
        finished_run(tiny, name=f"dropout {rate:g}", dropout=rate, study="dropout-20260101-000000000000")
    files = {}
    monkeypatch.setattr(
        reporting.st, "download_button", lambda label, data, name, *_, **__: files.update({label: (name, data)})
    )
    report_section()
    name, make = files["Notebook"]
    assert name == "notebook-dropout-rate.ipynb"
    assert "'dropout 0.5': {'dropout': 0.5}," in make()
