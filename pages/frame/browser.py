"""Small invisible scripts for what only the browser can do.

- `follow_link` clicks the only link of a page that is being left (see `pages.frame.navigation`).
- `commit_first`: a click on a link opens the new page before the browser sends what you typed last. The server then
  takes that value for one of the new page. So a click on a link right after typing waits until the value is sent.
- `ask_before_leaving`: the photos on Predict are only in memory, and a reload would lose them. So the browser asks.
"""

import streamlit as st

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

COMMIT_FIRST = """
export default function () {
  const WAIT = 400;  // ms: the value is sent from a timer after the field has lost the focus
  const LINKS = '[data-testid="stSidebarNavLink"], [data-testid="stPageLink-NavLink"]';
  const FIELDS = "input:not([type=file], [type=radio], [type=checkbox], [type=range]), textarea";
  let left = -Infinity;
  const leave = (event) => {
    if (event.target.matches?.(FIELDS)) left = performance.now();
  };
  const click = (event) => {
    const link = event.target.closest?.(LINKS);
    const field = document.activeElement?.matches(FIELDS) ? document.activeElement : null;
    if (!link || link.dataset.committed || (!field && performance.now() - left > WAIT)) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    event.stopPropagation();
    field?.blur();
    setTimeout(() => {
      // the page may have been drawn again meanwhile, with another element for the same link
      const same = [...document.querySelectorAll(LINKS)].find((other) => other.href === link.href);
      const target = link.isConnected ? link : same;
      if (!target) return;
      target.dataset.committed = "yes";
      target.click();
      delete target.dataset.committed;
    }, WAIT);
  };
  document.addEventListener("focusout", leave, true);
  document.addEventListener("click", click, true);
  return () => {
    document.removeEventListener("focusout", leave, true);
    document.removeEventListener("click", click, true);
  };
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

_follow_link = st.components.v2.component("follow_link", html="<span></span>", js=FOLLOW_LINK)
_commit_first = st.components.v2.component("commit_first", html="<span></span>", js=COMMIT_FIRST)
_ask_before_leaving = st.components.v2.component("ask_before_leaving", html="<span></span>", js=ASK_BEFORE_LEAVING)


def follow_link(number: int) -> None:
    """Click the only link of the page. `number` differs each time, so that the script runs again."""
    _follow_link(key=f"follow-link-{number}")


def commit_first() -> None:
    """Let typed values reach the server before a link opens another page."""
    _commit_first(key="commit-first")


def ask_before_leaving() -> None:
    """Make the browser ask before it reloads or closes the page."""
    _ask_before_leaving(key="ask-before-leaving")
