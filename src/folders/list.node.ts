/** Which pictures stand in a folder, and in what order: the same on every machine, whatever its file system says first. */
import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reasonOf } from '../checkpoint/reason.ts'
import type { UrlLike } from '../layout/platform.ts'

/** A picture's file. */
export interface Listed {
  /** What it is called: its path from the folder that was listed, with `/` on every platform. */
  readonly name: string
  readonly path: string
}

/** What cannot be read, and why. */
export interface Fault {
  readonly name: string
  readonly reason: string
}

export interface Listing {
  readonly pictures: readonly Listed[]
  readonly faults: readonly Fault[]
  /** How many files are no pictures by their names. */
  readonly others: number
}

/** The path of a file: URL. */
export const pathOf = (url: UrlLike): string => fileURLToPath(url.href)

/** What files of pictures end with; among them formats that are only named, since whoever has such files wants to know. */
const endings =
  /\.(jpe?g|jpe|jfif|png|webp|avif|gif|tiff?|bmp|dib|heic|heif|jxl|jp2|j2k|ppm|pgm|pbm|pnm|qoi|ico|psd)$/i

/**
 * The pictures in files and folders, in the order of their names. Folders are gone through to their ends, links too, but for those that lead
 * back to where one came from; what begins with a dot is left alone. A file that is named itself counts, whatever its name.
 *
 * @throws where one of the operands is not there
 */
export async function listPictures(operands: readonly string[]): Promise<Listing> {
  const found = new Gathered()
  for (const operand of operands) {
    const status = await stat(operand)
    if (!status.isDirectory()) found.pictures.push({ name: operand, path: operand })
    // pictures of several folders may have the same names, so that the folders' stand before them
    else await walk(operand, operands.length === 1 ? '' : `${operand.replace(/[\\/]+$/, '')}/`, [], found)
  }
  // several operands may lead to one picture
  const pictures = [...new Map(found.pictures.map((picture) => [picture.name, picture])).values()]
  return { ...found, pictures: inOrder(pictures), faults: inOrder(found.faults) }
}

class Gathered {
  readonly pictures: Listed[] = []
  readonly faults: Fault[] = []
  others = 0
}

/** @param above the folders that one came through, by what tells them from others */
async function walk(
  folder: string,
  prefix: string,
  above: readonly string[],
  found: Gathered,
): Promise<void> {
  let entries: Dirent[]
  try {
    const { dev, ino } = await stat(folder, { bigint: true })
    const self = `${dev}:${ino}`
    if (above.includes(self)) return
    above = [...above, self]
    entries = await readdir(folder, { withFileTypes: true })
  } catch (error) {
    found.faults.push({ name: prefix === '' ? folder : prefix, reason: reasonOf(error) })
    return
  }
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    const [name, path] = [prefix + entry.name, join(folder, entry.name)]
    const isPicture = endings.test(entry.name)
    const kind = await kindOf(entry, path)
    if (kind === 'folder') await walk(path, `${name}/`, above, found)
    else if (!isPicture) found.others++
    else if (kind === 'file') found.pictures.push({ name, path })
    else found.faults.push({ name, reason: kind })
  }
}

/** What an entry is, links followed; else the sentence that says why it is neither. */
async function kindOf(entry: Dirent, path: string): Promise<'file' | 'folder' | (string & {})> {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  if (!entry.isSymbolicLink()) return 'is no regular file'
  try {
    const status = await stat(path)
    return status.isDirectory() ? 'folder' : status.isFile() ? 'file' : 'is no regular file'
  } catch (error) {
    return reasonOf(error, { ENOENT: 'is a link to nothing' })
  }
}

/** By the units of their names, which no locale changes. */
const inOrder = <T extends { readonly name: string }>(all: readonly T[]): T[] =>
  all.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
