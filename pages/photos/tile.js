/* How a photo looks in the grid. Everything shown is set as text. */

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  if (text) made.textContent = text;
  return made;
}

function newTile(name) {
  const tile = element("div", "tile");
  tile.dataset.name = name;
  tile.draggable = true;
  tile.setAttribute("role", "option");
  tile.append(element("div", "picture"), element("div", "caption"), element("div", "badges"));
  return tile;
}

function fillTile(drawn, tile) {
  const [picture, caption, badges] = drawn.children;
  fillPicture(picture, tile);
  caption.textContent = tile.caption;
  caption.classList.toggle("sentence", tile.sentence);
  drawn.title = tile.title;
  drawn.setAttribute("aria-label", [tile.alt, ...tile.badges.map(([text]) => text)].join(", "));
  badges.replaceChildren(
    ...tile.badges.map(([text, colour]) => {
      const badge = element("span", "badge", text);
      badge.style.color = `var(--st-${colour}-text-color)`;
      badge.style.backgroundColor = `var(--st-${colour}-background-color)`;
      return badge;
    }),
  );
}

function fillPicture(picture, tile) {
  if (!tile.picture) {
    picture.replaceChildren(element("span", "missing", tile.waiting ? "…" : "can't be read"));
    return;
  }
  let image = picture.querySelector("img");
  if (!image) {
    image = document.createElement("img");
    image.draggable = false;
    picture.replaceChildren(image);
  }
  const source = `data:image/jpeg;base64,${tile.picture}`;
  if (image.src !== source) image.src = source;
  image.alt = tile.alt;
}
