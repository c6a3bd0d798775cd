"""The time from `streamlit run app.py` to the first page, the memory of the pages' process at the end, and what the
training process pays before its first run.

The time ends when a browser would have the page's last element: when the first page's script has finished in the same
websocket session that a browser opens. Streamlit's own HTTP interface drives it. The training process imports Keras
without what training never uses (models/lean.py); the same import as it comes stands beside it. Prints a table and, as
its last line, {"first_page_s": …, "ui_mb": …, "import_s": …, "import_mb": …, "plain_import_s": …, …}.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

PROJECT = Path(__file__).resolve().parent.parent
PAGES = ("home", "teach", "augment", "train", "compare", "predict", "data")
PATIENCE = 60.0  # s
IMPORT = """
import importlib, resource, sys
from models import lean
(lean.load if sys.argv[1] == "lean" else importlib.import_module)("models.job")
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6)
"""  # the seconds of computing and the MB of the process


def measure() -> tuple[float, float]:
    """Seconds from the command to the complete first page, and MB of the process after a visit to every page."""
    with tempfile.TemporaryDirectory() as home:
        port = _free_port()
        started = time.perf_counter()
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "app.py",
                "--server.port",
                str(port),
                "--server.headless",
                "true",
                "--server.enableAgentApi",
                "true",
            ],
            cwd=PROJECT,
            env={**os.environ, "FITTING_ROOM_HOME": home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
                _wait_for(client)
                session = _page(client, {})
                first = time.perf_counter() - started
                for page in PAGES[1:]:
                    _page(client, {"session_id": session, "page": page})
            return first, psutil.Process(server.pid).memory_info().rss / 1e6
        finally:
            server.terminate()
            server.wait(10)


def measure_import(how: str) -> tuple[float, float]:
    """Seconds of computing and MB of a process that has imported the training code: `how` is "lean" or "plain"."""
    process = subprocess.run(
        [sys.executable, "-c", IMPORT, how], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    seconds, megabytes = map(float, process.stdout.split()[-2:])
    return seconds, megabytes


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(client: httpx.Client) -> None:
    until = time.perf_counter() + PATIENCE
    while time.perf_counter() < until:
        try:
            if client.get("/_stcore/health").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.02)
    raise TimeoutError(f"The app did not answer within {PATIENCE:.0f} s.")


def _page(client: httpx.Client, request: dict[str, Any]) -> str:
    answer = client.post("/_stcore/agent/interact", json=request)
    answer.raise_for_status()
    body = answer.json()
    if body["status"] != "ready":
        raise RuntimeError(f"The page {request.get('page', 'home')} is {body['status']}, not ready.")
    return str(body["session_id"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="one start instead of five")
    runs = 1 if parser.parse_args().quick else 5
    measured = [measure() for _ in range(runs)]
    first = statistics.median(seconds for seconds, _ in measured)
    weight = max(megabytes for _, megabytes in measured)
    imports = {how: [measure_import(how) for _ in range(runs)] for how in ("lean", "plain")}
    seconds = {how: statistics.median(each for each, _ in found) for how, found in imports.items()}
    sizes = {how: max(each for _, each in found) for how, found in imports.items()}
    print(f"{'':<44}{'measured':>10}{'at most':>10}{'as it comes':>13}")
    print(f"{'first page after streamlit run, s (median)':<44}{first:>10.2f}{4:>10}")
    print(f"{'pages process after all pages, MB (max)':<44}{weight:>10.0f}{400:>10}")
    print(f"{'training: import, s of computing (median)':<44}{seconds['lean']:>10.2f}{'':>10}{seconds['plain']:>13.2f}")
    print(f"{'training: memory after the import, MB (max)':<44}{sizes['lean']:>10.0f}{'':>10}{sizes['plain']:>13.0f}")
    figures = {"first_page_s": round(first, 2), "ui_mb": round(weight)}
    for how, prefix in (("lean", ""), ("plain", "plain_")):
        figures |= {f"{prefix}import_s": round(seconds[how], 2), f"{prefix}import_mb": round(sizes[how])}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
