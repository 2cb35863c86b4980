/**
 * Where the tensors of a drawing stand on a stage of a given width: side by side or below each other, whichever
 * shows the elements largest. All in pixels.
 */
import type { Drawing, DrawnTensor } from './drawing.ts'

export interface Frame {
  readonly tensor: DrawnTensor
  /** The corner of the first cell. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** The sides of a cell. */
  readonly wide: number
  readonly high: number
  /** Between the open and the closed tensor's first cell. */
  readonly inset: { readonly x: number; readonly y: number }
  /** Whether the rows are labelled, to the left of the cells. */
  readonly labels: boolean
}

/** The blocks beside the rows that they become. */
export interface Thumbs {
  readonly x: number
  readonly y: number
  /** From row to row. */
  readonly pitch: number
  /** The side of a block's cell. */
  readonly cell: number
}

export interface Frames {
  /** The operands, then the result. */
  readonly frames: readonly Frame[]
  /** The side of a cell, where all are alike. */
  readonly cell: number
  readonly width: number
  readonly height: number
  /** Between before and after, and where it points. */
  readonly arrow: { readonly x: number; readonly y: number; readonly down: boolean }
  readonly thumbs: Thumbs | null
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
const label = 30
const between = 56
const margin = 18
const largest = 42
/** From here on a row's label can be read. */
const readable = 13

interface Box {
  readonly tensor: DrawnTensor
  /** Space for rulers. */
  readonly left: number
  readonly top: number
  /** In cells. */
  readonly wide: number
  readonly high: number
  /** Whether the box holds the result, which is labelled. */
  readonly labels: boolean
}

type Plan = readonly (readonly Box[])[] // columns of boxes

/** The frames of a drawing's tensors. */
export function frame(drawing: Drawing, stage: StageSize): Frames {
  if (drawing.rows !== null) return frameRows(drawing, stage)
  const before = drawing.operands.map((one) => boxOf(one, drawing.inverse))
  const after = boxOf(drawing.result, !drawing.inverse)
  const many = before.length > 1
  const place2 = (plan: Plan) => (drawing.inverse ? [...plan].reverse() : plan)
  const plans: readonly { readonly plan: Plan; readonly down: boolean; readonly height: number }[] = [
    { plan: place2([before, [after]]), down: false, height: stage.height },
    ...(many && !drawing.inverse
      ? [{ plan: [...before.map((box) => [box]), [after]], down: false, height: stage.height }]
      : []),
    {
      plan: [drawing.inverse ? [after, ...before] : [...before, after]],
      down: true,
      height: stage.height * 1.35,
    },
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
  return place(drawing, best.plan, best.down, cell, stage.width)
}

function boxOf(tensor: DrawnTensor, labels: boolean): Box {
  const { rulers } = tensor.arrangement
  const levels = (direction: 'x' | 'y') => rulers.filter((ruler) => ruler.direction === direction).length
  const named = labels && levels('y') > 0
  return {
    tensor,
    left: levels('y') * rulerY + (named ? label : 0),
    top: title + levels('x') * rulerX,
    wide: tensor.opened.width,
    high: tensor.opened.height,
    labels: named,
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

function place(drawing: Drawing, plan: Plan, down: boolean, cell: number, width: number): Frames {
  const columns = plan.map((column) => ({
    column,
    left: Math.max(...column.map((box) => box.left)),
    wide: Math.max(...column.map((box) => box.wide)) * cell,
    high: sum(column.map((box) => box.top + box.high * cell)) + (column.length - 1) * 18,
  }))
  const height = Math.max(...columns.map(({ high }) => high)) + 2 * margin
  const total = sum(columns.map(({ left, wide }) => left + wide)) + (columns.length - 1) * between
  const frames = new Map<DrawnTensor, Frame>()
  let x = Math.max(margin, (width - total) / 2)
  let arrow = { x: 0, y: 0, down }
  for (const [i, { column, left, wide, high }] of columns.entries()) {
    let y = (height - high) / 2
    const turns = drawing.inverse ? 1 : columns.length - 1
    if (i === turns && i > 0) arrow = { x: x - between / 2, y: height / 2, down }
    for (const [k, box] of column.entries()) {
      y += box.top
      const centred = down ? (wide - box.wide * cell) / 2 : 0
      frames.set(box.tensor, frameAt(box, x + left + centred, y, cell))
      if (down && k === (drawing.inverse ? 1 : column.length - 1)) {
        arrow = { x: x + left + centred + (box.wide * cell) / 2, y: y - box.top - 8, down }
      }
      y += box.high * cell + 18
    }
    x += left + wide + between
  }
  const ordered = [...drawing.operands, drawing.result].map((tensor) => frames.get(tensor)!)
  return { frames: ordered, cell, width, height, arrow, thumbs: null }
}

function frameAt({ tensor, wide, high, labels }: Box, x: number, y: number, cell: number): Frame {
  const { arrangement, opened } = tensor
  // an operand closes to its middle, and a result to its first row
  const part = labels ? 0 : 0.5
  return {
    tensor,
    x,
    y,
    width: wide * cell,
    height: high * cell,
    wide: cell,
    high: cell,
    inset: {
      x: (opened.width - arrangement.width) * cell * part,
      y: (opened.height - arrangement.height) * cell * part,
    },
    labels: labels && cell >= readable,
  }
}

/** The picture, and to its right or below it the rows: each block small, and what it becomes. */
function frameRows({ operands, result, rows }: Drawing, stage: StageSize): Frames {
  const { count, wide, high, long } = rows!
  const down = stage.width < 620
  const operand = boxOf(operands[0]!, false)
  const beside = label + rulerY
  const room = down ? stage.width - 2 * margin : (stage.width - 2 * margin) * 0.36
  const head = operand.top
  const cell = Math.max(
    0.5,
    Math.min(
      (room - operand.left) / operand.wide,
      (down ? stage.height * 0.23 : stage.height - 2 * margin - head) / operand.high,
      largest,
    ),
  )
  const pictureWide = operand.left + operand.wide * cell
  const pictureHigh = head + operand.high * cell
  const left = down ? margin + beside : margin + pictureWide + between + beside
  const space = (down ? stage.height * 0.4 : stage.height - 2 * margin - head) / count
  const pitch = Math.max(12, Math.min(46, space))
  const thumb = (pitch - 4) / high
  const stripLeft = left + thumb * wide + 12
  // pixels of equal width, as wide as they fit
  const pixel = Math.min(6, Math.max(0.5, (stage.width - margin - stripLeft) / long))
  const rowsHigh = head + pitch * count
  const height = 2 * margin + (down ? pictureHigh + 30 + rowsHigh : Math.max(pictureHigh, rowsHigh))
  const top = down ? margin + pictureHigh + 30 + head : (height - rowsHigh) / 2 + head
  const total = stripLeft + pixel * long
  const shift = Math.max(0, (stage.width - margin - total) / 2)
  const frames: Frame[] = [
    frameAt(
      operand,
      margin + operand.left + (down ? (room - pictureWide) / 2 : shift),
      down ? margin + head : (height - pictureHigh) / 2 + head,
      cell,
    ),
    {
      tensor: result,
      x: stripLeft + shift,
      y: top,
      width: pixel * long,
      height: pitch * count,
      wide: pixel,
      high: pitch,
      inset: { x: 0, y: 0 },
      labels: pitch >= readable,
    },
  ]
  const arrow = down
    ? { x: stage.width / 2, y: margin + pictureHigh + 20, down }
    : { x: margin + shift + pictureWide + between / 2, y: height / 2, down }
  const thumbs = { x: left + shift, y: top + 2, pitch, cell: thumb }
  return { frames, cell, width: stage.width, height, arrow, thumbs }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
