/**
 * The story in a link: strokes, two letters a point and a full stop between them; then the levers that are pulled, each by
 * its name. Reading never fails: what a link garbles is as if nobody had touched it.
 */
import type { Point, Stroke } from '../digit.ts'
import { type Levers, untouched } from './levers.ts'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const steps = letters.length - 1

/** Heads of the four layers together. */
const headsInAll = 16

/** How far a point may lie beside the line that leaves it out. */
const tolerance = 0.008

/** What a link says. */
export interface Linked {
  readonly strokes: readonly Stroke[]
  readonly levers: Levers
}

/** The part of an address after `#`; empty where there is nothing to say. */
export function toLink({ strokes, levers }: Linked): string {
  const { erased, order, positions, muted, swap } = levers
  const list = (name: string, numbers: readonly number[]) =>
    numbers.length > 0 ? [`${name}=${[...numbers].sort((a, b) => a - b).join(',')}`] : []
  return [
    strokesToLink(strokes),
    ...list('erased', erased),
    ...(order.some((one, place) => one !== place) ? [`order=${order.join(',')}`] : []),
    ...(positions ? [] : ['positions=0']),
    ...list('muted', muted),
    ...list('swapped', swap ?? []),
  ].join('&')
}

/** What a link says. */
export function fromLink(text: string): Linked {
  const [drawn = '', ...fields] = text.split('&')
  const numbers = (name: string, count: number): readonly number[] => {
    const value = fields.find((field) => field.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
    const found = /^\d+(,\d+)*$/.test(value) ? value.split(',').map(Number) : []
    return new Set(found).size === found.length && found.every((one) => one < count) ? found : []
  }
  const order = numbers('order', untouched.order.length)
  const pair = numbers('swapped', untouched.order.length + 1)
  return {
    strokes: strokesFromLink(drawn),
    levers: {
      erased: numbers('erased', untouched.order.length),
      order: order.length === untouched.order.length ? order : untouched.order,
      positions: !fields.includes('positions=0'),
      muted: numbers('muted', headsInAll),
      swap: pair.length === 2 ? [pair[0]!, pair[1]!] : null,
    },
  }
}

function strokesToLink(strokes: readonly Stroke[]): string {
  const letter = (value: number) => letters[Math.round(Math.min(1, Math.max(0, value)) * steps)]!
  return strokes
    .filter((stroke) => stroke.length > 0)
    .map((stroke) =>
      simplified(stroke)
        .map(([x, y]) => letter(x) + letter(y))
        .join(''),
    )
    .join('.')
}

/** The strokes of a link; none where it is no such link. */
function strokesFromLink(text: string): Stroke[] {
  if (!/^[\w.-]+$/.test(text)) return []
  return text.split('.').flatMap((part): Stroke[] => {
    if (part === '' || part.length % 2 === 1) return []
    const values = [...part].map((one) => letters.indexOf(one) / steps)
    return [Array.from({ length: part.length / 2 }, (_, i): Point => [values[2 * i]!, values[2 * i + 1]!])]
  })
}

/** The fewest points whose lines stay near all others (Ramer; Douglas and Peucker). */
function simplified(stroke: Stroke): Point[] {
  const first = stroke[0]!
  const last = stroke.at(-1)!
  if (stroke.length <= 2) return [...stroke]
  let farthest = 0
  let distance = 0
  for (let i = 1; i < stroke.length - 1; i++) {
    const far = beside(stroke[i]!, first, last)
    if (far > distance) {
      distance = far
      farthest = i
    }
  }
  if (distance <= tolerance) return [first, last]
  return [...simplified(stroke.slice(0, farthest + 1)).slice(0, -1), ...simplified(stroke.slice(farthest))]
}

function beside([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length = Math.hypot(dx, dy)
  if (length < 1e-9) return Math.hypot(x - ax, y - ay)
  return Math.abs((x - ax) * dy - (y - ay) * dx) / length
}
