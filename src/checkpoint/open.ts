/**
 * Checkpoints that stay where they are: the header is read when they are opened, each tensor when it is asked for. A
 * large model never stands in memory twice.
 */

import { besides, openFile } from '#file'
import type { BlobLike, UrlLike } from '../layout/platform.ts'
import { isA, isBlob, messageOf } from '../layout/realms.ts'
import { show } from '../layout/show.ts'
import type { NdArray } from '../layout/tensor.ts'
import { Buffers } from './buffers.ts'
import { decodeTensor, type ReadOptions } from './decode.ts'
import type { CheckpointData } from './dtype.ts'
import { CheckpointError, type Reading } from './error.ts'
import { type Header, headerLength, LENGTH_BYTES, parseHeader, type TensorEntry } from './header.ts'
import { inTurn } from './in-turn.ts'
import { parseIndex, ShardedFile } from './sharded.ts'
import { type ByteSource, ofBlob, ofBytes } from './source.ts'
import { type SafetensorsFile, TensorFile } from './tensor-file.ts'
import { type Window, windowsOf } from './windows.ts'

/**
 * Opens a safetensors file and reads its header; tensors are read one by one when they are asked for. A path that ends
 * in `.json` is the index of a checkpoint in several files, which are then opened as one.
 *
 * @param source a file's path (where there are files), a Blob, or the bytes themselves
 * @throws CheckpointError (as a rejection) when there is no such file or its header breaks a rule of the format
 *
 * @example
 * const bytes = writeSafetensors({ bias: ndarray(new Float32Array([1, 2, 3])) }, { format: 'pt' })
 * const file = await openSafetensors(new Blob([bytes]))
 * file.metadata['format'] // → pt
 * file.entries.get('bias').shape // [3]
 * const bias = await file.tensor('bias')
 * await file.close()
 */
export async function openSafetensors(
  source: string | UrlLike | BlobLike | Uint8Array,
): Promise<SafetensorsFile> {
  const isPath = typeof source === 'string' || isA(source, 'URL')
  return isPath && String(source).endsWith('.json') ? openShards(source) : openOne(source)
}

/** A file with tensors of its own; an index of others is none. */
async function openOne(source: string | UrlLike | BlobLike | Uint8Array): Promise<TensorFile> {
  const reading = readingOf(source)
  const bytes = await openSource(source, reading)
  try {
    return new OpenFile(bytes, await readHeader(bytes, reading), reading)
  } catch (error) {
    await bytes.close()
    throw error
  }
}

async function openShards(path: string | UrlLike): Promise<TensorFile> {
  const reading = readingOf(path)
  const index = await openSource(path, reading)
  try {
    const files = parseIndex(await index.read(0, index.size), reading)
    return await ShardedFile.open(files, (name) => openOne(besides(path, name)), reading)
  } finally {
    await index.close()
  }
}

class OpenFile extends TensorFile {
  readonly names: readonly string[]
  readonly entries: ReadonlyMap<string, TensorEntry>
  readonly metadata: Readonly<Record<string, string>>
  readonly #source: ByteSource
  readonly #reading: Reading

  constructor(source: ByteSource, { entries, metadata }: Header, reading: Reading) {
    super()
    this.names = [...entries.keys()]
    this.entries = entries
    this.metadata = metadata
    this.#source = source
    this.#reading = reading
  }

  async tensor(name: string, options: ReadOptions = {}): Promise<NdArray<CheckpointData>> {
    const entry = this.#entry(name)
    return decodeTensor(name, entry, await this.#read([name], entry), options, this.#reading)
  }

  async *each(names: readonly string[] = this.names, options: ReadOptions = {}) {
    const buffers = new Buffers()
    const windows = windowsOf(names.map((name) => [name, this.#entry(name)]))
    const reader = {
      bytesOf: ({ start, end }: Window) => end - start,
      read: (window: Window) => this.#read(window.names, window, buffers),
    }
    for await (const [window, bytes] of inTurn(windows, reader)) {
      for (const name of window.names) {
        const entry = this.#entry(name)
        const own = bytes.subarray(entry.start - window.start, entry.end - window.start)
        yield [name, decodeTensor(name, entry, own, options, this.#reading)] as const
      }
      buffers.give(bytes.buffer)
    }
  }

  #entry(name: string): TensorEntry {
    const entry = this.entries.get(name)
    if (entry !== undefined) return entry
    throw new CheckpointError({
      ...this.#reading,
      code: 'tensor/missing',
      what: `no tensor ${JSON.stringify(name)} among its ${this.entries.size}`,
      values: { name },
    })
  }

  /** The bytes of tensors. */
  async #read(
    names: readonly string[],
    { start, end }: { readonly start: number; readonly end: number },
    buffers?: Buffers,
  ): Promise<Uint8Array> {
    try {
      return await this.#source.read(start, end, buffers)
    } catch (cause) {
      const reason = messageOf(cause)
      const [first, last] = [names[0], names.at(-1)].map((name) => JSON.stringify(name))
      const which = names.length === 1 ? `tensor ${first}` : `one of the tensors ${first} to ${last}`
      const what = `${which} cannot be read: ${reason}`
      throw new CheckpointError({ ...this.#reading, code: 'file/read', what, cause })
    }
  }

  close(): Promise<void> {
    return this.#source.close()
  }
}

function readingOf(source: string | UrlLike | BlobLike | Uint8Array): Reading {
  const isPath = typeof source === 'string' || isA(source, 'URL')
  return { operation: 'openSafetensors', ...(isPath && { file: String(source) }) }
}

async function openSource(
  source: string | UrlLike | BlobLike | Uint8Array,
  reading: Reading,
): Promise<ByteSource> {
  if (isA(source, 'Uint8Array')) return ofBytes(source)
  if (isBlob(source)) return ofBlob(source)
  if (typeof source !== 'string' && !isA(source, 'URL')) {
    const what = `the source is no file — got ${show(source)}, expected a path, a Blob or bytes`
    throw new CheckpointError({ ...reading, code: 'source/type', what })
  }
  try {
    return await openFile(source)
  } catch (cause) {
    const what = messageOf(cause)
    throw new CheckpointError({ ...reading, code: 'file/open', what, cause })
  }
}

async function readHeader(source: ByteSource, reading: Reading): Promise<Header> {
  const first = await source.read(0, Math.min(LENGTH_BYTES, source.size))
  const length = headerLength(first, source.size, reading)
  const header = await source.read(LENGTH_BYTES, LENGTH_BYTES + length)
  return parseHeader(header, source.size, reading)
}
