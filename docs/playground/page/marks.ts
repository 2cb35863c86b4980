/** What is written around the cells: titles, brackets with the names of dimensions, the numbers of rows, the arrow. */
import { coordinatesOf } from '../model/cells.ts'
import type { Drawing, DrawnTensor } from '../model/drawing.ts'
import type { Frame, Frames, Thumbs } from '../model/frames.ts'
import { trueIndex } from '../model/lengths.ts'
import { neutral } from '../model/palette.ts'
import type { Inks } from './canvas.ts'

export function paintTitle(
  context: CanvasRenderingContext2D,
  { tensor, x, y }: Frame,
  name: string,
  inks: Inks,
): void {
  const levels = tensor.arrangement.rulers.filter(({ direction }) => direction === 'x').length
  const top = y - levels * 21 - 9
  const empty = tensor.shape.includes(0) ? ' no elements' : ''
  const shape = `[${tensor.shape.join(', ')}]${empty}`
  context.textAlign = 'left'
  context.textBaseline = 'alphabetic'
  context.font = `600 14px ${inks.mono}`
  const wide = context.measureText(`${name} `).width
  // a small tensor at the edge has its title to the left, so that it is whole
  const left = Math.max(4, Math.min(x, context.canvas.clientWidth - wide - 8 * shape.length - 6))
  context.fillStyle = inks.ink
  context.fillText(name, left, top)
  context.font = `400 13px ${inks.mono}`
  context.fillStyle = inks.soft
  context.fillText(shape, left + wide, top)
}

/** A bracket along each dimension, with its axes in their colours. */
export function paintRulers(
  context: CanvasRenderingContext2D,
  { tensor, x, y, wide, high, inset, labels }: Frame,
  open: number,
  drawing: Drawing,
  lit: string | null,
  inks: Inks,
): void {
  if (tensor.size === 0) return
  context.lineWidth = 1
  for (const [i, { dimension, direction, level, extent }] of tensor.arrangement.rulers.entries()) {
    const opened = tensor.opened.rulers[i]!.extent
    const cell = direction === 'x' ? wide : high
    const across = direction === 'x' ? inset.x : inset.y
    // rows with blocks beside them are as many as they are, whatever lies between
    const rows = drawing.rows !== null && tensor === drawing.result
    const cells = rows && direction === 'x' ? drawing.rows!.long : rows ? drawing.rows!.count : null
    const long = (cells ?? extent * (1 - open) + opened * open) * cell
    const begin = cells === null ? across * (1 - open) : 0
    const beside = direction === 'y' && labels ? 30 : 0
    const block = rows && direction === 'y' ? besideRows(drawing, high) : 0
    const away = 7 + level * 21 + beside + block
    context.save()
    // along y the same is drawn on its side
    if (direction === 'x') context.translate(x + begin, y - away)
    else {
      context.translate(x - away, y + begin + long)
      context.rotate(-Math.PI / 2)
    }
    paintRuler(context, wordsOf(tensor, dimension, drawing, lit, inks), long, inks)
    context.restore()
  }
}

/** How far the blocks keep the rows' bracket away. */
function besideRows({ rows }: Drawing, pitch: number): number {
  return ((pitch - 4) / rows!.high) * rows!.wide + 12
}

interface Word {
  readonly text: string
  readonly colour: string
  readonly lit: boolean
}

