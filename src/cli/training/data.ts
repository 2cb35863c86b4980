/** What is learned from and what is held back: folders of folders, bad pictures told. */

import { createHash } from 'node:crypto'
import { type Fault, type Listing, listPictures } from '#folders'
import { reasonOf } from '../../checkpoint/reason.ts'
import { inClasses, type Labelled } from '../../folders/classes.ts'
import { noClasses } from '../../train/folder-of.ts'
import { UsageError } from '../arguments.ts'
import { FileError, shown } from '../files.ts'

/** A picture of a folder or of the one that is only looked at, which may have the same names. */
export interface Example extends Labelled {
  /** Another for each picture. */
  readonly key: string
}

export interface Examples {
  readonly classes: readonly string[]
  /** Learned from, to see how good that is. */
  readonly learned: readonly Example[]
  /** Held back meanwhile. */
  readonly heldBack: readonly Example[]
  /** Whether what was held back is learned from in the end, once it has been seen how good that is. */
  readonly isPart: boolean
}

/** A share from 0 up to 1, or a folder. */
export type Validation = number | string

export function validationOf(text: string): Validation {
  const share = Number(text)
  if (text.trim() === '' || Number.isNaN(share)) return text
  if (share >= 0 && share < 1) return share
  throw new UsageError(`--validate is ${text}, expected a share from 0 up to 1, or a folder`)
}

/** @throws FileError when there are no two classes, or the other folder has other ones */
export async function examplesIn(
  folder: string,
  validation: Validation,
  tell: (fault: Fault) => void,
): Promise<Examples> {
  const found = inClasses(await listed(folder))
  const { classes, pictures, faults } = found
  const none = noClasses(shown(folder), found)
  if (none !== undefined) throw new FileError(none)
  for (const fault of faults) tell(fault)
  const all = pictures.map((picture) => ({ ...picture, key: picture.name }))
  if (typeof validation === 'number') return { classes, ...split(all, validation), isPart: true }
  const other = inClasses(await listed(validation), classes)
  for (const { name, reason } of other.faults) tell({ name: `${validation}/${name}`, reason })
  if (other.pictures.length === 0) {
    throw new FileError(`${shown(validation)}: no pictures in folders called ${classes.join(', ')}`)
  }
  const heldBack = other.pictures.map((picture) => ({ ...picture, key: `validate:${picture.name}` }))
  return { classes, learned: all, heldBack, isPart: false }
}

async function listed(folder: string): Promise<Listing> {
  try {
    return await listPictures([folder])
  } catch (cause) {
    throw new FileError(`${shown(folder)}: ${reasonOf(cause)}`, { cause })
  }
}

/** Holds back a share of each class, those whose names hash to the least, so that it is the same ones each time; one at least is learned from. */
function split(all: readonly Example[], share: number): Pick<Examples, 'learned' | 'heldBack'> {
  const hashed = (name: string) => createHash('sha256').update(name).digest('hex')
  const labels = [...new Set(all.map(({ label }) => label))]
  const held = new Set(
    labels.flatMap((label) => {
      const own = all.filter((one) => one.label === label)
      const count = Math.min(own.length - 1, Math.round(share * own.length))
      const inTurn = own.map((one) => [hashed(one.name), one] as const).sort(([a], [b]) => (a < b ? -1 : 1))
      return inTurn.slice(0, count).map(([, one]) => one)
    }),
  )
  return { learned: all.filter((one) => !held.has(one)), heldBack: all.filter((one) => held.has(one)) }
}
