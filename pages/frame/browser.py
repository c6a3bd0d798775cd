"""Small invisible scripts for what only the browser can do.

- `follow_link` clicks the only link of a page that is being left (see `pages.frame.navigation`).
- `watch_links` makes sure that a link arrives and that nothing done before it is lost (see `links.js`).
- `watch_clipboard` puts pasted photos into an uploader (see `paste.js`).
- `set_cookie` keeps the proof that the password was given.
- `ask_before_leaving`: the photos on Predict are only in memory, and a reload would lose them. So the browser asks.
"""

from pathlib import Path

import streamlit as st

WATCH_LINKS = Path(__file__).with_name("links.js").read_text(encoding="utf-8")
WATCH_CLIPBOARD = Path(__file__).with_name("paste.js").read_text(encoding="utf-8")

FOLLOW_LINK = """
export default function () {
  let tries = 0;
  const follow = () => {
    const link = document.querySelector(".st-key-leave a");
    if (link) link.click();
    else if (tries++ < 500) setTimeout(follow, 20);
  };
  follow();
}
"""

ASK_BEFORE_LEAVING = """
export default function () {
  const ask = (event) => {
    event.preventDefault();
    event.returnValue = "";
  };
  window.addEventListener("beforeunload", ask);
  return () => window.removeEventListener("beforeunload", ask);
}
"""

SET_COOKIE = """
export default function ({ data }) {
  document.cookie = `${data.name}=${data.value}; path=/; SameSite=Strict`;
}
"""

_set_cookie = st.components.v2.component("set_cookie", html="<span></span>", js=SET_COOKIE)
_follow_link = st.components.v2.component("follow_link", html="<span></span>", js=FOLLOW_LINK)
_watch_links = st.components.v2.component("watch_links", html="<span></span>", js=WATCH_LINKS)
_watch_clipboard = st.components.v2.component("watch_clipboard", html="<span></span>", js=WATCH_CLIPBOARD)
_ask_before_leaving = st.components.v2.component("ask_before_leaving", html="<span></span>", js=ASK_BEFORE_LEAVING)


def follow_link(number: int) -> None:
    """Click the only link of the page. `number` differs each time, so that the script runs again."""
    _follow_link(key=f"follow-link-{number}")


def set_cookie(name: str, value: str) -> None:
    """Set a cookie of this browser session, for this app only."""
    _set_cookie(key="set-cookie", data={"name": name, "value": value})


def watch_links() -> None:
    """Let what was done last reach the server before a link opens another page, and see that the page opens."""
    _watch_links(key="watch-links")


def watch_clipboard() -> None:
    """Let people paste photos wherever they can drop them."""
    _watch_clipboard(key="watch-clipboard")


def ask_before_leaving() -> None:
    """Make the browser ask before it reloads or closes the page."""
    _ask_before_leaving(key="ask-before-leaving")
