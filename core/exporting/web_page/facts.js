// What the page was made with, and its texts.

const facts = JSON.parse(document.getElementById("facts").textContent);
const byId = (id) => document.getElementById(id);

function say(key, values = {}) {
  return facts.texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function photoCount(count) {
  return count === 1 ? say("photo") : say("photos", { count: count.toLocaleString(facts.texts.language) });
}

// A problem with a sentence for the person; any other error is a bug.
class Problem extends Error {}
