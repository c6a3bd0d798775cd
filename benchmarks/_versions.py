"""The stored records of every version so far, read by today's code."""

import os
import tempfile
from typing import Any
from unittest import mock


def run() -> dict[str, Any]:
    """Read all samples of tests/records in an empty workspace: how many there are, and what is wrong with some."""
    with tempfile.TemporaryDirectory() as home, mock.patch.dict(os.environ, {"FITTING_ROOM_HOME": home}):
        from tests.core import test_versions as of_core
        from tests.models import test_versions as of_models

        read = [of_core.count(), of_models.count()]
    problems = [problem for _, some in read for problem in some]
    return {"samples": sum(count for count, _ in read), "failures": len(problems), "problems": problems}
