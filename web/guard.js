/**
 * Says so when boot.js or one of its parts cannot run: missing, cut, altered, or a web page in its
 * place. A classic script without imports, so that none of those files can take it down.
 */

(() => {
  // boot.js and all that it imports; a test compares.
  const PARTS = [
    "boot.js",
    "check.js",
    "device.js",
    "door.js",
    "download.js",
    "early.js",
    "messages.js",
    "sha256.js",
    "site.js",
  ];

  /** @param {string} key @param {Record<string, unknown>} fields @returns {string} */
  const sentence = (key, fields) => {
    const template = document.querySelector(`template[data-message="${key}"]`);
    const text = template ? template.content.textContent.trim() : key;
    return text.replace(/\{(\w+)\}/g, (slot, name) => String(fields[name] ?? slot));
  };

  /** @param {string} key @param {Record<string, unknown>} fields */
  const show = (key, fields) => {
    if (document.documentElement.dataset.boot) return; // boot.js runs, and speaks itself
    document.documentElement.dataset.boot = "failed";
    const line = document.createElement("p");
    line.className = "message is-error";
    line.setAttribute("role", "alert");
    line.textContent = sentence(key, fields);
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.action = "reload";
    button.textContent = sentence("boot.retry", {});
    button.addEventListener("click", () => location.reload());
    document.getElementById("message").replaceChildren(line, button);
    document.getElementById("status").textContent = sentence("boot.stopped", {});
  };

  /** @param {string} path @param {[number, string] | undefined} entry */
  const look = async (path, [expected, hash] = []) => {
    let response;
    try {
      response = await fetch(`./${path}`, { cache: "no-cache" });
    } catch {
      return ["boot.network", { path }];
    }
    if (!response.ok) return ["boot.missing", { path, status: response.status }];
    const text = await response.text().catch(() => null);
    if (text === null) return ["boot.cut", { path }];
    if (/^\s*<(!doctype|html)/i.test(text)) return ["boot.not_this_file", { path }];
    const got = new TextEncoder().encode(text).length;
    if (got < expected) return ["boot.truncated", { path, expected, got }];
    if (!hash) return null;
    const options = { cache: "no-cache", integrity: `sha256-${hash}` };
    const isGood = await fetch(`./${path}`, options).then(
      () => true,
      () => false,
    );
    return isGood ? null : ["boot.altered", { path }];
  };

  /** @returns {Promise<Record<string, [number, string]>>} the list in sw.js, {} if it has none */
  const listed = async () => {
    try {
      const text = await (await fetch("./sw.js", { cache: "no-cache" })).text();
      return JSON.parse(text.match(/^const SITE = (\{\n[\s\S]*?\n\});$/m)[1]).files;
    } catch {
      return {};
    }
  };

  import("./boot.js").catch(async (error) => {
    const files = await listed();
    for (const path of PARTS) {
      const found = await look(path, files[path]);
      if (found) return show(...found);
    }
    show("boot.script_failed", { reason: String(error?.message ?? error).slice(0, 200) });
  });
})();
