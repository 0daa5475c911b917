/**
 * Puts pixels on the canvases that name a picture, all of a panel in one call: a call from Python
 * costs more than the pixels of a strip do. It knows no model.
 */

/** @typedef {HTMLCanvasElement & {painted?: string | null}} Picture what stands on it, by a mark */

/** The pictures of a panel; of the whole page for "". @param {string} slot @returns {Picture[]} */
function picturesOf(slot) {
  const root = slot ? document.getElementById(slot) : document;
  return root ? [...root.querySelectorAll(/** @type {"canvas"} */ ("canvas[data-raster]"))] : [];
}

/** What each picture of a panel is of, and what stands on it. @param {string} slot @returns {string[][]} */
export function named(slot) {
  return picturesOf(slot).map(({ dataset, painted }) => [dataset.raster ?? "", painted ?? ""]);
}

/**
 * Put pixels on some pictures of a panel.
 * @param {string} slot
 * @param {[number, number, number, string][]} places which picture, width, height and mark of each
 * @param {Uint8Array<ArrayBuffer>} bytes their pixels, one picture's behind the other's
 */
export function paint(slot, places, bytes) {
  const pictures = picturesOf(slot);
  let first = 0;
  for (const [at, wide, high, mark] of places) {
    const picture = pictures[at];
    if (picture.width !== wide || picture.height !== high) {
      [picture.width, picture.height] = [wide, high];
    }
    const pixels = new Uint8ClampedArray(bytes.buffer, first, 4 * wide * high);
    picture.getContext("2d")?.putImageData(new ImageData(pixels, wide, high), 0, 0);
    picture.painted = mark;
    first += pixels.length;
  }
}
