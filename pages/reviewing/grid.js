/* A grid of photos to look at, select and act on, with the mouse, the keyboard or a finger.

What a person does stays here until Python says that it has taken it: acts are numbered, all that are not taken yet are
sent with each new one, and Python skips the numbers that it knows. So an act can neither be lost with a run that was
cut short, nor be done twice. Everything shown is set as text.
*/

const RETRY = 1000; // ms between two looks whether acts are on their way
const LATE = 2500; // ms after which acts are sent again if nothing is running
const memories = new Map(); // by the grid's key: what outlives the elements
const grids = new WeakMap(); // by the element in which Streamlit shows a grid

export default function ({ data, parentElement, setStateValue }) {
  if (!grids.has(parentElement)) grids.set(parentElement, new Grid(parentElement, data.key));
  const grid = grids.get(parentElement);
  grid.update(data, setStateValue);
  return () => {
    grid.end();
    grids.delete(parentElement);
  };
}

function newMemory() {
  const instance = [...crypto.getRandomValues(new Uint32Array(2))].map((n) => n.toString(36)).join("");
  return { instance, count: 0, acts: [], rounds: 0, selection: new Set(), base: new Set(), anchor: null, focus: null };
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  if (text) made.textContent = text;
  return made;
}

class Grid {
  constructor(parent, key) {
    if (!memories.has(key)) memories.set(key, newMemory());
    this.memory = memories.get(key);
    this.root = parent.querySelector(".photo-grid");
    this.bar = parent.querySelector(".bar");
    this.chips = parent.querySelector(".chips");
    this.status = parent.querySelector(".status");
    this.list = parent.querySelector(".tiles");
    this.elements = new Map(); // by the photo's name
    this.dragged = null; // the photos that are being dragged
    this.drawn = ""; // the actions in the bar
    this.sent = -Infinity;
    this.root.onkeydown = (event) => this.keyDown(event);
    this.list.onclick = (event) => this.click(event);
    this.list.ondblclick = (event) => this.doubleClick(event);
    this.list.onfocus = () => this.moveFocus(this.memory.focus);
    this.list.ondragstart = (event) => this.dragStart(event);
    this.list.ondragend = () => (this.dragged = null);
    this.timer = setInterval(() => this.retry(), RETRY);
  }

  end() {
    clearInterval(this.timer);
  }

  // What Python says

  update(data, setStateValue) {
    this.setStateValue = setStateValue;
    this.tiles = data.tiles;
    this.names = data.tiles.map((tile) => tile.name);
    this.actions = data.actions;
    this.memory.acts = this.memory.acts.filter((act) => act.number > (data.done[this.memory.instance] ?? 0));
    this.drawChips();
    this.drawTiles(data.label);
    if (this.tiles.some((tile) => tile.waiting)) this.setStateValue("rounds", ++this.memory.rounds);
  }

  drawChips() {
    const wanted = JSON.stringify(this.actions);
    if (wanted === this.drawn) return;
    const hadFocus = this.chips.contains(this.chips.getRootNode().activeElement);
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
    if (hadFocus) this.moveFocus(this.memory.focus);
  }

  chip(action) {
    const chip = element("button", "chip");
    chip.type = "button";
    chip.dataset.action = action.key;
    chip.append(element("span", "label", action.label));
    if (action.shortcut) {
      chip.append(element("kbd", "", action.shortcut));
      chip.setAttribute("aria-keyshortcuts", action.shortcut);
    }
    chip.onclick = () => {
      const photos = action.scope === "photo" ? this.photosFor(action) : this.selected();
      if (action.scope === "photos" && !photos.length) this.status.textContent = "Select photos first.";
      else this.act(action, photos);
      this.moveFocus(this.memory.focus);
    };
    chip.ondragover = (event) => {
      if (!this.dragged || action.scope !== "photos") return;
      event.preventDefault();
      chip.classList.add("target");
    };
    chip.ondragleave = () => chip.classList.remove("target");
    chip.ondrop = (event) => {
      event.preventDefault();
      chip.classList.remove("target");
      if (this.dragged && action.scope === "photos") this.act(action, this.dragged);
      this.dragged = null;
    };
    return chip;
  }

