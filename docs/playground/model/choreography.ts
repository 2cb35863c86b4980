/**
 * The move in stages, as the pattern tells it: gaps open where groups are split, blocks go to their places, gaps close
 * where axes are merged. Elements that share their place along the axes that tell the pattern travel as one block.
 */
import { coordinatesOf } from './cells.ts'
import type { Drawing } from './drawing.ts'
import type { Frame, Frames } from './frames.ts'

export type StageName = 'split' | 'move' | 'merge'

export interface Stage {
  readonly name: StageName
  /** When it begins and ends, as parts of the whole. */
  readonly from: number
  readonly to: number
}

/** One element on its way from one frame to another. */
export interface Flight {
  readonly source: number
  readonly from: number
  readonly target: number
  readonly to: number
  /** Counts the blocks in the order in which they leave. */
  readonly block: number
}

export interface Choreography {
  readonly stages: readonly Stage[]
  readonly flights: readonly Flight[]
  readonly blocks: number
  readonly sources: readonly number[]
  readonly targets: readonly number[]
  /** For each target and each of its cells the last block that brings something to it. */
  readonly arrivals: ReadonlyMap<number, Int32Array>
}

const weights: Record<StageName, number> = { split: 1, move: 2.4, merge: 1.3 }

/** How long one block travels, as a part of its stage; the rest is the stagger. */
const travel = 0.45

/** Who goes where, in which order. */
export function choreograph(drawing: Drawing): Choreography {
  const { operands, result, moves, inverse, rows } = drawing
  const last = operands.length
  const groups = (tensors: readonly Drawing['result'][]) =>
    tensors.some(({ arrangement, opened }) => {
      return opened.width > arrangement.width + 1e-6 || opened.height > arrangement.height + 1e-6
    })
  const names: StageName[] = []
  if (groups(inverse ? [result] : operands)) names.push('split')
  names.push('move')
  if (rows !== null || groups(inverse ? operands : [result])) names.push('merge')
  const total = names.reduce((sum, name) => sum + weights[name], 0)
  let at = 0
  const stages = names.map((name): Stage => {
    const from = at
    at += weights[name] / total
    return { name, from, to: name === names.at(-1) ? 1 : at }
  })

  const seen = new Map<string, number>()
  const flights = moves.flatMap(({ operand, from, to }): Flight[] => {
    const [home, goal] = [operands[operand]!, result]
    if (home.channels > 1 && goal.channels > 1 && (home.cellOf[from] !== from || goal.cellOf[to] !== to))
      return []
    const key = rows !== null ? String(rows.row[goal.cellOf[to]!]) : keyOf(drawing, operand, from)
    if (!seen.has(key)) seen.set(key, seen.size)
    const block = seen.get(key)!
    return inverse
      ? [{ source: last, from: to, target: operand, to: from, block }]
      : [{ source: operand, from, target: last, to, block }]
  })
  const before = operands.map((_, i) => i)
  const targets = inverse ? before : [last]
  const tensors = [...operands, result]
  const arrivals = new Map(targets.map((frame) => [frame, new Int32Array(tensors[frame]!.size)]))
  for (const { target, to, block } of flights) {
    const cell = tensors[target]!.cellOf[to]!
    arrivals.get(target)![cell] = Math.max(arrivals.get(target)![cell]!, block)
  }
  return {
    stages,
    flights,
    blocks: seen.size,
    sources: inverse ? [last] : before,
    targets,
    arrivals,
  }
}

function keyOf({ operands, reading, telling }: Drawing, operand: number, from: number): string {
  const coordinates = coordinatesOf(operands[operand]!.tensor, reading.axes, from)
  const own = telling.map((axis) => coordinates.get(axis) ?? '')
  // where parts are joined each travels as a whole
  return own.length === 0 ? `part ${operand}` : `${operands.length > 1 ? operand : ''}:${own.join()}`
}

/** How far a stage is at this time of the whole, from 0 to 1; a stage that there is none of is over. */
export function within(stages: readonly Stage[], name: StageName, progress: number): number {
  const stage = stages.find((one) => one.name === name)
  if (stage === undefined) return 1
  return Math.min(1, Math.max(0, (progress - stage.from) / (stage.to - stage.from)))
}

/** How far a block is on its way, from 0 to 1. */
export function flown({ stages, blocks }: Choreography, block: number, progress: number): number {
  const part = within(stages, 'move', progress)
  const delay = blocks <= 1 ? 0 : (block / (blocks - 1)) * (1 - travel)
  return Math.min(1, Math.max(0, (part - delay) / (blocks <= 1 ? 1 : travel)))
}

export interface Spot {
  readonly x: number
  readonly y: number
  readonly wide: number
  readonly high: number
}

/** The place of an element's cell in its frame, with its groups open by this much. */
export function placeIn({ tensor, x, y, wide, high, inset }: Frame, element: number, open: number): Spot {
  const shut = 1 - open
  return {
    x: x + (tensor.x[element]! * wide + inset.x) * shut + tensor.openX[element]! * wide * open,
    y: y + (tensor.y[element]! * high + inset.y) * shut + tensor.openY[element]! * high * open,
    wide,
    high,
  }
}

/** The place of an element among the blocks beside the rows, and in its row. */
export function thumbPlace({ rows }: Drawing, { thumbs }: Frames, element: number): Spot {
  const { x, y, pitch, cell } = thumbs!
  return {
    x: x + rows!.x[element]! * cell,
    y: y + rows!.row[element]! * pitch + rows!.y[element]! * cell,
    wide: cell,
    high: cell,
  }
}

export function stripPlace({ rows }: Drawing, { x, y, wide, high }: Frame, element: number): Spot {
  return {
    x: x + rows!.place[element]! * wide,
    y: y + rows!.row[element]! * high + 2,
    wide,
    high: high - 4,
  }
}

export function ease(t: number): number {
  return t < 0.5 ? 4 * t * t * t : 1 - (-2 * t + 2) ** 3 / 2
}

/** Between two places. */
export function between(a: Spot, b: Spot, t: number): Spot {
  const mix = (p: number, q: number) => p + (q - p) * t
  return { x: mix(a.x, b.x), y: mix(a.y, b.y), wide: mix(a.wide, b.wide), high: mix(a.high, b.high) }
}
