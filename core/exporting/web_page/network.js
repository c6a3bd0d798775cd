// The model, in ONNX Runtime Web. Both lie in this page, compressed; nothing is loaded from elsewhere.

// The runtime would reserve 4 GB, which iPhones refuse. A gigabyte is plenty for one photo; most models need far less.
const MOST_PAGES = 16384; // of 64 kB
const FEWEST_PAGES = 2048;
const Memory = WebAssembly.Memory;
WebAssembly.Memory = function (wanted) {
  for (let maximum = Math.min(wanted.maximum, MOST_PAGES); ; maximum /= 2) {
    try {
      return new Memory({ ...wanted, maximum });
    } catch (error) {
      if (maximum / 2 < FEWEST_PAGES) throw error;
    }
  }
};

async function unpacked(id) {
  const element = byId(id);
  const text = element.textContent;
  element.remove(); // megabytes that nobody needs any more
  const byte = (letter) => letter.charCodeAt(0);
  const packed = Uint8Array.fromBase64 ? Uint8Array.fromBase64(text) : Uint8Array.from(atob(text), byte);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function startNetwork() {
  const [runtime, model] = await Promise.all([unpacked("runtime"), unpacked("model")]);
  const { env, InferenceSession } = globalThis.ort;
  Object.assign(env.wasm, { numThreads: 1, wasmBinary: runtime }); // more threads need a server with special headers
  env.logLevel = "error";
  return InferenceSession.create(model, { executionProviders: ["wasm"] });
}

// The probability of each class, in the model's order, and the likeness to the training photos.
async function answerOf(session, pixels) {
  const photos = new globalThis.ort.Tensor("uint8", pixels, [1, facts.size, facts.size, 3]);
  const { probabilities, similarity } = await session.run({ photos });
  return { probabilities: Array.from(probabilities.data), similarity: similarity.data[0] };
}