  drawTiles(label) {
    this.list.setAttribute("aria-label", label);
    const hadFocus = this.list.contains(this.list.getRootNode().activeElement);
    const before = [...this.elements.keys()];
    const left = new Set(this.names);
    for (const [name, tile] of this.elements) {
      if (left.has(name)) continue;
      tile.remove();
      this.elements.delete(name);
    }
    this.tiles.forEach((tile, place) => {
      const drawn = this.elements.get(tile.name) ?? this.newTile(tile.name);
      this.fillTile(drawn, tile);
      if (this.list.children[place] !== drawn) this.list.insertBefore(drawn, this.list.children[place] ?? null);
    });
    const memory = this.memory;
    for (const set of [memory.selection, memory.base]) for (const name of set) if (!left.has(name)) set.delete(name);
    if (!left.has(memory.anchor)) memory.anchor = null;
    if (!left.has(memory.focus)) {
      const isSamePage = before.some((name) => left.has(name));
      // the photos before it that stay tell where it was
      const place = isSamePage ? before.slice(0, before.indexOf(memory.focus)).filter((name) => left.has(name)).length : 0;
      memory.focus = this.names[Math.min(place, this.names.length - 1)] ?? null;
    }
    this.show();
    if (hadFocus) this.moveFocus(memory.focus);
  }

  newTile(name) {
    const tile = element("div", "tile");
    tile.dataset.name = name;
    tile.draggable = true;
    tile.setAttribute("role", "option");
    tile.append(element("div", "picture"), element("div", "caption"), element("div", "badges"));
    this.elements.set(name, tile);
    return tile;
  }

  fillTile(drawn, tile) {
    const [picture, caption, badges] = drawn.children;
    if (tile.picture) {
      let image = picture.querySelector("img");
      if (!image) {
        image = document.createElement("img");
        image.draggable = false;
        picture.replaceChildren(image);
      }
      const source = `data:image/jpeg;base64,${tile.picture}`;
      if (image.src !== source) image.src = source;
      image.alt = tile.alt;
    } else {
      const text = element("span", "missing", tile.waiting ? "…" : "can't be read");
      picture.replaceChildren(text);
    }
    caption.textContent = tile.caption;
    drawn.title = tile.title;
    badges.replaceChildren(
      ...tile.badges.map(([text, colour]) => {
        const badge = element("span", "badge", text);
        badge.style.color = `var(--st-${colour}-text-color)`;
        badge.style.backgroundColor = `var(--st-${colour}-background-color)`;
        return badge;
      }),
    );
    drawn.setAttribute("aria-label", [tile.alt, ...tile.badges.map(([text]) => text)].join(", "));
  }

  /* Selection, focus and what is on its way, on the tiles that are there. */
  show() {
    const { selection, focus, acts } = this.memory;
    const pending = new Map(acts.flatMap((act) => act.photos.map((name) => [name, act.action])));
    for (const [name, tile] of this.elements) {
      tile.tabIndex = name === focus ? 0 : -1;
      tile.setAttribute("aria-selected", selection.has(name));
      const action = this.actions.find((each) => each.key === pending.get(name));
      tile.classList.toggle("pending", action?.scope === "photos");
      if (action?.scope === "photos") tile.dataset.pending = action.label;
      else delete tile.dataset.pending;
    }
    const count = selection.size;
    this.status.textContent = count ? `${count} of ${this.names.length} selected` : "Select photos, then an action";
  }

  // What a person does

  selected() {
    return this.names.filter((name) => this.memory.selection.has(name));
  }

  /* The photos that a key acts on: the selected ones, or else the one that has the focus. */
  photosFor(action) {
    const { focus } = this.memory;
    if (action.scope === "page") return [];
    if (action.scope === "photo") return focus === null ? [] : [focus];
    return this.memory.selection.size || focus === null ? this.selected() : [focus];
  }

  act(action, photos) {
    if (action.scope === "photo" && !photos.length) return;
    if (action.scope === "photos") {
      if (!photos.length) return;
      this.moveOn(photos);
    }
    const { instance } = this.memory;
    this.memory.acts.push({ instance, number: ++this.memory.count, action: action.key, photos });
    this.send();
    this.show();
  }

  /* Nothing is selected after an act, and the focus goes on to the next photo. */
  moveOn(photos) {
    const memory = this.memory;
    const done = new Set(photos);
    const last = this.names.indexOf(photos.at(-1));
    const next = this.names.slice(last + 1).find((name) => !done.has(name));
    memory.selection.clear();
    memory.base.clear();
    const hadFocus = this.list.contains(this.list.getRootNode().activeElement);
    memory.focus = next ?? memory.focus;
    memory.anchor = memory.focus;
    if (hadFocus) this.moveFocus(memory.focus);
  }

  send() {
    this.sent = performance.now();
    this.setStateValue("acts", [...this.memory.acts]);
  }

