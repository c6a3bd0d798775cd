// Draws each figure beside its JSON. Its drawing gets a viewBox, so that the print's style can scale it to the paper:
// while printing, no browser tells Plotly the new width in time.
for (const place of document.querySelectorAll(".plot")) {
  const { data, layout } = JSON.parse(place.nextElementSibling.textContent);
  const fit = () => {
    for (const drawing of place.querySelectorAll(".main-svg")) {
      const [width, height] = ["width", "height"].map((side) => drawing.getAttribute(side));
      drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
      place.style.setProperty("--shape", `${width} / ${height}`);
    }
  };
  Plotly.newPlot(place, data, layout, { displayModeBar: false, responsive: true }).then(() => {
    fit();
    place.on("plotly_afterplot", fit);
  });
}
