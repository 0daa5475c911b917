/** Where the site lies, and what its stores are called: others may share its origin. */

/** The folder of the site: of its page, its worker or its service worker. */
export const SCOPE = new URL("./", self.location.href).href;

/** The site's own files, by name and hash (sw.js). */
export const APP_STORE = `seethrough-app:${SCOPE}`;

/** The models' files, by address (download.js). */
export const MODEL_STORE = `seethrough-models:${SCOPE}`;

/** The model that was trained here last (site.js). */
export const RUN_STORE = `seethrough-training:${SCOPE}`;
