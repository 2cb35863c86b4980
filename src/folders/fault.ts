/** Why a picture cannot be read, in a sentence: what the file system says in codes, and what decoders say. */
import { ImageError } from '../image/error.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'is a folder, expected a file',
  ENOTDIR: 'no such folder',
  EACCES: 'no permission',
  EPERM: 'no permission',
  ENOSPC: 'no space left',
  ELOOP: 'is a link that leads in a circle',
  ENAMETOOLONG: 'its path is too long',
}

/** The sentence of any error; `others` are words for codes that mean something else where it happened. */
export function reasonOf(error: unknown, others: Readonly<Record<string, string>> = {}): string {
  const code = codeOf(error)
  return others[code] ?? reasons[code] ?? (error instanceof Error ? error.message : String(error))
}

/** Why one picture cannot be read; undefined where the error is not about a picture or its file. */
export function faultOf(error: unknown): string | undefined {
  if (error instanceof ImageError) return error.what
  return codeOf(error) === '' ? undefined : reasonOf(error)
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && 'syscall' in error ? String(error.code) : ''
