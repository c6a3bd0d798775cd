"""Uploaded files are given back to the server's memory when nobody needs them any more."""

from types import SimpleNamespace
from typing import Any

import pytest

from pages.frame import uploads


def test_files_that_are_no_longer_needed_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    removed: list[tuple[str, str]] = []
    manager = SimpleNamespace(remove_file=lambda session_id, file_id: removed.append((session_id, file_id)))
    context = SimpleNamespace(session_id="me", uploaded_file_mgr=manager)
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: context)
    files: list[Any] = [SimpleNamespace(file_id="a"), SimpleNamespace(file_id="b")]
    uploads.discard(files)
    assert removed == [("me", "a"), ("me", "b")]


@pytest.mark.parametrize("context", [None, SimpleNamespace(session_id="me", uploaded_file_mgr=object())])
def test_a_server_that_keeps_them_elsewhere_is_left_alone(context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "get_script_run_ctx", lambda: context)
    uploads.discard([SimpleNamespace(file_id="a")])  # type: ignore[list-item]
