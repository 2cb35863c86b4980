/** Files that a command reads and writes, with a line that names the file when it cannot. */
import { readFile, writeFile } from 'node:fs/promises'
import { join, parse } from 'node:path'
import { ImageError } from '../image/error.ts'
import { type ReadOptions, type ReadPicture, readImage } from '../image/read.ts'
import { writePng } from '../image/write.ts'
import type { NdArray } from '../layout/tensor.ts'
import type { Output } from './output.ts'

/** A file that cannot be read or written, or holds something else; printed in one line. */
export class FileError extends Error {
  override readonly name = 'FileError'
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'is a folder, expected a file',
  ENOTDIR: 'no such folder',
  EACCES: 'no permission',
  EPERM: 'no permission',
  ENOSPC: 'no space left',
}

function fileError(path: string, cause: unknown, others: typeof reasons = {}): FileError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const reason = others[code] ?? reasons[code] ?? (cause instanceof Error ? cause.message : String(cause))
  return new FileError(`${path}: ${reason}`, { cause })
}

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
    for (const warning of picture.warnings) output.notice(`${path}: ${warning}`)
    return picture
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause
    throw new FileError(`${path}: ${cause.what}`, { cause })
  }
}

export async function writePicture(path: string, picture: NdArray<Uint8Array>): Promise<void> {
  try {
    await writeFile(path, writePng(picture))
  } catch (cause) {
    throw fileError(path, cause, { ENOENT: 'no such folder' })
  }
}

/** `photos/cat.jpg` and `mosaic` → `photos/cat.mosaic.png`. */
export function besides(path: string, kind: string): string {
  const { dir, name } = parse(path)
  return join(dir, `${name}.${kind}.png`)
}
