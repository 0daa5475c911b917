/** Many jobs, a few at a time. */

/**
 * Do jobs, a few at a time. One that fails stops new ones from starting; those under way end.
 * @template T
 * @param {Iterable<T>} jobs
 * @param {number} lanes
 * @param {(job: T) => Promise<void>} work
 * @returns {Promise<void>} rejects with the first failure
 */
export async function inLanes(jobs, lanes, work) {
  const queue = [...jobs].values();
  /** @type {unknown[]} */
  const failures = [];
  const lane = async () => {
    for (const job of queue) {
      await work(job).catch((error) => failures.push(error));
      if (failures.length) return;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failures.length) throw failures[0];
}
