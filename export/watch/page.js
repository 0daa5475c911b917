/**
 * Runs in the page while it is watched (build.py serve --watch), before every other script: waits
 * for edits and shows them. A style is swapped in place, a script loads the page anew, a sentence
 * or a view starts our Python again inside the Pyodide that runs (page.py, its other half).
 *
 * For that it notes which listeners Python has, and which workers there are: the new Python takes
 * over the engine with the model that it has open.
 */

(() => {
  const { run, version: first } = document.currentScript.dataset;
  const AGAIN_MS = 500;
  const POLL_MS = 30;
  let version = Number(first);

  /** @typedef {[EventTarget, string, any, any]} Listening its target, kind, function, options */
  /** @typedef {{worker: Worker, name: string, model: string, isStarted: boolean}} Engine */

  /** @type {Listening[]} of Python */
  let listeners = [];
  const add = EventTarget.prototype.addEventListener;
  /** @param {any} listener @returns {boolean} whether it is a Python function */
  const isOfPython = (listener) => typeof listener?.destroy === "function";

  EventTarget.prototype.addEventListener = function (kind, listener, options) {
    if (isOfPython(listener)) listeners.push([this, kind, listener, options]);
    return add.call(this, kind, listener, options);
  };

  /** @type {Set<Engine & {asked: Set<number>}>} that live */
  const engines = new Set();
  /** @type {typeof engines} those that the Python before had, while another starts */
  let offered = new Set();

  window.Worker = class extends Worker {
    /** @param {ConstructorParameters<typeof Worker>} args */
    constructor(...args) {
      super(...args);
      this.engine = { worker: this, name: args[1]?.name ?? "", model: "", isStarted: false };
      this.engine.asked = new Set();
      engines.add(this.engine);
      add.call(this, "message", ({ data }) => {
        if (data.id === 0) this.engine.isStarted = true;
        if (data.result || data.error) this.engine.asked.delete(data.id);
      });
    }

    /** @param {any} message @param {any[]} more */
    postMessage(message, ...more) {
      const { id, type, manifest, mode } = message;
      if (type === "load") this.engine.model = `${manifest.id} ${mode}`;
      else if (id !== undefined) this.engine.asked.add(id);
      super.postMessage(message, ...more);
    }

    terminate() {
      engines.delete(this.engine);
      offered.delete(this.engine);
      super.terminate();
    }
  };

  /** @param {Listening[]} gone */
  const unlisten = (gone) => {
    for (const [target, ...listening] of gone) target.removeEventListener(...listening);
  };

  let call = null;
  const watch = {
    /** @type {((files: string) => Promise<void>) | null} page.py's */
    restart: null,

    /** @returns {() => void} gives the listeners of Python back that are cut off now */
    cutOff() {
      const old = listeners;
      unlisten(old);
      listeners = [];
      offered = new Set(engines);
      // A slot that the build filled is drawn again, whatever stood in it since.
      for (const slot of document.querySelectorAll("body [data-digest]")) {
        if (slot.tagName !== "TEMPLATE") slot.removeAttribute("data-digest");
      }
      return () => {
        unlisten(listeners);
        listeners = old;
        offered = new Set();
        for (const [target, ...listening] of old) add.apply(target, listening);
      };
    },

    /** The start is over: an engine that nobody took would only hold memory. */
    endOffer() {
      for (const { worker } of offered) worker.terminate();
      offered = new Set();
    },

    /** @returns {Engine | null} one that waits for its new Python and is not in the middle of a run */
    takeEngine() {
      for (const engine of offered) {
        if (engine.asked.size) continue;
        offered.delete(engine);
        return engine;
      }
      return null;
    },

    /**
     * What `openDoor` of door.js does, more than once.
     * @param {{openDoor: (answer: any, abort: any) => void}} door
     * @param {any} answer
     * @param {any} abort
     */
    openDoor(door, answer, abort) {
      const isFirst = !call;
      call = { answer, abort };
      if (isFirst) {
        door.openDoor(
          (...args) => call.answer(...args),
          (number) => call.abort(number),
        );
      }
    },
  };
  Object.defineProperty(window, "seethroughWatch", { value: watch });

  /** @param {number} ms @returns {Promise<void>} */
  const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  /** @param {string | null} error */
  const tell = (error) =>
    fetch("./watch/told", { method: "POST", body: JSON.stringify({ version, error }) });

  /** Swap the style sheet once the new one is here. @param {number} number */
  async function restyle(number) {
    const old = document.querySelector('link[rel="stylesheet"][href*="style.css"]');
    const sheet = old.cloneNode();
    sheet.href = `./style.css?watch=${number}`;
    await new Promise((resolve) => {
      sheet.onload = sheet.onerror = resolve;
      old.after(sheet);
    });
    old.remove();
  }

  /** @returns {Promise<boolean>} once the page runs: whether its Python can be started again */
  async function started() {
    const { dataset } = document.documentElement;
    while (!["ready", "failed"].includes(dataset.boot)) await after(POLL_MS);
    return dataset.boot === "ready" && watch.restart !== null;
  }

  /**
   * @param {{version: number, python: Record<string, string | null>, is_restyled: boolean,
   *   is_reloaded: boolean}} change
   */
  async function take(change) {
    if (change.version === version && !change.is_reloaded) return;
    const hasPython = Object.keys(change.python).length > 0;
    if (change.is_reloaded || (hasPython && !(await started()))) {
      location.reload();
      await new Promise(() => {});
    }
    if (change.is_restyled) await restyle(change.version);
    const error = hasPython ? await watch.restart(JSON.stringify(change.python)) : null;
    version = change.version;
    await tell(error ?? null);
  }

  async function follow() {
    for (;;) {
      try {
        const address = `./watch/changes?run=${run}&since=${version}`;
        const answer = await fetch(address, { cache: "no-store" });
        await take(await answer.json());
      } catch {
        await after(AGAIN_MS); // the server was stopped; it may come back
      }
    }
  }

  addEventListener("load", () => {
    if (version) tell(null).catch(() => {});
    follow();
  });
})();
