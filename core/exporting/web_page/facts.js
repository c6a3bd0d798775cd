// What the page was made with, and its texts.

const facts = JSON.parse(document.getElementById("facts").textContent);
const byId = (id) => document.getElementById(id);

function say(key, values = {}) {
  return facts.texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function photoCount(count) {
  return count === 1 ? say("photo") : say("photos", { count: count.toLocaleString(facts.texts.language) });
}

// Dates in the page's language; without scripts they stay 2026-11-27.
function showDates() {
  for (const time of document.querySelectorAll("time")) {
    const options = { dateStyle: "long", timeZone: "UTC" }; // it is a day, not a moment
    time.textContent = new Date(time.dateTime).toLocaleDateString(facts.texts.language, options);
  }
}

// A problem with a sentence for the person; any other error is a bug.
class Problem extends Error {}
