/** Following an element: where it comes from and goes to, in words and as what lights up, and which is next to it. */
import { coordinatesOf, indexOf, termsOf } from '../model/cells.ts'
import { operandNames } from '../model/code/typescript.ts'
import type { Drawing } from '../model/drawing.ts'
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
    lit[operand]!.add(from - (from % operands[operand]!.channels))
    lit.at(-1)!.add(to - (to % result.channels))
  }
  return lit
}

/** `x[0, 2] = 7 → y[1, 0, 1]`, or what a computed element is made of, and where that is along each axis. */
export function describe(drawing: Drawing, { operation, reduction }: State, at: Spot): (Node | string)[] {
  const { operands, result, reading, moves } = drawing
  const tensors = [...operands, result]
  const names = [...operandNames(operands.length), 'y']
  const write = (tensor: number, one: number) =>
    `${names[tensor]}[${indexOf(tensors[tensor]!.tensor, one).join(', ')}]`
  const own = tensors[at.tensor]!
  const value = drawing.picture ? '' : ` = ${short(own.values[at.element]!)}`
  const coordinates = [...coordinatesOf(own.tensor, reading.axes, at.element)]
    .reverse()
    .map(([axis, index]) => `${reading.axes[axis]!.label} ${index}`)
    .join(' · ')
  const where = element('span', { className: 'where' }, coordinates)
  const mine = element('b', {}, write(at.tensor, at.element))
  const arrow = () => element('span', { className: 'arrow' }, '→')
  const isResult = at.tensor === operands.length
  if (isResult && (operation === 'reduce' || operation === 'einsum') && !drawing.picture) {
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
  return isResult ? [link, arrow(), mine, value, where] : [mine, value, arrow(), link, where]
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
  for (let element = 0; element < result.size; element += result.channels) {
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
