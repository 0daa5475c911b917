/**
 * A saved picture with its head: what the step is, the text, the model. A picture goes from hand to
 * hand, and nobody may wonder whose numbers it shows.
 */

const SVG = "http://www.w3.org/2000/svg";
const SCALE = 2;
// px: the baselines of its two lines from the top, how high it is, the size of their letters.
const TITLE_AT = 20;
const SOURCE_AT = 46;
const HEAD = 64;
const SOURCE = "400 15px";
const FADED = 0.75;

/** @typedef {{title: string, prompt: string, model: string}} Told what a head says */

/**
 * Text as far as it fits, with an ellipsis where it goes on.
 * @param {string} text @param {string} font @param {number} wide in px
 */
function fitted(text, font, wide) {
  const context = document.createElement("canvas").getContext("2d");
  if (!context) return text;
  context.font = font;
  if (context.measureText(text).width <= wide) return text;
  const letters = [...text];
  let [least, most] = [0, letters.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    const shorter = `${letters.slice(0, middle).join("")}…`;
    if (context.measureText(shorter).width <= wide) least = middle;
    else most = middle - 1;
  }
  return `${letters.slice(0, least).join("")}…`;
}

/** Text as XML has it. @param {string} text */
function escaped(text) {
  /** @type {Record<string, string>} */
  const signs = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  // What XML cannot carry would make the whole file unreadable.
  return text
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "\uFFFD")
    .replace(/[&<>"]/g, (sign) => signs[sign]);
}

/** One element of SVG. @param {string} name @param {Record<string, string | number>} attributes */
const opening = (name, attributes) =>
  `<${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escaped(String(value))}"`)
    .join("")}>`;

/**
 * A picture of html-to-image with a head over it, and the page's ground under both. It is put
 * together as text: a parsed document would be held to the page's policy, and lose its styles.
 * @param {string} address of the picture, an SVG in a data: address
 * @param {Told} told
 * @param {{width: number, height: number, margin: number}} size of the picture, in px
 * @returns {{text: string, width: number, height: number}} the whole SVG
 */
export function headed(address, told, { width, height, margin }) {
  const source = decodeURIComponent(address.slice(address.indexOf(",") + 1));
  const picture = source.slice(source.indexOf("<foreignObject"), source.lastIndexOf("</svg>"));
  const whole = height + HEAD;
  const page = getComputedStyle(document.documentElement);
  const { direction, fontFamily } = getComputedStyle(document.body);
  const room = width - 2 * margin;
  const x = direction === "rtl" ? width - margin : margin;
  const look = { x, direction, fill: page.color, "font-family": fontFamily };
  const lines = [
    { y: TITLE_AT, weight: 600, size: 24, opacity: 1, text: told.title },
    { y: SOURCE_AT, weight: 400, size: 15, opacity: FADED, text: sourceOf(told, fontFamily, room) },
  ].map(({ y, weight, size, opacity, text }) => {
    const cut = fitted(text, `${weight} ${size}px ${fontFamily}`, room);
    const type = { "font-weight": weight, "font-size": size, opacity };
    return `${opening("text", { ...look, y: margin + y, ...type })}${escaped(cut)}</text>`;
  });
  const root = { xmlns: SVG, width, height: whole, viewBox: `0 0 ${width} ${whole}` };
  const ground = opening("rect", { width, height: whole, fill: page.backgroundColor });
  const moved = `${opening("svg", { y: HEAD, width, height })}${picture}</svg>`;
  const text = `${opening("svg", root)}${ground}</rect>${moved}${lines.join("")}</svg>`;
  return { text, width, height: whole };
}

/** @param {Told} told @param {string} family @param {number} room */
function sourceOf({ prompt, model }, family, room) {
  const font = `${SOURCE} ${family}`;
  const behind = ` · ${model} · Seethrough`;
  const line = prompt.replace(/\s+/g, " ").trim();
  // The model's name is always there: what is long is the text.
  const context = document.createElement("canvas").getContext("2d");
  if (context) context.font = font;
  const taken = context?.measureText(`“”${behind}`).width ?? 0;
  return line ? `“${fitted(line, font, room - taken)}”${behind}` : behind.slice(3);
}

/**
 * The pixels of an SVG, at twice its size.
 * @param {{text: string, width: number, height: number}} svg
 * @returns {Promise<Blob>}
 */
export async function pngOf({ text, width, height }) {
  const image = new Image();
  await new Promise((resolve, reject) => {
    // Not decode(): it waits for a frame, and a page that rests may draw none.
    image.onload = resolve;
    image.onerror = () => reject(new Error("the picture cannot be read"));
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  });
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * SCALE, height * SCALE];
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no pixels"))), "image/png");
  });
}
