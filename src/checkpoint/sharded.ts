/**
 * Checkpoints in several files: `model.safetensors.index.json` says which file beside it holds which tensor
 * (Hugging Face, "Sharded checkpoints").
 */
import type { NdArray } from '../layout/tensor.ts'
import type { ReadOptions } from './decode.ts'
import type { CheckpointData } from './dtype.ts'
import { CheckpointError, type Reading } from './error.ts'
import type { TensorEntry } from './header.ts'
import { faultsOf } from './json.ts'
import { TensorFile } from './tensor-file.ts'

/** Which file holds each tensor. */
export function parseIndex(bytes: Uint8Array, reading: Reading): ReadonlyMap<string, string> {
  const fail = (what: string, cause?: unknown) =>
    new CheckpointError({
      ...reading,
      code: 'index/json',
      what: `not an index of a checkpoint — ${what}`,
      cause,
    })

  let text: string
  let index: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const { duplicate, tooDeep } = faultsOf(text, 8)
    if (tooDeep) throw fail('it is nested deeper than 8 levels')
    if (duplicate !== undefined) throw fail(`name ${JSON.stringify(duplicate)} stands twice`)
    index = JSON.parse(text)
  } catch (cause) {
    if (cause instanceof CheckpointError) throw cause
    throw fail('it is not JSON', cause)
  }
  const map =
    typeof index === 'object' && index !== null && 'weight_map' in index ? index.weight_map : undefined
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw fail("it has no object 'weight_map'")
  for (const [name, file] of Object.entries(map)) {
    // a name, not a path: an index from a stranger must not reach into other folders
    if (typeof file === 'string' && /^[^/\\]+$/.test(file) && file !== '.' && file !== '..') continue
    throw fail(
      `tensor ${JSON.stringify(name)} is said to be in ${JSON.stringify(file)}, expected the name of a file beside it`,
    )
  }
  if (Object.keys(map).length === 0) throw fail("its 'weight_map' is empty")
  return new Map(Object.entries(map as Record<string, string>))
}

/** Several files as one. */
export class ShardedFile extends TensorFile {
  readonly names: readonly string[]
  readonly entries: ReadonlyMap<string, Pick<TensorEntry, 'dtype' | 'shape'>>
  readonly metadata: Readonly<Record<string, string>>
  readonly #home: ReadonlyMap<string, TensorFile>
  readonly #shards: readonly TensorFile[]

  private constructor(
    home: ReadonlyMap<string, TensorFile>,
    entries: ReadonlyMap<string, Pick<TensorEntry, 'dtype' | 'shape'>>,
    shards: readonly TensorFile[],
  ) {
    super()
    this.names = [...entries.keys()]
    this.entries = entries
    this.metadata = Object.freeze(
      Object.assign(Object.create(null), ...shards.map((shard) => shard.metadata)),
    )
    this.#home = home
    this.#shards = shards
  }

  /** Opens every file of an index; each has to hold what the index says. */
  static async open(
    index: ReadonlyMap<string, string>,
    openShard: (file: string) => Promise<TensorFile>,
    reading: Reading,
  ): Promise<ShardedFile> {
    const shards = new Map<string, TensorFile>()
    try {
      for (const file of new Set(index.values())) shards.set(file, await openShard(file))
      const home = new Map<string, TensorFile>()
      for (const [name, file] of index) {
        const shard = shards.get(file)!
        if (!shard.entries.has(name)) {
          const what = `its index says that tensor ${JSON.stringify(name)} is in ${file}, but it is not`
          throw new CheckpointError({ ...reading, code: 'index/missing', what })
        }
        home.set(name, shard)
      }
      // file by file, as they are read fastest
      const entries = new Map(
        [...shards.values()].flatMap((shard) =>
          [...shard.entries].filter(([name]) => home.get(name) === shard),
        ),
      )
      return new ShardedFile(home, entries, [...shards.values()])
    } catch (error) {
      for (const shard of shards.values()) await shard.close()
      throw error
    }
  }

  async tensor(name: string, options: ReadOptions = {}): Promise<NdArray<CheckpointData>> {
    return this.#shardOf(name).tensor(name, options)
  }

  async *each(names: readonly string[] = this.names, options: ReadOptions = {}) {
    // asked for a name that it does not have, a file says so
    for (const name of names) if (!this.entries.has(name)) await this.tensor(name)
    let rest = names
    while (rest.length > 0) {
      const shard = this.#shardOf(rest[0]!)
      const other = rest.findIndex((name) => this.#shardOf(name) !== shard)
      const count = other < 0 ? rest.length : other
      yield* shard.each(rest.slice(0, count), options)
      rest = rest.slice(count)
    }
  }

  /** The file with the tensor, or where none has it, one that says so. */
  #shardOf(name: string): TensorFile {
    return this.#home.get(name) ?? this.#shards[0]!
  }

  async close(): Promise<void> {
    for (const shard of this.#shards) await shard.close()
  }
}
