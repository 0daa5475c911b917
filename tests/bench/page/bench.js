/**
 * The page side of `build.py bench`: our engine's worker and wllama, on the same model, asked for
 * the same work. Each call makes its own runtime and ends it.
 */

const PROMPT = [19306, 28, 5096, 28, 3903, 28]; // "January, February, March,"
const FILL = 28; // ","

// Twice the tokens are made and the second half counts: for about two seconds after a start the
// browser still compiles WebAssembly on the cores that the threads want.

/** @param {number[]} values @returns {number} */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Talk to an engine worker by promises. @param {Worker} worker */
function caller(worker) {
  /** @type {Map<number, [(result: any) => void, (error: Error) => void]>} */
  const waiting = new Map();
  let last = 0;
  worker.onmessage = ({ data }) => {
    const asked = waiting.get(data.id);
    if (data.heard || data.progress || !asked) return;
    const [resolve, reject] = asked;
    waiting.delete(data.id);
    if (data.error) reject(new Error(JSON.stringify(data.error)));
    else resolve(data.result);
  };
  /** @type {(message: Record<string, unknown>) => Promise<any>} */
  return (message) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, [resolve, reject]);
      worker.postMessage({ id: last, ...message });
    });
}

/**
 * Our engine: session start, ms per token, prefill without hooks and with all of them.
 * @param {{base: string, threads: number, mode: string, nTokens: number, prefill: number[]}}
 *   options
 */
export async function ours({ base, threads, mode, nTokens, prefill }) {
  const worker = new Worker("/dist/engine.js", { type: "module" });
  const call = caller(worker);
  const manifest = await (await fetch(`${base}manifest.json`)).json();
  const end = manifest.config.n_layers;
  /** @param {number[]} tokens @param {number} nPast */
  const run = (tokens, nPast, fetch = ["logits_top_ids"]) =>
    call({
      type: "run",
      tokens: Int32Array.from(tokens),
      nPast,
      fetch,
      unembedLayer: Int32Array.of(end),
      unembedPos: Int32Array.of(tokens.length - 1),
      topK: 1,
      knobs: {},
    });
  /** @param {() => Promise<unknown>} work */
  const timed = async (work) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };

  const baseUrl = new URL(base, location.href).href;
  const info = await call({ type: "load", manifest, baseUrl, threads, mode });
  await run(PROMPT, 0);
  const times = [];
  for (let i = 0; i < 2 * nTokens; i++) {
    times.push(await timed(() => run([FILL], PROMPT.length + i)));
  }
  /** @type {{prefill: Record<number, number>, hooks: Record<number, number>}} */
  const prefills = { prefill: {}, hooks: {} };
  const result = {
    sessionMs: info.sessionMs,
    msPerToken: median(times.slice(nTokens)),
    coldMsPerToken: median(times.slice(0, nTokens)),
    ...prefills,
  };
  for (const n of prefill) {
    const tokens = Array.from({ length: n }, (_, i) => 100 + i);
    result.prefill[n] = await timed(() => run(tokens, 0));
    result.hooks[n] = await timed(() => run(tokens, 0, manifest.hooks));
  }
  worker.terminate();
  return result;
}

/**
 * wllama (llama.cpp in wasm) on the GGUF that our model was made from.
 * @param {{threads: number, nTokens: number}} options
 */
export async function wllama({ threads, nTokens }) {
  const { Wllama, LoggerWithoutDebug } = await import("/wllama/index.js");
  const runtime = new Wllama(
    { default: "/wllama/wasm/wllama.wasm" },
    { logger: LoggerWithoutDebug },
  );
  const start = performance.now();
  const file = await (await fetch("/gguf/model.gguf")).blob();
  const fetched = performance.now();
  await runtime.loadModel([file], { n_ctx: 512, n_threads: threads, n_gpu_layers: 0 });
  const loaded = performance.now();
  /** @type {number[]} */
  const stamps = [];
  const stream = await runtime.createCompletion({
    prompt: "January, February, March,",
    max_tokens: 2 * nTokens,
    temperature: 0,
    stream: true,
  });
  for await (const _ of stream) stamps.push(performance.now());
  const times = stamps.slice(1).map((stamp, i) => stamp - stamps[i]);
  await runtime.exit();
  return {
    fetchMs: fetched - start,
    sessionMs: loaded - fetched,
    msPerToken: median(times.slice(nTokens)),
    coldMsPerToken: median(times.slice(0, nTokens)),
    nTokens: stamps.length,
  };
}

window.bench = { ours, wllama };
