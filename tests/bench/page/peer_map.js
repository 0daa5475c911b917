import createScatterplot from "/npm/regl-scatterplot/dist/regl-scatterplot.esm.js";

const COLOURS = [
  "#3366cc",
  "#dc3912",
  "#ff9900",
  "#109618",
  "#990099",
  "#0099c6",
  "#dd4477",
  "#66aa00",
];
const canvas = document.querySelector("#canvas");
const plot = createScatterplot({ canvas, width: 960, height: 600, pointSize: 2, opacity: 1 });
plot.set({ colorBy: "category", pointColor: COLOURS });

/** Draw so many points. */
window.draw = async (n) => {
  const x = Float32Array.from({ length: n }, () => Math.random() * 2 - 1);
  const y = Float32Array.from({ length: n }, () => Math.random() * 2 - 1);
  const category = Array.from({ length: n }, (_one, at) => at % COLOURS.length);
  await plot.draw({ x, y, z: category });
};

/** Move the view for some milliseconds; frames a second. */
window.pull = async (ms) => {
  const gl = plot.get("regl")._gl;
  const one = new Uint8Array(4);
  const begin = performance.now();
  let frames = 0;
  while (performance.now() - begin < ms) {
    await plot.zoomToLocation([0.1 * Math.sin(frames / 9), 0.1 * Math.cos(frames / 7)], 0.9);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, one); // the frame is done now
    frames += 1;
  }
  return (1000 * frames) / (performance.now() - begin);
};
window.ready = true;
