/* Links that arrive, and lose nothing on the way.

The browser names the open page with everything that it sends, and learns that another page is open only from the
server's answer. What it sends between a click on a link and that answer makes the server go back to the old page. And
what the server has not begun to handle when the click arrives is dropped.

So a link waits until what was done before has been sent and answered, and photos are uploaded. Then the old page takes
no more input. If the server went back all the same, the link is clicked again. If an error on the
way has emptied the browser's page, the new page is loaded from the server.
*/

const LINKS = '[data-testid="stSidebarNavLink"], [data-testid="stPageLink-NavLink"]';
const FIELDS = "input:not([type=radio], [type=checkbox]), textarea";
const SENT = 400; // ms after an act until it has been sent; Streamlit's timers take up to 200
const QUIET = 300; // ms without a message after which an answer is complete
const ANSWERED = 4000; // ms that a link waits for an answer at most
const LISTED = 10000; // ms until a dropped photo appears in the list of files
const UPLOADED = 60000; // ms that a link waits for photos at most
const OPENED = 90000; // ms until the new page must be there
const IDLE = 3000; // ms without any sign of the new page until the link is clicked again; each time twice as long
const LOOK = 100; // ms between two looks

const traffic = (window.fittingRoomTraffic ??= watchTraffic());
let acted = -Infinity; // when a person last did something, or photos were last seen to be on their way
let dropped = -Infinity; // when photos were dropped that the list of files does not show yet
let before = new Set(); // what it showed when they were dropped
let wanted = null; // where the clicked link leads

/* When the browser last sent something, and when it last received something. */
function watchTraffic() {
  const traffic = { sent: -Infinity, received: -Infinity };
  const watched = new WeakSet();
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    if (!watched.has(this)) this.addEventListener("message", () => (traffic.received = performance.now()));
    watched.add(this);
    traffic.sent = performance.now();
    return send.call(this, data);
  };
  return traffic;
}

function act(event) {
  if (event.target.closest?.(LINKS)) return;
  if (event.type === "focusout" && !event.target.matches?.(FIELDS)) return;
  acted = performance.now();
  if (event.type === "drop" || (event.type === "change" && event.target.type === "file")) {
    dropped = acted;
    before = new Set(files());
    list.observe(document.body, { childList: true, subtree: true });
  }
}

function files() {
  return document.querySelectorAll('[data-testid="stFileChip"]');
}

/* Sees dropped photos appear. They may be gone soon after: some uploaders are emptied, and pages are left. */
const list = new MutationObserver(() => {
  if ([...files()].some((file) => !before.has(file))) dropped = -Infinity;
  if (performance.now() - dropped > LISTED) list.disconnect();
});

/* Whether something that was done may not have reached the server. */
function isOnItsWay(now) {
  if (now - dropped < LISTED || document.querySelector('[data-testid="stFileChipIconSpinner"]')) acted = now;
  if (now - acted < SENT) return true;
  const isAnswered = traffic.received > traffic.sent && now - traffic.received > QUIET && isIdle();
  return traffic.sent >= acted && !isAnswered && now - acted < ANSWERED;
}

function isIdle() {
  return document.querySelector('[data-testid="stApp"]').dataset.testScriptState === "notRunning";
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
  if (!main) {
    if (wanted === link.href) location.assign(link.href); // of two links, the last
    return;
  }
  main.inert = wanted === link.href && location.pathname !== link.pathname && performance.now() < until;
  if (!main.inert) {
    if (wanted === link.href) wanted = null;
    return;
  }
  idle = isIdle() ? idle + LOOK : 0;
  if (idle >= patience) {
    follow(link);
    setTimeout(watch, LOOK, link, until, 2 * patience, 0);
  } else {
    setTimeout(watch, LOOK, link, until, patience, idle);
  }
}

function show() {
  const acts = ["input", "change", "drop", "pointerup", "keydown", "focusout"];
  for (const name of acts) document.addEventListener(name, act, true);
  document.addEventListener("click", click, true);
  return () => {
    for (const name of acts) document.removeEventListener(name, act, true);
    document.removeEventListener("click", click, true);
  };
}
