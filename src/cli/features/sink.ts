/** Where features go while they are computed: a file of lines, which the finished file is made of. What is there already is gone on from. */
import { type FileHandle, open, rm, stat } from 'node:fs/promises'
import { FileError, fileError, shown, writeWhole } from '../files.ts'
import { lockFile } from '../lock.ts'
import {
  type About,
  beginningOf,
  besideNpy,
  type Format,
  formatOf,
  openFeatures,
  textBesideNpy,
} from './files.ts'
import { differenceOf, digestOf, type Origin } from './origin.ts'
import { headOf, journalLine, type Known, knownIn, ndjsonLine, rowIn } from './records.ts'

const nothing = (): Known => ({ places: new Map(), shape: undefined, origin: undefined, end: 0 })

export class FeatureSink {
  readonly #out: string
  readonly #format: Format
  readonly #origin: Origin
  readonly #handle: FileHandle
  readonly #known: Known
  readonly #unlock: () => Promise<void>
  #end: number
  #isClosed = false

  private constructor(
    out: string,
    origin: Origin,
    handle: FileHandle,
    known: Known,
    unlock: () => Promise<void>,
  ) {
    this.#unlock = unlock
    this.#out = out
    this.#format = formatOf(out, '--out')
    this.#origin = origin
    this.#handle = handle
    this.#known = known
    this.#end = known.end
  }

  /**
   * Begins, or goes on.
   *
   * @param options `isWhole`: what is called `out` is a file of features, where there is one
   * @throws FileError where something is there that was not to be gone on from, or was made otherwise
   */
  static async open(
    out: string,
    origin: Origin,
    options: { readonly resume: boolean; readonly isWhole?: boolean },
  ): Promise<FeatureSink> {
    const unlock = await lockFile(out)
    try {
      return await FeatureSink.#opened(out, origin, options, unlock)
    } catch (error) {
      await unlock()
      throw error
    }
  }

