/** The move in stages: gaps open, blocks travel as wholes to where the library puts them, gaps close. */
import { describe, expect, test } from 'vitest'
import {
  choreograph,
  flown,
  placeIn,
  stripPlace,
  thumbPlace,
  within,
} from '../../docs/playground/model/choreography.ts'
import { type Drawing, draw } from '../../docs/playground/model/drawing.ts'
import { frame } from '../../docs/playground/model/frames.ts'
import { gallery, stateOf } from '../../docs/playground/model/gallery.ts'
import { light } from '../../docs/playground/model/lit.ts'
import { paintScene } from '../../docs/playground/model/scene.ts'
import { initialState, landing, type State } from '../../docs/playground/model/state.ts'

const scene = paintScene(48, 36)
const drawn = (state: State) => draw(state, scene)!
const example = (id: string) => stateOf(gallery.find((one) => one.id === id)!)
const names = (state: State) => choreograph(drawn(state)).stages.map(({ name }) => name)

describe('the stages', () => {
  test('are those that the pattern tells', () => {
    expect(names(example('patchify'))).toEqual(['split', 'move', 'merge'])
    expect(names(example('hwc-chw'))).toEqual(['move'])
    expect(names(example('split-heads'))).toEqual(['split', 'move'])
    expect(names(example('merge-heads'))).toEqual(['move', 'merge'])
  })

  test('follow each other without a gap from 0 to 1', () => {
    for (const state of gallery.map(stateOf)) {
      const { stages } = choreograph(drawn(state))
      expect(stages[0]!.from).toBe(0)
      expect(stages.at(-1)!.to).toBe(1)
      for (const [i, { from }] of stages.slice(1).entries()) expect(from).toBeCloseTo(stages[i]!.to, 12)
    }
  })

  test('move nothing before they begin and leave nothing under way', () => {
    for (const state of gallery.map(stateOf)) {
      const plan = choreograph(drawn(state))
      const move = plan.stages.find(({ name }) => name === 'move')!
      for (const { block } of plan.flights) {
        expect(flown(plan, block, move.from)).toBe(0)
        expect(flown(plan, block, move.to)).toBeCloseTo(1, 9)
      }
      expect(within(plan.stages, 'split', move.from)).toBe(1)
    }
  })
})

describe('blocks', () => {
  test('of patchify are the patches: all elements of one row travel together', () => {
    for (const state of [example('patchify'), landing]) {
      const drawing = drawn(state)
      const { flights, blocks } = choreograph(drawing)
      const each = drawing.result.size / blocks
      expect(blocks).toBe(state === landing ? 12 : 6)
      for (const { to, block } of flights) expect(block).toBe(Math.floor(to / each))
    }
  })

  test('bring every cell of the result its last element', () => {
    for (const state of gallery.map(stateOf)) {
      const drawing = drawn(state)
      const plan = choreograph(drawing)
      for (const target of plan.targets) {
        const { cells } = [...drawing.operands, drawing.result][target]!
        const reached = new Set(plan.flights.filter((one) => one.target === target).map(({ to }) => to))
        const { cellOf } = [...drawing.operands, drawing.result][target]!
        expect(new Set([...reached].map((to) => cellOf[to]))).toEqual(new Set(cells))
      }
    }
  })

  test('of unpack run from the whole to its parts', () => {
    const { sources, targets } = choreograph(drawn(example('unpack')))
    expect({ sources, targets }).toEqual({ sources: [2], targets: [0, 1] })
  })
})

describe('opened gaps', () => {
  test('lie between the blocks of a group and nowhere else', () => {
    const [operand] = drawn({ ...initialState, source: 'numbers' }).operands
    const gap = (a: number, b: number) => operand!.openX[b]! - operand!.openX[a]! - 1
    expect(gap(1, 2)).toBeGreaterThan(gap(0, 1) + 0.5)
    expect(operand!.openY[12]! - operand!.openY[6]!).toBeGreaterThan(operand!.openY[6]! + 0.5)
  })

  test('of a picture are closed at first: it is whole', () => {
    const [operand] = drawn(landing).operands
    expect(operand!.arrangement).toMatchObject({ width: 64, height: 48 })
    expect(operand!.opened.width).toBeGreaterThan(64)
  })
})

