/** What a picture can be read from, and the bytes of it. */
import { isA } from '../layout/realms.ts'
import { show } from '../layout/show.ts'
import { ImageError } from './error.ts'

/** Something that gives bytes when asked: a Blob, a File, a Response. */
export interface BytesHolder {
  arrayBuffer(): Promise<ArrayBuffer>
}

/** The bytes of a file, or what holds them. */
export type PictureSource = Uint8Array | Uint8ClampedArray | ArrayBuffer | BytesHolder

/** The bytes, in memory that is not shared. */
export async function bytesOf(source: PictureSource): Promise<Uint8Array> {
  const bytes = viewOf(source) ?? viewOf(await bufferOf(source as BytesHolder))
  if (bytes === undefined) throw notBytes(source)
  return isA(bytes.buffer, 'ArrayBuffer') ? bytes : new Uint8Array(bytes) // decoders refuse shared memory
}

function viewOf(value: unknown): Uint8Array | undefined {
  if (isA(value, 'ArrayBuffer', 'SharedArrayBuffer')) return new Uint8Array(value as ArrayBuffer)
  if (isA(value, 'Uint8Array')) return value
  if (!isA(value, 'Uint8Array', 'Uint8ClampedArray', 'DataView')) return undefined
  const { buffer, byteOffset, byteLength } = value as Uint8Array
  return new Uint8Array(buffer, byteOffset, byteLength)
}

async function bufferOf(source: BytesHolder): Promise<unknown> {
  if (typeof source?.arrayBuffer !== 'function') throw notBytes(source)
  const { ok, status } = source as { ok?: unknown; status?: unknown }
  if (ok === false) {
    throw new ImageError(
      'readImage',
      'argument/bytes',
      `the answer to the request has status ${status}, and no picture`,
    )
  }
  try {
    return await source.arrayBuffer()
  } catch (cause) {
    throw new ImageError(
      'readImage',
      'argument/bytes',
      'the argument does not give its bytes — the body of a Response can be read once',
      { cause },
    )
  }
}

function notBytes(source: unknown): ImageError {
  const expected = 'the bytes of a file as a Uint8Array, an ArrayBuffer, a Blob or a Response'
  return new ImageError(
    'readImage',
    'argument/bytes',
    `the argument is not the bytes of a file — got ${show(source)}, expected ${expected}${hintAbout(source)}`,
  )
}

/** How what was given becomes bytes. */
function hintAbout(value: unknown): string {
  if (typeof value === 'string' || isA(value, 'URL'))
    return '; await readFile(path) or await fetch(url) gives the bytes of a file'
  if (isA(value, 'Promise')) return '; an await is missing'
  const isArray = typeof value === 'object' && value !== null && 'shape' in value && 'stride' in value
  return isArray ? '; an array is a picture already' : ''
}
