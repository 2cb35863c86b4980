/** Which part of a corpus one of many machines takes. */
import { createHash } from 'node:crypto'
import { UsageError } from './arguments.ts'

/** Part `index` of `count`, from 1. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/** `3/16` */
export function shardOf(text: string): Shard {
  const [, index, count] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number)
  if (index !== undefined && count !== undefined && index >= 1 && index <= count) return { index, count }
  throw new UsageError(
    `--shard is ${JSON.stringify(text)}, expected k/n with k from 1 to n, as 1/16 to 16/16`,
  )
}

/** Whether a shard has a picture: by a hash of its name, so that pictures that come or go move no others. */
export function isIn({ index, count }: Shard, name: string): boolean {
  const hash = createHash('sha256').update(name).digest()
  return hash.readUIntBE(0, 6) % count === index - 1
}
