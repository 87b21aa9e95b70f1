// Several things at once, and none left running when the caller goes on.

/**
 * The results, in the order given. Where some fail, fails with the cause of the first in that
 * order, and unlike `Promise.all` not before all have ended: what begins anew after the failure
 * finds no write of the last attempt under way.
 */
export async function together<T>(all: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(all)
  return settled.map(one => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
}
