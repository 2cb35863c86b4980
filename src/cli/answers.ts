/** The answers of a classifier: the best of them, their names, and how they are printed. */
import type { NdArray } from '../layout/tensor.ts'
import { FileError, readBytes, shown } from './files.ts'
import { bar, type Output } from './output.ts'

export interface Answer {
  readonly index: number
  readonly label: string | undefined
  readonly probability: number
}

/** The likeliest classes, best first. */
export function bestOf(
  probabilities: NdArray<Float32Array>,
  top: number,
  labels: readonly string[] | undefined,
): Answer[] {
  const classes = probabilities.shape[0]!
  if (labels !== undefined && labels.length !== classes) {
    throw new FileError(`--labels has ${labels.length} names, the model has ${classes} classes`)
  }
  return Array.from({ length: classes }, (_, index) => {
    return { index, label: labels?.[index], probability: probabilities.get(index) }
  })
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top)
}

/** Names of classes: a JSON list, an object by class number, or one name a line. */
export async function readLabels(path: string): Promise<string[]> {
  const text = new TextDecoder().decode(await readBytes(path))
  if (!/^\s*[[{]/.test(text)) return text.replace(/\r?\n$/, '').split(/\r?\n/)
  try {
    const parsed: unknown = JSON.parse(text)
    const names = Array.isArray(parsed) ? parsed : Object.values(parsed as object)
    if (names.every((name) => typeof name === 'string')) return names
  } catch (cause) {
    throw new FileError(`${shown(path)}: not JSON`, { cause })
  }
  throw new FileError(`${shown(path)}: expected a JSON list of names, or one name a line`)
}

/** `Egyptian cat 81.3%, tiger cat 10.7%` */
export const oneLineOf = (answers: readonly Answer[]): string =>
  answers
    .map(({ index, label, probability }) => `${label ?? `class ${index}`} ${(100 * probability).toFixed(1)}%`)
    .join(', ')

export function printAnswers(answers: readonly Answer[], output: Output): void {
  const names = answers.map(({ index, label }) => label ?? `class ${index}`)
  const nameWidth = Math.min(40, Math.max(...names.map((name) => name.length)))
  const barWidth = Math.max(10, Math.min(40, output.columns - nameWidth - 12))
  for (const [i, { probability }] of answers.entries()) {
    const percent = `${(100 * probability).toFixed(1)}%`.padStart(6)
    output.line(
      `${names[i]!.slice(0, nameWidth).padEnd(nameWidth)}  ${percent}  ${bar(probability, barWidth)}`.trimEnd(),
    )
  }
}
