"""Clicks take turns only in a Streamlit whose insides are known; the clicks themselves are in tests/browser."""

from streamlit.runtime.app_session import AppSession

from pages.frame import turns


def test_clicks_take_turns():
    assert turns.give()
    assert AppSession.request_rerun is turns.request_rerun


def test_a_version_that_looks_different_inside_is_left_alone(monkeypatch, caplog):
    monkeypatch.setattr(turns, "_original", {})
    monkeypatch.setattr(AppSession, "request_rerun", None)
    monkeypatch.setattr(turns, "NEEDED", (*turns.NEEDED, (AppSession, "renamed")))
    assert not turns.give()
    assert AppSession.request_rerun is None
    assert "clicks in quick succession may be lost. Use the version of requirements.txt" in caplog.text
