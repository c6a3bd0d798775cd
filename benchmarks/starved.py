"""What people do on a starved machine is never lost: a bounded walk in a throttled browser, each act looked up.

Chromium's processor is throttled four-fold, all cores are busy and a training runs. Acts follow each other without
waiting; five seconds later each is looked up in the page and in what it stands for: form, address, tray, run. Prints a
table and, as its last line, {"tried": …, "late": …, "lost": …}.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import _browser
from benchmarks._walk import Tally, Walk
from core import machine
from core.augment.catalogue import TRANSFORMS
from core.datasets import catalogue, drawn
from core.runs import launch, queue
from core.runs.config import config
from core.runs.folder import look, look_all

SLOWDOWN = 4.0
STEPS = ("shear", "zoom", "noise", "blur", "black_patch", "horizontal_flip", "brightness", "contrast")
PHOTOS = 30
ANSWERED = 300_000  # ms until all photos have their answers
A_PAGE = 24  # photos of Predict's gallery


def prepare(home: Path) -> None:
    """A dataset, a finished run with its model, and a training that goes on to the end."""
    os.environ["FITTING_ROOM_HOME"] = str(home)
    catalogue.load(catalogue.DRAWN)
    small = {"dataset": catalogue.DRAWN, "backbone": "small_cnn", "image_size": 32}
    first = queue.put(config(**small, epochs=1, name="finished"))
    launch.ensure_worker()
    until = time.monotonic() + 300
    while not look(first).ended and time.monotonic() < until:
        time.sleep(0.5)
    queue.put(config(**small, epochs=10_000, name="goes on"))
    launch.ensure_worker()
    for number in range(PHOTOS):
        label = drawn.CLASSES[number % len(drawn.CLASSES)]
        drawn.garment(label, 900 + number, 200).save(home / f"photo-{number:02d}.png")


# Each part of the walk acts in bursts and looks at their ends.


def arrive(walk: Walk, home: Path, rounds: int) -> None:
    """Arrive by every way and act at once."""
    photos = [home / f"photo-{number:02d}.png" for number in range(2)]

    def upload() -> None:
        walk.page.locator("input[type=file]").first.set_input_files(photos)

    def type_epochs(number: int) -> None:
        walk.act("type", "epochs", lambda: walk.type("train-epochs", str(number)),
                 lambda: walk.field("train-epochs").input_value() == str(number))  # fmt: skip

    walk.open("", "Fitting Room")
    for door, title in (("Open Augment", "Augment"), ("Open Train", "Train"), ("Open Predict", "Predict")):
        walk.menu("Home")
        walk.arrive("Fitting Room")
        walk.act("arrive", door, walk.page.get_by_role("link", name=door).click, lambda title=title: on(walk, title))
        walk.arrive(title)
        if title == "Augment":
            walk.act("click", "add", lambda: walk.choose("Transform", "Blur") or walk.button("recipe-add-blur").click(),
                     lambda: walk.button("recipe-remove-blur").is_visible())  # fmt: skip
        elif title == "Train":
            walk.unfold("Settings", "train-epochs")
            type_epochs(17)
        else:
            walk.act("upload", "two photos", upload, lambda: walk.shows("photos:") or walk.shows("of 2 photos"))
        walk.look()
    for round_ in range(rounds):
        walk.menu("Augment")
        walk.arrive("Augment")
        walk.act("arrive", "Train with this recipe", walk.button("lead-train").click, lambda: on(walk, "Train"))
        walk.arrive("Train")
        walk.unfold("Settings", "train-epochs")
        type_epochs(21 + round_)
        walk.look()
        walk.act("arrive", "View or change the recipe", walk.button("lead-augment").click, lambda: on(walk, "Augment"))
        walk.arrive("Augment")
        walk.act("click", "roll", walk.button("seed-roll").click, lambda: True)
        walk.look()
        walk.menu("Train")
        walk.arrive("Train")
        walk.act("click", "run", lambda: choose_run(walk, "finished"), lambda: walk.button("lead-predict").is_visible())
        walk.look()
        walk.act("arrive", "Ask this model", walk.button("lead-predict").click, lambda: on(walk, "Predict"))
        walk.arrive("Predict")
        walk.act("upload", "photos after arriving", upload, lambda: walk.shows("photos:") or walk.shows("of 2 photos"))
        walk.look()


def on(walk: Walk, title: str) -> bool:
    return bool(walk.page.get_by_role("heading", name=title, level=1, exact=True).is_visible())


def choose_run(walk: Walk, name: str) -> None:
    _browser.choose(walk.page, "Run", name, exact=False)


def form(walk: Walk, home: Path, rounds: int) -> None:
    """Change size, rate, dense layers and dataset in quick succession."""
    walk.open("train", "Train")
    walk.unfold("Settings", "train-epochs")
    for number in range(rounds):
        size, rate, units, epochs = 40 + number, f"0.00{number + 2}", 60 + number, 100 + number
        walk.act("form", "image size", lambda size=size: walk.type("train-image_size", str(size)),
                 lambda size=size: walk.field("train-image_size").input_value() == str(size)
                 and walk.settings().get("image_size") == size)  # fmt: skip
        walk.act("form", "learning rate", lambda rate=rate: walk.type("train-learning_rate", rate),
                 lambda rate=rate: walk.field("train-learning_rate").input_value() == rate
                 and walk.settings().get("learning_rate") == float(rate))  # fmt: skip
        count = 1 + number % 2
        walk.act("form", "dense layers", lambda count=count: segment(walk, "train-dense-count", str(count)),
                 lambda count=count: len(walk.settings().get("dense_layers", [])) == count)  # fmt: skip
        walk.act("form", "units", lambda units=units: walk.type("train-dense-1", str(units)),
                 lambda units=units: walk.settings().get("dense_layers", [0])[0] == units)  # fmt: skip
        walk.act("form", "epochs", lambda epochs=epochs: walk.type("train-epochs", str(epochs)),
                 lambda epochs=epochs: walk.settings().get("epochs") == epochs)  # fmt: skip
        walk.look()
        walk.act("form", "usual rate", walk.button("usual-train-learning_rate-False-0-01").click,
                 lambda: walk.settings().get("learning_rate") == 0.01)  # fmt: skip
        walk.act("form", "name", lambda number=number: walk.type("train-run-name", f"try {number}"),
                 lambda number=number: walk.settings().get("name") == f"try {number}")  # fmt: skip
        walk.look()


def segment(walk: Walk, key: str, label: str) -> None:
    walk.widget(key).locator("button").filter(has_text=label).first.click()


def recipe(walk: Walk, home: Path, rounds: int) -> None:
    """Build a recipe of eight steps, take some out, visit other pages, and train with what the screen shows."""
    for _ in range(rounds):
        walk.open("augment", "Augment")
        for key in STEPS:
            walk.act("recipe", f"choose {key}", lambda key=key: walk.choose("Transform", TRANSFORMS[key].label),
                     lambda: True)  # fmt: skip
            walk.act("recipe", f"add {key}", walk.button(f"recipe-add-{key}").click,
                     lambda key=key: walk.button(f"recipe-remove-{key}").is_visible()
                     and key in steps_of(walk.query("recipe")))  # fmt: skip
        walk.look()
        for key in ("noise", "rotation"):
            walk.act("recipe", f"remove {key}", walk.button(f"recipe-remove-{key}").click,
                     lambda key=key: key not in steps_of(walk.query("recipe"))
                     and not walk.widget(f"recipe-remove-{key}").count())  # fmt: skip
        walk.look()
        on_screen = [TRANSFORMS[key].label for key in STEPS if key != "noise"]
        for title in ("Compare", "Home", "Augment"):
            walk.menu(title)
            walk.arrive("Fitting Room" if title == "Home" else title)
        walk.act("recipe", "to Train", walk.button("lead-train").click, lambda: on(walk, "Train"))
        walk.arrive("Train")
        before = {run.id for run in look_all()}
        walk.act("start", "training with the recipe", walk.button("start-").click,
                 lambda before=before, shown=on_screen: sorted(started(before)) == sorted(shown))  # fmt: skip
        walk.look()


def steps_of(text: str) -> list[str]:
    return [step["transform"] for step in json.loads(text or "[]")]


def started(before: set[str]) -> list[str]:
    """The labels of the recipe of the one run that was queued since."""
    (run,) = [run for run in look_all() if run.id not in before]
    queue.stop(run.id)
    return [step.transform.label for step in run.config.recipe]


def predict(walk: Walk, home: Path, rounds: int) -> None:
    """Filter and turn pages while answers come in; go back and forward; reload."""
    photos = [home / f"photo-{number:02d}.png" for number in range(PHOTOS)]
    for _ in range(rounds):
        walk.open("predict", "Predict")
        walk.act("tray", "thirty photos", lambda: walk.page.locator("input[type=file]").first.set_input_files(photos),
                 lambda: walk.shows("photos:") or walk.shows(f"of {PHOTOS} photos"))  # fmt: skip
        walk.page.get_by_text("Order", exact=True).first.wait_for()
        walk.act("tray", "order", lambda: walk.choose("Order", "Least sure first"),
                 lambda: walk.page.get_by_role("combobox", name="Order").input_value() == "Least sure first"
                 or walk.shows("Least sure first"))  # fmt: skip
        walk.look()
        walk.page.get_by_text(f"{PHOTOS} photos:").first.wait_for(timeout=ANSWERED)
        walk.act("tray", "next page", walk.button("predict-next-page").click, lambda: walk.shows("Page 2 of 2"))
        walk.look()
        walk.act("tray", "back", lambda: (walk.menu("Data"), walk.arrive("Data"), walk.page.go_back()),
                 lambda: on(walk, "Predict") and walk.shows("Page 2 of 2"))  # fmt: skip
        walk.look()
        dialogs: list[str] = []
        walk.page.once("dialog", lambda dialog, dialogs=dialogs: (dialogs.append(dialog.type), dialog.dismiss()))
        walk.act("reload", "asks before", lambda: walk.page.evaluate("setTimeout(() => location.reload(), 0)"),
                 lambda dialogs=dialogs: dialogs == ["beforeunload"] and walk.shows("Page 2 of 2"))  # fmt: skip
        walk.look()
        walk.act("tray", "start over", walk.button("predict-clear").click, lambda: walk.shows("Drop photos above"))
        walk.look()


def two_tabs(walk: Walk, other: Walk, home: Path, rounds: int) -> None:
    """Two tabs side by side: each keeps what was done in it."""
    for tab in (walk, other):
        tab.open("augment", "Augment")
    for tab, key in ((walk, "zoom"), (other, "shear"), (walk, "blur"), (other, "noise")):
        tab.act("two tabs", f"add {key}",
                lambda tab=tab, key=key: (tab.choose("Transform", TRANSFORMS[key].label),
                                          tab.button(f"recipe-add-{key}").click()),
                lambda tab=tab, key=key: key in steps_of(tab.query("recipe")))  # fmt: skip
    for tab, own, foreign in ((walk, "zoom", "shear"), (other, "shear", "zoom")):
        tab.act("two tabs", "nothing of the other", lambda: None,
                lambda tab=tab, own=own, foreign=foreign: own in steps_of(tab.query("recipe"))
                and foreign not in steps_of(tab.query("recipe")))  # fmt: skip
        tab.look()


def measure(home: Path, quick: bool) -> dict[str, Tally]:
    """The whole walk, or the short one."""
    tallies: dict[str, Tally] = {}
    with _browser.app(home) as address, _browser.busy_cores(machine.cores()), _browser.chromium() as browser:
        parts: list[tuple[Callable[..., None], int]] = [(recipe, 1 if quick else 5), (predict, 1 if quick else 4)]
        if not quick:
            parts += [(arrive, 2), (form, 8), (two_tabs, 1)]
        for part, rounds in parts:
            tabs = [
                Walk(_browser.slow_page(browser, SLOWDOWN), address, tallies) for _ in range(1 + (part is two_tabs))
            ]
            part(*tabs, home, rounds)
            for tab in tabs:
                tab.page.close()
            _report(part.__name__, tallies)
    return tallies


def _report(after: str, tallies: dict[str, Tally]) -> None:
    """Print a table of what became of all acts so far."""
    print(f"after {after:<6} {'tried':>6} {'late':>6} {'lost':>6}")
    for kind, tally in tallies.items():
        print(f"{kind:<12} {tally.tried:>6} {tally.late:>6} {len(tally.lost):>6}")
        for sentence in tally.lost:
            print(f"    lost: {sentence}")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the short walk: under three minutes")
    quick = parser.parse_args().quick
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        prepare(home)
        try:
            tallies = measure(home, quick)
        finally:
            for run in look_all():
                if not run.ended:
                    queue.stop(run.id)
            end = time.monotonic() + 30
            while any(not run.ended for run in look_all()) and time.monotonic() < end:
                time.sleep(0.5)
    lost = sum(len(tally.lost) for tally in tallies.values())
    counts = {"tried": sum(t.tried for t in tallies.values()), "late": sum(t.late for t in tallies.values())}
    print(json.dumps({**counts, "lost": lost}))
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
