/** The tables of a step as data: whole grids, numbers as programs write them; as CSV, JSON or ZIP. */

const DRAWN = "svg, canvas";
// What stands in a table's caption and is no name of it.
const ASKS = "invites";
const MOST_IN_NAME = 40;
const FOLD = "details.data";
const CANDIDATES = ".candidates, .decode-pairs";
// Tables that are numbers, not a picture of them.
const WHOLE = ".candidates, .measured:not(.is-drawn)";
// A cell whose title, where it has one, is its number to the last digit.
const NUMBER = ".number";
const OPENS = ".cell-button[title]";
const HIDDEN = "[aria-hidden=true]";
// Of a share that is shown in per cent.
const DIGITS = 12;
const encoder = new TextEncoder();

/** @typedef {{caption: string, rows: (string | number)[][]}} Grid */

/** The words of a cell, one space between its parts; drawings have none. @param {Element} cell */
function wordsOf(cell) {
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  const parts = [];
  while (texts.nextNode()) {
    const { parentElement, textContent } = texts.currentNode;
    if (textContent?.trim() && !parentElement?.closest(DRAWN)) parts.push(textContent.trim());
  }
  return parts.join(" ").replace(/[\t\n ]+/g, " ");
}

/** A number of the page's language as programs write it; NaN where it is none. @param {string} shown */
function numberIn(shown) {
  const { decimal = ".", group = "" } = document.documentElement.dataset;
  const text = shown
    .replaceAll(group, "")
    .replace(decimal, ".")
    .replace(/[\u202f\u2009\u00a0]/g, "")
    .replace(/\u2212/g, "-")
    .replace(/^\+(?=\d)/, "");
  if (text === "") return NaN;
  const share = /^(-?[\d.]+)\s*%$/.exec(text);
  return share ? Number((Number(share[1]) / 100).toPrecision(DIGITS)) : Number(text);
}

/** What a cell shows: a number to its last digit, where its title has that; text. @param {Element} cell */
function valueOf(cell) {
  const tokens = cell.querySelectorAll("bdi");
  // A token's own text is no number of the page's language, and what a chip says of it no part of it.
  const token = tokens.length === 1 && cell.closest(CANDIDATES) ? tokens[0] : null;
  const shown = wordsOf(token ?? cell).replace(/[\u202f\u2009\u00a0]/g, " ");
  if (tokens.length) return shown;
  const titled = cell.querySelector(OPENS) ?? cell;
  const exact = cell.matches(NUMBER) ? numberIn(titled.getAttribute("title") ?? "") : NaN;
  return [exact, numberIn(shown)].find(Number.isFinite) ?? shown;
}

/**
 * A table with each value in its own column, whatever spans several; columns without any are left
 * out, as those of bars.
 * @param {HTMLTableElement} table
 */
function gridOf(table) {
  /** @type {(string | number)[][]} */
  const grid = [...table.rows].map(() => []);
  [...table.rows].forEach((row, down) => {
    for (const cell of row.cells) {
      let across = 0;
      while (grid[down][across] !== undefined) across += 1;
      for (let below = 0; below < cell.rowSpan && down + below < grid.length; below += 1) {
        for (let beside = 0; beside < cell.colSpan; beside += 1) {
          grid[down + below][across + beside] = below || beside ? "" : valueOf(cell);
        }
      }
    }
  });
  const wide = Math.max(0, ...grid.map((row) => row.length));
  const whole = grid.map((row) => Array.from({ length: wide }, (_, at) => row[at] ?? ""));
  const used = Array.from({ length: wide }, (_, at) => whole.some((row) => row[at] !== ""));
  return whole
    .map((row) => row.filter((_, at) => used[at]))
    .filter((row) => row.some((v) => v !== ""))
    .map((row, at) => (at ? row : apart(row)));
}

/** Headings of which no two are the same: one that comes again gets its number. @param {(string | number)[]} row */
const apart = (row) =>
  row.map((name, at) => {
    const before = row.slice(0, at).filter((other) => other === name).length;
    return name !== "" && before ? `${name} (${before + 1})` : name;
  });

