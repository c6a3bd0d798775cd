/* Which photos are selected, and which one has the focus. Everything is by name, so it outlives a new drawing. */

class Selection {
  constructor() {
    this.names = []; // of all photos, in order
    this.chosen = new Set();
    this.focus = null;
    this.anchor = null; // where a range begins
    this.base = new Set(); // what was selected before the range
  }

  /* Takes the names of a new drawing. */
  setNames(names) {
    const before = this.names;
    const left = new Set(names);
    this.names = names;
    this.chosen = new Set([...this.chosen].filter((name) => left.has(name)));
    this.base = new Set([...this.base].filter((name) => left.has(name)));
    if (!left.has(this.anchor)) this.anchor = null;
    if (left.has(this.focus)) return;
    // at the same place among the photos that stay; on another page, at the first
    const isSamePage = before.some((name) => left.has(name));
    const ahead = isSamePage ? before.slice(0, before.indexOf(this.focus)).filter((name) => left.has(name)) : [];
    this.focus = names[Math.min(ahead.length, names.length - 1)] ?? null;
  }

  list() {
    return this.names.filter((name) => this.chosen.has(name));
  }

  setAnchor(name) {
    this.anchor = name;
    this.base = new Set(this.chosen);
  }

  moveTo(name) {
    this.focus = name;
    this.setAnchor(name);
  }

  toggle(name) {
    this.focus = name;
    if (!this.chosen.delete(name)) this.chosen.add(name);
    this.setAnchor(name);
  }

  /* Selects from the anchor to a photo, beside what was selected before. */
  extendTo(name) {
    this.anchor ??= this.focus;
    const ends = [this.anchor, name].map((each) => this.names.indexOf(each)).sort((a, b) => a - b);
    this.chosen = new Set([...this.base, ...this.names.slice(ends[0], ends[1] + 1)]);
    this.focus = name;
  }

  all() {
    this.chosen = new Set(this.names);
    this.setAnchor(this.focus);
  }

  clear() {
    this.chosen.clear();
    this.setAnchor(this.focus);
  }

  /* Goes on to the photo after those that were acted on. */
  moveOn(photos) {
    const done = new Set(photos);
    const last = this.names.indexOf(photos.at(-1));
    this.focus = this.names.slice(last + 1).find((name) => !done.has(name)) ?? this.focus;
    this.clear();
  }
}
