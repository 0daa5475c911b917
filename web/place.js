/** Where the page lies or stands: a file, a frame that is cut off from its site. */

import { KeyedError } from "./errors.js";

/** @returns {KeyedError | null} why the page can load none of its parts here, whoever serves it */
export function placeFault() {
  if (location.protocol === "file:") return new KeyedError("boot.from_file");
  if (self.origin !== "null") return null;
  if (self !== top) return new KeyedError("boot.sandboxed", { address: location.href });
  return new KeyedError("boot.policy_rule", { directive: "sandbox", blocked: "allow-same-origin" });
}
