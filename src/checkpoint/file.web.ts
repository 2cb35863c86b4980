/** What stands in for files where there is no file system: a page reads a Blob. */
import type { UrlLike } from '../layout/platform.ts'
import type { ByteSource } from './source.ts'

export function openFile(_path: string | UrlLike): Promise<ByteSource> {
  const advice = 'pass a Blob: await (await fetch(url)).blob(), or a File that the user chose'
  return Promise.reject(new Error(`there are no files by path here; ${advice}`))
}

export function replaceFile(_path: string, _bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  return Promise.reject(new Error('there are no files by path here; pass { read, write } of a store'))
}

export function readIfThere(_path: string): Promise<Uint8Array | null> {
  return Promise.reject(new Error('there are no files by path here; pass { read, write } of a store'))
}

export function besides(path: string | UrlLike, name: string): string {
  return new URL(name, path).href
}
