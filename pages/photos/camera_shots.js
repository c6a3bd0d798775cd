/* Photos on their way to Python, which says when it has taken them.

Photos are numbered and kept until then, as acts of the photo grid are: a run that is cut short loses none, and none is
taken twice. They are large, and the browser sends what it holds for Python with every click. So they go in batches, the
next one when the last was taken, and what was taken is removed.
*/

const BATCH = 4_000_000; // characters of a batch, or a single photo
const LATE = 2500; // ms after which a batch is sent again if nothing is running

class Shots {
  constructor() {
    this.instance = [...crypto.getRandomValues(new Uint32Array(2))].map((number) => number.toString(36)).join("");
    this.count = 0;
    this.waiting = [];
    this.batch = []; // what the browser holds for Python
    this.sent = -Infinity;
    this.rounds = 0;
    this.setStateValue = () => {};
  }

  add(session, target, photo) {
    this.waiting.push({ instance: this.instance, number: ++this.count, session, target, photo });
    this.sendNext();
  }

  /* `done` has the number of the last photo that was taken, by instance. */
  taken(done) {
    this.waiting = this.waiting.filter((shot) => shot.number > (done[this.instance] ?? 0));
    this.sendNext();
  }

  get isSending() {
    return this.batch.some((shot) => this.waiting.includes(shot));
  }

  sendNext() {
    if (this.isSending || (!this.batch.length && !this.waiting.length)) return;
    let size = 0;
    this.batch = this.waiting.filter((shot, place) => (size += shot.photo.length) <= BATCH || place === 0);
    this.send();
  }

  send() {
    this.sent = performance.now();
    this.setStateValue("shots", [...this.batch]);
  }

  sendLateOnes() {
    const isIdle = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning";
    if (!this.isSending || !isIdle || performance.now() - this.sent < LATE) return;
    this.send();
    this.setStateValue("rounds", ++this.rounds); // the same photos alone would not be a change
  }
}
