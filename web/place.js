/** Where the page lies or stands: a file, a frame that is cut off from its site. */

import { KeyedError } from "./errors.js";

/** @returns {KeyedError | null} why the page can load none of its parts here, whoever serves it */
export function placeFault() {
  if (location.protocol === "file:") return new KeyedError("boot.from_file");
  const address = location.href;
  return self.origin === "null" ? new KeyedError("boot.sandboxed", { address }) : null;
}
