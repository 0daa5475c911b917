/** What the tests' scripts put on the page, and where they find what they compare with. */

declare module "*/wllama/index.js";

interface Window {
  bench: Record<string, Function>;
  screens: Record<string, Function>;
  stuck: [HTMLElement, string | null][];
}
