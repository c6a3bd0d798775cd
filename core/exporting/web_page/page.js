// The page: photos come in, wait in a queue, and get their answers one by one.

const photos = []; // with their answers, in the order in which they came
const queue = [];
let session = null; // the model; null while it is loading
let working = false;
let asked = 0; // photos since the queue was last empty
let removals = 0; // times that all photos were removed

function setStatus(text) {
  byId("status").textContent = text;
}

function add(files) {
  if (!files.length) return setStatus(say("no_photo"));
  queue.push(...files);
  asked += files.length;
  work();
}

async function work() {
  if (working || !session || !queue.length) return;
  working = true;
  while (queue.length) {
    setStatus(say("working", { number: asked - queue.length + 1, count: asked }));
    await new Promise((resolve) => setTimeout(resolve)); // the page stays usable between two photos
    const before = removals;
    const photo = queue.length && (await answered(queue.shift()));
    if (photo && removals === before) show(photo);
  }
  [working, asked] = [false, 0];
  setStatus(photos.length ? say("done") : say("cleared"));
}

async function answered(file) {
  let photo = null;
  try {
    photo = await openedPhoto(file);
    const pixels = squashed(reducedAsInApp(rowsOf(photo.bitmap), photo.isJpeg, facts.size), facts.size);
    const { probabilities, similarity } = await answerOf(session, pixels);
    const order = probabilities.map((_, place) => place).sort((a, b) => probabilities[b] - probabilities[a]);
    const kind = doubtOf(order.map((place) => probabilities[place]), similarity);
    return { file: file.name, kind, order, probabilities, similarity, thumbnail: thumbnailOf(photo.bitmap) };
  } catch (error) {
    const sentence = error instanceof Problem ? error.message : say("no_answer", { reason: error?.message ?? error });
    return { file: file.name, kind: "unread", error: sentence };
  } finally {
    photo?.bitmap.close(); // large photos would pile up until the browser notices
  }
}

function show(photo) {
  photos.push(photo);
  byId("answers").append(cardOf(photo));
  byId("results").hidden = false;
  byId("summary").textContent = summary();
  showNames();
}

function summary() {
  const parts = ["sure", "close", "unlike", "unread"].flatMap((kind) => {
    const count = photos.filter((photo) => photo.kind === kind).length;
    return count ? [`${count} ${say(`kind_${kind}`)}`] : [];
  });
  return say("summary", { photos: photoCount(photos.length), kinds: parts.join(", ") });
}

function clear() {
  photos.length = queue.length = asked = 0;
  removals++;
  byId("answers").replaceChildren();
  byId("results").hidden = true;
  setStatus(say("cleared"));
  byId("choose").focus();
}

function takeFromInput(event) {
  add([...event.target.files]);
  event.target.value = ""; // the same photo may be chosen again
}

function takeDrops() {
  let depth = 0; // entering a child leaves its parent
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    byId("drop").hidden = !depth;
  };
  addEventListener("dragenter", () => mark(1));
  addEventListener("dragleave", () => mark(-1));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    add([...event.dataTransfer.files]);
  });
}

async function start() {
  showDates();
  readNames();
  drawNameFields();
  showNames();
  takeDrops();
  offerCamera(add);
  byId("choose").addEventListener("change", takeFromInput);
  byId("take").addEventListener("change", takeFromInput);
  byId("save").addEventListener("click", () => saveTable(photos));
  byId("clear").addEventListener("click", clear);
  byId("names-reset").addEventListener("click", resetNames);
  addEventListener("paste", (event) => event.clipboardData.files.length && add([...event.clipboardData.files]));
  byId("choose").disabled = byId("take").disabled = false; // photos may come before the model is ready
  try {
    session = await startNetwork();
    setStatus(say("ready"));
    work();
  } catch (error) {
    setStatus(say("no_model", { reason: error?.message ?? error }));
  }
}

globalThis.fittingRoom = { ready: start(), photos }; // for tests
