/** Pictures decoded ahead of whoever uses them: by workers where there is more than one thread, in the order of the list either way. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Tinypool from 'tinypool'
import { inTurn } from '../checkpoint/in-turn.ts'
import { type Decoded, type Decoding, decodeFile } from './decode.node.ts'
import type { Listed } from './list.node.ts'

/** Who decodes. */
export interface Decoders {
  decode(path: string, decoding: Decoding): Promise<Decoded>
  /** How many pictures are worth asking for before the first is there. */
  readonly mostAhead: number
  close(): Promise<void>
}

/** Each worker has the next pictures at hand, since the calling thread may compute for a while before it hands out more. */
const TASKS = 4
/** What a worker makes is handed over at once, so that little has to wait for its collector. */
const resourceLimits = { maxYoungGenerationSizeMb: 8 }

/** Starts workers, one for each thread; one thread decodes by itself, and so does a program whose bundler left the worker's file behind. */
export function startDecoders(threads: number): Decoders {
  const url = new URL('./decode-worker.node.js', import.meta.url)
  if (threads === 1 || !existsSync(fileURLToPath(url))) {
    return { decode: decodeFile, mostAhead: 2, close: async () => {} }
  }
  const pool = new Tinypool({
    ...{ filename: url.href, runtime: 'worker_threads' },
    ...{ minThreads: threads, maxThreads: threads, concurrentTasksPerWorker: TASKS },
    resourceLimits,
  })
  return {
    decode: (path, decoding) => pool.run({ path, decoding }),
    mostAhead: TASKS * threads,
    close: () => pool.destroy(),
  }
}

/** Each picture with what was made of it, in the order of the list; the next ones are being decoded meanwhile. */
export async function* decodedAhead<Picture extends Listed>(
  pictures: readonly Picture[],
  decoding: Decoding,
  { decode, mostAhead }: Decoders,
): AsyncGenerator<readonly [picture: Picture, decoded: Decoded], void, undefined> {
  yield* inTurn(pictures, {
    ...{ bytesOf: () => 0, mostAhead },
    read: ({ path }) => decode(path, decoding),
  })
}
