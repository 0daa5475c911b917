/**
 * What the screen tests ask the page: each check gives the elements that break a promise, as short
 * descriptions. Runs inside the page as one expression; nothing of it travels with the site.
 */
(() => {
  const CONTROLS = "a[href], button, input, select, textarea, summary, [role=button]";
  const INTERACTIVE = `${CONTROLS}, [tabindex]:not([tabindex="-1"])`;
  // What may be cut: areas that scroll, and what is no text of the page.
  const MAY_CUT = ".scroll, textarea, input, select, option, canvas, template, noscript";
  const LABELS = ["aria-label", "aria-description", "title", "alt", "placeholder"];

  /** @param {Element} element @returns {boolean} */
  const isSeen = (element) =>
    element.checkVisibility({ visibilityProperty: true, opacityProperty: false }) &&
    element.getClientRects().length > 0;

  /** What was found of elements in this check. @type {WeakMap<Element, boolean>} */
  let forEars = new WeakMap();

  /**
   * Whether only a screen reader gets it: cut to a point on purpose.
   * @param {Element} element
   * @returns {boolean}
   */
  function isForEars(element) {
    if (element === document.body) return false;
    const known = forEars.get(element);
    if (known !== undefined) return known;
    const { position, clip, clipPath } = getComputedStyle(element);
    const isCut = clip !== "auto" || clipPath.startsWith("inset(");
    const parent = element.parentElement;
    const isCutOff = isCut && ["absolute", "fixed"].includes(position);
    const isIt = isCutOff || (parent !== null && isForEars(parent));
    forEars.set(element, isIt);
    return isIt;
  }

  /** @param {Element} element @returns {string} */
  function describe(element) {
    const id = element.id ? `#${element.id}` : "";
    const classes = [...element.classList].map((name) => `.${name}`).join("");
    const action = element.getAttribute("data-action");
    const data = action ? `[data-action=${action}]` : "";
    const text = (element.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `${element.localName}${id}${classes}${data} "${text}"`;
  }

  /** The element whose box a text lies in. @param {Element} element @returns {Element} */
  function blockOf(element) {
    let block = element;
    while (["inline", "contents"].includes(getComputedStyle(block).display)) {
      block = block.parentElement ?? document.body;
    }
    return block;
  }

  /** Texts that are seen, each with its boxes line by line. */
  function* texts() {
    forEars = new WeakMap();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.nodeValue?.trim() || !element || element.closest("script, style, " + MAY_CUT))
        continue;
      if (!isSeen(element) || isForEars(element)) continue;
      range.selectNodeContents(node);
      yield { node, element, boxes: [...range.getClientRects()].filter((box) => box.width > 1) };
    }
  }

  /** What stays the same while nothing happens: compared from one look to the next. */
  function fingerprint() {
    const running = document.getAnimations().filter((one) => one.playState === "running");
    const state = document.documentElement;
    return JSON.stringify([
      state.dataset,
      state.lang,
      state.dir,
      location.hash,
      document.title,
      document.fonts.status,
      running.length,
      state.scrollWidth,
      state.scrollHeight,
      ...[...document.querySelectorAll("body > :not(template, script)")].map(
        (one) => one.innerHTML,
      ),
    ]);
  }

  /**
   * Wait until Python is up and the page was the same in so many looks in a row.
   * @param {number} looks
   * @param {number} pause ms before each look
   * @param {number} patience ms
   * @returns {Promise<boolean>} whether it came to rest
   */
  async function settled(looks, pause, patience) {
    const end = performance.now() + patience;
    let seen = "";
    for (let still = 0; still < looks;) {
      if (performance.now() > end) return false;
      await new Promise((done) => setTimeout(done, pause));
      const isUp = document.documentElement.dataset.boot === "ready";
      const now = isUp ? fingerprint() : "";
      still = now && now === seen ? still + 1 : 0;
      seen = now;
    }
    return true;
  }

  /** What makes the page wider than the window. */
  function wide() {
    const root = document.documentElement;
    if (root.scrollWidth <= innerWidth) return [];
    const out = [...document.body.querySelectorAll("*")].filter((element) => {
      const box = element.getBoundingClientRect();
      const leaves = box.right > innerWidth + 1 || box.left < -1;
      return leaves && isSeen(element) && !element.closest(".scroll");
    });
    return [`${root.scrollWidth} px in ${innerWidth} px`, ...out.slice(0, 5).map(describe)];
  }

  /** Boxes that cut what they hold, by their own size. */
  function cutBoxes() {
    /** @param {string} value */
    const cuts = (value) => value === "hidden" || value === "clip";
    forEars = new WeakMap();
    return [...document.body.querySelectorAll("*")].filter((element) => {
      if (element.closest(MAY_CUT) || element.closest("svg")) return false;
      if (!isSeen(element) || isForEars(element)) return false;
      const { overflowX, overflowY, display } = getComputedStyle(element);
      if (display === "inline" || !element.textContent.trim()) return false;
      return (
        (cuts(overflowX) && element.scrollWidth > element.clientWidth + 1) ||
        (cuts(overflowY) && element.scrollHeight > element.clientHeight + 1)
      );
    });
  }

  /** Texts that leave their box sideways, or their picture on any side. */
  function spilled() {
    const found = new Set();
    for (const { element, boxes } of texts()) {
      const svg = element.closest("svg");
      if (svg && getComputedStyle(svg).overflow === "visible") continue;
      const home = (svg ?? blockOf(element)).getBoundingClientRect();
      const { whiteSpace, fontSize } = getComputedStyle(element);
      // The space at a line's end may hang over the edge.
      const room = 1 + (whiteSpace.startsWith("pre-wrap") ? parseFloat(fontSize) * 0.7 : 0);
      /** @param {DOMRect} box */
      const leaves = (box) =>
        box.right > home.right + room ||
        box.left < home.left - room ||
        (svg && (box.bottom > home.bottom + 3 || box.top < home.top - 3));
      if (boxes.some(leaves)) found.add(element);
    }
    return [...found];
  }

  /** Texts that cannot be read whole. */
  const clipped = () => [
    ...cutBoxes().map((element) => `cuts: ${describe(element)}`),
    ...spilled().map((element) => `leaves its box: ${describe(element)}`),
  ];

  /**
   * What is left of a box inside the areas that cut or scroll it.
   * @param {Element} element @param {DOMRect} box
   */
  function shown(element, box) {
    let { left, right, top, bottom } = box;
    /** @type {Element | null} */
    let one = element;
    for (; one && one !== document.body; one = one.parentElement) {
      if (getComputedStyle(one).overflow === "visible") continue;
      const area = one.getBoundingClientRect();
      [left, right] = [Math.max(left, area.left), Math.min(right, area.right)];
      [top, bottom] = [Math.max(top, area.top), Math.min(bottom, area.bottom)];
    }
    return { left, right, top, bottom, height: bottom - top };
  }

  /** @param {Element} one */
  const sticks = (one) => ["sticky", "fixed"].includes(getComputedStyle(one).position);

  /** The one around that sticks to the window, so lies on what scrolls. @param {Element} element */
  function stuckAround(element) {
    /** @type {Element | null} */
    let one = element;
    while (one && !sticks(one)) one = one.parentElement;
    return one;
  }

  /** Texts that lie on other texts. */
  function overlapping() {
    const lines = [...texts()]
      .flatMap(({ element, boxes }) => {
        if (element.closest("svg")) return [];
        const stuck = stuckAround(element);
        return boxes.map((box) => ({ element, stuck, box: shown(element, box) }));
      })
      .filter(({ box }) => box.height > 1 && box.right > box.left);
    lines.sort((one, other) => one.box.top - other.box.top);
    const found = new Set();
    lines.forEach((one, index) => {
      for (const other of lines.slice(index + 1)) {
        if (other.box.top >= one.box.bottom) break;
        if (one.element === other.element || one.stuck !== other.stuck) continue;
        const wide =
          Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const high = Math.min(one.box.bottom, other.box.bottom) - other.box.top;
        if (wide > 2 && high > Math.min(one.box.height, other.box.height) / 2) {
          found.add(`${describe(one.element)} on ${describe(other.element)}`);
        }
      }
    });
    return [...found];
  }

  /** What can be used, in the order of the document; of a group of radio buttons the chosen one. */
  const usable = () =>
    [...document.querySelectorAll(INTERACTIVE)].filter((element) => {
      if (element.matches(":disabled") || element.closest("[inert]") || !isSeen(element))
        return false;
      if (!element.matches("input[type=radio]:not(:checked)")) return true;
      const group = [...document.getElementsByName(element.getAttribute("name") ?? "")];
      return !group.some((radio) => radio.matches(":checked")) && group[0] === element;
    });

  /** A link inside a sentence may be as high as its line. @param {Element} element */
  function isInSentence(element) {
    const own = (element.textContent ?? "").trim();
    return (
      getComputedStyle(element).display === "inline" &&
      (blockOf(element).textContent ?? "").trim() !== own
    );
  }

  /**
   * Targets that are smaller than so many px; a label is part of its control's target.
   * @param {number} least
   */
  function small(least) {
    /** @type {NodeListOf<HTMLElement & {labels?: NodeListOf<HTMLLabelElement> | null}>} */
    const controls = document.querySelectorAll(CONTROLS);
    return [...controls]
      .filter((element) => {
        if (!isSeen(element) || element.matches(":disabled") || isInSentence(element)) return false;
        const boxes = [element, ...(element.labels ?? [])].map((one) =>
          one.getBoundingClientRect(),
        );
        return !boxes.some((box) => box.width >= least - 0.5 && box.height >= least - 0.5);
      })
      .map((element) => {
        const { width, height } = element.getBoundingClientRect();
        return `${width.toFixed(0)} × ${height.toFixed(0)}: ${describe(element)}`;
      });
  }

  /**
   * The element with the focus: its place among the usable ones, and whether one sees it.
   * @param {Element[]} all
   */
  function focus(all) {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
    const y = Math.min(Math.max(box.top + Math.min(box.height / 2, 20), 1), innerHeight - 1);
    const above = document.elementFromPoint(x, y);
    const isOnTop = Boolean(above && (element.contains(above) || above.contains(element)));
    const isInWindow =
      box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    return {
      index: all.indexOf(element),
      name: describe(element),
      hasRing: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
      isVisible: isInWindow && isOnTop,
    };
  }

  /** Levels of the headings in their order. */
  const headings = () =>
    [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
      .filter(isSeen)
      .map((element) => [Number(element.localName[1]), (element.textContent ?? "").trim()]);

  /** How many there are of each landmark, and which regions tell what changes. */
  const landmarks = () => ({
    header: document.querySelectorAll("body > header, body > * > header.page-header").length,
    nav: document.querySelectorAll("nav").length,
    main: document.querySelectorAll("main").length,
    footer: document.querySelectorAll("body > footer").length,
    live: [
      ...document.querySelectorAll("[aria-live], [role=status], [role=alert], [role=log]"),
    ].map((element) => element.id || element.className),
  });

  /** Whatever moves for longer than a frame, or would when used. */
  function moving() {
    const most = 0.017;
    /** @param {string} list */
    const longest = (list) => Math.max(...list.split(",").map(parseFloat));
    const found = [];
    for (const element of document.querySelectorAll("*")) {
      for (const part of [null, "::before", "::after"]) {
        const style = getComputedStyle(element, part);
        const isAnimated =
          style.animationName !== "none" && longest(style.animationDuration) > most;
        const isSmooth = style.scrollBehavior === "smooth";
        if (isAnimated || isSmooth || longest(style.transitionDuration) > most) {
          found.push(describe(element) + (part ?? ""));
        }
      }
    }
    for (const animation of document.getAnimations()) {
      const { effect, playState } = animation;
      if (!(effect instanceof KeyframeEffect) || !effect.target) continue;
      if (playState === "running" && Number(effect.getComputedTiming().duration) > most * 1000) {
        found.push(`running: ${describe(effect.target)}`);
      }
    }
    return found;
  }

  /**
   * In the accented language: words that did not come from the catalogue.
   * @param {string[]} names what is data and no language, such as a model's name
   */
  function untranslated(names) {
    const data = "code, bdi, output, svg, .plain-text, table.numbers, [translate=no]";
    /** @param {string} text */
    const isPlain = (text) => {
      const rest = names.reduce((left, name) => left.replaceAll(name, ""), text);
      const words = rest.replace(/\[[^[\]]*\]/g, "").match(/[\p{L}\p{M}]+/gu) ?? [];
      return words.some((word) => /^[a-z]{3,}$/i.test(word));
    };
    const found = new Set();
    const said = new Map(); // a sentence with a token in it is several nodes: look at it whole
    for (const { node, element } of texts()) {
      const block = blockOf(element);
      if (!element.closest(data)) said.set(block, (said.get(block) ?? "") + node.nodeValue);
    }
    for (const [block, text] of said) if (isPlain(text)) found.add(describe(block));
    for (const label of LABELS) {
      for (const element of document.body.querySelectorAll(`[${label}]`)) {
        const text = element.getAttribute(label) ?? "";
        const isOurs = text.startsWith("["); // a token in it may be a bracket
        if (isSeen(element) && !element.closest(data) && !isOurs && isPlain(text)) {
          found.add(`${describe(element)} ${label}="${text.slice(0, 40)}"`);
        }
      }
    }
    return [...found];
  }

  /** Let what sticks to the window lie where it stands, for a picture of the whole page. */
  function unstick() {
    /** @type {NodeListOf<HTMLElement>} */
    const all = document.body.querySelectorAll("*");
    const stuck = [...all].filter(sticks);
    window.stuck = stuck.map((one) => [one, one.getAttribute("style")]);
    for (const element of stuck) element.style.position = "static";
  }

  /** Undo `unstick`. */
  function stick() {
    for (const [element, style] of window.stuck) {
      if (style === null) element.removeAttribute("style");
      else element.setAttribute("style", style);
    }
  }

  window.screens = {
    unstick,
    stick,
    settled,
    wide,
    clipped,
    overlapping,
    usable,
    small,
    focus,
    headings,
    landmarks,
    moving,
    untranslated,
  };
})();