function paintRuler(
  context: CanvasRenderingContext2D,
  words: readonly Word[],
  long: number,
  inks: Inks,
): void {
  context.font = `500 12px ${inks.mono}`
  context.textAlign = 'left'
  context.textBaseline = 'middle'
  const wide = words.reduce((sum, { text }) => sum + context.measureText(text).width, 0)
  context.strokeStyle = inks.line
  context.beginPath()
  context.moveTo(0.5, 4)
  context.lineTo(0.5, 0)
  if (wide + 10 < long) {
    context.lineTo((long - wide) / 2 - 5, 0)
    context.moveTo((long + wide) / 2 + 5, 0)
    context.lineTo(long - 0.5, 0)
  } else context.moveTo(long - 0.5, 0)
  context.lineTo(long - 0.5, 4)
  context.stroke()
  let at = (long - wide) / 2
  for (const { text, colour, lit } of words) {
    const measured = context.measureText(text).width
    if (lit) {
      context.fillStyle = colour
      context.globalAlpha = 0.22
      context.fillRect(at - 2, -9, measured + 4, 17)
      context.globalAlpha = 1
    }
    context.fillStyle = colour
    context.fillText(text, at, -1)
    at += measured
  }
}

function wordsOf(
  { tensor, shape }: DrawnTensor,
  dimension: number,
  { reading, full, hues, shortened }: Drawing,
  lit: string | null,
  inks: Inks,
): Word[] {
  const { axes } = tensor.dimensions[dimension]!
  const soft = (text: string): Word => ({ text, colour: inks.soft, lit: false })
  const words = axes.map((axis): Word => {
    const { label } = reading.axes[axis]!
    return { text: label, colour: inks.tone(hues.get(label) ?? neutral), lit: label === lit }
  })
  // a dimension that is drawn shorter says so beside its true length
  const length = shape[dimension]!
  const marked = axes.some((axis) => shortened.includes(axis)) ? ' ⋯' : ''
  const isNumber = axes.length === 1 && full.axes[axes[0]!]?.kind === 'number'
  if (words.length === 1) return isNumber ? words : [words[0]!, soft(` ${length}${marked}`)]
  const spaced = words.flatMap((word, i) => (i === 0 ? [word] : [soft(' '), word]))
  return [soft('('), ...spaced, soft(')'), soft(` ${length}${marked}`)]
}

/** Which row is which, by its place along the axes of the rows. */
export function paintRowLabels(
  context: CanvasRenderingContext2D,
  frame: Frame,
  thumbs: Thumbs | null,
  open: number,
  drawing: Drawing,
  inks: Inks,
): void {
  const { tensor, x, y, high, inset } = frame
  const ruler = tensor.arrangement.rulers.find(({ direction, level }) => direction === 'y' && level === 0)
  if (ruler === undefined || tensor.size === 0) return
  const { dimension } = ruler
  const dim = tensor.tensor.dimensions[dimension]!
  const step = tensor.tensor.shape.slice(dimension + 1).reduce((size, length) => size * length, 1)
  context.font = `400 ${Math.min(11, high * 0.8)}px ${inks.mono}`
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  context.fillStyle = inks.soft
  const left = thumbs === null ? x - 6 : thumbs.x - 6
  for (let row = 0; row < dim.length; row++) {
    const element = row * step
    const coordinates = coordinatesOf(tensor.tensor, drawing.reading.axes, element)
    const text = dim.axes
      .map((axis) => {
        const drawn = drawing.reading.axes[axis]!.length
        return trueIndex(coordinates.get(axis)!, drawn, drawing.full.axes[axis]!.length, drawing.choice)
      })
      .join(',')
    const top =
      thumbs === null
        ? y + (tensor.y[element]! * high + inset.y) * (1 - open) + tensor.openY[element]! * high * open
        : y + row * high
    context.fillText(text, left, top + high / 2)
  }
}

export function paintArrow(context: CanvasRenderingContext2D, { arrow }: Frames, inks: Inks): void {
  context.save()
  context.translate(arrow.x, arrow.y)
  if (arrow.down) context.rotate(Math.PI / 2)
  context.strokeStyle = inks.soft
  context.lineWidth = 1.6
  context.lineCap = 'round'
  context.lineJoin = 'round'
  const half = arrow.down ? 7 : 12
  context.beginPath()
  context.moveTo(-half, 0)
  context.lineTo(half, 0)
  context.moveTo(half - 6, -5)
  context.lineTo(half, 0)
  context.lineTo(half - 6, 5)
  context.stroke()
  context.restore()
}
