/**
 * Paints a drawing: cells at rest, blocks on their way, brackets with the names of dimensions, what is followed and which
 * axis is lit. It knows no events; the stage says what to paint.
 */
import {
  between,
  type Choreography,
  ease,
  flown,
  placeIn,
  type Spot,
  stripPlace,
  thumbPlace,
  within,
} from '../model/choreography.ts'
import type { Drawing, DrawnTensor } from '../model/drawing.ts'
import type { Frames } from '../model/frames.ts'
import type { Lit } from '../model/lit.ts'
import { short } from '../model/number.ts'
import type { Hue } from '../model/palette.ts'
import { paintArrow, paintRowLabels, paintRulers, paintTitle } from './marks.ts'

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
  readonly choreography: Choreography
  /** From 0, all at home, to 1, all arrived. */
  readonly progress: number
  readonly followed: Followed | null
  /** The axis that is pointed at. */
  readonly lit: Lit | null
  /** What each frame is called. */
  readonly names: readonly string[]
}

const onCell = '#16130f'

export function paintScene(context: CanvasRenderingContext2D, scene: Scene, inks: Inks): void {
  const { drawing, frames, choreography, progress } = scene
  for (const [i, frame] of frames.frames.entries()) {
    const open = openness(scene, i)
    paintTitle(context, frame, scene.names[i]!, inks)
    paintRulers(context, frame, open, drawing, scene.lit?.label ?? null, inks)
    if (frame.labels) paintRowLabels(context, frame, frames.thumbs, open, drawing, inks)
    const isTarget = choreography.targets.includes(i)
    if (isTarget && progress < 1) paintArriving(context, scene, i, inks)
    else paintCells(context, scene, i, drawing.rows !== null && isTarget ? 'both' : 'one', () => true)
  }
  paintArrow(context, frames, inks)
  if (progress > 0 && progress < 1) paintFlights(context, scene)
  if (scene.followed !== null && progress === 1) paintLinks(context, scene, inks)
}

/** How far the groups of a tensor are open. */
function openness({ choreography, progress }: Scene, frame: number): number {
  const { stages, targets } = choreography
  return targets.includes(frame)
    ? 1 - ease(within(stages, 'merge', progress))
    : ease(within(stages, 'split', progress))
}

/** Where a cell of a frame is at this time; of rows that are being laid out the place in the row. */
export function cellPlace(scene: Scene, frame: number, element: number): Spot {
  const { drawing, frames, choreography, progress } = scene
  if (drawing.rows === null || !choreography.targets.includes(frame)) {
    return placeIn(frames.frames[frame]!, element, openness(scene, frame))
  }
  const part = within(choreography.stages, 'merge', progress)
  const { row, count } = drawing.rows
  const turn = Math.min(1, Math.max(0, part * 2 - row[element]! / Math.max(1, count - 1)))
  return between(
    thumbPlace(drawing, frames, element),
    stripPlace(drawing, frames.frames[frame]!, element),
    ease(turn),
  )
}

function paintCells(
  context: CanvasRenderingContext2D,
  scene: Scene,
  index: number,
  where: 'one' | 'both',
  isThere: (element: number) => boolean,
): void {
  const { drawing, frames, followed } = scene
  const { tensor, wide } = frames.frames[index]!
  const numbers = !drawing.picture && wide >= 15
  const bright = followed?.[index]
  if (numbers) setNumberFont(context, tensor, wide)
  for (const element of tensor.cells) {
    if (!isThere(element)) continue
    const place = cellPlace(scene, index, element)
    context.globalAlpha = bright !== undefined && !bright.has(element) ? 0.22 : 1
    paintCell(context, scene, index, element, place)
    if (where === 'both') paintCell(context, scene, index, element, thumbPlace(drawing, frames, element))
    if (numbers) {
      context.fillStyle = onCell
      context.fillText(
        short(tensor.values[element]!),
        place.x + place.wide / 2,
        place.y + place.high / 2 + place.high * 0.02,
      )
    }
  }
  context.globalAlpha = 1
}

function paintCell(
  context: CanvasRenderingContext2D,
  { drawing, frames, lit }: Scene,
  index: number,
  element: number,
  place: Spot,
): void {
  const own = frames.frames[index]!.tensor.colours[element]!
  const tint = lit?.colours[index]?.[element]
  context.fillStyle = drawing.picture || tint === undefined ? own : tint
  paintTile(context, place, drawing.picture)
  if (!drawing.picture || tint === undefined) return
  const alpha = context.globalAlpha
  context.globalAlpha = alpha * 0.62
  context.fillStyle = tint
  paintTile(context, place, true)
  context.globalAlpha = alpha
}

