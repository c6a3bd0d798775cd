/* A camera that takes photos one by one or in bursts, and shows Python a small picture of what it sees.

`camera_shots.js`, `camera_stream.js`, `camera_press.js` and `camera_burst.js` stand before this text in the same module.
A camera outlives its elements: a run that ends early makes Streamlit drop them for a moment.
*/

const GONE = 5000; // ms without elements after which the camera is turned off
const LONG = 30_000; // ms in the background after which it is turned off
const LOOK = 250; // ms between two looks for what is due
const MOST_WAITING = 60; // photos on their way, beyond which no more are taken
const FRAME_EVERY = 700; // ms
const FRAME_LATE = 5000; // ms after which another one is sent though the last was not answered
const FRAME_SIDE = 320; // px
const all = new Map(); // the cameras, by key
const mounts = new WeakMap(); // by the element in which Streamlit shows a camera

function show({ data, parentElement, setStateValue }) {
  if (!all.has(data.key)) all.set(data.key, new Camera());
  const camera = all.get(data.key);
  if (!mounts.has(parentElement)) {
    mounts.set(parentElement, camera);
    camera.mount(parentElement);
  }
  camera.update(data, setStateValue);
  return () => {
    mounts.delete(parentElement);
    camera.unmount(parentElement);
  };
}

document.addEventListener("visibilitychange", () => {
  for (const camera of all.values()) camera.visibilityChanged();
});

window.addEventListener("beforeunload", (event) => {
  if ([...all.values()].some((camera) => camera.underway)) event.preventDefault();
});

class Camera {
  constructor() {
    const show = () => this.show();
    this.shots = new Shots();
    this.stream = new Stream();
    this.stream.changed = () => this.streamChanged();
    this.burst = new Burst((session) => this.take(session), show);
    this.press = new Press(() => this.burst.isRunning, () => this.burst.start(), () => this.burst.stop());
    this.parent = null; // the elements, while there are some
    this.place = ""; // the page's path
    this.data = {};
    this.sitting = ""; // the session of single photos since the camera was turned on
    this.taken = 0; // photos since then
    this.pending = 0; // of them, those that wait for the next frame
    this.frame = { number: 0, sent: -Infinity, isEmpty: true };
    this.setStateValue = () => {};
    setInterval(() => this.look(), LOOK);
  }

  // Elements come and go

  mount(parent) {
    clearTimeout(this.goneTimer);
    this.parent = parent;
    this.place = location.pathname;
    this.isNew = true;
    const find = (name) => parent.querySelector(`.${name}`);
    this.parts = Object.fromEntries(
      ["camera", "name", "stage", "problem", "on", "shoot", "burst", "next", "off", "count", "hint", "status"].map(
        (name) => [name, find(name)],
      ),
    );
    this.parts.stage.prepend(this.stream.video);
    this.stream.show();
    this.parts.on.onclick = () => this.turnOn();
    this.parts.shoot.onclick = () => this.takeOne();
    this.parts.next.onclick = () => this.stream.turnToNext();
    this.parts.off.onclick = () => this.stream.turnOff();
    this.press.attach(this.parts.burst);
  }

  unmount(parent) {
    if (this.parent !== parent) return; // there are new ones already
    this.parent = null;
    const turnOff = () => this.stream.turnOff();
    this.goneTimer = setTimeout(turnOff, location.pathname === this.place ? GONE : 0);
  }

  visibilityChanged() {
    clearTimeout(this.hiddenTimer);
    if (!document.hidden) return;
    this.burst.stop();
    if (this.stream.isOn) this.hiddenTimer = setTimeout(() => this.stream.turnOff(HIDDEN), LONG);
  }

  // What Python says

  update(data, setStateValue) {
    this.data = data;
    this.setStateValue = this.shots.setStateValue = setStateValue;
    this.shots.taken(data.done);
    if (this.isNew && this.shots.isSending) this.shots.send();
    this.isNew = false;
    if (data.disabled) this.burst.stop();
    this.show();
  }

  // What a person does

  turnOn() {
    if (this.stream.isStarting || this.stream.isOn) return;
    for (const other of all.values()) if (other !== this && other.stream.isOn) other.stream.turnOff();
    this.sitting = sessionName();
    this.taken = 0;
    this.stream.turnOn();
  }

