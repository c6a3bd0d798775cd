// Squashes a photo to a square as the model's training did: by area averaging where a side shrinks, linearly where it
// grows. The results are those of OpenCV's INTER_AREA and INTER_LINEAR for 8 bits. Pixels are RGBA, row by row; the
// fourth number is ignored.

const CHANNELS = 3;
const WHOLE = 4_000_000; // pixels up to which the app reduces only JPEGs

// How much of each source pixel goes into each target pixel: for target i, the pixels from first[i] on, with these
// weights. Whole factors have weights of 1, so that sums are exact; they are divided at the end.
function areaWeights(from, to, whole) {
  const scale = from / to;
  return Array.from({ length: to }, (_, i) => {
    if (whole) return { first: i * scale, weights: new Float32Array(scale).fill(1) };
    const start = i * scale;
    const end = start + scale;
    const cell = Math.min(scale, from - start);
    const last = Math.min(Math.floor(end), from - 1);
    const next = Math.min(Math.ceil(start), last);
    const weights = [];
    if (next - start > 1e-3) weights.push((next - start) / cell); // less than that counts as nothing
    for (let x = next; x < last; x++) weights.push(1 / cell);
    if (end - last > 1e-3) weights.push(Math.min(end - last, 1, cell) / cell);
    return { first: next - start > 1e-3 ? next - 1 : next, weights: Float32Array.from(weights) };
  });
}

// Averages areas of a photo whose rows arrive from the top, so that a large photo never lies in memory twice.
class AreaAverage {
  constructor(width, height, newWidth, newHeight) {
    const whole = width % newWidth === 0 && height % newHeight === 0;
    Object.assign(this, { width, newWidth, newHeight, row: 0, target: 0 });
    this.columns = areaWeights(width, newWidth, whole);
    this.rows = areaWeights(height, newHeight, whole);
    this.area = whole ? (width / newWidth) * (height / newHeight) : 1;
    this.isPair = whole && width === 2 * newWidth && height === 2 * newHeight; // OpenCV rounds a half up there
    this.line = new Float32Array(newWidth * CHANNELS);
    this.sums = new Float32Array(newWidth * newHeight * CHANNELS);
  }

  add(pixels) {
    for (let at = 0; at < pixels.length; at += 4 * this.width) {
      this.average(pixels, at);
      while (this.target < this.newHeight) {
        const { first, weights } = this.rows[this.target];
        if (this.row < first) break;
        this.spread(this.target, weights[this.row - first]);
        if (this.row < first + weights.length - 1) break;
        this.target++; // the next row of the target may begin with this row of the photo
      }
      this.row++;
    }
  }

  average(pixels, start) {
    const { columns, line } = this;
    for (let x = 0, to = 0; x < columns.length; x++, to += CHANNELS) {
      const { first, weights } = columns[x];
      let [red, green, blue] = [0, 0, 0];
      for (let i = 0, at = start + 4 * first; i < weights.length; i++, at += 4) {
        const weight = weights[i];
        red += pixels[at] * weight;
        green += pixels[at + 1] * weight;
        blue += pixels[at + 2] * weight;
      }
      line[to] = red;
      line[to + 1] = green;
      line[to + 2] = blue;
    }
  }

  spread(target, weight) {
    const { line, sums } = this;
    for (let i = 0, to = target * line.length; i < line.length; i++, to++) sums[to] += line[i] * weight;
  }

  // RGBA again. Storing in a clamped array rounds halves to even, as OpenCV does.
  pixels() {
    const share = Math.fround(1 / this.area);
    const result = new Uint8ClampedArray(this.newWidth * this.newHeight * 4).fill(255);
    for (let i = 0, to = 0; i < this.sums.length; i++, to += i % CHANNELS ? 1 : 2) {
      result[to] = this.isPair ? (this.sums[i] + 2) >> 2 : Math.fround(this.sums[i] * share);
    }
    return result;
  }
}

// The two source pixels that each target pixel lies between, with their weights in 2048ths, as OpenCV computes them.
function linearWeights(from, to) {
  return Array.from({ length: to }, (_, i) => {
    const place = Math.fround((i + 0.5) * (from / to) - 0.5);
    let first = Math.floor(place);
    let part = Math.fround(place - first);
    if (first < 0) [first, part] = [0, 0];
    if (first >= from - 1) [first, part] = [from - 1, 0];
    const [near, far] = [Math.fround(Math.fround(1 - part) * 2048), Math.fround(part * 2048)].map(roundToEven);
    return { first, second: Math.min(first + 1, from - 1), near, far };
  });
}