/** The places of a result, and what has come to them. */
function paintArriving(context: CanvasRenderingContext2D, scene: Scene, index: number, inks: Inks): void {
  const { drawing, frames, choreography, progress } = scene
  const frame = frames.frames[index]!
  const arrivals = choreography.arrivals.get(index)!
  context.fillStyle = inks.sunken
  if (drawing.rows !== null) {
    const { x, y, pitch, cell } = frames.thumbs!
    for (let row = 0; row < drawing.rows.count; row++) {
      const high = drawing.rows.high * cell
      context.fillRect(x, y + row * pitch, drawing.rows.wide * cell, high)
      context.fillRect(frame.x, y + row * pitch, frame.width, high)
    }
  } else {
    for (const element of frame.tensor.cells) {
      paintTile(context, cellPlace(scene, index, element), frame.wide < 6)
    }
  }
  const landed = (element: number) => flown(choreography, arrivals[element]!, progress) >= 1
  const laid = within(choreography.stages, 'merge', progress) > 0
  paintCells(context, scene, index, drawing.rows !== null && laid ? 'both' : 'one', landed)
}

function paintFlights(context: CanvasRenderingContext2D, scene: Scene): void {
  const { drawing, frames, choreography, progress } = scene
  const first = frames.frames[choreography.sources[0]!]!
  const numbers = !drawing.picture && first.wide >= 15
  if (numbers) setNumberFont(context, first.tensor, first.wide)
  for (const { source, from, target, to, block } of choreography.flights) {
    const part = flown(choreography, block, progress)
    if (part <= 0 || part >= 1) continue
    const t = ease(part)
    const home = frames.frames[source]!
    const goal = frames.frames[target]!
    const start = placeIn(home, home.tensor.cellOf[from]!, 1)
    const end =
      drawing.rows === null
        ? placeIn(goal, goal.tensor.cellOf[to]!, openness(scene, target))
        : thumbPlace(drawing, frames, goal.tensor.cellOf[to]!)
    const place = between(start, end, t)
    const lift = Math.sin(Math.PI * t) * Math.min(28, Math.abs(end.x - start.x) * 0.08)
    const apart = home.tensor.channels > goal.tensor.channels
    context.fillStyle = apart ? goal.tensor.colours[to]! : home.tensor.colours[from]!
    paintTile(context, { ...place, y: place.y - lift }, drawing.picture)
    if (!numbers) continue
    context.fillStyle = onCell
    context.fillText(
      short(home.tensor.values[from]!),
      place.x + place.wide / 2,
      place.y - lift + place.high / 2,
    )
  }
}

function paintTile(context: CanvasRenderingContext2D, { x, y, wide, high }: Spot, sharp: boolean): void {
  if (sharp) {
    // whole pixels, so that no seams show
    const left = Math.floor(x)
    const top = Math.floor(y)
    context.fillRect(left, top, Math.ceil(x + wide) - left, Math.ceil(y + high) - top)
    return
  }
  if (wide < 6) {
    context.fillRect(x, y, wide, high)
    return
  }
  context.beginPath()
  context.roundRect(x, y, wide, high, Math.min(5, wide * 0.16))
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

/** Rings around what is followed, and threads between both sides. */
function paintLinks(context: CanvasRenderingContext2D, scene: Scene, inks: Inks): void {
  const { drawing, frames, followed, choreography } = scene
  const lit = followed!
  context.strokeStyle = inks.ink
  context.lineWidth = Math.max(1.5, Math.min(2.5, frames.cell * 0.08))
  for (const i of frames.frames.keys()) {
    for (const element of lit[i] ?? []) {
      const places = [cellPlace(scene, i, element)]
      if (drawing.rows !== null && choreography.targets.includes(i)) {
        places.push(thumbPlace(drawing, frames, element))
      }
      for (const { x, y, wide, high } of places) {
        context.beginPath()
        const [w, h] = [Math.max(wide, 4), Math.max(high, 4)]
        context.roundRect(x - 1, y - 1, w + 2, h + 2, Math.min(6, w * 0.2))
        context.stroke()
      }
    }
  }
  const last = drawing.operands.length
  const threads = drawing.moves.filter(
    ({ operand, from, to }) => lit[last]?.has(to) && lit[operand]?.has(from),
  )
  if (threads.length > 48) return
  context.lineWidth = 1.3
  context.globalAlpha = threads.length > 8 ? 0.45 : 0.8
  const { down } = frames.arrow
  for (const { operand, from, to } of threads) {
    const [near, far]: readonly [readonly [number, number], readonly [number, number]] = drawing.inverse
      ? [
          [last, to],
          [operand, from],
        ]
      : [
          [operand, from],
          [last, to],
        ]
    const a = cellPlace(scene, ...near)
    const b = cellPlace(scene, ...far)
    // from edge to edge, so that no number is struck through
    const [x0, y0] = down ? [a.x + a.wide / 2, a.y + a.high] : [a.x + a.wide, a.y + a.high / 2]
    const [x1, y1] = down ? [b.x + b.wide / 2, b.y] : [b.x, b.y + b.high / 2]
    context.beginPath()
    context.moveTo(x0, y0)
    if (down) context.bezierCurveTo(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2, x1, y1)
    else context.bezierCurveTo((x0 + x1) / 2, y0, (x0 + x1) / 2, y1, x1, y1)
    context.stroke()
  }
  context.globalAlpha = 1
}
