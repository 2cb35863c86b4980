/** The pictures that operands of a command name, prepared ahead and side by side; those that cannot be read are told, counted and left out. */
import { stat } from 'node:fs/promises'
import { type Decoders, type Decoding, decodedAhead, type Fault, type Listed, listPictures } from '#folders'
import { inBatches, type Prepared, type PreparedBatch } from '../folders/batches.ts'
import { reasonOf } from '../folders/fault.ts'
import { FileError, shown } from './files.ts'
import type { Output } from './output.ts'
import type { Meter } from './progress.ts'

/** What could not be read of a work of many pictures. */
export class Faults {
  readonly all: Fault[] = []
  readonly #tell: (fault: Fault) => void

  /** @param tell says one, as it is found */
  constructor(tell: (fault: Fault) => void) {
    this.#tell = tell
  }

  add(fault: Fault): void {
    this.all.push(fault)
    this.#tell(fault)
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

/** Tells faults as lines: of NDJSON for machines, else notices. */
export function tellFaults(output: Output, isJson: boolean, notice = (text: string) => output.notice(text)) {
  return ({ name, reason }: Fault): void => {
    if (isJson) output.json({ file: name, error: reason })
    else notice(`left out: ${shown(name)}: ${reason}`)
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
    throw new FileError(`${shown(operand)}: ${reasonOf(cause)}`, { cause })
  }
}

interface Reading {
  readonly decoders: Decoders
  readonly decoding: Decoding
  readonly batch: number
  readonly faults: Faults
  readonly meter: Meter
}

/** Batches of prepared pictures, in their order. */
export function preparedBatches<Item extends Listed>(
  items: readonly Item[],
  reading: Reading,
): AsyncGenerator<PreparedBatch<Item>, void, undefined> {
  return inBatches(prepared(items, reading), reading.batch)
}

async function* prepared<Item extends Listed>(
  items: readonly Item[],
  { decoders, decoding, faults, meter }: Reading,
): AsyncGenerator<Prepared<Item>, void, undefined> {
  for await (const [item, decoded] of decodedAhead(items, decoding, decoders)) {
    if ('fault' in decoded) {
      faults.add({ name: item.name, reason: decoded.fault })
      continue
    }
    for (const warning of decoded.warnings) meter.notice(`${shown(item.name)}: ${warning}`)
    yield { item, data: decoded.data, shape: decoded.shape }
  }
}
