/**
 * The reader's theme, before the first paint: a classic script in the page's head, so that no page
 * is light for a moment and dark after it.
 */

(() => {
  const KEY = "seethrough.theme";
  const root = document.documentElement;

  const stored = () => {
    try {
      return localStorage.getItem(KEY) ?? "system";
    } catch {
      return "system"; // storing is not allowed here
    }
  };

  /** @param {string} theme "light", "dark" or "system" */
  const show = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };

  window.seethroughTheme = Object.freeze({
    get: () => root.dataset.theme ?? "system",
    /** @param {string} theme */
    set(theme) {
      show(theme);
      try {
        localStorage.setItem(KEY, theme);
      } catch {
        // it lasts for this visit
      }
    },
  });
  show(stored());
})();
