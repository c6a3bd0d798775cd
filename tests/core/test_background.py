"""Work in a process of its own: what its status says while it goes on, and at its end."""

import threading
import time
from pathlib import Path

import pytest

from core.errors import DatasetError
from core.files import background
from core.files.background import Report, Status, Work

PATIENCE = 10.0  # s


@pytest.fixture
def work(tmp_path: Path) -> Work:
    return Work("check", tmp_path / "status.json", tmp_path / "lock", 1.0)


def test_the_last_report_of_a_quick_row_is_seen_while_nothing_follows(work: Work) -> None:
    go_on = threading.Event()

    def reporting(report: Report) -> None:
        for number in range(50):
            report(number / 100, f"step {number}")
        go_on.wait(PATIENCE)

    thread = threading.Thread(target=work.run, args=(reporting,))
    thread.start()
    end = time.monotonic() + PATIENCE
    while (status := work.status()) is None or status.words != "step 49":
        assert time.monotonic() < end, f"the status stays {status}"
        time.sleep(0.02)
    assert status == Status(share=0.49, words="step 49", running=True)
    go_on.set()
    thread.join(PATIENCE)
    time.sleep(2 * background.PAUSE)  # no late report replaces the end
    assert work.status() == Status(share=1.0, words="done")


def test_of_a_quick_row_few_reports_are_written(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(background.Work, "_write", lambda self, status: written.append(status.words))
    work.run(lambda report: [report(number / 1000, f"step {number}") for number in range(1000)])
    assert written[0] == "step 0"
    assert written[-1] == "done"
    assert len(written) < 20


def test_a_failure_is_its_last_word(work: Work) -> None:
    def failing(report: Report) -> None:
        report(0.0, "connecting")
        report(0.1, "reading")
        raise DatasetError("There is no such dataset.")

    work.run(failing)
    time.sleep(2 * background.PAUSE)
    assert work.status() == Status(words="failed", error="There is no such dataset.")
