"""Shared by the tests of actions for runs: runs in any state."""

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from core import workspace
from core.runs import queue
from core.runs.config import config
from core.runs.folder import look_all

STUDY = "dropout-20260101-120000"


def put(dataset: str, status: dict[str, Any] | None = None, **settings: Any) -> str:
    run_id = queue.put(config(dataset=dataset, **settings))
    if status:
        set_status(run_id, **status)
    return run_id


def set_status(run_id: str, **status: Any) -> None:
    (workspace.runs() / run_id / "status.json").write_text(json.dumps(status))


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def newest() -> Any:
    return look_all()[0]
