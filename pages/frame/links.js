/* Links that arrive, and lose nothing on the way.

The browser names the open page with everything that it sends. It learns that another page is open only from the
server's answer. Whatever it sends between a click on a link and that answer names the page being left, and so the
server goes back to that page. And what has not been sent when the new page opens is gone.

So a link waits until what was done before is on its way: values are sent from timers, photos once all are uploaded.
Then the old page takes no more input, and the link is clicked again if the server went back.
*/

const LINKS = '[data-testid="stSidebarNavLink"], [data-testid="stPageLink-NavLink"]';
const FIELDS = "input:not([type=radio], [type=checkbox]), textarea";
const SENT = 400; // ms after an act until it has been sent; Streamlit's timers take up to 200
const STARTED = 5000; // ms until a dropped photo appears as a file being uploaded
const UPLOADED = 60000; // ms that a link waits for photos at most
const OPENED = 90000; // ms until the new page must be there
const LOOK = 150; // ms between two looks
const IDLE = 3000; // ms without any sign of the new page until the link is clicked again; each time twice as long

let acted = -Infinity;
let dropped = -Infinity;
let newestBefore = null; // the last file of the list when photos were dropped
let wanted = null; // the link being followed

const newest = () => [...document.querySelectorAll('[data-testid="stFileChip"]')].at(-1);

function isUploading(now) {
  const awaited = now - dropped < STARTED && newest() === newestBefore;
  return awaited || document.querySelector('[data-testid="stFileChipIconSpinner"]') !== null;
}

function act(event) {
  if (event.target.closest?.(LINKS)) return;
  if (event.type === "focusout" && !event.target.matches?.(FIELDS)) return;
  acted = performance.now();
  if (event.type === "drop" || (event.type === "change" && event.target.type === "file")) {
    dropped = acted;
    newestBefore = newest();
  }
}

function click(event) {
  const link = event.target.closest?.(LINKS);
  if (!link || link.origin !== location.origin) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return; // opens another tab
  const isRepeated = !event.isTrusted && link.href === wanted;
  wanted = link.href;
  if (isRepeated) return;
  const now = performance.now();
  if (event.isTrusted && isOnItsWay(now)) {
    event.preventDefault();
    event.stopPropagation();
    wait(link, now + UPLOADED);
  } else {
    watch(link, now + OPENED, IDLE, 0);
  }
}

function isOnItsWay(now) {
  return now - acted < SENT || isUploading(now);
}

function wait(link, until) {
  const now = performance.now();
  const isWaiting = wanted === link.href && isOnItsWay(now) && now < until;
  link.style.opacity = isWaiting ? 0.5 : "";
  if (isWaiting) {
    setTimeout(wait, LOOK, link, until);
  } else if (wanted === link.href) {
    follow(link);
    watch(link, now + OPENED, IDLE, 0);
  }
}

/* The page may have been drawn again meanwhile, with another element for the same link. */
function follow(link) {
  [...document.querySelectorAll(LINKS)].find((other) => other.href === link.href)?.click();
}

function watch(link, until, patience, idle) {
  const main = document.querySelector('[data-testid="stMain"]');
  const app = document.querySelector('[data-testid="stApp"]');
  main.inert = wanted === link.href && location.pathname !== link.pathname && performance.now() < until;
  if (!main.inert) {
    if (wanted === link.href) wanted = null;
    return;
  }
  idle = app.dataset.testScriptState === "notRunning" ? idle + LOOK : 0;
  if (idle >= patience) {
    follow(link);
    setTimeout(watch, LOOK, link, until, 2 * patience, 0);
  } else {
    setTimeout(watch, LOOK, link, until, patience, idle);
  }
}

export default function () {
  const acts = ["input", "change", "drop", "pointerup", "keydown", "focusout"];
  for (const name of acts) document.addEventListener(name, act, true);
  document.addEventListener("click", click, true);
  return () => {
    for (const name of acts) document.removeEventListener(name, act, true);
    document.removeEventListener("click", click, true);
  };
}
