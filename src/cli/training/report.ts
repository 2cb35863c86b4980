/** How good a classifier is at pictures that it never saw: how many are right, what is taken for what, and the worst. */
import type { NdArray } from '../../layout/tensor.ts'
import { present } from '../../ops/array.ts'
import { softmax } from '../../steps/softmax.ts'
import { shown } from '../files.ts'
import type { Output } from '../output.ts'
import type { Example } from './data.ts'

export interface Judged {
  readonly right: number
  readonly of: number
  /** Of each class (row) how many were taken for which (column). */
  readonly confusion: readonly (readonly number[])[]
  /** Those whose own class was least likely, the worst first. */
  readonly worst: readonly Misread[]
}

interface Misread {
  readonly file: string
  readonly label: string
  readonly read: string
  /** Of what it was taken for, and of what it is. */
  readonly probability: number
  readonly own: number
}

const WORST = 5

/** @param logits [n, classes] of the examples in their order */
export function judge(
  examples: readonly Example[],
  logits: NdArray<Float32Array>,
  classes: readonly string[],
): Judged {
  const probabilities = present(softmax(logits, { axis: 1 })) as NdArray<Float32Array>
  const confusion = classes.map(() => new Array<number>(classes.length).fill(0))
  const all = examples.map(({ path, label }, i): Misread => {
    const row = classes.map((_, k) => probabilities.get(i, k))
    const best = row.indexOf(Math.max(...row))
    confusion[label]![best]!++
    const names = { label: classes[label]!, read: classes[best]! }
    return { file: path, ...names, probability: row[best]!, own: row[label]! }
  })
  const right = all.filter(({ label, read }) => label === read).length
  const worst = all.toSorted((a, b) => a.own - b.own).slice(0, WORST)
  return { right, of: all.length, confusion, worst: worst.filter(({ own }) => own < 0.9) }
}

export const shareOf = ({ right, of }: Judged): string =>
  `${right} of ${of} right (${((100 * right) / of).toFixed(1)}%)`

export function printJudged({ confusion, worst }: Judged, classes: readonly string[], output: Output): void {
  for (const line of classes.length <= 12 ? tableOf(confusion, classes) : pairsOf(confusion, classes)) {
    output.line(line)
  }
  if (worst.length === 0) return
  output.line('\nthe worst:')
  for (const { file, label, read, probability, own } of worst) {
    const percent = (share: number) => `${(100 * share).toFixed(0)}%`
    const taken =
      label === read
        ? `only ${percent(own)} ${label}`
        : `${label}, taken for ${read} (${percent(probability)})`
    output.line(`  ${shown(file)}: ${taken}`)
  }
}

/** Rows are what pictures are, columns what they were taken for. */
function tableOf(confusion: Judged['confusion'], classes: readonly string[]): string[] {
  const names = classes.map((name) => (name.length > 16 ? `${name.slice(0, 15)}…` : name))
  const first = Math.max(...names.map((name) => name.length))
  const widths = names.map((name) => Math.max(name.length, 4) + 2)
  const cells = (row: readonly (string | number)[]) =>
    row.map((cell, k) => String(cell).padStart(widths[k]!)).join('')
  return [
    '',
    'a row for each class, by what its pictures were taken for:',
    `${' '.repeat(first)}${cells(names)}`,
    ...confusion.map(
      (row, k) => `${names[k]!.padEnd(first)}${cells(row.map((count) => (count === 0 ? '·' : count)))}`,
    ),
  ]
}

/** Of many classes what is taken for something else most often. */
function pairsOf(confusion: Judged['confusion'], classes: readonly string[]): string[] {
  const pairs = confusion.flatMap((row, is) =>
    row.flatMap((count, read) => (is === read || count === 0 ? [] : [{ count, is, read }])),
  )
  if (pairs.length === 0) return []
  const most = pairs.sort((a, b) => b.count - a.count).slice(0, 10)
  return [
    '',
    'taken for another most often:',
    ...most.map(({ count, is, read }) => `  ${count} ${classes[is]} for ${classes[read]}`),
  ]
}
