/**
 * Says so when boot.js or one of its parts cannot run: missing, cut, altered, a web page in its
 * place, of a wrong type, or where browsers run no modules at all. The build writes what it imports
 * into it, so that none of those files can take it down, and makes a classic script of it.
 */

import { KeyedError, reasonOf } from "./errors.js";
import { listIn } from "./listed.js";
import { button, learned, say, sentence } from "./messages.js";
import { placeFault } from "./place.js";
import { SCOPE } from "./stores.js";
import { bytesOf, diagnose, isWhole, looksLikeHtml, wrongType } from "./whole.js";

/** @typedef {import("./listed.js").Files} Files */

// boot.js and all that it imports; a test compares.
const PARTS = [
  "boot.js",
  "check.js",
  "device.js",
  "door.js",
  "download.js",
  "early.js",
  "errors.js",
  "lanes.js",
  "listed.js",
  "listing.js",
  "messages.js",
  "place.js",
  "pressed.js",
  "refused.js",
  "reloaded.js",
  "served.js",
  "sha256.js",
  "site.js",
  "stall.js",
  "stores.js",
  "whole.js",
];

/** @returns {Promise<Files>} the list in sw.js, {} if it has none */
async function listed() {
  try {
    return listIn(new TextDecoder().decode(await bytesOf("sw.js"))).files;
  } catch {
    return {};
  }
}

/**
 * Look at a file; one that is not listed can only be looked at for what is no script.
 * @param {string} path
 * @param {[number, string] | undefined} entry
 * @returns {Promise<unknown>} what is wrong with it, null for nothing
 */
async function look(path, entry) {
  if (entry && (await isWhole(path, entry[1], "no-cache"))) return null;
  if (entry) return diagnose(path, entry[0]);
  return bytesOf(path).then(
    (bytes) => (looksLikeHtml(bytes) ? new KeyedError("boot.not_this_file", { path }) : null),
    (error) => error,
  );
}

/** @param {unknown} error @returns {Promise<KeyedError>} the first of the parts that is not whole */
async function findFault(error) {
  const place = placeFault();
  if (place) return place;
  const files = await listed();
  for (const path of PARTS) {
    const fault = await look(path, files[path]);
    if (fault instanceof KeyedError) return fault;
  }
  const types = await Promise.all(PARTS.map(wrongType));
  const wrong = types.find((fault) => fault !== null);
  if (wrong) return wrong;
  return new KeyedError("boot.script_failed", { reason: reasonOf(error) });
}

/** @param {unknown} error why boot.js did not run */
async function tell(error) {
  const { key, fields } = await findFault(error);
  await learned;
  const root = document.documentElement;
  if (root.dataset.boot) return; // boot.js runs, and speaks itself
  root.dataset.boot = "failed";
  const slot = say("message", sentence(key, fields), "message is-error");
  slot.append(button("reload", sentence("boot.retry"), () => location.reload()));
  say("status", sentence("boot.stopped"));
}

document.getElementById("unscripted")?.remove();
// By its whole address: in a frame of its own origin a classic script has none to begin from.
import(`${SCOPE}boot.js`).catch(tell);
