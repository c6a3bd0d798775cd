"""A walk through the app by somebody who doesn't wait: acts in quick succession, each looked up afterwards."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlparse

from benchmarks import _browser

LOOK_AFTER = 5.0  # s after the last act of a burst
SETTLED = 90.0  # s that a starved page may take until it is still; what comes after LOOK_AFTER counts as late
PATIENCE = 60_000  # ms until an element can be clicked

Check = Callable[[], bool]


@dataclass
class Tally:
    """What became of the acts of one kind."""

    tried: int = 0
    late: int = 0  # there, but not after LOOK_AFTER
    lost: list[str] = field(default_factory=list)


class Walk:
    """One browser tab, its acts, and what became of them."""

    def __init__(self, page: Any, address: str, tallies: dict[str, Tally]) -> None:
        self.page, self.address, self.tallies = page, address, tallies
        self._open: list[tuple[str, str, Check]] = []
        page.set_default_timeout(PATIENCE)
        page.set_default_navigation_timeout(3 * PATIENCE)

    def act(self, kind: str, name: str, do: Callable[[], object], seen: Check) -> None:
        """Do something, and remember how to look up that it happened."""
        tally = self.tallies.setdefault(kind, Tally())
        tally.tried += 1
        try:
            do()
        except Exception as error:  # Playwright's errors: the element never came, or can't be clicked
            tally.lost.append(f"{name}: {str(error).splitlines()[0]}")
            return
        self._open = [entry for entry in self._open if entry[:2] != (kind, name)]
        self._open.append((kind, name, seen))

    def look(self) -> None:
        """Look up all acts since the last look."""
        self.page.wait_for_timeout(LOOK_AFTER * 1000)
        missing = [entry for entry in self._open if not _holds(entry[2])]
        if missing:
            self.settle()
        for kind, name, seen in missing:
            if _holds(seen):
                self.tallies[kind].late += 1
            else:
                self.tallies[kind].lost.append(f"{name} at {self.page.url[:100]}")
        self._open = []

    def settle(self) -> None:
        """Wait until the page has been still for a second."""
        until, still = time.monotonic() + SETTLED, 0
        while time.monotonic() < until and still < 4:
            self.page.wait_for_timeout(250)
            still = still + 1 if not self.page.locator('[data-testid="stStatusWidget"]').count() else 0

    def query(self, name: str) -> str:
        """A parameter of the address; empty if it is missing."""
        return parse_qs(urlparse(self.page.url).query).get(name, [""])[0]

    def settings(self) -> dict[str, Any]:
        """The settings in Train's address."""
        value: dict[str, Any] = json.loads(self.query("settings") or "{}")
        return value

    def open(self, path: str, title: str) -> None:
        self.page.goto(f"{self.address}/{path}")
        self.arrive(title)

    def arrive(self, title: str) -> None:
        """Wait until the title of the page is there, and no longer. A page that never comes is a lost act."""
        try:
            self.page.get_by_role("heading", name=title, level=1, exact=True).wait_for()
        except Exception as error:  # Playwright's: it never came
            sentence = f"{title} from {self.page.url[:60]}: {str(error).splitlines()[0]}"
            self.tallies.setdefault("arrive", Tally()).lost.append(sentence)
            self.page.goto(f"{self.address}/{'' if title == 'Fitting Room' else title.lower()}")
            self.page.get_by_role("heading", name=title, level=1, exact=True).wait_for()

    def menu(self, title: str) -> None:
        self.page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()

    def widget(self, key: str) -> Any:
        """The widget whose key begins so. Streamlit keeps a hidden copy of a widget that has moved."""
        return self.page.locator(f'[class*="st-key-{key}"]:not([data-retained])')

    def field(self, key: str) -> Any:
        """The input of a widget."""
        return self.widget(key).locator("input").first

    def button(self, key: str) -> Any:
        """The button of a widget."""
        return self.widget(key).locator("button").first

    def unfold(self, label: str, key: str) -> None:
        """Open the expander with that label, if it hides the field."""
        heading = self.page.locator("summary").filter(has_text=label).first
        heading.wait_for()
        if not self.field(key).is_visible():
            heading.click()

    def type(self, key: str, text: str) -> None:
        """Type into a field and leave it."""
        self.field(key).fill(text)
        self.field(key).press("Tab")

    def choose(self, label: str, option: str) -> None:
        """Choose an option of a selectbox."""
        _browser.choose(self.page, label, option)

    def shows(self, text: str) -> bool:
        return bool(self.page.get_by_test_id("stMain").get_by_text(text).count())


def _holds(seen: Check) -> bool:
    try:
        return bool(seen())
    except Exception:  # an element that is not there (yet), or an address without the parameter
        return False
