/* One picture with a divider: the photo on its left, the changed photo on its right.

A range lies over the picture. So the browser itself brings the mouse, a finger, the arrow keys, Home and End, and what a
screen reader says. Where the divider stands outlives the element: Streamlit makes a new one when a run ends early.
*/

const MIDDLE = "50";
const places = new Map(); // of the divider, by the component's key

function show({ data, parentElement }) {
  const root = parentElement.querySelector(".divider");
  const range = root.querySelector("input");
  const place = () => {
    places.set(data.key, range.value);
    root.style.setProperty("--at", `${range.value}%`);
    range.setAttribute("aria-valuetext", `${range.value}% before, ${100 - range.value}% after`);
  };
  for (const name of ["before", "after"]) {
    const address = `data:image/png;base64,${data[name]}`;
    const picture = root.querySelector(`.${name}`);
    if (picture.src !== address) picture.src = address;
  }
  root.querySelector(".before").alt = data.alt;
  range.setAttribute("aria-label", `Divider between before and after: ${data.caption}`);
  range.value = places.get(data.key) ?? MIDDLE;
  range.oninput = place;
  parentElement.querySelector(".caption").textContent = data.caption;
  place();
}