describe('the rows of a picture in patches', () => {
  const drawing = drawn(landing)
  const { rows } = drawing

  test('are one for each patch, with its size', () => {
    expect(rows).toMatchObject({ count: 12, wide: 16, high: 16, long: 256 })
  })

  test('show each pixel twice: in its patch where it was, and in its row where the library puts it', () => {
    const frames = frame(drawing, { width: 1150, height: 430 })
    const [home, goal] = frames.frames as [never, never]
    for (const { from, to } of drawing.moves.filter(({ to }) => to % 3 === 0)) {
      const row = Math.floor(to / 768)
      const pixel = (to % 768) / 3
      expect(rows!.row[to]).toBe(row)
      expect(rows!.place[to]).toBe(pixel)
      expect(rows!.x[to]).toBe(drawing.operands[0]!.x[from]! % 16)
      expect(rows!.y[to]).toBe(drawing.operands[0]!.y[from]! % 16)
      expect(drawing.result.colours[to]).toBe(drawing.operands[0]!.colours[from])
      const thumb = thumbPlace(drawing, frames, to)
      const strip = stripPlace(drawing, goal, to)
      expect(thumb.x + thumb.wide).toBeLessThan(strip.x)
      expect(placeIn(home, from, 1).x + 1).toBeLessThan(thumb.x)
    }
  })

  test('are seen whichever way the channels stand', () => {
    const chw: State = {
      ...landing,
      pattern: 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)',
      shapes: [[1, 3, 48, 64]],
    }
    const other = drawn(chw)
    expect(other.rows).toMatchObject({ count: 12, long: 256 })
    expect(other.operands[0]!.channels).toBe(3)
    expect(other.result.colours).toEqual(drawing.result.colours)
  })
})

describe('a large shape', () => {
  const large = (change: Partial<State>): Drawing => drawn({ ...initialState, lengths: new Map(), ...change })

  test('is drawn as itself: true shape, true numbers, the ends of each axis', () => {
    const drawing = large({ pattern: 'h w -> w h', shapes: [[100, 200]] })
    const [operand] = drawing.operands
    expect(operand!.shape).toEqual([100, 200])
    expect(drawing.result.shape).toEqual([200, 100])
    expect(operand!.values[0]).toBe(0)
    expect(operand!.values.at(-1)).toBe(19999)
    expect(operand!.arrangement.runs.every(({ cut }) => cut > 0)).toBe(true)
    for (const { from, to } of drawing.moves) expect(drawing.result.values[to]).toBe(operand!.values[from])
  })

  test('tells no sums of which it shows only a part', () => {
    const drawing = large({ operation: 'reduce', reduction: 'sum', pattern: 'h w -> h', shapes: [[3, 5000]] })
    expect(drawing.result.values.every(Number.isNaN)).toBe(true)
    const whole = large({ operation: 'reduce', reduction: 'sum', pattern: 'h w -> h', shapes: [[3, 5]] })
    expect(whole.result.values).toEqual([10, 35, 60])
  })

  test('of a picture shows all of it, at fewer pixels', () => {
    const drawing = drawn({
      ...landing,
      shapes: [[1080, 1920, 3]],
      lengths: new Map([
        ['s1', 120],
        ['s2', 120],
      ]),
    })
    expect(drawing.operands[0]!.shape).toEqual([1080, 1920, 3])
    expect(drawing.operands[0]!.arrangement.runs.every(({ cut }) => cut === 0)).toBe(true)
  })

  test('without elements has no cells', () => {
    expect(large({ pattern: 'h w -> w h', shapes: [[0, 3]] }).result.cells).toEqual([])
  })
})

test('an axis that is pointed at has one shade for each place along it, on both sides', () => {
  const drawing = drawn(example('patchify'))
  const lit = light(drawing, 's2')!
  expect(new Set(lit.colours[0]).size).toBe(2)
  for (const { from, to } of drawing.moves) expect(lit.colours[1]![to]).toBe(lit.colours[0]![from])
  expect(light(drawing, 'nothing')).toBeNull()
})