function roundToEven(value) {
  const below = Math.floor(value);
  return value - below === 0.5 ? below + (below & 1) : Math.round(value);
}

function stretched(pixels, width, height, newWidth, newHeight) {
  const columns = linearWeights(width, newWidth);
  const lines = Array.from({ length: height }, (_, y) => {
    const line = new Int32Array(newWidth * 4);
    columns.forEach(({ first, second, near, far }, x) => {
      for (let c = 0; c < CHANNELS; c++) {
        line[4 * x + c] = pixels[4 * (y * width + first) + c] * near + pixels[4 * (y * width + second) + c] * far;
      }
    });
    return line;
  });
  const result = new Uint8ClampedArray(newWidth * newHeight * 4).fill(255);
  linearWeights(height, newHeight).forEach(({ first, second, near, far }, y) => {
    for (let i = 0; i < newWidth * 4; i++) {
      if (i % 4 === CHANNELS) continue;
      const above = ((lines[first][i] >> 4) * near) >> 16;
      const below = ((lines[second][i] >> 4) * far) >> 16;
      result[y * newWidth * 4 + i] = (above + below + 2) >> 2;
    }
  });
  return result;
}

// A large photo, reduced by whole factors before it is squashed, as the app does to save time. Left out, the same photo
// would get other answers here, by up to five points where the model is not sure.
function reducedAsInApp(photo, isJpeg, size) {
  const factor = ({ width, height }) => Math.max(1, Math.floor(Math.min(width, height) / (2 * size)));
  let smaller = photo;
  if (isJpeg) smaller = reduced(photo, [8, 4, 2, 1].find((scale) => scale <= factor(photo))); // by JPEG's decoder
  return smaller.width * smaller.height > WHOLE ? reduced(smaller, factor(smaller)) : smaller;
}

function reduced(photo, factor) {
  if (factor === 1) return photo;
  const { width, height, rows, step = height } = photo;
  return {
    width: Math.ceil(width / factor),
    height: Math.ceil(height / factor),
    step: Math.max(1, Math.floor(step / factor)),
    rows: (top, bottom) => boxed(rows(top * factor, Math.min(height, bottom * factor)), width, factor),
  };
}

// The average of each box of factor × factor pixels; those at the right and the lower edge may be smaller.
function boxed(pixels, width, factor) {
  const height = pixels.length / 4 / width;
  const [newWidth, newHeight] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  const sums = new Uint32Array(newWidth * newHeight * 4);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0, to = 4 * newWidth * Math.floor(y / factor); x < newWidth; x++, to += 4) {
      let [red, green, blue] = [0, 0, 0];
      for (const end = at + 4 * Math.min(factor, width - x * factor); at < end; at += 4) {
        red += pixels[at];
        green += pixels[at + 1];
        blue += pixels[at + 2];
      }
      sums[to] += red;
      sums[to + 1] += green;
      sums[to + 2] += blue;
    }
  }
  const result = new Uint8ClampedArray(sums.length);
  for (let y = 0, i = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++) {
      const count = Math.min(factor, width - x * factor) * Math.min(factor, height - y * factor);
      for (const end = i + 4; i < end; i++) result[i] = Math.floor(sums[i] / count + 0.5);
    }
  }
  return result;
}

// A photo as the model takes it: RGB, size × size. `rows(top, bottom)` returns RGBA pixels, `step` rows at a time.
function squashed({ width, height, rows, step = height }, size) {
  const [narrows, shrinks] = [size <= width, size <= height];
  if (narrows && shrinks) {
    const average = new AreaAverage(width, height, size, size);
    for (let top = 0; top < height; top += step) average.add(rows(top, Math.min(height, top + step)));
    return withoutAlpha(average.pixels());
  }
  if (!narrows && !shrinks) return withoutAlpha(stretched(rows(0, height), width, height, size, size));
  const between = resized(rows(0, height), width, height, size, height, narrows);
  return withoutAlpha(resized(between, size, height, size, size, shrinks));
}

function resized(pixels, width, height, newWidth, newHeight, smaller) {
  if (!smaller) return stretched(pixels, width, height, newWidth, newHeight);
  const average = new AreaAverage(width, height, newWidth, newHeight);
  average.add(pixels);
  return average.pixels();
}

function withoutAlpha(pixels) {
  const result = new Uint8Array((pixels.length / 4) * CHANNELS);
  for (let i = 0, to = 0; i < pixels.length; i += 4, to += CHANNELS) result.set(pixels.subarray(i, i + CHANNELS), to);
  return result;
}
