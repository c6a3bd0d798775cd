"""Uploaded files in the server's memory: how much room there is, and giving them back.

Streamlit keeps an uploaded file until its session ends, half an hour after the page was closed, even when the uploader
that took it is gone.
"""

from collections.abc import Iterable

import psutil
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import words
from core.errors import AppError
from core.serving import limits


def check_memory(need: int) -> None:
    """Raise AppError if `need` more bytes would make the server take more memory than all people together may."""
    most, used = limits.MEMORY_GB.read() * limits.GB, psutil.Process().memory_info().rss
    if used + need > most:
        raise AppError(
            f"The server has no memory for {words.size(need)} more ({words.size(used)} of {words.size(most)} in use). "
            f"Try again later, or with fewer photos. {limits.MEMORY_GB.variable} sets the limit."
        )


def discard(files: Iterable[UploadedFile]) -> None:
    """Free the memory of uploaded files that are no longer needed."""
    context = get_script_run_ctx()
    remove = getattr(context.uploaded_file_mgr, "remove_file", None) if context else None
    if context is None or remove is None:  # a hosted Streamlit keeps uploads elsewhere
        return
    for file in files:
        remove(session_id=context.session_id, file_id=file.file_id)
