#!/bin/sh
# Start the service on this machine, ask it for its health and about a photo, check both answers, and stop it.
#
#   sh test.sh [PHOTO]        with PYTHON=/path/to/python for an environment that is not active
set -eu
cd "$(dirname "$0")"
PYTHON=${PYTHON:-python}
PHOTO=${1:-}

PORT=$("$PYTHON" -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])")
"$PYTHON" -m uvicorn app:app --host 127.0.0.1 --port "$PORT" --log-level warning &
SERVICE=$!
trap 'kill "$SERVICE" 2>/dev/null || true; wait "$SERVICE" 2>/dev/null || true' EXIT
trap 'exit 1' HUP INT TERM

"$PYTHON" - "$PORT" "$PHOTO" <<'CHECK'
import io, json, pathlib, sys, time, urllib.request

address, photo = f"http://127.0.0.1:{sys.argv[1]}", sys.argv[2]
ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open  # no proxy on the way to this machine
for attempt in range(300):
    try:
        health = json.load(ask(f"{address}/health", timeout=5))
        break
    except OSError:
        time.sleep(0.1)
else:
    sys.exit("The service did not start within 30 s.")
labels = pathlib.Path("labels.txt").read_text(encoding="utf-8").splitlines()
assert health["status"] == "ok" and health["labels"] == labels, health

if photo:
    data = pathlib.Path(photo).read_bytes()
else:
    from PIL import Image

    file = io.BytesIO()
    Image.effect_mandelbrot((400, 300), (-2, -1.5, 2, 1.5), 50).convert("RGB").save(file, "JPEG")
    data = file.getvalue()
request = urllib.request.Request(f"{address}/predict", data, {"Content-Type": "image/jpeg"})
answer = json.load(ask(request, timeout=30))
shares = [each["probability"] for each in answer["answers"]]
assert sorted(each["label"] for each in answer["answers"]) == sorted(labels), answer
assert shares == sorted(shares, reverse=True) and abs(sum(shares) - 1) < 1e-3, answer
assert answer["label"] == answer["answers"][0]["label"] and answer["unsure"] == bool(answer["reason"]), answer
print(f"The service works. Its answer: {answer['label']} ({shares[0]:.0%}). {answer['reason']}")
CHECK
