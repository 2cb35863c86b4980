/**
 * Everything that a picture of one call needs: each tensor with its elements' places, colours and values, and each
 * move. The values of the result are the library's own, of a real call on the tensors that are drawn.
 */
import { type Arrangement, arrange, isChannel, placeOf } from './arrange.ts'
import { coordinatesOf, type Move, movesOf, sizeOf } from './cells.ts'
import { arrayOf, call, elementsOf } from './library.ts'
import { type Hue, paint } from './palette.ts'
import { fillWithPicture, type Picture } from './picture.ts'
import { type Reading, read, type TensorReading } from './reading.ts'
import { colourOf, shader, tellingAxes } from './shade.ts'
import { drawable, drawableOfPicture, shorten } from './shorten.ts'
import type { State } from './state.ts'
import { namesIn, tokenize } from './tokens.ts'

export interface DrawnTensor {
  readonly tensor: TensorReading
  readonly arrangement: Arrangement
  readonly size: number
  /** The corner of each element's cell, in cells. */
  readonly x: Float32Array
  readonly y: Float32Array
  readonly values: readonly number[]
  readonly colours: readonly string[]
  /** Whether the channels of a pixel share one cell; then only every `channels`-th element is drawn. */
  readonly channels: number
}

export interface Drawing {
  /** With the lengths that are drawn. */
  readonly reading: Reading
  /** With the true lengths. */
  readonly full: Reading
  /** Axes that are drawn shorter than they are. */
  readonly shortened: readonly number[]
  readonly operands: readonly DrawnTensor[]
  readonly result: DrawnTensor
  readonly moves: readonly Move[]
  /** Whether cells show a picture instead of numbers. */
  readonly picture: boolean
  /** The hue of each axis, as in the pattern. */
  readonly hues: ReadonlyMap<string, Hue>
  /** The axes that colour the elements. */
  readonly telling: readonly number[]
}

/**
 * The drawing of a state that the library accepts; null where there is nothing to draw or too much. `aspect` is the
 * width over height that each tensor should come near to.
 */
export function draw(state: State, scene: Picture, aspect = 2): Drawing | null {
  const full = read(state)
  if (full === null) return null
  const wantsPicture = state.source === 'picture' && state.operation !== 'einsum'
  const short = shorten(full, wantsPicture ? drawableOfPicture : drawable)
  if (short === null) return null
  const { reading, shortened } = short
  const filled = wantsPicture ? fillWithPicture(scene, reading.operands[0]!.shape) : null
  const picture = filled !== null
  const inputs = reading.operands.map(
    (tensor, i) => filled ?? numbered(sizeOf(tensor), i, state.operation === 'einsum'),
  )
  const outputs = elementsOf(
    call(
      { ...state, lengths: drawnLengths(state, reading) },
      inputs.map((values, i) => arrayOf(values, reading.operands[i]!.shape)),
    ),
  )

  const hues = paint(namesIn(tokenize(state.pattern)))
  const chosen = state.colour.flatMap((name) => {
    const axis = reading.axes.findIndex(({ label }) => label === name)
    return axis >= 0 ? axis : []
  })
  const telling = chosen.length > 0 ? chosen : tellingAxes(reading, state.operation === 'reduce')
  const own = chosen.length === 1 ? hues.get(reading.axes[chosen[0]!]!.label) : undefined
  const shade = shader(reading, telling)
  const drawTensor = (tensor: TensorReading, values: ArrayLike<number>): DrawnTensor => {
    const last = tensor.dimensions.at(-1)?.axes ?? []
    const pixels = picture && tensor.shape.length > 2 && isChannel(last, reading.axes)
    const channels = pixels ? tensor.shape.at(-1)! : 1
    const arrangement = arrange(
      tensor,
      reading.axes,
      picture ? { gap: 0, spread: 6, pixels, aspect } : { aspect },
    )
    const size = sizeOf(tensor)
    const x = new Float32Array(size)
    const y = new Float32Array(size)
    const colours: string[] = []
    for (let element = 0; element < size; element++) {
      const place = placeOf(arrangement, element)
      x[element] = place.x
      y[element] = place.y
      const coordinates = coordinatesOf(tensor, reading.axes, element)
      colours.push(
        picture
          ? inked(values, element, channels, channelOf(reading, coordinates))
          : colourOf(shade(coordinates), own),
      )
    }
    return { tensor, arrangement, size, x, y, values: Array.from(values), colours, channels }
  }
  return {
    reading,
    full,
    shortened,
    operands: reading.operands.map((tensor, i) => drawTensor(tensor, inputs[i]!)),
    result: drawTensor(reading.result, outputs),
    moves: movesOf(reading),
    picture,
    hues,
    telling,
  }
}

/** The lengths of the drawn call: all that the state gives, with drawn values. */
function drawnLengths({ lengths }: State, { axes }: Reading): Map<string, number> {
  return new Map(
    [...lengths].map(([name, length]) => [name, axes.find(({ label }) => label === name)?.length ?? length]),
  )
}

/** The elements' own numbers; for a product digits without a visible period, so that its sums are short and differ. */
function numbered(size: number, operand: number, factors: boolean): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => {
    return factors ? (((3 * i * i + 5 * i + 7 * operand + 2) % 23) % 9) + 1 : i
  })
}

/** The colour of a picture's element: the pixel's, or the tint of its channel. */
function inked(values: ArrayLike<number>, element: number, channels: number, channel: number | null): string {
  const value = (i: number) => Math.round(Math.min(255, Math.max(0, values[i]!)))
  if (channels === 3) {
    const first = element - (element % 3)
    return `rgb(${value(first)},${value(first + 1)},${value(first + 2)})`
  }
  const ink = value(element)
  switch (channel) {
    case 0:
      return `rgb(${ink},${Math.round(ink * 0.25)},${Math.round(ink * 0.25)})`
    case 1:
      return `rgb(${Math.round(ink * 0.2)},${ink},${Math.round(ink * 0.3)})`
    case 2:
      return `rgb(${Math.round(ink * 0.25)},${Math.round(ink * 0.4)},${ink})`
    default:
      return `rgb(${ink},${ink},${ink})`
  }
}

function channelOf({ axes }: Reading, coordinates: ReadonlyMap<number, number>): number | null {
  for (const [axis, index] of coordinates)
    if (isChannel([axis], axes) && axes[axis]!.length === 3) return index
  return null
}
