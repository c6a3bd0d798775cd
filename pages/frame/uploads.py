"""Finds uploaded files, and frees their memory.

Streamlit keeps an uploaded file until its session ends, half an hour after the page was closed, even when the uploader
that took it is gone.
"""

from collections.abc import Iterable

from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.frame import session


def files(key: str) -> list[UploadedFile]:
    """The files of an uploader that are still in memory; of one that takes a single file too."""
    value = session.widget_value(key)
    return [file for file in (value if isinstance(value, list) else [value]) if isinstance(file, UploadedFile)]


def discard(files: Iterable[UploadedFile]) -> None:
    """Free the memory of uploaded files that are no longer needed."""
    context = get_script_run_ctx()
    remove = getattr(context.uploaded_file_mgr, "remove_file", None) if context else None
    if context is None or remove is None:  # a hosted Streamlit keeps uploads elsewhere
        return
    for file in files:
        remove(session_id=context.session_id, file_id=file.file_id)
