/**
 * The call as one would write it with einops in Python. Its einsum has no groups, so there they are split before and
 * merged after.
 */
import { under } from '../library.ts'
import { callNames } from '../names.ts'
import type { Reading, TensorReading } from '../reading.ts'
import type { State } from '../state.ts'
import { tokenize } from '../tokens.ts'
import { fittingLines } from '../whole.ts'

export function einopsCode(state: State, reading: Reading): string {
  const { operation, pattern, lengths, reduction } = state
  const { operands, result } = callNames(state)
  if (operation === 'einsum') return contraction(reading, operands, result)
  const parts = operands.join(', ')
  if (operation === 'pack') {
    return `from einops import pack\n\n${result}, packed_shapes = pack([${parts}], ${quote(plain(pattern))})`
  }
  if (operation === 'unpack') {
    const shapes = state.shapes.map((shape) => `[${under(pattern, shape).join(', ')}]`).join(', ')
    return `from einops import unpack\n\n${parts} = unpack(${result}, [${shapes}], ${quote(plain(pattern))})`
  }
  const what = operation === 'reduce' ? `, ${quote(reduction)}` : ''
  const fitting = fittingLines(state, operands[0]!)
  return [
    ...(fitting.some((line) => line.includes('np.')) ? ['import numpy as np'] : []),
    `from einops import ${operation}`,
    '',
    ...fitting,
    `${result} = ${operation}(${operands[0]}, ${quote(plain(pattern))}${what}${keywords([...lengths])})`,
  ].join('\n')
}

function contraction({ axes, operands, result }: Reading, names: readonly string[], output: string): string {
  const labels = axes.map(({ label }) => label.replace('...', 'axis'))
  const used = new Set<string>(['einsum'])
  const given = (own: readonly number[]) => own.map((axis) => [labels[axis]!, axes[axis]!.length] as const)
  const inputs = operands.map((operand, i) => {
    if (isFlat(operand)) return names[i]!
    used.add('rearrange')
    const inside = operand.dimensions.flatMap((dimension) =>
      dimension.axes.length > 1 ? dimension.axes.slice(1) : [],
    )
    return `rearrange(${names[i]}, ${quote(`${side(operand, labels)} -> ${separate(operand, labels)}`)}${keywords(given(inside))})`
  })
  const terms = operands.map((operand) => separate(operand, labels)).join(', ')
  let call = `einsum(${inputs.join(', ')}, ${quote(`${terms} -> ${separate(result, labels)}`)})`
  if (!isFlat(result)) {
    used.add('rearrange')
    call = `rearrange(${call}, ${quote(`${separate(result, labels)} -> ${side(result, labels)}`)})`
  }
  return [`from einops import ${[...used].join(', ')}`, '', `${output} = ${call}`].join('\n')
}

/** The axes of a tensor, each alone. */
function separate({ dimensions }: TensorReading, labels: readonly string[]): string {
  return dimensions.flatMap(({ axes }) => axes.map((axis) => labels[axis])).join(' ')
}

/** The dimensions of a tensor, groups in parentheses. */
function side({ dimensions }: TensorReading, labels: readonly string[]): string {
  return dimensions
    .map(({ axes }) =>
      axes.length === 1 ? labels[axes[0]!] : `(${axes.map((axis) => labels[axis]).join(' ')})`,
    )
    .join(' ')
}

function isFlat({ dimensions }: TensorReading): boolean {
  return dimensions.every(({ axes }) => axes.length === 1)
}

/** Words that Python keeps for itself cannot be keywords of a call. */
const reserved = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
)

function keywords(lengths: readonly (readonly [string, number])[]): string {
  const plain = lengths.filter(([name]) => !reserved.has(name)).map(([name, length]) => `, ${name}=${length}`)
  const quoted = lengths
    .filter(([name]) => reserved.has(name))
    .map(([name, length]) => `${quote(name)}: ${length}`)
  return plain.join('') + (quoted.length > 0 ? `, **{${quoted.join(', ')}}` : '')
}

/** The pattern with single spaces. */
function plain(pattern: string): string {
  return tokenize(pattern)
    .map(({ kind, text }) => (kind === 'space' ? ' ' : text))
    .join('')
    .trim()
}

function quote(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}'`
}
