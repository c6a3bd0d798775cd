/* A grid of photos to look at, select and act on, with the mouse, the keyboard or a finger.

`acts.js`, `selection.js`, `shortcuts.js` and `tile.js` stand before this text in the same module. Acts and selection outlive the
elements: a run that ends early makes Streamlit drop the grid for a moment. Keys that are pressed meanwhile count too.
*/

const LOOK = 250; // ms between two looks whether acts are late, and whether a dialog has been closed
const DIALOG = '[role="dialog"]';
const memories = new Map(); // by the grid's key
const grids = new WeakMap(); // by the element in which Streamlit shows a grid

function show({ data, parentElement, setStateValue }) {
  if (!grids.has(parentElement)) grids.set(parentElement, new Grid(parentElement, data.key));
  const grid = grids.get(parentElement);
  grid.update(data, setStateValue);
  return () => {
    clearInterval(grid.timer);
    grids.delete(parentElement);
  };
}

/* A grid has the focus until a person goes to something else, even while it is not drawn. */
function watchFocus(event) {
  for (const memory of memories.values()) {
    memory.hasFocus = event.composedPath().includes(memory.grid.root);
    if (memory.dialog && event.target.closest?.(DIALOG)) memory.dialog = "open";
  }
}

function keyDown(event) {
  const isNowhere = document.activeElement === document.body;
  for (const memory of memories.values()) {
    const isHere = event.composedPath().includes(memory.grid.root);
    if (isHere || (isNowhere && memory.hasFocus && memory.place === location.pathname)) memory.grid.keyDown(event);
  }
}

document.addEventListener("focusin", watchFocus);
document.addEventListener("pointerdown", watchFocus);
document.addEventListener("keydown", keyDown, true);

class Grid {
  constructor(parent, key) {
    const fresh = { acts: new Acts(), selection: new Selection(), hasFocus: false, dialog: "" };
    if (!memories.has(key)) memories.set(key, fresh);
    this.memory = memories.get(key);
    this.memory.grid = this;
    this.memory.place = location.pathname;
    ({ acts: this.acts, selection: this.selection } = this.memory);
    this.root = parent.querySelector(".photo-grid");
    this.chips = parent.querySelector(".chips");
    this.status = parent.querySelector(".status");
    this.list = parent.querySelector(".tiles");
    this.elements = new Map(); // by the photo's name
    this.dragged = null; // the photos that are being dragged
    this.drawn = ""; // the actions in the bar
    this.list.addEventListener("focusin", (event) => this.focusIn(event)); // also by a screen reader
    this.list.onclick = (event) => this.click(event);
    this.list.ondblclick = (event) => this.doubleClick(event);
    this.list.ondragstart = (event) => this.dragStart(event);
    this.list.ondragend = () => (this.dragged = null);
    this.timer = setInterval(() => this.look(), LOOK);
  }

  look() {
    this.acts.sendLateOnes();
    this.takeFocusBack();
  }

  // What Python says

  update(data, setStateValue) {
    const isNew = !this.tiles;
    const hadFocus = this.memory.hasFocus && (isNew || this.list.contains(this.active()));
    this.acts.setStateValue = setStateValue;
    this.tiles = data.tiles;
    this.actions = data.actions;
    this.acts.taken(data.done);
    this.selection.setNames(data.tiles.map((tile) => tile.name));
    this.drawChips();
    this.drawTiles(data.label);
    this.show();
    if (hadFocus) this.takeFocus();
    if (isNew && this.acts.waiting.length) this.acts.send();
    if (this.tiles.some((tile) => tile.waiting)) this.acts.askAgain();
  }

  active() {
    return this.root.getRootNode().activeElement;
  }

  drawChips() {
    const wanted = JSON.stringify(this.actions);
    if (wanted === this.drawn) return;
    const hadFocus = this.chips.contains(this.active());
    this.drawn = wanted;
    this.chips.replaceChildren();
    let group = null;
    for (const action of this.actions.filter((each) => each.chip)) {
      if (group?.dataset.group !== action.group) {
        group = element("div", "group");
        group.dataset.group = action.group;
        group.setAttribute("role", "group");
        if (action.group) {
          group.setAttribute("aria-label", action.group);
          group.append(element("span", "group-label", action.group));
        }
        this.chips.append(group);
      }
      group.append(this.chip(action));
    }
    if (hadFocus) this.takeFocus();
  }

  chip(action) {
    const chip = element("button", "chip");
    const takesPhotos = action.scope === "photos";
    chip.type = "button";
    chip.append(element("span", "label", action.label));
    if (action.shortcut) {
      chip.append(element("kbd", "", action.shortcut));
      chip.setAttribute("aria-keyshortcuts", action.shortcut);
    }
    chip.onclick = () => {
      // only a key acts on the photo in focus: with the mouse, nobody has chosen it
      const photos = takesPhotos ? this.selection.list() : this.photosFor(action);
      if (takesPhotos && !photos.length) this.status.textContent = "Select photos first.";
      else this.act(action, photos);
      this.takeFocus();
    };
    chip.ondragover = (event) => {
      if (!this.dragged || !takesPhotos) return;
      event.preventDefault();
      chip.classList.add("target");
    };
    chip.ondragleave = () => chip.classList.remove("target");
    chip.ondrop = (event) => {
      event.preventDefault();
      chip.classList.remove("target");
      if (this.dragged && takesPhotos) this.act(action, this.dragged);
      this.dragged = null;
    };
    return chip;
  }

