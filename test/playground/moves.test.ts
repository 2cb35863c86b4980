/** What is drawn is what the library does: every element of every drawing against the library's own result. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../docs/playground/model/cells.ts'
import { type Drawing, draw } from '../../docs/playground/model/drawing.ts'
import { gallery, stateOf } from '../../docs/playground/model/gallery.ts'
import { arrayOf, call, elementsOf, packed } from '../../docs/playground/model/library.ts'
import { paintScene } from '../../docs/playground/model/scene.ts'
import { initialState, isPacking, type State } from '../../docs/playground/model/state.ts'
import { products, transforms } from './patterns.ts'

const scene = paintScene(48, 36)

function drawn(state: State): Drawing {
  const drawing = draw(state, scene)
  if (drawing === null) throw new Error(`not drawn: ${state.pattern}`)
  return drawing
}

/** The library's result on the drawn shapes for these operands. */
function computed({ reading }: Drawing, state: State, operands: readonly Float32Array[]): number[] {
  const lengths = new Map(
    [...state.lengths].map(([name, length]) => [
      name,
      reading.axes.find((axis) => axis.label === name)?.length ?? length,
    ]),
  )
  return elementsOf(
    call(
      { ...state, lengths },
      operands.map((values, i) => arrayOf(values, reading.operands[i]!.shape)),
    ),
  )
}

/** Where the library shows an element of an operand: all others are 0 and the other operands 1. */
function places(drawing: Drawing, state: State, operand: number, element: number): number[] {
  const operands = drawing.reading.operands.map((tensor, i) => {
    const values = new Float32Array(sizeOf(tensor)).fill(i === operand ? 0 : 1)
    if (i === operand) values[element] = 1
    return values
  })
  const result = computed(drawing, { ...state, reduction: 'sum' }, operands)
  return result.flatMap((value, place) => (value !== 0 ? place : []))
}

function holds(state: State): void {
  const drawing = drawn(state)
  if (isPacking(state.operation)) {
    holdsPacked(drawing, state)
    return
  }
  const { reading, moves, result } = drawing
  expect(sizeOf(reading.result)).toBe(result.values.length)
  for (const [operand, tensor] of reading.operands.entries()) {
    const size = sizeOf(tensor)
    const probes = size <= 40 ? [...Array(size).keys()] : [0, 1, 7, size >> 1, size - 2, size - 1]
    for (const element of probes) {
      const told = moves
        .filter((move) => move.operand === operand && move.from === element)
        .map(({ to }) => to)
      expect(told.sort((a, b) => a - b)).toEqual(places(drawing, state, operand, element))
    }
  }
  if (state.operation === 'rearrange' || state.operation === 'repeat') {
    expect(new Set(moves.map(({ to }) => to)).size).toBe(result.size)
    for (const { from, to } of moves) expect(result.values[to]).toBe(drawing.operands[0]!.values[from])
  }
}

/** What is packed counts its own elements, and each of them is where the library puts it. */
function holdsPacked({ reading, operands, result, moves }: Drawing, { pattern }: State): void {
  let count = 0
  const parts = reading.operands.map((tensor) => {
    const values = Float64Array.from({ length: sizeOf(tensor) }, () => count++)
    return arrayOf(values, tensor.shape)
  })
  const whole = packed(pattern, parts)
  expect(whole.shape).toEqual(reading.result.shape)
  const expected = elementsOf(whole)
  expect(moves.map(({ operand, from }) => parts[operand]!.data[from])).toEqual(
    moves.map(({ to }) => expected[to]),
  )
  expect(moves.length).toBe(result.size)
  for (const { operand, from, to } of moves) expect(result.values[to]).toBe(operands[operand]!.values[from])
}

function overlapping(drawing: Drawing): string[] {
  const found: string[] = []
  for (const tensor of [...drawing.operands, drawing.result]) {
    const cells = Array.from({ length: tensor.size }, (_, i) => i).filter((i) => tensor.cellOf[i] === i)
    const limit = Math.min(cells.length, 150)
    for (let i = 0; i < limit; i++) {
      for (let j = i + 1; j < cells.length; j++) {
        const [a, b] = [cells[i]!, cells[j]!]
        const apart = Math.max(Math.abs(tensor.x[a]! - tensor.x[b]!), Math.abs(tensor.y[a]! - tensor.y[b]!))
        if (apart < 0.999) found.push(`${a} and ${b} of [${tensor.tensor.shape}]`)
      }
    }
  }
  return found
}

