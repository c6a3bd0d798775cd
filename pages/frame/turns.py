"""Every click gets its turn, however fast the next one follows.

Streamlit ends a run as soon as the next click arrives. There are three ways to lose a click, and the busier the machine
the more often it happens:

- It arrives just before the next one, and its run has not begun: the run is ended with its callbacks uncalled.
- Its callback is at work: the callback is ended too, at any access to the session's state.
- It was done in a fragment while the whole page was drawn, and so it waits; the next click throws away what waits.

In two more cases the page goes wrong. The end of a run is on its way to the browser when the next one begins, for a
click in a fragment or by a tick, and what the run has removed stays in the browser's page, such as a closed dialog:

- The run was over: Streamlit drops what it has not sent yet.
- The run was of another fragment: Streamlit lets its end arrive as that of a run that was cut short.

And a late click in a fragment, which arrives after a link has opened another page, makes Streamlit go back to the page
before, whose fragment is gone: the browser empties the page, or the click is ignored.

So a click waits until the one before has been taken in, and a click in a fragment until the run before is shown; what
waits goes along with the next click; callbacks run to their end; a run of a fragment drops nothing of what is on its
way; and a late click is taken in with the page that is open. None of that is part of Streamlit's interface. Where a
later version looks different inside, nothing is changed (decision 36).
"""

import logging
from collections import deque
from typing import Any

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils import script_requests
from streamlit.runtime.state.safe_session_state import SafeSessionState

LOOK = 0.005  # s between two looks whether a click's turn has come
MOST_LOOKS = 1000  # then it goes on all the same
NEEDED = (
    (AppSession, "request_rerun"),
    (AppSession, "_clear_queue"),
    (script_runner.ScriptRunner, "_maybe_handle_execution_control_request"),
    (script_requests.ScriptRequests, "on_scriptrunner_ready"),
    (script_requests.ScriptRequests, "on_scriptrunner_yield"),
    (script_requests, "_coalesce_widget_states"),
    (SafeSessionState, "on_script_will_rerun"),
    (ForwardMsgQueue(), "_delta_index_map"),
)

_original: dict[str, Any] = {}


def give() -> bool:
    """Let clicks take turns in this process, and return whether they do. A second call changes nothing."""
    if _original:
        return True
    if not all(hasattr(place, name) for place, name in NEEDED):
        logging.getLogger(__name__).warning(
            "This version of Streamlit looks different inside: clicks in quick succession may be lost. Use the version "
            "of requirements.txt."
        )
        return False
    _original.update({name: getattr(place, name) for place, name in NEEDED})
    for function in (
        request_rerun,
        _clear_queue,
        _maybe_handle_execution_control_request,
        on_scriptrunner_ready,
        on_scriptrunner_yield,
        on_script_will_rerun,
    ):
        place = next(place for place, name in NEEDED if name == function.__name__)
        setattr(place, function.__name__, function)
    return True


# A session's clicks, in its event loop


def request_rerun(session: Any, click: Any) -> None:
    """Take a click, or the wish for a run, after those before it."""
    if click is not None and _is_of_a_page_left(session, click):
        if click.is_auto_rerun:  # a tick
            return
        click.fragment_id = ""
        click.page_script_hash, click.query_string = session.opened
    line: deque[Any] = session.__dict__.setdefault("line_of_clicks", deque())
    if line or _must_wait(session._scriptrunner, click):
        line.append(click)
        if len(line) == 1:
            session._event_loop.call_soon_threadsafe(_serve, session, line)
    else:
        _take(session, click)


def _is_of_a_page_left(session: Any, click: Any) -> bool:
    """Whether a click in a fragment was done on another page than the one that is open; remembers that one."""
    if not click.fragment_id:
        session.opened = click.page_script_hash, click.query_string
        return False
    page, _ = getattr(session, "opened", ("", ""))  # the first page that a browser opens has a name only
    return bool(page and click.page_script_hash and click.page_script_hash != page)


def _serve(session: Any, line: deque[Any], looks: int = 0) -> None:
    """Take the clicks that wait, as far as their turn has come."""
    while line:
        if looks < MOST_LOOKS and _must_wait(session._scriptrunner, line[0]):
            session._event_loop.call_later(LOOK, _serve, session, line, looks + 1)
            return
        looks = 0
        try:
            _take(session, line.popleft())
        except Exception as error:  # as Streamlit does with a click that need not wait
            session.handle_backmsg_exception(error)


def _take(session: Any, click: Any) -> None:
    if click is not None and not click.fragment_id:
        _take_along(session._scriptrunner, click)
    _original["request_rerun"](session, click)


def _must_wait(runner: Any, click: Any) -> bool:
    if runner is None:
        return False
    requests = runner._requests
    has_ended = requests._state is script_requests.ScriptRequestType.STOP
    if click is not None and click.fragment_id:
        return has_ended  # until its last message has been handled, and Streamlit lets go of it
    return not has_ended and not getattr(requests, "is_taken_in", True)


def _take_along(runner: Any, click: Any) -> None:
    """Give a click for the whole page the clicks in fragments that wait: it will end the run they wait for."""
    if runner is None:
        return
    requests = runner._requests
    with requests._lock:
        if requests._state is not script_requests.ScriptRequestType.RERUN:
            return
        waiting = requests._rerun_data.widget_states
        requests._state = script_requests.ScriptRequestType.STOP
    if waiting is not None:
        click.widget_states.CopyFrom(_original["_coalesce_widget_states"](waiting, click.widget_states))


def _clear_queue(session: Any, fragment_ids_this_run: Any = None) -> None:
    """Drop what a run before has drawn and the browser would replace at once, but only when the whole page is drawn."""
    if fragment_ids_this_run:
        session._browser_queue._delta_index_map = {}  # else what this run draws would take the place of what is there
    else:
        _original["_clear_queue"](session, fragment_ids_this_run)


# A run, in its thread


def on_scriptrunner_ready(requests: Any) -> Any:
    """What to run next. Its clicks are not taken in yet."""
    requests.is_taken_in = requests._rerun_data.widget_states is None
    return _original["on_scriptrunner_ready"](requests)


def on_scriptrunner_yield(requests: Any) -> Any:
    """What to run instead of what is running."""
    request = _original["on_scriptrunner_yield"](requests)
    if request is not None and request.type is script_requests.ScriptRequestType.RERUN:
        requests.is_taken_in = request.rerun_data.widget_states is None
    return request


def on_script_will_rerun(state: Any, *arguments: Any, **options: Any) -> None:
    """Take in the clicks: all callbacks, from the first to the last."""
    runner = getattr(state._yield_callback, "__self__", None)
    if runner is None:  # no run has this state
        _original["on_script_will_rerun"](state, *arguments, **options)
        return
    runner.is_taking_in = True
    try:
        _original["on_script_will_rerun"](state, *arguments, **options)
    finally:
        runner.is_taking_in = False
        runner._requests.is_taken_in = True


def _maybe_handle_execution_control_request(runner: Any) -> None:
    """End the run if another one is wanted, but not while it takes in clicks."""
    if not getattr(runner, "is_taking_in", False):
        _original["_maybe_handle_execution_control_request"](runner)
