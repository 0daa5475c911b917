/** What the page has besides what browsers' types know. */

declare module "*/pyscript/core.js";

declare module "*/vendor/morphdom.js" {
  export { default } from "morphdom";
}

interface Navigator {
  // Chromium alone.
  readonly userAgentData?: { readonly mobile: boolean };
  readonly deviceMemory?: number;
  readonly connection?: { readonly saveData: boolean };
}

interface Window {
  seethroughTheme: { get(): string; set(theme: string): void };
  htmlToImage: typeof import("html-to-image");
}