  takeOne() {
    if (!this.take(this.burst.sessionNow(this.sitting))) return;
    this.parts.stage.animate([{ opacity: 0.4 }, { opacity: 1 }], 200); // not in a burst: quick flashes can harm
    this.say("Photo taken");
  }

  /* Returns whether a photo can be taken now. */
  take(session) {
    if (!this.canTake()) return false;
    const { target } = this.data; // what it shows, even if something else is next when it arrives
    this.taken++;
    this.pending++;
    this.stream.takePhoto().then((photo) => {
      this.pending--;
      if (photo) this.shots.add(session, target, photo);
      else this.taken--; // it was turned off just now
      this.show();
    });
    return true;
  }

  get underway() {
    return this.pending + this.shots.waiting.length;
  }

  canTake() {
    return this.stream.isReady && !this.data.disabled && this.underway < MOST_WAITING;
  }

  // What is due

  look() {
    if (!this.parent) return;
    this.shots.sendLateOnes();
    this.sendFrame();
  }

  async sendFrame() {
    const { frame } = this;
    if (!this.data.live || !this.stream.isReady || document.hidden) return this.clearFrame();
    const age = performance.now() - frame.sent;
    const isAnswered = this.data.frame === frame.number;
    // every message has the photos on their way too, so frames wait for them
    if (this.shots.isSending || age < FRAME_EVERY || !(isAnswered || age > FRAME_LATE)) return;
    frame.sent = performance.now();
    const picture = await this.stream.picture(FRAME_SIDE);
    if (!picture || !this.stream.isOn) return;
    frame.isEmpty = false;
    this.setStateValue("frame", { number: ++frame.number, picture });
  }

  clearFrame() {
    if (this.frame.isEmpty) return;
    this.frame.isEmpty = true;
    this.setStateValue("frame", null);
  }

  streamChanged() {
    if (!this.stream.isOn) this.burst.stop();
    this.show();
  }

  // What is seen

  show() {
    if (!this.parent) return;
    const { stream, burst, parts, data } = this;
    const { isReady } = stream;
    const isStarting = !isReady && (stream.isStarting || stream.isOn);
    const focus = parts.camera.getRootNode().activeElement;
    const name = data.label ?? "";
    parts.camera.setAttribute("aria-label", name);
    write(parts.name, name);
    parts.stage.hidden = !isReady;
    stream.video.setAttribute("aria-label", `Live picture: ${name}`);
    parts.stage.classList.toggle("bursting", burst.isRunning);
    write(parts.problem, stream.problem);
    parts.problem.hidden = !stream.problem;
    parts.on.hidden = isReady;
    parts.on.disabled = data.disabled;
    write(parts.on, isStarting ? "Turning on … Allow the camera if the browser asks" : "Turn on the camera");
    for (const part of ["shoot", "burst", "hint"]) parts[part].hidden = !isReady || !this.data.shoots;
    parts.off.hidden = !isReady && !isStarting;
    parts.shoot.disabled = !this.canTake() || burst.isRunning;
    parts.burst.disabled = !burst.isRunning && !this.canTake();
    write(parts.burst, burst.isRunning ? "Stop burst" : "Burst");
    parts.next.hidden = !isReady || stream.cameras.length < 2;
    write(parts.count, this.counted());
    if (focus?.hidden) (!isReady ? parts.on : this.data.shoots ? parts.shoot : parts.off).focus();
    if (this.wasRunning && !burst.isRunning) this.say(`Burst ended: ${photos(burst.count)} taken`);
    this.wasRunning = burst.isRunning;
  }

  /* The counter below the picture. */
  counted() {
    const waiting = this.underway;
    const parts = [];
    if (this.burst.isRunning) parts.push(`Burst: ${this.burst.count} of ${MOST}`);
    if (this.taken) parts.push(`${photos(this.taken)} taken`);
    if (waiting) parts.push(`${waiting} on ${waiting === 1 ? "its" : "their"} way`);
    return parts.join(" · ");
  }

  /* For screen readers. */
  say(text) {
    if (this.parent) this.parts.status.textContent = `${text}, ${this.counted()}`;
  }
}

function write(part, text) {
  if (part.textContent !== text) part.textContent = text;
}

function photos(count) {
  return `${count} ${count === 1 ? "photo" : "photos"}`;
}
