// The names that people see for the classes. They may change them; the browser keeps that, where it allows it.

const STORE = `fitting-room names ${facts.id} ${facts.names}`; // pages from a disk may share one store
const LONGEST_NAME = 80;
const names = [...facts.names];

function readNames() {
  try {
    const stored = JSON.parse(localStorage.getItem(STORE));
    facts.names.forEach((_, place) => {
      const name = stored?.[place];
      if (typeof name === "string" && name.trim()) names[place] = name.slice(0, LONGEST_NAME);
    });
  } catch {
    // a private window, or a browser that keeps nothing for files: the names last as long as the page
  }
}

function keepNames() {
  try {
    localStorage.setItem(STORE, JSON.stringify(names));
  } catch {
    // as above
  }
}

// Show the current names in every element that was made for a class.
function showNames() {
  for (const element of document.querySelectorAll("[data-class]")) element.textContent = names[element.dataset.class];
  for (const element of document.querySelectorAll("[data-if-one]")) {
    element.textContent = say("if_one", { label: names[element.dataset.ifOne] });
  }
}

function drawNameFields() {
  const fields = facts.labels.map((label, place) => {
    const field = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "text", value: names[place], maxLength: LONGEST_NAME, autocomplete: "off" });
    input.addEventListener("input", () => {
      names[place] = input.value.trim() || facts.names[place];
      keepNames();
      showNames();
    });
    field.append(say("name_of", { label }), input);
    return field;
  });
  byId("name-fields").replaceChildren(...fields);
}

function resetNames() {
  names.splice(0, names.length, ...facts.names);
  keepNames();
  drawNameFields();
  showNames();
}
