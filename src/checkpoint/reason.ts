/** What the file system says in codes, as a sentence. */
import { messageOf } from '../layout/realms.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'is a folder, expected a file',
  ENOTDIR: 'no such folder',
  EACCES: 'no permission',
  EPERM: 'no permission',
  ENOSPC: 'no space left',
  ELOOP: 'is a link that leads in a circle',
  ENAMETOOLONG: 'its path is too long',
  ERR_FS_FILE_TOO_LARGE: 'is larger than 2 GiB',
}

/** The code of an error of the file system; empty of any other. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code in reasons || (error instanceof Error && 'syscall' in error) ? code : ''
}

/** The sentence of any error; `others` are words for codes that mean something else where it happened. */
export function reasonOf(error: unknown, others: Readonly<Record<string, string>> = {}): string {
  const code = codeOf(error)
  return others[code] ?? reasons[code] ?? messageOf(error)
}
