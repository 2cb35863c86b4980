/**
 * Paints a drawing: cells at rest, cells on their way, brackets with the names of dimensions, what is followed. It
 * knows no events; the stage says what to paint.
 */
import type { Drawing, DrawnTensor } from '../model/drawing.ts'
import type { Frame, Frames } from '../model/frames.ts'
import { short } from '../model/number.ts'
import { type Hue, neutral } from '../model/palette.ts'

export interface Inks {
  readonly ink: string
  readonly soft: string
  readonly line: string
  readonly sunken: string
  readonly accent: string
  readonly mono: string
  readonly tone: (hue: Hue) => string
}

/** What is lit up: elements of each tensor, operands first, the result last. */
export type Followed = readonly ReadonlySet<number>[]

export interface Scene {
  readonly drawing: Drawing
  readonly frames: Frames
  /** From 0, all at home, to 1, all arrived. */
  readonly progress: number
  readonly followed: Followed | null
  /** What each frame is called. */
  readonly names: readonly string[]
}

const onCell = '#16130f'

/** How long one move takes, as a part of the whole; the rest is the stagger. */
const flight = 0.4

export function paintScene(context: CanvasRenderingContext2D, scene: Scene, inks: Inks): void {
  const { drawing, frames, progress, followed } = scene
  const { cell } = frames
  const resultFrame = frames.frames.at(-1)!
  for (const [i, frame] of frames.frames.entries()) {
    paintTitle(context, frame, scene.names[i]!, inks)
    paintRulers(context, frame, cell, drawing, inks)
    const isResult = frame === resultFrame
    const lit = followed?.[i]
    if (isResult && progress < 1) paintPlaces(context, frame, cell, inks)
    else paintCells(context, frame, cell, drawing.picture, lit, null)
  }
  paintArrow(context, frames, inks)
  if (progress > 0 && progress < 1) paintMoves(context, scene)
  if (followed !== null && progress === 1) paintLinks(context, scene, inks)
}

/** When a move is under way: from below 0, waiting, to above 1, arrived. */
function phase(to: number, size: number, progress: number): number {
  const delay = size <= 1 ? 0 : (to / (size - 1)) * (1 - flight)
  return (progress - delay) / flight
}

function paintCells(
  context: CanvasRenderingContext2D,
  { tensor, x, y }: Frame,
  cell: number,
  picture: boolean,
  lit: ReadonlySet<number> | undefined,
  only: ReadonlySet<number> | null,
): void {
  const numbers = !picture && cell >= 15
  const dim = lit !== undefined
  if (numbers) setNumberFont(context, tensor, cell)
  for (let element = 0; element < tensor.size; element += tensor.channels) {
    if (only !== null && !only.has(element)) continue
    const left = x + tensor.x[element]! * cell
    const top = y + tensor.y[element]! * cell
    context.globalAlpha = dim && !lit.has(element) ? 0.22 : 1
    context.fillStyle = tensor.colours[element]!
    paintTile(context, left, top, cell, picture)
    if (numbers) {
      context.fillStyle = onCell
      context.fillText(short(tensor.values[element]!), left + cell / 2, top + cell / 2 + cell * 0.02)
    }
  }
  context.globalAlpha = 1
}

/** The places of the result while elements are on their way to them. */
function paintPlaces(
  context: CanvasRenderingContext2D,
  { tensor, x, y }: Frame,
  cell: number,
  inks: Inks,
): void {
  context.fillStyle = inks.sunken
  for (let element = 0; element < tensor.size; element += tensor.channels) {
    paintTile(context, x + tensor.x[element]! * cell, y + tensor.y[element]! * cell, cell, cell < 6)
  }
}

function paintMoves(context: CanvasRenderingContext2D, { drawing, frames, progress }: Scene): void {
  const { cell } = frames
  const target = frames.frames.at(-1)!
  const { tensor: result } = target
  const arrived = new Set<number>()
  const travelling = drawing.moves.filter(({ operand, from, to }) => {
    const whole = drawing.operands[operand]!.channels > 1 && result.channels > 1
    if (whole && (from % 3 !== 0 || to % 3 !== 0)) return false
    const t = phase(to, result.size, progress)
    if (t >= 1) arrived.add(to - (to % result.channels))
    return t > 0 && t < 1
  })
  paintCells(context, target, cell, drawing.picture, undefined, arrived)
  const numbers = !drawing.picture && cell >= 15
  if (numbers) setNumberFont(context, drawing.operands[0]!, cell)
  for (const { operand, from, to } of travelling) {
    const home = frames.frames[operand]!
    const t = ease(phase(to, result.size, progress))
    const x0 = home.x + home.tensor.x[from]! * cell
    const y0 = home.y + home.tensor.y[from]! * cell
    const x1 = target.x + result.x[to]! * cell
    const y1 = target.y + result.y[to]! * cell
    const lift = Math.sin(Math.PI * t)
    const left = x0 + (x1 - x0) * t
    const top = y0 + (y1 - y0) * t - lift * Math.min(28, Math.abs(x1 - x0) * 0.08)
    const side = cell * (1 + 0.1 * lift)
    context.fillStyle = home.tensor.colours[from]!
    paintTile(context, left, top, side, drawing.picture)
    if (numbers) {
      context.fillStyle = onCell
      context.fillText(short(home.tensor.values[from]!), left + side / 2, top + side / 2)
    }
  }
}

function paintTile(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  side: number,
  sharp: boolean,
): void {
  if (sharp) {
    // whole pixels, so that no seams show
    const left = Math.floor(x)
    const top = Math.floor(y)
    context.fillRect(left, top, Math.ceil(x + side) - left, Math.ceil(y + side) - top)
    return
  }
  if (side < 6) {
    context.fillRect(x, y, side, side)
    return
  }
  context.beginPath()
  context.roundRect(x, y, side, side, Math.min(5, side * 0.16))
  context.fill()
}