  retry() {
    const isRunning = document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState !== "notRunning";
    if (this.memory.acts.length && !isRunning && performance.now() - this.sent > LATE) this.send();
  }

  toggle(name) {
    const { selection } = this.memory;
    if (!selection.delete(name)) selection.add(name);
    this.setAnchor(name);
  }

  setAnchor(name) {
    this.memory.anchor = name;
    this.memory.base = new Set(this.memory.selection);
  }

  /* Selects from the anchor to a photo, beside what was selected before. */
  selectRange(name) {
    const memory = this.memory;
    memory.anchor ??= memory.focus;
    const ends = [memory.anchor, name].map((each) => this.names.indexOf(each)).sort((a, b) => a - b);
    memory.selection = new Set([...memory.base, ...this.names.slice(ends[0], ends[1] + 1)]);
  }

  moveFocus(name) {
    if (name === null) return;
    this.memory.focus = name;
    this.show();
    this.elements.get(name)?.focus();
  }

  nameAt(event) {
    return event.target.closest(".tile")?.dataset.name ?? null;
  }

  click(event) {
    const name = this.nameAt(event);
    if (name === null) return;
    if (event.shiftKey) this.selectRange(name);
    else this.toggle(name);
    this.moveFocus(name);
  }

  doubleClick(event) {
    const name = this.nameAt(event);
    const action = this.actions.find((each) => each.scope === "photo");
    if (name !== null && action) this.act(action, [name]);
  }

  dragStart(event) {
    const name = this.nameAt(event);
    if (name === null) return;
    this.dragged = this.memory.selection.has(name) ? this.selected() : [name];
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
    const isOnChip = Boolean(event.target.closest(".chip"));
    const isCommand = event.ctrlKey || event.metaKey;
    const isDone = isCommand ? this.commandKey(event) : (!isOnChip && this.moveKey(event)) || this.actionKey(event);
    if (isDone) event.preventDefault();
    // Streamlit has keys of its own, such as c and r
    if (isDone || (!isCommand && event.key.length === 1)) event.stopPropagation();
  }

  commandKey(event) {
    const key = event.key.toLowerCase();
    if (key === "a") {
      this.memory.selection = new Set(this.names);
      this.setAnchor(this.memory.focus);
      this.show();
      return true;
    }
    const action = this.actions.find((each) => each.undo);
    if (key !== "z" || event.shiftKey || !action) return false;
    if (!event.repeat) this.act(action, []);
    return true;
  }

  moveKey(event) {
    const { focus } = this.memory;
    const place = this.names.indexOf(focus);
    if (event.key === " " || event.key === "Enter") {
      if (event.repeat) return true;
      if (event.shiftKey) this.selectRange(focus);
      else if (focus !== null) this.toggle(focus);
      this.show();
      return true;
    }
    const places = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: this.names.length - 1 };
    const columns = this.columns();
    if (event.key === "ArrowUp") places.ArrowUp = place - columns;
    if (event.key === "ArrowDown") places.ArrowDown = place + columns;
    if (!(event.key in places)) return false;
    const name = this.names[places[event.key]];
    if (name === undefined) return true;
    if (event.shiftKey) this.selectRange(name);
    else this.setAnchor(name);
    this.moveFocus(name);
    return true;
  }

  columns() {
    const tops = [...this.list.children].map((tile) => tile.offsetTop);
    const second = tops.findIndex((top) => top !== tops[0]);
    return second < 0 ? tops.length : second;
  }

  actionKey(event) {
    if (event.key === "Escape") {
      if (!this.memory.selection.size) return false;
      this.memory.selection.clear();
      this.setAnchor(this.memory.focus);
      this.show();
      return true;
    }
    const action = this.actionOf(event);
    if (!action) return false;
    if (!event.repeat) this.act(action, this.photosFor(action));
    return true;
  }

  /* By the letter on the key; on keyboards with other letters or with digits behind Shift, by the key's place. */
  actionOf(event) {
    const withShift = (key) => (event.shiftKey && /^[a-z]$/i.test(key) ? `Shift+${key.toUpperCase()}` : key);
    const place = /^(?:Key|Digit|Numpad)(.)$/.exec(event.code)?.[1].toLowerCase();
    const names = [withShift(event.key.length === 1 ? event.key.toLowerCase() : event.key)];
    if (place && !/^[a-z]$/i.test(event.key)) names.push(withShift(place));
    return names.map((name) => this.actions.find((each) => each.shortcut === name)).find(Boolean);
  }
}
