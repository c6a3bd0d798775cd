// The answers as a CSV file, with the columns of Fitting Room's own.

const COLUMNS = ["file", "answer", "probability", "second", "second_probability", "doubt", "reason", "error"];
const FORMULA = /^[=+\-@＝＋－＠\t\r]/; // a spreadsheet would run a cell that starts with one of these

function csvOf(photos) {
  const lines = [COLUMNS, ...photos.map(csvRow)].map((cells) => cells.map(csvCell).join(","));
  return `\ufeff${lines.join("\r\n")}\r\n`; // without the mark, Excel reads UTF-8 as an old code page
}

function csvRow({ file, kind, error, order, probabilities }) {
  if (kind === "unread") return [file, "", "", "", "", "", "", error];
  const [best, second] = order;
  return [
    file,
    names[best],
    probabilities[best].toFixed(4),
    second === undefined ? "" : names[second],
    second === undefined ? "" : probabilities[second].toFixed(4),
    kind === "sure" ? "" : say(`column_${kind}`),
    kind === "sure" ? "" : say(`reason_${kind}`),
    "",
  ];
}

function csvCell(value) {
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function saveTable(photos) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csvOf(photos)], { type: "text/csv;charset=utf-8" }));
  link.download = say("file_name");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it after the click
}
