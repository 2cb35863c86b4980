/**
 * Everything that a picture of one call needs: each tensor with its elements' places, colours and values, and each
 * move. The values of the result are the library's own, of a real call on the tensors that are drawn.
 */
import { isChannel } from './arrange.ts'
import { coordinatesOf, type Move, movesOf, sizeOf } from './cells.ts'
import { type Choice, numberOf, trueAddress } from './lengths.ts'
import { arrayOf, call, elementsOf } from './library.ts'
import { drawPacking } from './packing.ts'
import { type Hue, paint } from './palette.ts'
import { fillWithPicture, type Picture, pictureShape } from './picture.ts'
import { type Places, placesOf } from './places.ts'
import { type Reading, read, type TensorReading } from './reading.ts'
import { colourOf, shader, tellingAxes } from './shade.ts'
import { drawable, drawableOfPicture, shorten } from './shorten.ts'
import { isPacking, type State } from './state.ts'
import { namesIn, tokenize } from './tokens.ts'

export interface DrawnTensor extends Places {
  readonly tensor: TensorReading
  /** The shape it has, where what is drawn of it is shorter. */
  readonly shape: readonly number[]
  /** NaN where what is drawn does not tell the value. */
  readonly values: readonly number[]
  readonly colours: readonly string[]
  /** The elements that have a cell: all, or one for each pixel. */
  readonly cells: readonly number[]
  /** The element whose cell shows an element. */
  readonly cellOf: ArrayLike<number>
  /** How many elements share a cell. */
  readonly channels: number
}

/** A result of which each row is one block of the picture: drawn as the block beside what it becomes. */
export interface Rows {
  readonly count: number
  /** The size of a block in the operand, in cells. */
  readonly wide: number
  readonly high: number
  /** How many cells a row has. */
  readonly long: number
  /** Of every element of the result that has a cell: its row, its place in the row, and in the block. */
  readonly row: Int32Array
  readonly place: Int32Array
  readonly x: Float32Array
  readonly y: Float32Array
}

export interface Drawing {
  /** With the lengths that are drawn. */
  readonly reading: Reading
  /** With the true lengths. */
  readonly full: Reading
  /** Axes that are drawn shorter than they are. */
  readonly shortened: readonly number[]
  readonly choice: Choice
  readonly operands: readonly DrawnTensor[]
  readonly result: DrawnTensor
  readonly moves: readonly Move[]
  /** Whether the elements run from the result to the operands: `unpack`, the inverse of `pack`. */
  readonly inverse: boolean
  readonly rows: Rows | null
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
  if (isPacking(state.operation)) return drawPacking(state, aspect)
  const full = read(state)
  if (full === null) return null
  const wantsPicture = state.source === 'picture' && state.operation !== 'einsum'
  const picture = wantsPicture && pictureShape(full.operands[0]!.shape) !== null
  const short = shorten(full, picture ? drawableOfPicture : drawable)
  if (short === null) return null
  const { reading, shortened } = short
  const choice: Choice = picture ? 'even' : 'ends'
  const { whole } = state
  const pixels = picture
    ? fillWithPicture(scene, reading.operands[0]!.shape, { like: full.operands[0]!.shape, whole })
    : null
  const inputs = reading.operands.map((tensor, i) => {
    if (pixels !== null) return pixels
    const size = sizeOf(tensor)
    if (state.operation === 'einsum') return factors(size, i)
    const address = (element: number) => trueAddress(tensor, reading.axes, full.axes, element, choice)
    const shape = whole ?? full.operands[i]!.shape
    return Float64Array.from({ length: size }, (_, element) => {
      const at = address(element)
      return at.some((index, dimension) => index >= shape[dimension]!) ? 0 : numberOf(at, shape)
    })
  })
  const outputs = elementsOf(
    call(
      { ...state, lengths: drawnLengths(state, reading) },
      inputs.map((values, i) => arrayOf(values, reading.operands[i]!.shape)),
    ),
  )
  // what is folded over an axis that is drawn shorter is not what the whole would give
  const kept = new Set(reading.result.dimensions.flatMap(({ axes }) => axes))
  if (!picture && shortened.some((axis) => !kept.has(axis))) outputs.fill(Number.NaN)

