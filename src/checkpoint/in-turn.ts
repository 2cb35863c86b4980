/** Reading some tensors ahead of the one that is being used. */

/** As many as Node's file system works on beside the one that is used, and few enough that little memory waits. */
const MOST_AHEAD = 3
const MOST_BYTES_AHEAD = 2 ** 24

export interface Reader<T> {
  /** How much memory it takes to read one. */
  bytesOf(name: string): number
  read(name: string): Promise<T>
}

/**
 * What `read` gives for each name, in their order; the next ones are being read meanwhile. After a failure, or when no more are asked for, none
 * is begun and those under way are waited for.
 */
export async function* inTurn<T>(
  names: readonly string[],
  { bytesOf, read }: Reader<T>,
): AsyncGenerator<readonly [name: string, value: T], void, undefined> {
  const underWay: { readonly name: string; readonly bytes: number; readonly value: Promise<T> }[] = []
  const waiting = names.values()
  let next = waiting.next()
  let ahead = 0
  const begin = () => {
    while (!next.done && underWay.length < MOST_AHEAD) {
      const name = next.value
      const bytes = bytesOf(name)
      if (underWay.length > 0 && ahead + bytes > MOST_BYTES_AHEAD) return
      const value = read(name)
      value.catch(() => {}) // told when its turn comes
      underWay.push({ name, bytes, value })
      ahead += bytes
      next = waiting.next()
    }
  }
  try {
    begin()
    for (let first = underWay.shift(); first !== undefined; first = underWay.shift()) {
      const value = await first.value
      ahead -= first.bytes
      begin()
      yield [first.name, value]
    }
  } finally {
    await Promise.allSettled(underWay.map(({ value }) => value))
  }
}