/** What a table is: its caption, else what opens it, else the title over it. @param {Element} table */
function nameOf(table) {
  const caption = table.querySelector("caption");
  const told = caption?.classList.contains(ASKS) ? null : caption;
  const title = table.closest("section, figure")?.querySelector("h2, h3, figcaption");
  const named = told ?? table.closest("details")?.querySelector("summary") ?? title;
  return named ? wordsOf(named) : "";
}

/**
 * The tables of the step with its numbers: the folds have them to the last digit, and so have lists
 * of tokens; where there are such, others are pictures of the same numbers, or a film's.
 * @param {string} plate selects it
 * @returns {Grid[]}
 */
export function tablesOf(plate) {
  const all = /** @type {NodeListOf<HTMLTableElement>} */ (
    document.querySelectorAll(`${plate} table`)
  );
  const found = [...all].filter((table) => !table.closest(HIDDEN));
  const exact = found.filter((table) => table.closest(FOLD) || table.matches(WHOLE));
  return (exact.length ? exact : found)
    .map((table) => ({ caption: nameOf(table), rows: gridOf(table) }))
    .filter(({ rows }) => rows.length);
}

/** @param {string | number} value */
function field(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One table; the mark at its beginning tells spreadsheets that it is UTF-8. @param {Grid} grid */
export function csvOf({ rows }) {
  return `\uFEFF${rows.map((row) => row.map(field).join(",")).join("\r\n")}\r\n`;
}

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Numbers of 2 or 4 bytes, least byte first. @param {[number, 2 | 4][]} numbers */
function packed(numbers) {
  const bytes = numbers.flatMap(([value, size]) =>
    Array.from({ length: size }, (_, at) => (value >>> (8 * at)) & 255),
  );
  return new Uint8Array(bytes);
}

/** A file's name of what a table is. @param {string} caption @param {number} at */
function fileName(caption, at) {
  const words = caption.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  const name = words.slice(0, MOST_IN_NAME).replace(/^-|-$/g, "");
  return `${at + 1}${name && `-${name}`}.csv`;
}

/**
 * Several tables, each a file of its own: a ZIP whose files are stored as they are (PKWARE's
 * APPNOTE 4.3; names are UTF-8).
 * @param {Grid[]} grids
 */
export function zipOf(grids) {
  const [dos, utf8] = [0x21, 0x800]; // 1 January 1980: the same tables are the same file
  /** @type {Uint8Array[]} */
  const files = [];
  /** @type {Uint8Array[]} */
  const list = [];
  let offset = 0;
  grids.forEach((grid, at) => {
    const [name, data] = [encoder.encode(fileName(grid.caption, at)), encoder.encode(csvOf(grid))];
    /** @type {[number, 2 | 4][]} */
    const told = [
      [20, 2],
      [utf8, 2],
      [0, 2],
      [0, 2],
      [dos, 2],
      [crc32(data), 4],
    ];
    told.push([data.length, 4], [data.length, 4], [name.length, 2], [0, 2]);
    files.push(packed([[0x04034b50, 4], ...told]), name, data);
    const place = /** @type {[number, 2 | 4][]} */ ([
      [0, 2],
      [0, 2],
      [0, 2],
      [0, 4],
      [offset, 4],
    ]);
    list.push(packed([[0x02014b50, 4], [20, 2], ...told, ...place]), name);
    offset += 30 + name.length + data.length;
  });
  const size = list.reduce((sum, part) => sum + part.length, 0);
  const count = grids.length;
  const end = packed([
    [0x06054b50, 4],
    [0, 2],
    [0, 2],
    [count, 2],
    [count, 2],
    [size, 4],
    [offset, 4],
    [0, 2],
  ]);
  return new Blob([.../** @type {BlobPart[]} */ ([...files, ...list, end])], {
    type: "application/zip",
  });
}
