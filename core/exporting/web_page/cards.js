// A card for each photo: its picture, the answer with its doubt, and the probabilities as bars.

const TOP = 3; // bars that are always shown

function cardOf(photo) {
  const card = byId("card").content.firstElementChild.cloneNode(true);
  card.classList.add(photo.kind);
  card.querySelector(".file").textContent = photo.file;
  const hasName = photo.kind === "sure" || photo.kind === "close";
  card.querySelector(hasName ? ".badge" : "h3").textContent = say(`badge_${photo.kind}`);
  card.querySelector(".badge").hidden = !hasName;
  if (photo.kind === "unread") {
    card.querySelector(".reason").textContent = photo.error;
    for (const part of [".bars", ".rest"]) card.querySelector(part).hidden = true;
    return card;
  }
  photo.thumbnail.setAttribute("role", "img");
  photo.thumbnail.setAttribute("aria-label", photo.file);
  card.querySelector(".picture").append(photo.thumbnail);
  drawAnswer(card, photo);
  return card;
}

function drawAnswer(card, { kind, order, probabilities }) {
  const reason = card.querySelector(".reason");
  reason.textContent = kind === "sure" ? "" : say(`reason_${kind}`);
  if (kind === "unlike") {
    const ifOne = document.createElement("span");
    ifOne.dataset.ifOne = order[0];
    reason.append(" ", ifOne);
  } else {
    card.querySelector("h3").dataset.class = order[0];
  }
  const [bars, rest] = card.querySelectorAll(".bars");
  order.forEach((place, rank) => (rank < TOP ? bars : rest).append(barOf(place, probabilities[place])));
  card.querySelector(".rest").hidden = order.length <= TOP;
}

function barOf(place, share) {
  const [row, name, number, track, bar] = ["li", "span", "span", "div", "i"].map((tag) => document.createElement(tag));
  name.dataset.class = place;
  number.className = "share";
  number.textContent = percent(share);
  track.className = "track";
  track.setAttribute("aria-hidden", "true");
  bar.style.width = `${100 * share}%`;
  track.append(bar);
  row.append(name, number, track);
  return row;
}
