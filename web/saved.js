/**
 * Turns the pages of a saved walk (py/seethrough/view/saved_page.py): one step at a time, by link,
 * button or key. Without it all steps stand below one another. It is written into the file.
 */

(() => {
  const SHOWN = "is-shown";
  const root = document.documentElement;
  const pages = [...document.querySelectorAll(".saved-step")];
  const stops = [...document.querySelectorAll(".spine a")];
  const turns = document.getElementById("turns");
  const back = document.getElementById("turn-back");
  const next = document.getElementById("turn-next");
  // The line of steps sticks to the window: where it stands by itself is the end of the head.
  const head = document.querySelector(".saved-head");
  let at = 0;

  /** @returns {Element | null} what the address names */
  const named = () => document.getElementById(decodeURIComponent(location.hash.slice(1)));

  const show = () => {
    const target = named();
    const found = pages.findIndex((page) => page.contains(target));
    at = Math.max(found, 0);
    pages.forEach((page, index) => page.classList.toggle(SHOWN, index === at));
    stops.forEach((stop, index) => {
      if (index === at) stop.setAttribute("aria-current", "step");
      else stop.removeAttribute("aria-current");
    });
    stops[at]?.scrollIntoView({ block: "nearest", inline: "nearest" });
    back?.toggleAttribute("disabled", at === 0);
    next?.toggleAttribute("disabled", at === pages.length - 1);
    if (target && !pages.includes(target)) target.scrollIntoView({ block: "center" });
    else scrollTo(0, location.hash && head ? head.getBoundingClientRect().bottom + scrollY : 0);
  };

  /** @param {number} distance */
  const turn = (distance) => {
    const page = pages[at + distance];
    if (page) location.hash = page.id;
  };

  back?.addEventListener("click", () => turn(-1));
  next?.addEventListener("click", () => turn(1));
  addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target instanceof HTMLInputElement) return;
    const isMirrored = root.dir === "rtl";
    if (event.key === "ArrowRight") turn(isMirrored ? -1 : 1);
    else if (event.key === "ArrowLeft") turn(isMirrored ? 1 : -1);
  });
  addEventListener("hashchange", show);
  root.classList.add("is-stepping");
  turns?.removeAttribute("hidden");
  show();
})();
