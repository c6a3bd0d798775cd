/* A Plotly chart that is updated in place: a zoom, hidden lines and the values under the mouse outlive new data.

Streamlit's own element makes a new chart whenever its figure changes. A chart outlives its element too: a run that ends
early makes Streamlit drop it for a moment.
*/

const GONE = 5000; // ms without an element after which a chart is forgotten
const BUTTONS = [["toImage"], ["zoom2d", "pan2d"], ["zoomIn2d", "zoomOut2d", "resetScale2d"]]; // none that sends data away
const RETRY = 1000; // ms after a failure
const FAILED = "The chart could not be loaded. Reload the page.";
const all = new Map(); // the charts, by key
let library = null; // Plotly, once it is asked for

function show({ data, parentElement }) {
  if (!all.has(data.key)) all.set(data.key, new Chart());
  const chart = all.get(data.key);
  chart.mount(parentElement.querySelector(".chart"));
  chart.update(data);
  return () => chart.unmount(parentElement.querySelector(".chart"), () => all.delete(data.key));
}

class Chart {
  constructor() {
    this.place = null;
    this.data = null; // what is to be drawn
    this.isDrawing = false;
    this.isDragging = false;
    this.pointer = null; // where the mouse is
    this.resized = new ResizeObserver(() => this.isDrawn && Plotly.Plots.resize(this.node));
    this.released = () => {
      if (!this.isDragging) return;
      this.isDragging = false;
      setTimeout(() => this.draw()); // after Plotly has used the release
    };
    this.node = this.newNode();
    this.message = document.createElement("p");
  }

  newNode() {
    const node = document.createElement("div");
    node.setAttribute("role", "img");
    node.addEventListener("mousedown", () => (this.isDragging = true), true);
    node.addEventListener("mousemove", (event) => (this.pointer = [event.clientX, event.clientY]));
    node.addEventListener("mouseleave", () => (this.pointer = null));
    return node;
  }

  mount(place) {
    clearTimeout(this.goneTimer);
    window.addEventListener("mouseup", this.released, true); // Plotly lets it go no further
    if (this.place === place) return;
    this.place = place;
    place.replaceChildren(this.message, this.node);
    this.resized.observe(place);
  }

  unmount(place, forget) {
    if (this.place !== place) return; // there is another one already
    window.removeEventListener("mouseup", this.released, true);
    this.resized.disconnect();
    this.place = null;
    this.goneTimer = setTimeout(() => {
      if (this.isDrawn) Plotly.purge(this.node);
      forget();
    }, GONE);
  }

  update(data) {
    if (this.data?.figure === data.figure && this.data?.theme === data.theme) return;
    this.data = data;
    this.node.setAttribute("aria-label", data.alt);
    this.draw();
  }

  /* Draws the latest data; while it draws or something is dragged, later. */
  async draw() {
    if (this.isDrawing || this.isDragging || this.drawn === this.data || !this.place) return;
    this.isDrawing = true;
    const { data } = this;
    try {
      await loaded(data.library);
      const { data: traces, layout } = JSON.parse(data.figure);
      for (const trace of traces) trace.uid = trace.meta; // Plotly in Python leaves the uid out
      const config = { displaylogo: false, modeBarButtons: BUTTONS };
      await Plotly.react(this.node, traces, { ...layout, ...this.look(layout) }, config);
      this.isDrawn = true;
      this.message.textContent = "";
      this.hover();
    } catch (error) {
      console.error(error);
      this.startAgain();
    }
    this.drawn = data;
    this.isDrawing = false;
    this.draw(); // what has come meanwhile
  }

  /* After a failure, which may have left half a chart: the next drawing begins with an empty element. */
  startAgain() {
    if (!this.isDrawn) this.message.textContent = FAILED;
    this.isDrawn = false;
    const node = this.newNode();
    node.setAttribute("aria-label", this.data.alt);
    this.node.replaceWith(node);
    if (window.Plotly) Plotly.purge(this.node);
    this.node = node;
    setTimeout(() => {
      this.drawn = null;
      this.draw();
    }, RETRY);
  }

  /* The page's font and colours, for what the figure leaves open. */
  look(layout) {
    const style = getComputedStyle(this.place ?? document.body);
    const background = style.getPropertyValue("--st-background-color").trim() || "transparent";
    return {
      font: { family: style.fontFamily, color: style.color, size: 14, ...layout.font },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      hoverlabel: { bgcolor: background, font: { family: style.fontFamily, color: style.color } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: style.color, activecolor: style.color, ...layout.modebar },
      autosize: true,
    };
  }

  /* Shows the values under the mouse again, which a new drawing removes. */
  hover() {
    if (!this.pointer) return;
    const [clientX, clientY] = this.pointer;
    const target = this.node.querySelector(".nsewdrag");
    target?.dispatchEvent(new MouseEvent("mousemove", { clientX, clientY, bubbles: true }));
  }
}

function loaded(address) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => {
      library = null; // it is tried again
      script.remove();
      reject(new Error(`${address} could not be loaded`));
    };
    document.head.append(script);
  });
  return library;
}
