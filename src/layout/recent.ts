/**
 * The few things that were used last. They are found by looking at each, the latest first: comparing a handful of numbers takes less
 * time than making a key of them would. What is known by its text is kept in quick-lru (grammar/cache.ts).
 */
export class Recent<A, B, Entry> {
  readonly #most: number
  readonly #fits: (entry: Entry, a: A, b: B) => boolean
  /** The one used last at the end. */
  readonly #entries: Entry[] = []

  /**
   * @param most how many are kept
   * @param fits whether an entry is the one for two things
   */
  constructor(most: number, fits: (entry: Entry, a: A, b: B) => boolean) {
    this.#most = most
    this.#fits = fits
  }

  find(a: A, b: B): Entry | undefined {
    const entries = this.#entries
    for (let i = entries.length - 1; i >= 0; i--) {
      const entry = entries[i]!
      if (!this.#fits(entry, a, b)) continue
      if (i !== entries.length - 1) {
        entries.splice(i, 1)
        entries.push(entry)
      }
      return entry
    }
    return undefined
  }

  /** Keeps an entry in the place of the one that was not used for longest. */
  add(entry: Entry): Entry {
    if (this.#entries.length === this.#most) this.#entries.shift()
    this.#entries.push(entry)
    return entry
  }
}

/** What was used last with an owner, and goes with it. */
export function recentOf<Owner extends object, A, B, Entry>(
  owners: WeakMap<Owner, Recent<A, B, Entry>>,
  owner: Owner,
  fits: (entry: Entry, a: A, b: B) => boolean,
): Recent<A, B, Entry> {
  let recent = owners.get(owner)
  if (recent === undefined) {
    recent = new Recent(8, fits)
    owners.set(owner, recent)
  }
  return recent
}
