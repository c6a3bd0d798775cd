// Photo files into pixels: upright, in sRGB, laid over white.

const MOST_BYTES = 100_000_000;
const MOST_PIXELS = 64_000_000; // 4 bytes each: a phone's browser gives up at a few hundred MB
const STRIP = 2_000_000; // pixels read at a time
const THUMBNAIL = 320; // px, twice its size on the page

async function openedPhoto(file) {
  if (!file.size) throw new Problem(say("empty"));
  if (file.size > MOST_BYTES) {
    throw new Problem(say("too_many_bytes", { most: MOST_BYTES / 1e6, count: Math.ceil(file.size / 1e6) }));
  }
  let format = "";
  try {
    format = formatOf(new Uint8Array(await file.slice(0, 32).arrayBuffer()));
    checkSize(await sizeOf(file)); // before decoding
    const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
    return { bitmap, isJpeg: format === "JPEG" };
  } catch (error) {
    throw error instanceof Problem ? error : unreadable(format); // a dropped folder can't be read either
  }
}

// The format by a file's first bytes, whatever its name is; empty if it is none that people call photos.
function formatOf(start) {
  const text = String.fromCharCode(...start);
  if (text.startsWith("\xff\xd8\xff")) return "JPEG";
  if (text.startsWith("\x89PNG")) return "PNG";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "WebP";
  if (text.startsWith("II*\0") || text.startsWith("MM\0*")) return "TIFF";
  if (text.slice(4, 8) !== "ftyp") return "";
  if (/avi[fs]/.test(text)) return "AVIF";
  return /hei[cxms]|hevc|mif1|msf1/.test(text) ? "HEIC" : "";
}

function unreadable(format) {
  if (format === "HEIC") return new Problem(say("heic"));
  if (format === "TIFF" || format === "AVIF") return new Problem(say("unknown_format", { format }));
  return new Problem(say("unreadable"));
}

// Pixels by the file's head: an element that is not on the page does not decode its picture.
async function sizeOf(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await new Promise((resolve, reject) => Object.assign(image, { onload: resolve, onerror: reject }));
  } finally {
    URL.revokeObjectURL(image.src);
  }
  return image.naturalWidth * image.naturalHeight;
}

function checkSize(pixels) {
  if (pixels > MOST_PIXELS) {
    throw new Problem(say("too_many_pixels", { most: MOST_PIXELS / 1e6, count: Math.ceil(pixels / 1e6) }));
  }
}

// Rows of a decoded photo for `squashed`. Strips keep the canvas below the limits that phones set.
function rowsOf(bitmap) {
  const { width, height } = bitmap;
  const step = Math.max(1, Math.min(height, Math.floor(STRIP / width)));
  const canvas = canvasOf(width, step);
  const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  const rows = (top, bottom) => {
    canvas.height = Math.max(canvas.height, bottom - top);
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, bottom - top);
    context.drawImage(bitmap, 0, top, width, bottom - top, 0, 0, width, bottom - top);
    return context.getImageData(0, 0, width, bottom - top).data;
  };
  return { width, height, rows, step };
}

function canvasOf(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

function thumbnailOf(bitmap) {
  const factor = Math.min(1, THUMBNAIL / Math.max(bitmap.width, bitmap.height));
  const sides = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * factor)));
  const canvas = canvasOf(...sides);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}
