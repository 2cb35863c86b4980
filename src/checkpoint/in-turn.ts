/** Reading some parts of a file ahead of the one that is being used. */

/** Enough that the file system has always something to do, and few enough that little memory waits. */
const MOST_AHEAD = 3
const MOST_BYTES_AHEAD = 2 ** 24

export interface Reader<Part, T> {
  /** How much memory it takes to read one. */
  bytesOf(part: Part): number
  read(part: Part): Promise<T>
  /** How many may be under way at once, where that is said. */
  readonly mostAhead?: number | undefined
}

/**
 * What `read` gives for each part, in their order; the next ones are being read meanwhile. After a failure, or when no more are asked for, none
 * is begun and those under way are waited for.
 */
export async function* inTurn<Part, T>(
  parts: readonly Part[],
  { bytesOf, read, mostAhead = MOST_AHEAD }: Reader<Part, T>,
): AsyncGenerator<readonly [part: Part, value: T], void, undefined> {
  const underWay: { readonly part: Part; readonly bytes: number; readonly value: Promise<T> }[] = []
  const waiting = parts.values()
  let next = waiting.next()
  let ahead = 0
  const begin = () => {
    while (!next.done && underWay.length < mostAhead) {
      const part = next.value
      const bytes = bytesOf(part)
      if (underWay.length > 0 && ahead + bytes > MOST_BYTES_AHEAD) return
      const value = read(part)
      value.catch(() => {}) // told when its turn comes
      underWay.push({ part, bytes, value })
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
      yield [first.part, value]
    }
  } finally {
    await Promise.allSettled(underWay.map(({ value }) => value))
  }
}
