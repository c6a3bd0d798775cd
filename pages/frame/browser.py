"""Small invisible scripts for what only the browser can do.

- `follow_link` clicks the only link of a page that is being left (see `pages.frame.navigation`).
- `watch_links` makes sure that a link arrives and that nothing done before it is lost (see `links.js`).
- `watch_clipboard` puts pasted photos into an uploader (see `paste.js`).
- `set_cookie` keeps the proof that the password was given.
- `ask_before_leaving`: the photos on Predict are only in memory, and a reload would lose them. So the browser asks.
"""

from pages.frame import component

FOLLOW_LINK = """
function show() {
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
function ask(event) {
  event.preventDefault();
  event.returnValue = "";
}

function show() {
  window.addEventListener("beforeunload", ask);
  return () => window.removeEventListener("beforeunload", ask);
}
"""

SET_COOKIE = """
function show({ data }) {
  document.cookie = `${data.name}=${data.value}; path=/; SameSite=Strict`;
}
"""

_set_cookie = component.component("set_cookie", "<span></span>", SET_COOKIE)
_follow_link = component.component("follow_link", "<span></span>", FOLLOW_LINK)
_watch_links = component.component("watch_links", "<span></span>", component.text(__file__, "links.js"))
_watch_clipboard = component.component("watch_clipboard", "<span></span>", component.text(__file__, "paste.js"))
_ask_before_leaving = component.component("ask_before_leaving", "<span></span>", ASK_BEFORE_LEAVING)


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
