/* A row of photos from one press, and the names of sessions: of a burst, and of single photos one after another. */

const MOST = 20; // photos of a burst
const EVERY = 250; // ms between two of them
const TOGETHER = 10_000; // ms after a burst within which a single photo belongs to it

class Burst {
  /* `take(session)` takes a photo and says whether it could; `changed` hears of each step. */
  constructor(take, changed) {
    Object.assign(this, { take, changed });
    this.timer = null;
    this.count = 0;
    this.session = "";
    this.ended = -Infinity;
  }

  get isRunning() {
    return this.timer !== null;
  }

  start() {
    if (this.isRunning) return;
    this.count = 0;
    this.session = `${sessionName()}-${letters(4)}`; // the letters tell a burst, see core/datasets/sessions.py
    this.timer = setInterval(() => this.step(), EVERY);
    this.step();
  }

  step() {
    if (!this.take(this.session)) return this.stop();
    if (++this.count >= MOST) this.stop();
    this.changed();
  }

  stop() {
    if (!this.isRunning) return;
    clearInterval(this.timer);
    this.timer = null;
    this.ended = performance.now();
    this.changed();
  }

  /* The session of a single photo: the last burst's if it has just ended, else that of the sitting. */
  sessionNow(sitting) {
    return performance.now() - this.ended < TOGETHER ? this.session : sitting;
  }
}

/* A name such as camera-20261128-143501. */
function sessionName() {
  const now = new Date();
  const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(twoDigits).join("");
  return `camera-${day}-${[now.getHours(), now.getMinutes(), now.getSeconds()].map(twoDigits).join("")}`;
}

function twoDigits(number) {
  return String(number).padStart(2, "0");
}

function letters(count) {
  return [...crypto.getRandomValues(new Uint8Array(count))].map((number) => (number % 36).toString(36)).join("");
}