describe('the gallery', () => {
  for (const example of gallery) {
    test(`${example.id}: each drawn element goes where the library puts it`, () => holds(stateOf(example)))
    test(`${example.id}: no two cells overlap`, () =>
      expect(overlapping(drawn(stateOf(example)))).toEqual([]))
    test(`${example.id}: its real shape is accepted and drawn with shorter axes`, () => {
      const { shapes, lengths } = example.real
      const state = { ...stateOf(example), shapes, lengths: new Map(Object.entries(lengths ?? {})) }
      const drawing = drawn(state)
      expect(drawing.shortened.length).toBeGreaterThan(0)
      expect(drawing.full.operands.map(({ shape }) => shape)).toEqual(shapes)
      holds(state)
    })
  }
})

describe('colours', () => {
  test('of what moves are the same on both sides, and of what is repeated too', () => {
    const sample = fc
      .sample(transforms, { numRuns: 60, seed: 3 })
      .filter(({ operation }) => operation !== 'reduce')
    for (const state of [
      ...sample,
      ...gallery.map(stateOf).filter(({ operation }) => /rearrange|repeat/.test(operation)),
    ]) {
      const { operands, result, moves, picture } = drawn({ ...state, source: 'numbers' })
      expect(picture).toBe(false)
      for (const { from, to } of moves) expect(result.colours[to]).toBe(operands[0]!.colours[from])
    }
  })

  test('of what is folded together have one hue', () => {
    const { operands, result, moves } = drawn(stateOf(gallery.find(({ id }) => id === 'pooling')!))
    const hue = (colour: string) => colour.split(' ').at(-1)
    for (const { from, to } of moves) expect(hue(operands[0]!.colours[from]!)).toBe(hue(result.colours[to]!))
    expect(new Set(result.colours.map(hue)).size).toBe(result.size)
  })

  test('leave a batch alone: patches are told apart within each image', () => {
    const state = { ...stateOf(gallery.find(({ id }) => id === 'patchify')!), shapes: [[2, 3, 4, 6]] }
    expect(drawn(state).telling.map((axis) => drawn(state).reading.axes[axis]!.label)).toEqual(['h', 'w'])
  })
})

test('each element of a random rearrange, reduce or repeat goes where the library puts it', () => {
  fc.assert(
    fc.property(transforms, (state) => {
      holds(state)
      expect(overlapping(drawn(state))).toEqual([])
    }),
    { numRuns: 150 },
  )
})

test('each element of a random product goes where the library puts it', () => {
  fc.assert(fc.property(products, holds), { numRuns: 80 })
})

describe('patterns with special axes', () => {
  const cases: [string, Partial<State>][] = [
    [
      'an ellipsis in the middle',
      { pattern: 'a ... b -> b ... a', shapes: [[2, 3, 2, 4]], lengths: new Map() },
    ],
    [
      'an ellipsis merged into one dimension',
      { pattern: 'a ... -> (... a)', shapes: [[2, 3, 4]], lengths: new Map() },
    ],
    ['an ellipsis of no dimensions', { pattern: 'a b ... -> b ... a', shapes: [[2, 3]], lengths: new Map() }],
    ['unit axes', { pattern: '1 a () b -> b 1 a', shapes: [[1, 2, 1, 3]], lengths: new Map() }],
    ['two equal numbers', { operation: 'repeat', pattern: 'a -> 2 a 2', shapes: [[3]], lengths: new Map() }],
    ['a scalar', { operation: 'repeat', pattern: '-> 2 3', shapes: [[]], lengths: new Map() }],
    ['a diagonal', { operation: 'einsum', pattern: 'i i -> i', shapes: [[3, 3]], lengths: new Map() }],
    [
      'a broadcast ellipsis',
      {
        operation: 'einsum',
        pattern: '... i j, ... j k -> ... i k',
        shapes: [
          [2, 1, 2, 3],
          [4, 3, 2],
        ],
        lengths: new Map(),
      },
    ],
  ]
  for (const [name, change] of cases) {
    test(`${name}: each element goes where the library puts it`, () => holds({ ...initialState, ...change }))
  }

  test('a tensor without elements has no moves', () => {
    const drawing = drawn({ ...initialState, pattern: 'a b -> b a', shapes: [[0, 3]], lengths: new Map() })
    expect(drawing.moves).toEqual([])
    expect(drawing.result.size).toBe(0)
  })
})