  const hues = paint(namesIn(tokenize(state.pattern)))
  const telling = tellingOf(state, reading)
  const own = state.colour.length === 1 ? hues.get(state.colour[0]!) : undefined
  const shade = shader(reading, telling)
  const channels = picture ? channelAxis(reading, state.shapes[0]!) : null
  const layout = picture
    ? { gap: 0, spread: 6, opened: 0, aspect, channels: channels?.axis ?? null }
    : { aspect, cut: shortened }
  const drawTensor = (
    tensor: TensorReading,
    shape: readonly number[],
    values: ArrayLike<number>,
    merged: boolean,
  ): DrawnTensor => {
    const options = { ...layout, ...(merged ? {} : { channels: null }) }
    const places = placesOf(tensor, reading.axes, options, picture ? 4 : 0.75)
    const inPixel = merged && channels !== null ? channels.axis : null
    const { cells, cellOf } = cellsOf(tensor, reading.axes, inPixel)
    const colours = Array.from({ length: sizeOf(tensor) }, (_, element) => {
      const coordinates = coordinatesOf(tensor, reading.axes, element)
      if (!picture) return colourOf(shade(coordinates), own)
      return inked(values, element, inPixel === null ? channelOf(reading, coordinates) : cellOf[element]!, {
        cellOf,
        stride: inPixel === null ? 0 : strideOf(tensor, reading.axes, inPixel),
      })
    })
    return {
      tensor,
      shape,
      ...places,
      values: Array.from(values),
      colours,
      cells,
      cellOf,
      channels: inPixel === null ? 1 : reading.axes[inPixel]!.length,
    }
  }
  const operands = reading.operands.map((tensor, i) =>
    drawTensor(tensor, full.operands[i]!.shape, inputs[i]!, channels?.before ?? false),
  )
  const result = drawTensor(reading.result, full.result.shape, outputs, channels?.after ?? false)
  const moves = movesOf(reading)
  return {
    reading,
    full,
    shortened,
    choice,
    operands,
    result,
    moves,
    inverse: false,
    rows: picture ? rowsOf(operands[0]!, result, moves) : null,
    picture,
    hues,
    telling,
  }
}

/** The axes that are to colour the elements. */
function tellingOf({ colour, operation }: State, reading: Reading): readonly number[] {
  const chosen = colour.flatMap((name) => {
    const axis = reading.axes.findIndex(({ label }) => label === name)
    return axis >= 0 ? axis : []
  })
  return chosen.length > 0 ? chosen : tellingAxes(reading, operation === 'reduce')
}

/**
 * The axis of a picture's channels, and on which side pixels are shown whole: where the channels come last, and on both
 * sides where a group takes them in, since then the picture is what the pattern is about.
 */
function channelAxis(
  { axes, operands, result }: Reading,
  shape: readonly number[],
): { axis: number; before: boolean; after: boolean } | null {
  const found = pictureShape(shape)
  if (found?.channels == null) return null
  const own = operands[0]!.dimensions[found.channels]!.axes
  const axis = own[0]
  if (own.length !== 1 || axis === undefined || !isChannel(own, axes) || axes[axis]!.length !== 3) return null
  const last = ({ dimensions }: TensorReading) => dimensions.at(-1)?.axes.at(-1) === axis
  const grouped = result.dimensions.some((one) => one.axes.includes(axis) && one.axes.length > 1)
  const here = result.dimensions.some((one) => one.axes.includes(axis))
  return { axis, before: last(operands[0]!) || grouped, after: here && (last(result) || grouped) }
}