/** The numbers of one tensor have one size, which fits the longest. */
function setNumberFont(context: CanvasRenderingContext2D, tensor: DrawnTensor, cell: number): void {
  let longest = 2
  for (const value of tensor.values) longest = Math.max(longest, short(value).length)
  const size = Math.min(cell * 0.42, (cell * 1.5) / longest, 15)
  context.font = `500 ${size.toFixed(1)}px ${context.canvas.dataset['mono'] ?? 'monospace'}`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
}

function paintTitle(
  context: CanvasRenderingContext2D,
  { tensor, x, y }: Frame,
  name: string,
  inks: Inks,
): void {
  const levels = tensor.arrangement.rulers.filter(({ direction }) => direction === 'x').length
  const top = y - levels * 21 - 9
  context.textAlign = 'left'
  context.textBaseline = 'alphabetic'
  context.font = `600 14px ${inks.mono}`
  context.fillStyle = inks.ink
  context.fillText(name, x, top)
  const wide = context.measureText(`${name} `).width
  context.font = `400 13px ${inks.mono}`
  context.fillStyle = inks.soft
  context.fillText(`[${tensor.tensor.shape.join(', ')}]`, x + wide, top)
}

/** A bracket along each dimension, with its axes in their colours. */
function paintRulers(
  context: CanvasRenderingContext2D,
  { tensor, x, y }: Frame,
  cell: number,
  drawing: Drawing,
  inks: Inks,
): void {
  context.lineWidth = 1
  for (const { dimension, direction, level, extent } of tensor.arrangement.rulers) {
    const long = extent * cell
    const away = 7 + level * 21
    context.save()
    // along y the same is drawn on its side
    if (direction === 'x') context.translate(x, y - away)
    else {
      context.translate(x - away, y + long)
      context.rotate(-Math.PI / 2)
    }
    const words = wordsOf(tensor, dimension, drawing, inks)
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
    } else if (wide > long) {
      context.moveTo(long - 0.5, 0)
    } else context.moveTo(long - 0.5, 0)
    context.lineTo(long - 0.5, 4)
    context.stroke()
    let at = (long - wide) / 2
    for (const { text, colour } of words) {
      context.fillStyle = colour
      context.fillText(text, at, -1)
      at += context.measureText(text).width
    }
    context.restore()
  }
}

function wordsOf(
  { tensor }: DrawnTensor,
  dimension: number,
  { reading, hues }: Drawing,
  inks: Inks,
): { text: string; colour: string }[] {
  const { axes, length } = tensor.dimensions[dimension]!
  const words = axes.map((axis) => {
    const { label } = reading.axes[axis]!
    return { text: label, colour: inks.tone(hues.get(label) ?? neutral) }
  })
  const soft = (text: string) => ({ text, colour: inks.soft })
  const isNumber = reading.axes[axes[0]!]?.kind === 'number'
  if (words.length === 1) return isNumber ? [words[0]!] : [words[0]!, soft(` ${length}`)]
  const spaced = words.flatMap((word, i) => (i === 0 ? [word] : [soft(' '), word]))
  return [soft('('), ...spaced, soft(')'), soft(` ${length}`)]
}

function paintArrow(context: CanvasRenderingContext2D, { arrow }: Frames, inks: Inks): void {
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

/** Rings around what is followed, and threads between both sides. */
function paintLinks(
  context: CanvasRenderingContext2D,
  { drawing, frames, followed }: Scene,
  inks: Inks,
): void {
  const { cell } = frames
  const result = frames.frames.at(-1)!
  const lit = followed!
  context.strokeStyle = inks.ink
  context.lineWidth = Math.max(1.5, Math.min(2.5, cell * 0.08))
  for (const [i, { tensor, x, y }] of frames.frames.entries()) {
    for (const element of lit[i] ?? []) {
      context.beginPath()
      const side = Math.max(cell, 4)
      context.roundRect(
        x + tensor.x[element]! * cell - 1,
        y + tensor.y[element]! * cell - 1,
        side + 2,
        side + 2,
        Math.min(6, side * 0.2),
      )
      context.stroke()
    }
  }
  const threads = drawing.moves.filter(
    ({ operand, from, to }) => lit.at(-1)?.has(to) && lit[operand]?.has(from),
  )
  if (threads.length > 48) return
  context.lineWidth = 1.3
  context.globalAlpha = threads.length > 8 ? 0.45 : 0.8
  for (const { operand, from, to } of threads) {
    const home = frames.frames[operand]!
    // from edge to edge, so that no number is struck through
    const edge = frames.arrow.down ? ([0.5, 1, 0.5, 0] as const) : ([1, 0.5, 0, 0.5] as const)
    const x0 = home.x + (home.tensor.x[from]! + edge[0]) * cell
    const y0 = home.y + (home.tensor.y[from]! + edge[1]) * cell
    const x1 = result.x + (result.tensor.x[to]! + edge[2]) * cell
    const y1 = result.y + (result.tensor.y[to]! + edge[3]) * cell
    context.beginPath()
    context.moveTo(x0, y0)
    if (frames.arrow.down) context.bezierCurveTo(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2, x1, y1)
    else context.bezierCurveTo((x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1, y1)
    context.stroke()
  }
  context.globalAlpha = 1
}

function ease(t: number): number {
  return t < 0.5 ? 4 * t * t * t : 1 - (-2 * t + 2) ** 3 / 2
}
