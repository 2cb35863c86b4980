/** Following an element: where it comes from and goes to, in words and as what lights up, and which is next to it. */
import { coordinatesOf, indexOf, termsOf } from '../model/cells.ts'
import type { Drawing } from '../model/drawing.ts'
import { trueAddress, trueIndex } from '../model/lengths.ts'
import { namesOf } from '../model/names.ts'
import { short } from '../model/number.ts'
import type { State } from '../model/state.ts'
import type { Followed } from './canvas.ts'
import { element } from './element.ts'

/** One element of one tensor of the drawing; the tensor after the operands is the result. */
export interface Spot {
  readonly tensor: number
  readonly element: number
}

/** All elements that belong together with one. */
export function followedBy({ moves, operands, result }: Drawing, at: Spot | null): Followed | null {
  if (at === null) return null
  const lit = [...operands, result].map(() => new Set<number>())
  lit[at.tensor]!.add(at.element)
  for (const { operand, from, to } of moves) {
    const touched =
      at.tensor === operands.length ? to === at.element : operand === at.tensor && from === at.element
    if (!touched) continue
    lit[operand]!.add(operands[operand]!.cellOf[from]!)
    lit.at(-1)!.add(result.cellOf[to]!)
  }
  return lit
}

/** `x[0, 2] = 7 → y[1, 0, 1]`, or what a computed element is made of, and where that is along each axis. */
export function describe(drawing: Drawing, state: State, at: Spot): (Node | string)[] {
  const { operation, reduction } = state
  const { operands, result, reading, full, moves, choice } = drawing
  const tensors = [...operands, result]
  const names = namesOf(state)
  const write = (tensor: number, one: number) =>
    `${names[tensor]}[${addressOf(drawing, tensor, one).join(', ')}]`
  const own = tensors[at.tensor]!
  const known = Number.isFinite(own.values[at.element]!)
  const value = drawing.picture || !known ? '' : ` = ${short(own.values[at.element]!)}`
  const coordinates = [...coordinatesOf(own.tensor, reading.axes, at.element)]
    .reverse()
    .map(([axis, index]) => {
      const place = trueIndex(index, reading.axes[axis]!.length, full.axes[axis]!.length, choice)
      return `${reading.axes[axis]!.label} ${place}`
    })
    .join(' · ')
  const where = element('span', { className: 'where' }, coordinates)
  const mine = element('b', {}, write(at.tensor, at.element))
  const arrow = () => element('span', { className: 'arrow' }, '→')
  const isResult = at.tensor === operands.length
  if (isResult && (operation === 'reduce' || operation === 'einsum') && !drawing.picture && known) {
    const terms = termsOf(reading, at.element).map((term) =>
      term.map((one, operand) => short(operands[operand]!.values[one]!)).join(' × '),
    )
    const shown = terms.length > 12 ? [...terms.slice(0, 11), '…'] : terms
    const made = operation === 'reduce' ? `${reduction}(${shown.join(', ')})` : shown.join(' + ')
    return [mine, ` = ${made}`, value, where]
  }
  const others = moves.filter(({ operand, from, to }) =>
    isResult ? to === at.element : operand === at.tensor && from === at.element,
  )
  const listed = others
    .slice(0, 3)
    .map(({ operand, from, to }) => (isResult ? write(operand, from) : write(operands.length, to)))
  const more = others.length > 3 ? ` and ${others.length - 3} more` : ''
  const link = others.length === 0 ? 'nowhere' : listed.join(', ') + more
  const comes = isResult !== drawing.inverse
  return comes ? [link, arrow(), mine, value, where] : [mine, value, arrow(), link, where]
}

/** The index of a drawn element in the true tensor. */
function addressOf(drawing: Drawing, tensor: number, element: number): number[] {
  const { operands, result, reading, full, choice } = drawing
  const drawn = [...operands, result][tensor]!
  const packed = full.axes.at(-1)?.label === '*' && tensor === operands.length
  if (!packed) return trueAddress(drawn.tensor, reading.axes, full.axes, element, choice)
  // the axis that holds all parts is told by the part that an element comes from
  const move = drawing.moves.find(({ to }) => to === element)
  const own = indexOf(drawn.tensor, element)
  if (move === undefined || drawing.shortened.length === 0) return own
  const star = drawn.tensor.dimensions.findIndex(({ axes }) => axes[0] === full.axes.length - 1)
  const part = full.operands[move.operand]!
  const before = full.operands.slice(0, move.operand)
  const inside = (shape: readonly number[]) => shape.slice(star, star + shape.length - own.length + 1)
  const product = (lengths: readonly number[]) => lengths.reduce((size, length) => size * length, 1)
  const address = trueAddress(operands[move.operand]!.tensor, reading.axes, full.axes, move.from, choice)
  const start = before.reduce((sum, { shape }) => sum + product(inside(shape)), 0)
  const lengths = inside(part.shape)
  const at = inside(address).reduce((number, index, i) => number * lengths[i]! + index, 0)
  const named = trueAddress(drawn.tensor, reading.axes, full.axes, element, choice)
  return named.with(star, start + at)
}

/** The nearest element of the result in the direction of an arrow key. */
export function neighbour({ result }: Drawing, current: number | null, key: string): number {
  if (current === null || current >= result.size) return 0
  const x = result.x[current]!
  const y = result.y[current]!
  const along = key === 'ArrowLeft' || key === 'ArrowRight'
  const sign = key === 'ArrowRight' || key === 'ArrowDown' ? 1 : -1
  let best = current
  let distance = Number.POSITIVE_INFINITY
  for (const element of result.cells) {
    const dx = (result.x[element]! - x) * (along ? sign : 1)
    const dy = (result.y[element]! - y) * (along ? 1 : sign)
    const ahead = along ? dx : dy
    const aside = Math.abs(along ? dy : dx)
    if (ahead <= 0.01) continue
    const far = ahead + 4 * aside
    if (far < distance) {
      best = element
      distance = far
    }
  }
  return best
}
