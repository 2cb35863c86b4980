/**
 * Tensors drawn by the playground's own model: a block like
 *
 *     rearrange 'h (w s) -> s h w' [2, 6] s=2
 *
 * becomes the playground's drawing of that call as SVG, with what the pattern does in a sentence and a link that opens it
 * there. The values are the library's.
 */
import { caption } from '../playground/model/caption.ts'
import { placeIn } from '../playground/model/choreography.ts'
import { type Drawing, draw } from '../playground/model/drawing.ts'
import { type Frame, type Frames, frame } from '../playground/model/frames.ts'
import { mistakeIn } from '../playground/model/mistake.ts'
import { namesOf } from '../playground/model/names.ts'
import { short } from '../playground/model/number.ts'
import { read } from '../playground/model/reading.ts'
import { paintScene } from '../playground/model/scene.ts'
import {
  initialState,
  type Operation,
  type Reduction,
  type State,
  toLink,
} from '../playground/model/state.ts'
import { summary } from '../playground/model/story.ts'
import { escapeHtml, pattern as showPattern } from './highlight.ts'

const width = 720

/** The block as a figure; `what it cannot read` is an error of the build. */
export function drawBlock(text: string): string {
  const state = readBlock(text)
  const mistake = mistakeIn(state)
  if (mistake !== null) throw new Error(`cannot draw: ${mistake.message}`)
  const drawing = draw(state, paintScene(8, 8))
  const reading = read(state)
  if (drawing === null || reading === null) throw new Error(`cannot draw: ${text}`)
  const frames = frame(drawing, { width, height: 330 })
  const names = namesOf(state)
  const parts = frames.frames.map((one, i) => drawFrame(drawing, frames, one, names[i]!, i))
  const { arrow } = frames
  const left = Math.min(...frames.frames.map(({ x }) => x)) - 50
  const right = Math.max(...frames.frames.map((one) => one.x + one.width)) + 12
  const given = text.replace(/^.*?'[^']*' \[[^\]]*\]/, '').trim()
  return `<figure class="tensors"><figcaption><code>${showPattern(state.pattern)}</code>${given ? ` <code>${escapeHtml(given)}</code>` : ''}<span>${escapeHtml(caption(state, reading))} <a href="./playground/index.html#${escapeHtml(toLink(state))}">Open in the playground</a></span></figcaption>
<svg viewBox="${left} 0 ${right - left} ${frames.height}" width="${Math.round(right - left)}" height="${Math.round(frames.height)}" role="img" aria-label="${escapeHtml(summary(reading, state.operation, state.reduction))}">
${parts.join('')}<path class="arrow" transform="translate(${arrow.x} ${arrow.y})${arrow.down ? ' rotate(90)' : ''}" d="M-12 0h24m-6-5l6 5-6 5"/>
</svg></figure>`
}

function readBlock(text: string): State {
  const match = /^(rearrange|reduce|repeat) '([^']+)' \[([\d, ]+)\](?: '(\w+)')?((?: \w+=\d+)*)$/.exec(
    text.trim(),
  )
  if (match === null) throw new Error(`cannot draw: ${text}`)
  const [, operation, pattern, dims, reduction, given] = match
  const lengths = given!
    .trim()
    .split(' ')
    .filter(Boolean)
    .map((part) => part.split('=') as [string, string])
    .map(([name, length]) => [name, Number(length)] as const)
  return {
    ...initialState,
    operation: operation as Operation,
    pattern: pattern!,
    shapes: [dims!.split(',').map(Number)],
    lengths: new Map(lengths),
    reduction: (reduction ?? 'sum') as Reduction,
  }
}

function drawFrame(drawing: Drawing, { frames }: Frames, one: Frame, name: string, index: number): string {
  const { tensor, x, y, wide } = one
  const open = index === frames.length - 1 ? 0 : 1
  const cells = tensor.cells.map((element) => {
    const place = placeIn(one, element, open)
    const text = short(tensor.values[element]!)
    const size = Math.min(wide * 0.42, (wide * 1.5) / Math.max(2, text.length), 15)
    const middle = `x="${(place.x + wide / 2).toFixed(1)}" y="${(place.y + wide / 2 + size * 0.36).toFixed(1)}"`
    const label = wide >= 15 ? `<text ${middle} style="font-size:${size.toFixed(1)}px">${text}</text>` : ''
    return `<rect x="${place.x.toFixed(1)}" y="${place.y.toFixed(1)}" width="${wide.toFixed(1)}" height="${wide.toFixed(1)}" rx="${Math.min(5, wide * 0.16).toFixed(1)}" style="fill:${tensor.colours[element]}"/>${label}`
  })
  const levels = tensor.arrangement.rulers.filter(({ direction }) => direction === 'x').length
  const title = `<text class="title" x="${x}" y="${y - levels * 21 - 9}"><tspan class="name">${name}</tspan> [${tensor.shape.join(', ')}]</text>`
  return `<g>${cells.join('')}${title}${rulers(drawing, one, open)}</g>`
}

/** A bracket along each dimension, and its axes in their colours. */
function rulers({ reading, hues }: Drawing, { tensor, x, y, wide, inset }: Frame, open: number): string {
  return tensor.arrangement.rulers
    .map(({ dimension, direction, level, extent }, i) => {
      const long = (open === 1 ? tensor.opened.rulers[i]!.extent : extent) * wide
      const shift = open === 1 ? 0 : direction === 'x' ? inset.x : inset.y
      const away = 7 + level * 21
      const { axes } = tensor.tensor.dimensions[dimension]!
      const names = axes.map((axis) => {
        const { label } = reading.axes[axis]!
        const place = [...hues.keys()].indexOf(label)
        return place < 0 || label === '...' ? label : `<tspan class="a${place % 9}">${label}</tspan>`
      })
      const number = axes.length === 1 && reading.axes[axes[0]!]!.kind === 'number'
      const text = `${axes.length === 1 ? names[0] : `(${names.join(' ')})`}${number ? '' : ` ${tensor.shape[dimension]}`}`
      const wanted = axes.reduce((sum, axis) => sum + reading.axes[axis]!.label.length + 1, 4) * 7.3
      const half = Math.max(0, (long - wanted) / 2 - 4)
      const lines =
        half > 4
          ? `M0 4V0H${half.toFixed(1)}M${(long - half).toFixed(1)} 0H${long.toFixed(1)}V4`
          : `M0 4V0M${long.toFixed(1)} 0V4`
      const place =
        direction === 'x'
          ? `translate(${x + shift} ${y - away})`
          : `translate(${x - away} ${y + shift + long}) rotate(-90)`
      return `<g transform="${place}"><path class="ruler" d="${lines}"/><text class="dim" x="${(long / 2).toFixed(1)}" y="4">${text}</text></g>`
    })
    .join('')
}
