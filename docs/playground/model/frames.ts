/**
 * Where the tensors of a drawing stand on a stage of a given width: side by side or below each other, whichever
 * shows the elements largest. All in pixels.
 */
import type { Arrangement } from './arrange.ts'
import type { Drawing, DrawnTensor } from './drawing.ts'

export interface Frame {
  readonly tensor: DrawnTensor
  /** The corner of the first cell. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Frames {
  /** The operands, then the result. */
  readonly frames: readonly Frame[]
  /** The side of a cell. */
  readonly cell: number
  readonly width: number
  readonly height: number
  /** Where the arrow between before and after stands, and where it points. */
  readonly arrow: { readonly x: number; readonly y: number; readonly down: boolean }
}

export interface StageSize {
  readonly width: number
  /** The height that the stage would rather not exceed. */
  readonly height: number
}

/** Around the cells: the title, and the rulers with their labels. */
const title = 26
const rulerX = 21
const rulerY = 22
const between = 56
const margin = 18
const largest = 42

interface Box {
  readonly tensor: DrawnTensor
  /** Space for rulers. */
  readonly left: number
  readonly top: number
  /** In cells. */
  readonly wide: number
  readonly high: number
}

type Plan = readonly (readonly Box[])[] // columns of boxes

/** The frames of a drawing's tensors. */
export function frame(drawing: Drawing, stage: StageSize): Frames {
  const before = drawing.operands.map(boxOf)
  const after = boxOf(drawing.result)
  const plans: readonly { readonly plan: Plan; readonly down: boolean; readonly height: number }[] = [
    { plan: [before, [after]], down: false, height: stage.height },
    ...(before.length > 1
      ? [{ plan: [...before.map((box) => [box]), [after]], down: false, height: stage.height }]
      : []),
    { plan: [[...before, after]], down: true, height: stage.height * 1.35 },
  ]
  let best = plans[0]!
  let cell = 0
  for (const one of plans) {
    const size = cellSize(one.plan, { width: stage.width, height: one.height })
    // what is side by side is compared more easily and needs no scrolling
    if (size > cell * (one.down ? 1.35 : 1.12)) {
      best = one
      cell = size
    }
  }
  return place(best.plan, best.down, cell, stage.width)
}

function boxOf(tensor: DrawnTensor): Box {
  const { rulers, width, height }: Arrangement = tensor.arrangement
  const levels = (direction: 'x' | 'y') => rulers.filter((ruler) => ruler.direction === direction).length
  return {
    tensor,
    left: levels('y') * rulerY,
    top: title + levels('x') * rulerX,
    wide: width,
    high: height,
  }
}

/** The largest cell with which a plan fits. */
function cellSize(plan: Plan, { width, height }: StageSize): number {
  const fixedX =
    2 * margin +
    (plan.length - 1) * between +
    sum(plan.map((column) => Math.max(...column.map((box) => box.left))))
  const unitsX = sum(plan.map((column) => Math.max(...column.map((box) => box.wide))))
  const heights = plan.map((column) => {
    const fixed = 2 * margin + sum(column.map((box) => box.top)) + (column.length - 1) * 18
    return (height - fixed) / sum(column.map((box) => box.high))
  })
  return Math.max(0.5, Math.min(largest, (width - fixedX) / unitsX, ...heights))
}

function place(plan: Plan, down: boolean, cell: number, width: number): Frames {
  const columns = plan.map((column) => ({
    column,
    left: Math.max(...column.map((box) => box.left)),
    wide: Math.max(...column.map((box) => box.wide)) * cell,
    high: sum(column.map((box) => box.top + box.high * cell)) + (column.length - 1) * 18,
  }))
  const height = Math.max(...columns.map(({ high }) => high)) + 2 * margin
  const total = sum(columns.map(({ left, wide }) => left + wide)) + (columns.length - 1) * between
  const frames: Frame[] = []
  let x = Math.max(margin, (width - total) / 2)
  let arrow = { x: 0, y: 0, down }
  for (const [i, { column, left, wide, high }] of columns.entries()) {
    let y = (height - high) / 2
    if (i === columns.length - 1 && i > 0) arrow = { x: x - between / 2, y: height / 2, down }
    for (const box of column) {
      y += box.top
      const centred = down ? (wide - box.wide * cell) / 2 : 0
      frames.push({
        tensor: box.tensor,
        x: x + left + centred,
        y,
        width: box.wide * cell,
        height: box.high * cell,
      })
      y += box.high * cell + 18
    }
    x += left + wide + between
  }
  if (down) {
    const last = frames.at(-1)!
    const top = columns[0]!.column.at(-1)!.top
    arrow = { x: last.x + last.width / 2, y: last.y - top - 8, down }
  }
  return { frames, cell, width, height, arrow }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