  drawTiles(label) {
    this.list.setAttribute("aria-label", label);
    const names = new Set(this.selection.names);
    for (const [name, tile] of this.elements) {
      if (names.has(name)) continue;
      tile.remove();
      this.elements.delete(name);
    }
    this.tiles.forEach((tile, place) => {
      const drawn = this.elements.get(tile.name) ?? newTile(tile.name);
      this.elements.set(tile.name, drawn);
      fillTile(drawn, tile);
      if (this.list.children[place] !== drawn) this.list.insertBefore(drawn, this.list.children[place] ?? null);
    });
  }

  /* Selection, focus and what is on its way, on the tiles that are there. */
  show() {
    const { chosen, focus, names } = this.selection;
    const pending = this.acts.pending();
    for (const [name, tile] of this.elements) {
      tile.tabIndex = name === focus ? 0 : -1;
      tile.setAttribute("aria-selected", chosen.has(name));
      const action = this.actions.find((each) => each.key === pending.get(name));
      const isPending = action?.scope === "photos";
      tile.classList.toggle("pending", isPending);
      tile.dataset.pending = isPending ? action.label : "";
    }
    this.status.textContent = chosen.size ? `${chosen.size} of ${names.length} selected` : "Select photos, then an action";
  }

  takeFocus() {
    this.memory.hasFocus = true;
    this.elements.get(this.selection.focus)?.focus();
  }

  /* When a dialog that was opened from here is closed, Streamlit leaves the focus nowhere. */
  takeFocusBack() {
    if (this.memory.dialog !== "open" || document.querySelector(DIALOG)) return;
    if (document.activeElement === document.body) this.takeFocus(); // in vain while the page is still inert
    if (document.activeElement !== document.body) this.memory.dialog = "";
  }

  // What a person does

  /* The photos that a key acts on: the selected ones, or else the one in focus. */
  photosFor(action) {
    const { focus, chosen } = this.selection;
    if (action.scope === "page") return [];
    if (action.scope === "photos" && chosen.size) return this.selection.list();
    return focus === null ? [] : [focus];
  }

  act(action, photos) {
    if (action.scope !== "page" && !photos.length) return;
    if (action.scope === "photos") this.selection.moveOn(photos);
    if (action.scope === "photo") this.memory.dialog = "wanted";
    this.acts.add(action.key, photos);
    this.show();
    if (this.list.contains(this.active())) this.takeFocus();
  }

  nameAt(event) {
    return event.target.closest(".tile")?.dataset.name ?? null;
  }

  focusIn(event) {
    const name = this.nameAt(event);
    if (name === null || name === this.selection.focus) return;
    this.selection.focus = name;
    this.show();
  }

  click(event) {
    const name = this.nameAt(event);
    if (name === null) return;
    if (event.shiftKey) this.selection.extendTo(name);
    else this.selection.toggle(name);
    this.show();
    this.takeFocus();
  }

  doubleClick(event) {
    const name = this.nameAt(event);
    const action = this.actions.find((each) => each.scope === "photo");
    if (name !== null && action) this.act(action, [name]);
  }

  dragStart(event) {
    const name = this.nameAt(event);
    if (name === null) return;
    this.dragged = this.selection.chosen.has(name) ? this.selection.list() : [name];
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", `${this.dragged.length}`);
    if (this.dragged.length > 1) {
      const count = element("div", "dragged", `${this.dragged.length} photos`);
      this.root.append(count);
      event.dataTransfer.setDragImage(count, 0, 0);
      setTimeout(() => count.remove());
    }
  }

  keyDown(event) {
    if (event.altKey || event.isComposing) return;
    const isOnChip = this.chips.contains(this.active());
    const isCommand = event.ctrlKey || event.metaKey;
    const isDone = isCommand ? this.commandKey(event) : (!isOnChip && this.moveKey(event)) || this.actionKey(event);
    if (isDone) event.preventDefault();
    // Streamlit has keys of its own, such as c and r
    if (isDone || (!isCommand && event.key.length === 1 && !isOnChip)) event.stopPropagation();
  }

  commandKey(event) {
    const key = event.key.toLowerCase();
    const undo = this.actions.find((each) => each.undo);
    if (key === "a") {
      this.selection.all();
      this.show();
      return true;
    }
    if (key !== "z" || event.shiftKey || !undo) return false;
    if (!event.repeat) this.act(undo, []);
    return true;
  }

  moveKey(event) {
    const { focus, names } = this.selection;
    if (focus === null) return false;
    const place = names.indexOf(focus);
    const isSpace = event.key === " " || event.key === "Enter";
    const target = isSpace ? place : this.placeFor(event.key, place, names.length);
    if (target === undefined) return false;
    const name = names[target];
    if (name === undefined || (isSpace && event.repeat)) return true;
    if (event.shiftKey) this.selection.extendTo(name);
    else if (isSpace) this.selection.toggle(name);
    else this.selection.moveTo(name);
    this.show();
    this.takeFocus();
    return true;
  }

  placeFor(key, place, count) {
    if (key === "ArrowUp") return place - this.columns();
    if (key === "ArrowDown") return place + this.columns();
    return { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: count - 1 }[key];
  }

  columns() {
    const tops = [...this.list.children].map((tile) => tile.offsetTop);
    const second = tops.findIndex((top) => top !== tops[0]);
    return second < 0 ? tops.length : second;
  }

  actionKey(event) {
    if (event.key === "Escape" && this.selection.chosen.size) {
      this.selection.clear();
      this.show();
      return true;
    }
    const action = actionFor(event, this.actions);
    if (action && !event.repeat) this.act(action, this.photosFor(action));
    return Boolean(action);
  }
}