  static async #opened(
    out: string,
    origin: Origin,
    { resume, isWhole = true }: { readonly resume: boolean; readonly isWhole?: boolean },
    unlock: () => Promise<void>,
  ): Promise<FeatureSink> {
    const isText = formatOf(out, '--out') === 'ndjson'
    const path = isText ? out : journalOf(out)
    const size = await sizeIfThere(path)
    if (size > 0 && !resume) {
      throw new FileError(
        isText
          ? `${shown(out)}: is there already; --resume adds what it lacks`
          : `${shown(path)}: is left from a run that did not end; --resume goes on with it, or delete it`,
      )
    }
    const known = size > 0 ? await knownIn(path, (line) => faultIn(line, origin)) : nothing()
    if (known.origin !== undefined) expectSame(known.origin, origin, path)
    // a file that is whole is taken apart again, where pictures have come
    const takesApart = resume && isWhole && !isText && size === 0 && (await sizeIfThere(out)) > 0
    const whole = takesApart ? await openFeatures(out) : undefined
    if (whole !== undefined) expectSame(whole.about!.origin, origin, out)
    const handle = await opened(path)
    const sink = new FeatureSink(out, origin, handle, known, unlock)
    try {
      await handle.truncate(known.end)
      if (!isText && known.origin === undefined) await sink.#append(`${headOf(origin)}\n`)
      if (whole !== undefined) for await (const row of whole.rows()) await sink.add([row], whole.about!.shape)
    } catch (error) {
      await handle.close()
      throw error
    }
    return sink
  }

  /** How many pictures are there. */
  get count(): number {
    return this.#known.places.size
  }

  /** The file of lines. */
  get #path(): string {
    return this.#format === 'ndjson' ? this.#out : journalOf(this.#out)
  }

  get shape(): readonly number[] | undefined {
    return this.#known.shape
  }

  has(name: string): boolean {
    return this.#known.places.has(name)
  }

  /** Appends rows at once: after a kill all of the lines that were written whole are there. */
  async add(
    rows: readonly (readonly [name: string, row: Float32Array])[],
    shape: readonly number[],
  ): Promise<void> {
    this.#known.shape ??= shape
    const isText = this.#format === 'ndjson'
    if (!isText && String(shape) !== String(this.#known.shape)) {
      throw new FileError(
        `${shown(rows[0]![0])}: its features are [${shape}], those before it [${this.#known.shape}]; a file in .ndjson takes both`,
      )
    }
    const lines = rows.map(([name, row]) =>
      isText ? ndjsonLine(name, row, shape, this.#origin) : journalLine(name, row, shape),
    )
    const start = this.#end
    await this.#append(lines.map((line) => `${line}\n`).join(''))
    let at = start
    for (const [i, [name]] of rows.entries()) {
      const length = Buffer.byteLength(lines[i]!)
      this.#known.places.set(name, { start: at, length })
      at += length + 1
    }
  }

  /** Makes the finished file of the lines, in the order of the pictures' names. */
  async finish({ folder, shard, shape }: Pick<About, 'folder' | 'shard' | 'shape'>): Promise<void> {
    if (this.#format === 'ndjson') return this.close()
    const files = [...this.#known.places.keys()].sort()
    const about = { files, folder, shard, origin: this.#origin, shape: this.#known.shape ?? shape }
    if (this.#format === 'npy') {
      await writeWhole(besideNpy(this.#out), new TextEncoder().encode(textBesideNpy(about)))
    }
    await writeWhole(this.#out, this.#bytes(this.#format, about))
    await this.discard()
  }

  /** The row of a picture that is there. */
  async row(name: string): Promise<Float32Array> {
    const { start, length } = this.#known.places.get(name)!
    const line = Buffer.alloc(length)
    await this.#handle.read(line, 0, length, start)
    return rowIn(line.toString())
  }

  /** Takes the lines away, where nobody needs them any more: those of a journal, or of a file of lines that has none. */
  async discard(): Promise<void> {
    const isKept = this.#format === 'ndjson' && this.count > 0
    if (!isKept) await rm(this.#path, { force: true })
    await this.close()
  }

  /** Leaves what is there for another run; nothing where that was done. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#handle.close()
    await this.#unlock()
  }

  async *#bytes(format: 'safetensors' | 'npy', about: About): AsyncGenerator<Uint8Array> {
    yield beginningOf(format, about)
    for (const name of about.files) {
      const row = await this.row(name)
      yield new Uint8Array(row.buffer, row.byteOffset, row.byteLength)
    }
  }

  async #append(text: string): Promise<void> {
    const bytes = Buffer.from(text)
    try {
      for (let done = 0; done < bytes.length; ) {
        done += (await this.#handle.write(bytes, done, bytes.length - done, this.#end + done)).bytesWritten
      }
    } catch (cause) {
      throw fileError(this.#out, cause)
    }
    this.#end += bytes.length
  }
}

const journalOf = (out: string): string => `${out}.journal`

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, (await sizeIfThere(path)) > 0 ? 'r+' : 'w+')
  } catch (cause) {
    throw fileError(path, cause, { ENOENT: 'no such folder' })
  }
}

async function sizeIfThere(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

function expectSame(there: Origin, here: Origin, path: string): void {
  const difference = differenceOf(there, here)
  if (difference === undefined) return
  throw new FileError(`${shown(path)}: ${difference}; give another --out`)
}

function faultIn(
  line: { readonly weights?: string; readonly decoder?: string; readonly made?: string },
  origin: Origin,
): string | undefined {
  if (line.weights === undefined) return undefined // of a journal, whose first line says it
  const { weights, decoder } = line
  const difference = differenceOf({ ...origin, weights, decoder: decoder ?? '' }, origin)
  if (difference !== undefined) return `${difference}; give another --out`
  if (line.made === digestOf(origin)) return undefined
  return 'was made with other tokens, normalisation or preparation; give another --out'
}
