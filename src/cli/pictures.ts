/** The pictures that operands of a command name, prepared ahead and side by side; those that cannot be read are told, counted and left out. */
import { stat } from 'node:fs/promises'
import { type Decoding, decodedAhead, type Fault, type Listed, listPictures, startDecoders } from '#folders'
import { inBatches, type Prepared, type PreparedBatch } from '../folders/batches.ts'
import { FileError, fileError, shown } from './files.ts'
import type { Output } from './output.ts'
import { type Meter, startMeter } from './progress.ts'

/** What could not be read of a work of many pictures. */
export class Faults {
  readonly all: Fault[] = []

  /** Says one, as it is found: above the bar while there is one. */
  notice: (text: string) => void
  readonly #json: Output['json'] | null

  /** @param isJson whether they are lines of NDJSON among the results */
  constructor(output: Output, isJson: boolean) {
    this.notice = output.notice
    this.#json = isJson ? output.json : null
  }

  add({ name, reason }: Fault): void {
    this.all.push({ name, reason })
    if (this.#json === null) this.notice(`left out: ${shown(name)}: ${reason}`)
    else this.#json({ file: name, error: reason })
  }

  /**
   * How a work ends of which so many pictures could be read.
   *
   * @throws FileError when there were none, or none may be missing
   */
  conclude(read: number, isStrict: boolean): void {
    const count = this.all.length
    if (count === 0) return
    if (read === 0) throw new FileError(`none of ${pictures(count)} could be read`)
    if (isStrict) throw new FileError(`${pictures(count)} could not be read, and --strict allows none`)
  }
}

export const pictures = (count: number): string => `${count} ${count === 1 ? 'picture' : 'pictures'}`

/**
 * The pictures in files and folders.
 *
 * @throws FileError when there are none, or an operand is not there
 */
export async function findPictures(operands: readonly string[], faults: Faults): Promise<readonly Listed[]> {
  for (const operand of operands) await expectThere(operand)
  const { pictures: found, faults: unread, others } = await listPictures(operands)
  for (const fault of unread) faults.add(fault)
  if (found.length > 0) return found
  const files = others === 1 ? '1 file is none by its name' : `${others} files are none by their names`
  throw new FileError(
    `${operands.map(shown).join(', ')}: no pictures in it${others === 0 ? '' : ` — ${files}`}`,
  )
}

/** Whether a path is a folder; what is not there is none. */
export const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false

async function expectThere(operand: string): Promise<void> {
  try {
    await stat(operand)
  } catch (cause) {
    throw fileError(operand, cause)
  }
}

interface Look<Item> extends Decoding {
  /** What is being done: `embedding`. */
  readonly doing: string
  /** How many were done before. */
  readonly before?: number
  readonly threads: number
  /** How many stand side by side. */
  readonly batch: number
  readonly faults: Faults
  readonly output: Output
  use(batch: PreparedBatch<Item>, meter: Meter): void | Promise<void>
}

/** Has all pictures used, batch by batch in their order, and says how far that is; returns how many could be read. */
export async function lookAt<Item extends Listed>(items: readonly Item[], look: Look<Item>): Promise<number> {
  const { doing, before = 0, threads, batch: size, faults, output } = look
  const told = faults.all.length
  const meter = startMeter({ doing, total: before + items.length, before }, output)
  faults.notice = meter.notice
  const decoders = startDecoders(threads)
  let read = 0
  try {
    for await (const batch of inBatches(prepared(), size)) {
      await look.use(batch, meter)
      read += batch.items.length
      meter.at(before + read + faults.all.length - told)
    }
  } finally {
    meter.end()
    faults.notice = output.notice
    await decoders.close()
  }
  return read

  async function* prepared(): AsyncGenerator<Prepared<Item>, void, undefined> {
    const { view, decoder, maxPixels } = look
    for await (const [item, decoded] of decodedAhead(items, { view, decoder, maxPixels }, decoders)) {
      if ('fault' in decoded) {
        faults.add({ name: item.name, reason: decoded.fault })
        continue
      }
      for (const warning of decoded.warnings) meter.notice(`${shown(item.name)}: ${warning}`)
      yield { item, data: decoded.data, shape: decoded.shape }
    }
  }
}
