/** Files: the bundled ones beside this program's source, and those that a user names. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { NdArray } from 'ndarray'
import { ImageError, readImage } from 'tesserae/image'

/** The path of a bundled file; the program runs from `dist/tools`. */
export const bundled = (name: string): string =>
  fileURLToPath(new URL(`../../docs/start/${name}`, import.meta.url))

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'is a folder, expected a picture',
  EACCES: 'no permission',
}

/** Reads a picture, `[h, w, c]`; what goes wrong is said with the file's name. */
export async function readPicture(path: string): Promise<NdArray<Uint8Array>> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${path}: ${reasons[cause.code ?? ''] ?? cause.message}`, { cause })
  })
  try {
    return await readImage(bytes)
  } catch (cause) {
    throw cause instanceof ImageError ? new Error(`${path}: ${cause.message}`, { cause }) : cause
  }
}
