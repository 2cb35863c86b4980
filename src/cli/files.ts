/** Files that a command reads and writes, with a line that names the file when it cannot. */
import { readFile, stat } from 'node:fs/promises'
import { dirname, join, parse, resolve } from 'node:path'
import { replaceFile } from '#file'
import { reasonOf } from '../checkpoint/reason.ts'
import { ImageError } from '../image/error.ts'
import { type ReadOptions, type ReadPicture, readImage } from '../image/read.ts'
import { writePng } from '../image/write.ts'
import type { NdArray } from '../layout/tensor.ts'
import { parsed } from '../vit/hints.ts'
import type { Output } from './output.ts'

/** A file that cannot be read or written, or holds something else; printed in one line. */
export class FileError extends Error {
  override readonly name = 'FileError'
}

export function fileError(
  path: string,
  cause: unknown,
  others: Readonly<Record<string, string>> = {},
): FileError {
  return new FileError(`${shown(path)}: ${reasonOf(cause, others)}`, { cause })
}

/** A path as it is printed: on one line, whatever stands in it. */
export const shown = (path: string): string =>
  /\p{Cc}/u.test(path) ? JSON.stringify(path).replaceAll('\u007f', '\\u007f') : path

export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (cause) {
    throw fileError(path, cause)
  }
}

/** The picture in the bytes of a file; what is not as it should be in it is said. */
export async function decodePicture(
  path: string,
  bytes: Uint8Array,
  options: ReadOptions,
  output: Output,
): Promise<ReadPicture> {
  try {
    const picture = await readImage(bytes, options)
    for (const warning of picture.warnings) output.notice(`${shown(path)}: ${warning}`)
    return picture
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause
    throw new FileError(`${shown(path)}: ${cause.what}`, { cause })
  }
}

export async function writePicture(path: string, picture: NdArray<Uint8Array>): Promise<void> {
  await writeWhole(path, writePng(picture))
}

/** Writes a file whole or not at all: what stood there stays until the new one is complete. */
export async function writeWhole(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  try {
    await replaceFile(path, bytes)
  } catch (cause) {
    throw fileError(path, (cause as Error).cause, { ENOENT: 'no such folder' })
  }
}

/**
 * Whether a file can be written, asked before the work for it is done.
 *
 * @param sources - what it is made of, which is not to be lost
 */
export async function expectPlace(path: string, ...sources: readonly string[]): Promise<void> {
  const there = await placeOf(path)
  for (const source of sources) {
    for (const one of [source, ...(await shardsOf(source))]) {
      if (resolve(one) !== resolve(path) && !(there && (await placeOf(one))?.id === there.id)) continue
      throw new FileError(`${shown(path)}: is the file that it is made of, expected another name`)
    }
  }
  if (there?.isFolder) throw new FileError(`${shown(path)}: is a folder, expected a file`)
  if (there && !there.isFile) throw new FileError(`${shown(path)}: is no regular file`)
  const folder = await placeOf(dirname(resolve(path)))
  if (!folder?.isFolder) throw new FileError(`${shown(path)}: no such folder`)
}

/** What stands at a path, links followed; undefined where there is nothing. */
async function placeOf(path: string) {
  const status = await stat(path, { bigint: true }).catch(() => undefined)
  if (status === undefined) return undefined
  return {
    id: `${status.dev}:${status.ino}`,
    isFile: status.isFile(),
    isFolder: status.isDirectory(),
  }
}

/** The files that an index of a sharded checkpoint names. */
export async function shardsOf(source: string): Promise<string[]> {
  if (!source.endsWith('.json')) return []
  const { weight_map: map } = Object(parsed(await readFile(source, 'utf8').catch(() => ''))) as {
    readonly weight_map?: object
  }
  return [...new Set(Object.values(map ?? {}))].map((name) => join(dirname(source), String(name)))
}

/** `photos/cat.jpg` and `mosaic` → `photos/cat.mosaic.png`. */
export function besides(path: string, kind: string): string {
  const { dir, name } = parse(path)
  return join(dir, `${name}.${kind}.png`)
}
