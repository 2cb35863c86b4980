/** Patterns of `pack` and `unpack` read for drawing: the parts, and the one tensor that holds everything under `*`. */
import type { ElementaryAxis, Reading, TensorReading } from './reading.ts'
import type { State } from './state.ts'
import { tokenize } from './tokens.ts'

/** The tensors of a pattern that the library accepts; the last axis is the one that holds everything under `*`. */
export function readPacking({ pattern, shapes }: Pick<State, 'pattern' | 'shapes'>): Reading | null {
  const words = tokenize(pattern).filter(({ kind }) => kind === 'axis' || kind === 'star')
  const star = words.findIndex(({ kind }) => kind === 'star')
  if (star < 0 || shapes.length === 0) return null
  const names = words.filter(({ kind }) => kind === 'axis').map(({ text }) => text)
  const behind = names.length - star
  const rest = shapes.map((shape) => shape.slice(star, shape.length - behind))
  const lengths = names.map((_, i) => shapes[0]!.at(i < star ? i : i - names.length)!)
  const axes: ElementaryAxis[] = names.map((label, i) => ({ label, kind: 'named', length: lengths[i]! }))
  const operands = rest.map((inside): TensorReading => {
    const first = axes.length
    for (const length of inside) axes.push({ label: '*', kind: 'ellipsis', length })
    const own = [...inside.keys()].map((i) => first + i)
    return tensorOf([...range(0, star), ...own, ...range(star, names.length)], axes)
  })
  const total = rest.reduce((sum, inside) => sum + inside.reduce((size, length) => size * length, 1), 0)
  axes.push({ label: '*', kind: 'ellipsis', length: total })
  const result = tensorOf([...range(0, star), axes.length - 1, ...range(star, names.length)], axes)
  return { axes, operands, result }
}

function tensorOf(own: readonly number[], axes: readonly ElementaryAxis[]): TensorReading {
  const dimensions = own.map((axis) => ({ axes: [axis], length: axes[axis]!.length }))
  return { dimensions, shape: dimensions.map(({ length }) => length) }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
