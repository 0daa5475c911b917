/**
 * Some vectors times rows of a weight, from the bytes in which it is stored (core/weights.py).
 *
 * The numbers of a row are the very float32 numbers that the graph computes with; sums are made in
 * float64 and rounded once.
 */

/**
 * @typedef {{dtype: string, dims: number[], offset: number, size_bytes: number}} Part
 * @typedef {{name: string, dims: number[], layout: string, parts: Record<string, Part>,
 *   block_size: number, block_axis: number, zero_point: number}} Entry of manifest.json
 * @typedef {{dims: number[], data: Float32Array}} Tensor
 * @typedef {{dims: number[], data: Float32Array<ArrayBuffer>}} Product
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 * @typedef {(offset: number, size: number) => Promise<Bytes>} Read
 * @typedef {{first: number, end: number, isByRow: boolean}} Rows from one row to before another:
 *   each row times the vectors is a number, or each number of a vector times its row adds up
 * @typedef {(row: number, into: Float64Array) => void} Decode
 */

/** @type {Float32Array | null} what each 16 bits mean as float16 */
let halves = null;

/** @returns {Float32Array} */
function allHalves() {
  const made = new Float32Array(1 << 16);
  for (let bits = 0; bits < made.length; bits++) {
    const [power, part] = [(bits >> 10) & 31, bits & 1023];
    const size = power ? (1024 + part) * 2 ** (power - 25) : part * 2 ** -24;
    const value = power < 31 ? size : part ? NaN : Infinity;
    made[bits] = bits >> 15 ? -value : value;
  }
  return made;
}

/** @param {string} dtype @param {Bytes} bytes @returns {Float32Array | Int8Array} its numbers */
function numbersOf(dtype, bytes) {
  const { buffer } = bytes;
  if (dtype === "float32") return new Float32Array(buffer);
  if (dtype === "int8") return new Int8Array(buffer);
  if (dtype === "float16") {
    const known = (halves ??= allHalves());
    return Float32Array.from(new Uint16Array(buffer), (bits) => known[bits]);
  }
  if (dtype === "bfloat16") {
    return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
  }
  const made = new Int8Array(2 * bytes.length); // int4: two to a byte, the low half first
  for (let at = 0; at < bytes.length; at++) {
    made[2 * at] = (bytes[at] << 28) >> 28;
    made[2 * at + 1] = (bytes[at] << 24) >> 28;
  }
  return made;
}

/**
 * The numbers of one stored part that a stretch of rows needs.
 * @param {Entry} entry @param {string} role @param {Rows} rows @param {Read} read
 */
async function partOf({ layout, parts, block_size, block_axis }, role, { first, end }, read) {
  if (!(role in parts)) return null;
  const { dtype, dims, offset, size_bytes } = parts[role];
  const isShared = layout === "blocks" && block_axis === 0 && role !== "values";
  const [from, to] = isShared
    ? [Math.floor(first / block_size), Math.ceil(end / block_size)]
    : [first, end];
  const rowBytes = size_bytes / dims[0];
  return numbersOf(dtype, await read(offset + from * rowBytes, (to - from) * rowBytes));
}

/**
 * What writes a row's numbers out, counted from the first of the stretch.
 * @param {Entry} entry @param {Rows} rows @param {Read} read @returns {Promise<Decode>}
 */
async function decoder(entry, rows, read) {
  const { layout, block_size: size, block_axis: axis, zero_point: zero } = entry;
  const width = entry.dims[1];
  const values = await partOf(entry, "values", rows, read);
  if (!values) throw new TypeError(entry.name);
  if (layout === "plain") {
    return (row, into) => into.set(values.subarray(row * width, (row + 1) * width));
  }
  const scale = await partOf(entry, "scale", rows, read);
  const least = await partOf(entry, "minimum", rows, read);
  if (!scale) throw new TypeError(entry.name);
  const shared = width / (axis === 0 ? 1 : size); // scales of a row
  const offset = rows.first % size; // of the first row in its block
  return (row, into) => {
    const at = (axis === 0 ? Math.floor((row + offset) / size) : row) * shared;
    scaled(into, values, row * width, zero, scale, at, width / shared);
    if (least) raised(into, least, at, width / shared);
  };
}

/**
 * scale · (value − zero), `each` numbers beside each other by one scale.
 * @param {Float64Array} into @param {Float32Array | Int8Array} values @param {number} from
 * @param {number} zero @param {Float32Array | Int8Array} scale @param {number} at
 * @param {number} each
 */
function scaled(into, values, from, zero, scale, at, each) {
  const { length } = into;
  for (let first = 0; first < length; first += each, at++) {
    const by = scale[at];
    const end = first + each;
    for (let to = first; to < end; to++) into[to] = Math.fround(by * (values[from + to] - zero));
  }
}

/**
 * And the least number of each block.
 * @param {Float64Array} into @param {Float32Array | Int8Array} least @param {number} at
 * @param {number} each
 */
function raised(into, least, at, each) {
  for (let to = 0; to < into.length; to++) {
    into[to] = Math.fround(into[to] + least[at + Math.floor(to / each)]);
  }
}

/** @param {Float64Array} a @param {Float64Array} b @param {number} from where b begins */
function dot(a, b, from) {
  const { length } = a;
  let even = 0;
  let odd = 0;
  for (let at = 0; at + 1 < length; at += 2) {
    even += a[at] * b[from + at];
    odd += a[at + 1] * b[from + at + 1];
  }
  return length % 2 ? even + odd + a[length - 1] * b[from + length - 1] : even + odd;
}

/**
 * Some vectors times a stretch of rows: [vector, row] by rows, else [vector, out].
 * @param {Entry} entry @param {Tensor} vectors @param {Rows} rows @param {Read} read
 * @returns {Promise<Product>}
 */
export async function product(entry, vectors, rows, read) {
  const decode = await decoder(entry, rows, read);
  const [width, count] = [entry.dims[1], rows.end - rows.first];
  const [n, long] = vectors.dims;
  const given = Float64Array.from(vectors.data);
  const row = new Float64Array(width);
  const dims = [n, rows.isByRow ? count : width];
  const sums = new Float64Array(n * dims[1]);
  for (let at = 0; at < count; at++) {
    decode(at, row);
    for (let one = 0; one < n; one++) {
      if (rows.isByRow) sums[one * count + at] = dot(row, given, one * long);
      else addTo(sums, one * width, row, given[one * long + at]);
    }
  }
  return { dims, data: Float32Array.from(sums) };
}

/** @param {Float64Array} sums @param {number} from @param {Float64Array} row @param {number} by */
function addTo(sums, from, row, by) {
  for (let at = 0; at < row.length; at++) sums[from + at] += by * row[at];
}
