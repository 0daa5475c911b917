/** Notices that a start does not move on: whatever it waits for, the page says so. */

const QUIET_MS = 30_000;

/**
 * Call back each time the status line has not changed for a while, until the start is over. While
 * Python starts only its end counts: the line tells of the model's download then.
 * @param {{isOver: () => boolean, onStall: (seconds: number) => void, onMove: () => void}} watch
 *   `onMove` is called when it moves on after that, and at the end
 */
export function watchStall({ isOver, onStall, onMove }) {
  const root = document.documentElement;
  const status = /** @type {HTMLElement} */ (document.getElementById("status"));
  let isStalled = false;
  const stall = () => {
    isStalled = true;
    onStall(QUIET_MS / 1000);
  };
  let timer = setTimeout(stall, QUIET_MS);
  let phase = root.dataset.boot;
  const look = () => {
    if (root.dataset.boot === "python" && phase === "python") return;
    phase = root.dataset.boot;
    clearTimeout(timer);
    if (isStalled) onMove();
    isStalled = false;
    if (isOver()) observer.disconnect();
    else timer = setTimeout(stall, QUIET_MS);
  };
  const observer = new MutationObserver(look);
  observer.observe(root, { attributeFilter: ["data-boot"] });
  observer.observe(status, { childList: true, subtree: true });
}
