/**
 * `pack` and `unpack`, drawn: several tensors beside the one that holds them all. Which element goes where is asked of
 * the library, by packing the elements' own numbers; `unpack` is the same drawing with the elements on their way back.
 */
import { indexOf, type Move, sizeOf } from './cells.ts'
import type { Drawing, DrawnTensor } from './drawing.ts'
import { numberOf, trueAddress } from './lengths.ts'
import { arrayOf, elementsOf, packed } from './library.ts'
import { paint } from './palette.ts'
import { placesOf } from './places.ts'
import type { Reading, TensorReading } from './reading.ts'
import { readPacking } from './reading-packing.ts'
import { colourOf, shader } from './shade.ts'
import { drawable, shorten } from './shorten.ts'
import type { State } from './state.ts'
import { namesIn, tokenize } from './tokens.ts'

/** The drawing of a `pack` or `unpack`. */
export function drawPacking(state: State, aspect: number): Drawing | null {
  const full = readPacking(state)
  if (full === null) return null
  const sizes = ({ operands }: Reading) => operands.reduce((sum, one) => sum + sizeOf(one), 0)
  const short = shorten(full, drawable, { count: sizes, spare: full.axes.length - 1 })
  if (short === null) return null
  const shapes = short.reading.operands.map(({ shape }) => shape)
  const reading = readPacking({ pattern: state.pattern, shapes })!
  const { operands, result } = reading

  const starts = starting(operands.map(sizeOf))
  const ids = operands.map((one, i) => Float64Array.from({ length: sizeOf(one) }, (_, k) => starts[i]! + k))
  const arrived = elementsOf(
    packed(
      state.pattern,
      ids.map((values, i) => arrayOf(values, shapes[i]!)),
    ),
  )
  const moves: Move[] = arrived.map((id, to) => {
    const operand = starts.findLastIndex((start, i) => start <= id && sizeOf(operands[i]!) > 0)
    return { operand, from: id - starts[operand]!, to }
  })

  const hues = paint(namesIn(tokenize(state.pattern)))
  const telling = state.colour.flatMap((name) => {
    const axis = reading.axes.findIndex(({ label }) => label === name)
    return axis >= 0 ? axis : []
  })
  const shade = shader(reading, telling)
  const own = telling.length === 1 ? hues.get(reading.axes[telling[0]!]!.label) : undefined
  const layout = { aspect, cut: short.shortened.filter((axis) => axis < full.axes.length - 1) }
  const drawTensor = (tensor: TensorReading, shape: readonly number[]) => {
    const size = sizeOf(tensor)
    const places = placesOf(tensor, reading.axes, layout, 0.75)
    const each = Array.from({ length: size }, (_, element) => element)
    return { tensor, shape, ...places, cells: each, cellOf: each, channels: 1 }
  }
  const addressOf = (operand: number, element: number) =>
    trueAddress(operands[operand]!, reading.axes, full.axes, element, 'ends')
  const before = starting(full.operands.map(sizeOf))
  const from: DrawnTensor[] = operands.map((tensor, i) => {
    const drawn = drawTensor(tensor, full.operands[i]!.shape)
    const values = drawn.cells.map(
      (element) => before[i]! + numberOf(addressOf(i, element), full.operands[i]!.shape),
    )
    const colours = drawn.cells.map((element) => {
      if (telling.length > 0) return colourOf(shade(coordinates(tensor, element)), own)
      return colourOf({ group: i, groups: operands.length, tone: element / Math.max(1, drawn.size - 1) })
    })
    return { ...drawn, values, colours }
  })
  const drawn = drawTensor(result, full.result.shape)
  const values = new Array<number>(drawn.size).fill(0)
  const colours = new Array<string>(drawn.size).fill('')
  const whole = short.shortened.length === 0
  for (const { operand, from: element, to } of moves) {
    values[to] = from[operand]!.values[element]!
    colours[to] = from[operand]!.colours[element]!
  }
  // what unpack takes apart counts its own elements; pack's result shows those of the parts
  if (state.operation === 'unpack' && whole) {
    for (const { operand, from: element, to } of moves) {
      values[to] = to
      ;(from[operand]!.values as number[])[element] = to
    }
  }
  return {
    reading,
    full,
    shortened: layout.cut,
    choice: 'ends',
    operands: from,
    result: { ...drawn, values, colours },
    moves,
    inverse: state.operation === 'unpack',
    rows: null,
    picture: false,
    hues,
    telling,
  }
}

function coordinates(tensor: TensorReading, element: number): Map<number, number> {
  const index = indexOf(tensor, element)
  return new Map(tensor.dimensions.map(({ axes }, dimension) => [axes[0]!, index[dimension]!]))
}

function starting(sizes: readonly number[]): number[] {
  let sum = 0
  return sizes.map((size) => {
    sum += size
    return sum - size
  })
}