/** The elements that get a cell: those at the first channel, which show all channels of their pixel. */
function cellsOf(
  tensor: TensorReading,
  axes: Reading['axes'],
  inPixel: number | null,
): Pick<DrawnTensor, 'cells' | 'cellOf'> {
  const size = sizeOf(tensor)
  const cells: number[] = []
  const cellOf = new Int32Array(size)
  const stride = inPixel === null ? 0 : strideOf(tensor, axes, inPixel)
  const length = inPixel === null ? 1 : axes[inPixel]!.length
  for (let element = 0; element < size; element++) {
    const channel = stride === 0 ? 0 : Math.floor(element / stride) % length
    cellOf[element] = element - channel * stride
    if (channel === 0) cells.push(element)
  }
  return { cells, cellOf }
}

/** How many elements lie between two neighbours along an axis. */
function strideOf({ dimensions }: TensorReading, axes: Reading['axes'], axis: number): number {
  const order = dimensions.flatMap((dimension) => dimension.axes)
  const after = order.slice(order.indexOf(axis) + 1)
  return order.includes(axis) ? after.reduce((product, one) => product * axes[one]!.length, 1) : 0
}

/** How many rows can still be told apart. */
const mostRows = 24

/** The rows of a matrix whose rows are blocks of the picture, each a rectangle; null where it is none. */
function rowsOf(operand: DrawnTensor, result: DrawnTensor, moves: readonly Move[]): Rows | null {
  const long = result.tensor.dimensions.filter(({ length }) => length > 1)
  const [outer, inner] = long
  if (long.length !== 2 || outer!.length > mostRows || operand.channels !== result.channels) return null
  if (operand.arrangement.runs.some(({ length, cut }) => length > 1 && cut > 0)) return null
  const count = outer!.length
  const each = inner!.length
  if (result.tensor.dimensions.indexOf(outer!) > result.tensor.dimensions.indexOf(inner!)) return null
  const [row, place] = [new Int32Array(result.size), new Int32Array(result.size)]
  const [x, y] = [new Float32Array(result.size), new Float32Array(result.size)]
  const boxes = Array.from({ length: count }, () => ({ left: 1e9, top: 1e9, right: -1, bottom: -1 }))
  for (const { from, to } of moves) {
    if (operand.cellOf[from] !== from || result.cellOf[to] !== to) continue
    row[to] = Math.floor(to / each)
    x[to] = operand.x[from]!
    y[to] = operand.y[from]!
    const box = boxes[row[to]!]!
    box.left = Math.min(box.left, x[to]!)
    box.top = Math.min(box.top, y[to]!)
    box.right = Math.max(box.right, x[to]! + 1)
    box.bottom = Math.max(box.bottom, y[to]! + 1)
  }
  const { left, top, right, bottom } = boxes[0]!
  const [wide, high] = [right - left, bottom - top]
  const cells = each / result.channels
  const whole = boxes.every((box) => box.right - box.left === wide && box.bottom - box.top === high)
  if (!whole || Math.abs(wide * high - cells) > 0.5 || wide < 3 || high < 3) return null
  const counts = new Int32Array(count)
  for (const cell of result.cells) {
    place[cell] = counts[row[cell]!]!++
    x[cell]! -= boxes[row[cell]!]!.left
    y[cell]! -= boxes[row[cell]!]!.top
  }
  return { count, wide, high, long: cells, row, place, x, y }
}

/** The lengths of the drawn call: all that the state gives, with drawn values. */
function drawnLengths({ lengths }: State, { axes }: Reading): Map<string, number> {
  return new Map(
    [...lengths].map(([name, length]) => [name, axes.find(({ label }) => label === name)?.length ?? length]),
  )
}

/** For a product: digits without a visible period, so that its sums are short and differ. */
function factors(size: number, operand: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => (((3 * i * i + 5 * i + 7 * operand + 2) % 23) % 9) + 1)
}

/** The colour of a picture's element: the pixel's, or the tint of its channel. */
function inked(
  values: ArrayLike<number>,
  element: number,
  channel: number | null,
  { cellOf, stride }: { readonly cellOf: ArrayLike<number>; readonly stride: number },
): string {
  const value = (i: number) => Math.round(Math.min(255, Math.max(0, values[i]!)))
  if (stride > 0) {
    const first = cellOf[element]!
    return `rgb(${value(first)},${value(first + stride)},${value(first + 2 * stride)})`
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
