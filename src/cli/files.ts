/** Files that a command reads and writes, with a line that names the file when it cannot. */
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, parse, resolve } from 'node:path'
import { reasonOf } from '../folders/fault.ts'
import { ImageError } from '../image/error.ts'
import { type ReadOptions, type ReadPicture, readImage } from '../image/read.ts'
import { writePng } from '../image/write.ts'
import type { NdArray } from '../layout/tensor.ts'
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
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const part = `${path}.${process.pid}.part`
  try {
    await writeFile(part, bytes)
    await rename(part, path)
  } catch (cause) {
    await rm(part, { force: true })
    throw fileError(path, cause, { ENOENT: 'no such folder' })
  }
}

/**
 * Whether a file can be written, asked before the work for it is done.
 *
 * @param sources - what it is made of, which is not to be lost
 */
export async function expectPlace(path: string, ...sources: readonly string[]): Promise<void> {
  for (const source of sources) {
    if ([source, ...(await shardsOf(source))].some((one) => resolve(one) === resolve(path))) {
      throw new FileError(`${shown(path)}: is the file that it is made of, expected another name`)
    }
  }
  const folder = await stat(dirname(resolve(path))).catch(() => undefined)
  if (!folder?.isDirectory()) throw new FileError(`${shown(path)}: no such folder`)
  const there = await stat(path).catch(() => undefined)
  if (there?.isDirectory()) throw new FileError(`${shown(path)}: is a folder, expected a file`)
}

/** The files that an index of a sharded checkpoint names. */
export async function shardsOf(source: string): Promise<string[]> {
  if (!source.endsWith('.json')) return []
  const text = await readFile(source, 'utf8').catch(() => '')
  const names = [...text.matchAll(/"([^"]+\.safetensors)"/g)].map(([, name]) => name!)
  return [...new Set(names)].map((name) => join(dirname(source), name))
}

/** `photos/cat.jpg` and `mosaic` → `photos/cat.mosaic.png`. */
export function besides(path: string, kind: string): string {
  const { dir, name } = parse(path)
  return join(dir, `${name}.${kind}.png`)
}
