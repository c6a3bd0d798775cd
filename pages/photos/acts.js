/* What a person has done, until Python says that it has taken it.

Acts are numbered. All that are not taken yet are sent with each new one, and Python skips the numbers that it knows. So
an act can neither be lost with a run that was cut short, nor be done twice.
*/

const LATE = 2500; // ms after which acts are sent again if nothing is running

class Acts {
  constructor() {
    this.instance = [...crypto.getRandomValues(new Uint32Array(2))].map((number) => number.toString(36)).join("");
    this.count = 0;
    this.waiting = [];
    this.sent = -Infinity;
    this.rounds = 0;
    this.setStateValue = () => {};
  }

  add(action, photos) {
    this.waiting.push({ instance: this.instance, number: ++this.count, action, photos });
    this.send();
  }

  /* `done` has the number of the last act that was taken, by instance. */
  taken(done) {
    this.waiting = this.waiting.filter((act) => act.number > (done[this.instance] ?? 0));
  }

  send() {
    this.sent = performance.now();
    this.setStateValue("acts", [...this.waiting]);
  }

  sendLateOnes() {
    const isIdle = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning";
    if (this.waiting.length && isIdle && performance.now() - this.sent > LATE) {
      this.send();
      this.askAgain(); // Streamlit does not send the same list of acts a second time
    }
  }

  /* Makes Python draw the grid again. */
  askAgain() {
    this.setStateValue("rounds", ++this.rounds);
  }

  /* The action on its way for each photo, by name. */
  pending() {
    return new Map(this.waiting.flatMap((act) => act.photos.map((name) => [name, act.action])));
  }
}
