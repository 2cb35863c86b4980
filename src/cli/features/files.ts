/** Files of features: safetensors, npy with a JSON file beside it, and NDJSON; how each begins, and what is read of it. */
import { openSafetensors } from '../../checkpoint/open.ts'
import { writeHeader } from '../../checkpoint/write.ts'
import { sizeOf } from '../../layout/layout.ts'
import { UsageError } from '../arguments.ts'
import { FileError, readBytes, shown } from '../files.ts'
import { digestOf, type Origin } from './origin.ts'
import { type Line, recordsOf, rowOf } from './records.ts'

export type Format = 'safetensors' | 'npy' | 'ndjson'

/** @throws UsageError when the name's ending is none of these */
export function formatOf(path: string, option: string): Format {
  const ending = /\.(safetensors|npy|ndjson|jsonl)$/i.exec(path)?.[1]?.toLowerCase()
  if (ending === undefined) {
    throw new UsageError(
      `${option} is ${JSON.stringify(path)}, expected a name in .safetensors, .npy or .ndjson`,
    )
  }
  return ending === 'jsonl' ? 'ndjson' : (ending as Format)
}

/** What is said of features beside their numbers. */
export interface About {
  readonly origin: Origin
  /** Names of the pictures, a row each. */
  readonly files: readonly string[]
  /** Of one picture. */
  readonly shape: readonly number[]
  /** The folder that the names are in. */
  readonly folder: string
  readonly shard?: string | undefined
}

/** The about of a file as strings by name. */
function metadataOf({ origin, files, folder, shard }: About): Record<string, string> {
  const { normalised, ...texts } = origin
  return {
    format: 'tesserae features',
    ...{ ...texts, normalised: String(normalised), made: digestOf(origin), folder },
    ...(shard === undefined ? {} : { shard }),
    files: JSON.stringify(files),
  }
}

function aboutIn(metadata: Readonly<Record<string, string>>, shape: readonly number[], path: string): About {
  const { weights, decoder, tokens, normalised, model, preparation, files, folder = '.' } = metadata
  const isText = Object.values(metadata).every((text) => typeof text === 'string')
  if (metadata['format'] !== 'tesserae features' || files === undefined || !isText) {
    throw new FileError(`${shown(path)}: holds no features that tesserae embed wrote`)
  }
  const origin = { weights, decoder, tokens, model, preparation, normalised: normalised === 'true' }
  const names = namesIn(files, path)
  if (names.length !== shape[0]) {
    throw new FileError(`${shown(path)}: names ${names.length} pictures for ${shape[0] ?? 0} rows`)
  }
  return { origin: origin as Origin, files: names, shape: shape.slice(1), folder }
}

function namesIn(text: string, path: string): string[] {
  const names = jsonIn(text, path)
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  throw new FileError(`${shown(path)}: its "files" are no list of names`)
}

function jsonIn(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new FileError(`${shown(path)}: is no JSON`, { cause })
  }
}

/** What stands before the rows in a file. */
export function beginningOf(format: 'safetensors' | 'npy', about: About): Uint8Array {
  const shape = [about.files.length, ...about.shape]
  if (format === 'npy') return npyHeader(shape)
  const tensor = { name: 'features', dtype: 'F32', shape, bytes: 4 * sizeOf(shape) } as const
  return writeHeader([tensor], metadataOf(about))
}

/** The file beside an npy, which holds nothing but numbers. */
export const besideNpy = (path: string): string => `${path}.json`
export const textBesideNpy = (about: About): string =>
  `${JSON.stringify({ ...metadataOf(about), files: about.files }, null, 1)}\n`

/** Version 1.0 of the format, padded to 64 bytes. */
function npyHeader(shape: readonly number[]): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10
  const bytes = new Uint8Array(10 + length).fill(0x20)
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8])
  bytes.set(new TextEncoder().encode(text), 10)
  bytes[bytes.length - 1] = 10
  return bytes
}

/** A row of features, and whose it is. */
export type Row = readonly [file: string, row: Float32Array]

/** A file of features that was opened: what it says of itself, and its rows one after the other. */
export interface FeatureFile {
  /** Of NDJSON what its lines say. */
  readonly origin: Partial<Origin> & { readonly made?: string | undefined }
  readonly folder: string | undefined
  /** Names of the pictures, where the file tells before its rows. */
  readonly about: About | undefined
  rows(): AsyncIterable<Row> | Iterable<Row>
}

/** @throws FileError when it is none of features */
export async function openFeatures(path: string): Promise<FeatureFile> {
  const format = formatOf(path, '--in')
  if (format === 'ndjson') return openNdjson(path)
  const [about, data] = format === 'npy' ? await readNpy(path) : await readTensor(path)
  const size = sizeOf(about.shape)
  return {
    ...{ origin: about.origin, folder: about.folder, about },
    *rows() {
      for (const [i, file] of about.files.entries()) yield [file, data.subarray(i * size, (i + 1) * size)]
    },
  }
}

async function readTensor(path: string): Promise<readonly [About, Float32Array]> {
  const file = await openSafetensors(path)
  try {
    const { shape = [], dtype } = file.entries.get('features') ?? {}
    if (dtype !== 'F32') throw new FileError(`${shown(path)}: holds no features that tesserae embed wrote`)
    const about = aboutIn(file.metadata, shape, path)
    return [about, (await file.tensor('features')).data as Float32Array]
  } finally {
    await file.close()
  }
}

async function readNpy(path: string): Promise<readonly [About, Float32Array]> {
  const bytes = await readBytes(path)
  const length = 10 + ((bytes[8] ?? 0) | ((bytes[9] ?? 0) << 8))
  const header = Buffer.from(bytes.subarray(10, length)).toString('latin1')
  const shape = /'shape': \(([\d, ]*)\)/.exec(header)?.[1]?.match(/\d+/g)?.map(Number)
  if (bytes[0] !== 0x93 || shape === undefined || !header.includes("'<f4'") || header.includes('True')) {
    throw new FileError(`${shown(path)}: is no npy file of features`)
  }
  const beside = besideNpy(path)
  const said = jsonIn(Buffer.from(await readBytes(beside)).toString(), beside)
  const { files, ...texts } = Object(said) as { readonly files?: unknown } & Record<string, string>
  const about = aboutIn({ ...texts, files: JSON.stringify(files ?? null) }, shape, beside)
  const numbers = (bytes.length - length) / 4
  if (numbers === sizeOf(shape))
    return [about, new Float32Array(Uint8Array.from(bytes.subarray(length)).buffer)] // aligned
  throw new FileError(`${shown(path)}: is truncated — ${numbers} numbers, expected ${sizeOf(shape)}`)
}

async function openNdjson(path: string): Promise<FeatureFile> {
  let origin: FeatureFile['origin'] = {}
  for await (const { line } of recordsOf(path)) {
    const { weights, decoder, made } = line as Line & Pick<Origin, 'weights' | 'decoder'>
    origin = {
      ...(weights === undefined ? {} : { weights }),
      ...(decoder === undefined ? {} : { decoder }),
      made,
    }
    break
  }
  return {
    ...{ origin, folder: undefined, about: undefined },
    async *rows() {
      for await (const { line } of recordsOf(path)) {
        if (line.weights !== origin.weights || line.made !== origin.made) {
          throw new FileError(
            `${shown(path)}: ${shown(line.file)} was made otherwise than the lines before it`,
          )
        }
        yield [line.file, rowOf(line)] as const
      }
    },
  }
}
