/**
 * Features as lines of text, one a picture, appended as they are computed: what survives a kill. A line that was not written to its end is none. The
 * NDJSON file that users ask for is such lines with numbers; the journal of other files has the bytes of float32 in base64, which is quicker.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { codeOf } from '../../checkpoint/reason.ts'
import { sizeOf } from '../../layout/layout.ts'
import { FileError, fileError, shown } from '../files.ts'
import { digestOf, type Origin } from './origin.ts'

/** What a file of lines holds already, and where. */
export interface Known {
  /** For each picture where its line begins, and how many bytes it has. */
  readonly places: Map<string, { readonly start: number; readonly length: number }>
  /** Of one picture. */
  shape: readonly number[] | undefined
  /** The first line of a journal. */
  readonly origin: Origin | undefined
  /** Bytes of whole lines. */
  readonly end: number
}

export interface Line {
  readonly file: string
  readonly features: string | readonly unknown[]
  readonly weights?: string
  readonly decoder?: string
  readonly made?: string
}

/** The row of a picture in its line. */
export const rowIn = (text: string): Float32Array => rowOf(JSON.parse(text) as Line)

export function rowOf({ features }: Line): Float32Array {
  if (typeof features !== 'string')
    return Float32Array.from(features.flat() as (number | null)[], (number) => number ?? Number.NaN)
  return new Float32Array(Uint8Array.from(Buffer.from(features, 'base64')).buffer)
}

/** The first line of a journal. */
export const headOf = (origin: Origin): string => JSON.stringify({ journal: 'tesserae features', ...origin })

/** A line of a journal. */
export function journalLine(file: string, row: Float32Array, shape: readonly number[]): string {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength)
  return JSON.stringify({ file, shape, features: bytes.toString('base64') })
}

/** A line of NDJSON: it stands for itself, so that files can be joined end to end. */
export function ndjsonLine(
  file: string,
  row: Float32Array,
  shape: readonly number[],
  origin: Origin,
): string {
  const { weights, decoder } = origin
  const numbers = Array.from(row, shortest)
  const width = shape.at(-1)!
  const nested =
    shape.length === 1
      ? `[${numbers}]`
      : `[${Array.from({ length: sizeOf(shape) / width }, (_, i) => `[${numbers.slice(i * width, (i + 1) * width)}]`)}]`
  const about = JSON.stringify({ weights, decoder, made: digestOf(origin) }).slice(1)
  return `{"file":${JSON.stringify(file)},"features":${nested},${about}`
}

/** The fewest digits that are this float32; JSON has none for what is not finite. */
function shortest(value: number): string {
  if (!Number.isFinite(value)) return 'null'
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(Number(value.toPrecision(9)))
}

/** The lines of a file with the place of each; what follows the last whole one is left out. */
export async function* linesOf(
  path: string,
): AsyncGenerator<{ readonly text: string; readonly start: number; readonly length: number }> {
  let handle: FileHandle | undefined
  try {
    handle = await open(path, 'r')
    let rest: Buffer = Buffer.alloc(0)
    let start = 0
    for await (const chunk of handle.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 })) {
      rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
        yield { text: rest.toString('utf8', 0, end), start, length: end }
        start += end + 1
        rest = rest.subarray(end + 1)
      }
    }
  } catch (cause) {
    throw codeOf(cause) === '' ? cause : fileError(path, cause)
  } finally {
    await handle?.close()
  }
}

/**
 * The lines of a file as what they say; of the first one of a journal, `line` is its origin.
 *
 * @throws FileError where a line is none of features
 */
export async function* recordsOf(path: string) {
  for await (const { text, start, length } of linesOf(path)) {
    const line = parsed(text)
    if (line === undefined || !(isRecord(line) || (start === 0 && 'journal' in line))) {
      throw new FileError(`${shown(path)}: the line that begins at byte ${start} is none of features`)
    }
    yield { line, start, length }
  }
}

/**
 * What a file of lines holds.
 *
 * @param expect says what is wrong with a line of NDJSON that was made otherwise
 * @throws FileError where a line is none of features
 */
export async function knownIn(path: string, expect: (line: Line) => string | undefined): Promise<Known> {
  const places: Known['places'] = new Map()
  let shape: readonly number[] | undefined
  let origin: Origin | undefined
  let end = 0
  for await (const { line, start, length } of recordsOf(path)) {
    if ('journal' in line) origin = line as unknown as Origin
    else {
      const fault = expect(line)
      if (fault !== undefined) throw new FileError(`${shown(path)}: ${fault}`)
      shape ??= shapeOf(line)
      places.set(line.file, { start, length })
    }
    end = start + length + 1
  }
  return { places, shape, origin, end }
}

function shapeOf({ features, ...others }: Line): readonly number[] {
  if (typeof features === 'string') return (others as unknown as { shape: number[] }).shape
  return Array.isArray(features[0]) ? [features.length, features[0].length] : [features.length]
}

const isNumber = (x: unknown): boolean => x === null || Number.isFinite(x)

/** Whether a line names a picture and has its numbers: bytes in base64, or lists of numbers. */
const isRecord = ({ file, features }: Line): boolean =>
  typeof file === 'string' &&
  (typeof features === 'string' || (Array.isArray(features) && features.flat().every(isNumber)))

function parsed(text: string): Line | undefined {
  try {
    const line: unknown = JSON.parse(text)
    return typeof line === 'object' && line !== null ? (line as Line) : undefined
  } catch {
    return undefined
  }
}
