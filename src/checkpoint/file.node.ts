/** Files by their path, where there is a file system. Reached as `#file`, which package.json resolves by platform. */

import {
  access,
  constants,
  type FileHandle,
  open,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { UrlLike } from '../layout/platform.ts'
import { isA } from '../layout/realms.ts'
import type { Buffers } from './buffers.ts'
import { codeOf, reasonOf } from './reason.ts'
import type { ByteSource } from './source.ts'

/** Opens a file for reading piece by piece; rejects with a sentence that says why it cannot. */
export async function openFile(path: string | UrlLike): Promise<ByteSource> {
  let handle: FileHandle
  let size: number
  try {
    const status = await stat(path) // before opening: a pipe would wait for its writer
    if (!status.isFile())
      throw new Error(status.isDirectory() ? 'is a folder, expected a file' : 'is not a regular file')
    size = status.size
    handle = await open(path, 'r')
  } catch (cause) {
    throw new Error(reasonOf(cause), { cause })
  }
  return {
    size,
    read: (start, end, buffers) => readFully(handle, start, end, buffers),
    close: () => handle.close(),
  }
}

/** Writes a file under another name and then gives it its own, so that there is either the old one or the new one, and never a part. A link stays one, and its file is replaced. */
export async function replaceFile(
  path: string,
  bytes: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const own = await realpath(path).catch(() => path)
  const part = `${own}.${process.pid}.part`
  try {
    const handle = await open(part, 'w')
    try {
      await writeFile(handle, bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(part, own)
  } catch (cause) {
    await rm(part, { force: true })
    throw new Error(reasonOf(cause, { ENOENT: 'no such folder' }), { cause })
  }
}

/** The bytes of a file; null where there is none, but a folder that one can be written into. */
export async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    const source = await openFile(path)
    try {
      return await source.read(0, source.size)
    } finally {
      await source.close?.()
    }
  } catch (error) {
    if (codeOf((error as Error).cause) !== 'ENOENT') throw error
  }
  try {
    if (path === '' || /[\\/]$/.test(path)) throw new Error('is no name of a file')
    await access(dirname(path), constants.W_OK)
    return null
  } catch (cause) {
    throw new Error(reasonOf(cause, { ENOENT: 'no such folder' }), { cause })
  }
}

/** The file called `name` in the folder of `path`. */
export function besides(path: string | UrlLike, name: string): string {
  return join(dirname(isA(path, 'URL') ? fileURLToPath(path) : path), name)
}

async function readFully(
  handle: FileHandle,
  start: number,
  end: number,
  buffers: Buffers | undefined,
): Promise<Uint8Array> {
  const bytes = buffers?.take(end - start) ?? new Uint8Array(end - start)
  const piece = 1 << 30 // the operating system reads less than 2 GiB at once
  let filled = 0
  while (filled < bytes.length) {
    const length = Math.min(piece, bytes.length - filled)
    const { bytesRead } = await handle.read(bytes, filled, length, start + filled)
    if (bytesRead === 0) throw new Error(`became shorter while it was read: no byte ${start + filled}`)
    filled += bytesRead
  }
  return bytes
}
