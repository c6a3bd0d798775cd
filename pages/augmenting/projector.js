/* The projector view: large pictures over the whole window, moved by keys.

A modal dialog lies over everything that Streamlit draws. All draws are here from the start, so the next one is there at
once; the steps of a draw come from Python when somebody asks for them. What is shown outlives the element: Streamlit
makes a new one when a run ends early.
*/

const LONG = 70; // characters of a caption that get a smaller size
const SHORT = 26; // characters of a caption that fits above a small picture
const ACTS = {
  ArrowRight: "next", PageDown: "next", " ": "next", ArrowLeft: "previous", PageUp: "previous",
  ArrowDown: "stepOn", ArrowUp: "stepBack", a: "showAll", f: "fillScreen", Escape: "close",
};
const place = { view: 0, step: 0, isAll: false }; // step 0 is the whole draw
const projectors = new WeakMap(); // by the element in which Streamlit shows the view

function show({ data, parentElement, setStateValue, setTriggerValue }) {
  if (!projectors.has(parentElement)) projectors.set(parentElement, new Projector(parentElement));
  const projector = projectors.get(parentElement);
  Object.assign(projector, { data, setStateValue, setTriggerValue });
  if (data.isOpen) projector.open();
  else projector.dialog.close();
  return () => {
    projector.dialog.close();
    projectors.delete(parentElement);
  };
}

class Projector {
  constructor(parent) {
    this.dialog = parent.querySelector("dialog");
    this.stage = parent.querySelector(".stage");
    this.caption = parent.querySelector(".caption");
    this.dialog.addEventListener("keydown", (event) => this.keyDown(event));
    this.dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.close();
    });
    for (const button of parent.querySelectorAll("button")) button.onclick = () => this.act(button.dataset.act);
  }

  open() {
    if (!this.dialog.open) {
      this.dialog.showModal();
      this.dialog.focus(); // not a button: the space bar shows the next draw
    }
    place.view = Math.min(place.view, this.data.draws.length - 1);
    this.draw();
  }

  keyDown(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const isButtons = event.key === " " && event.target.closest?.("button");
    if (event.ctrlKey || event.metaKey || event.altKey || isButtons || !ACTS[key]) return;
    event.preventDefault();
    event.stopPropagation();
    this.act(ACTS[key]);
  }

  act(name) {
    this[name]();
    if (this.dialog.open) this.draw();
  }

  next() {
    this.turnTo(place.view + 1);
  }

  previous() {
    this.turnTo(place.view - 1);
  }

  turnTo(view) {
    const count = this.data.draws.length;
    Object.assign(place, { view: (view + count) % count, step: 0, isAll: false });
  }

  stepOn() {
    this.stepTo(place.step + 1);
  }

  stepBack() {
    this.stepTo(place.step - 1);
  }

  /* Steps count from 1; before the first and after the last comes the whole draw. */
  stepTo(step) {
    const count = this.data.stepCount + 1;
    Object.assign(place, { step: (step + count) % count, isAll: false });
    if (this.data.view !== place.view) this.setStateValue("view", place.view);
  }

  showAll() {
    place.isAll = !place.isAll;
  }

  fillScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.dialog.requestFullscreen?.().catch(() => {}); // a browser may forbid it; the view fills the window anyway
  }

  close() {
    if (document.fullscreenElement) document.exitFullscreen();
    Object.assign(place, { view: 0, step: 0, isAll: false });
    this.dialog.close();
    this.setTriggerValue("closed", true);
  }

  draw() {
    const { draws, original, steps, view, about } = this.data;
    const draw = draws[place.view];
    this.dialog.classList.toggle("all", place.isAll);
    if (place.isAll) {
      const values = draws.map((each) => ({ ...each, label: each.caption.length > SHORT ? each.label : each.caption }));
      this.show(values, about);
    } else if (!place.step) {
      this.show([original, draw], draw.caption);
    } else if (view === place.view) {
      const [before, after] = [steps[place.step - 1], steps[place.step]];
      this.show([before, after], `${after.label}: ${after.caption}`);
    } // else Python is on its way with the steps
  }

  show(pictures, caption) {
    const figures = pictures.map(({ picture, label }) => {
      const figure = document.createElement("figure");
      const image = document.createElement("img");
      const text = document.createElement("figcaption");
      image.src = `data:image/png;base64,${picture}`;
      image.alt = text.textContent = label;
      figure.append(text, image);
      return figure;
    });
    this.stage.replaceChildren(...figures);
    this.caption.textContent = caption;
    this.caption.classList.toggle("long", caption.length > LONG);
  }
}
