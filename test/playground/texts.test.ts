/** The words and numbers of the page. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { caption } from '../../docs/playground/model/caption.ts'
import { enlarge } from '../../docs/playground/model/enlarge.ts'
import { gallery, stateOf } from '../../docs/playground/model/gallery.ts'
import { complaint } from '../../docs/playground/model/library.ts'
import { namesOf } from '../../docs/playground/model/names.ts'
import { bytes, seconds, short } from '../../docs/playground/model/number.ts'
import { fillWithPicture, pictureShape, tensorSize } from '../../docs/playground/model/picture.ts'
import { read } from '../../docs/playground/model/reading.ts'
import { initialState, type State } from '../../docs/playground/model/state.ts'
import { story, summary } from '../../docs/playground/model/story.ts'
import { namesIn, tokenize } from '../../docs/playground/model/tokens.ts'
import { products, transforms } from './patterns.ts'

const told = (change: Partial<State>) => {
  const state = { ...initialState, lengths: new Map<string, number>(), ...change }
  return summary(read(state)!, state.operation, state.reduction)
}

describe('the summary', () => {
  test('tells of splitting, order and merging', () => {
    expect(told({ lengths: initialState.lengths })).toBe(
      'rearrange [4, 6] to [6, 4]: split 4 into h 2 × s1 2 and 6 into w 3 × s2 2, then reorder to h w s1 s2, then merge h × w into 6 and s1 × s2 into 4.',
    )
  })
  test('tells of what is dropped, added and multiplied', () => {
    expect(told({ operation: 'reduce', pattern: 'h (w 2) -> h', reduction: 'max' })).toBe(
      'reduce [4, 6] to [4]: split 6 into w 3 × 2, then max over w and 2.',
    )
    expect(told({ operation: 'repeat', pattern: 'h w -> h w 3' })).toBe(
      'repeat [4, 6] to [4, 6, 3]: repeat along 3.',
    )
    expect(
      told({
        operation: 'einsum',
        pattern: 'i j, j k -> i k',
        shapes: [
          [2, 3],
          [3, 4],
        ],
      }),
    ).toBe('einsum [2, 3] and [3, 4] to [2, 4]: multiply where j matches, sum over j.')
  })
  test('says so where nothing changes', () => {
    expect(told({ pattern: 'h w -> h w' })).toBe('rearrange [4, 6] to [4, 6]: nothing changes.')
  })
})

test('the steps of every example end in the library’s shape', () => {
  for (const example of gallery) {
    const state = stateOf(example)
    const reading = read(state)!
    const steps = story(reading, state.operation, state.reduction)
    const parts = state.operation === 'unpack'
    expect(steps.at(-1)!.shape).toEqual(parts ? state.shapes.at(-1) : reading.result.shape)
    for (const { shape, dimensions } of steps) {
      const product = (own: readonly number[]) =>
        own.reduce((size, axis) => size * reading.axes[axis]!.length, 1)
      expect(dimensions.map(product)).toEqual(shape)
    }
  }
})

describe('the caption', () => {
  test('of every example is a sentence with its lengths', () => {
    for (const example of gallery) {
      const state = stateOf(example)
      const text = caption(state, read(state)!)
      expect(text, example.id).toMatch(/^[A-Z].*\.$/)
      expect(text, example.id).not.toMatch(/[{}]/)
    }
    const patchify = stateOf(gallery.find(({ id }) => id === 'patchify')!)
    expect(caption(patchify, read(patchify)!)).toBe('Each row is one patch: its 2×2 pixels × 3 channels.')
  })
  test('of any other pattern says what a row, a number or a repeat is', () => {
    const of = (change: Partial<State>) => {
      const state = { ...initialState, lengths: new Map<string, number>(), ...change }
      return caption(state, read(state)!)
    }
    expect(of({ pattern: 'h w -> w h' })).toBe(
      'Each row belongs to one place along w, and holds 4 numbers: 4 along h.',
    )
    expect(of({ operation: 'reduce', pattern: 'h w -> h', reduction: 'max' })).toBe(
      'Each number of the result is the max of 6 numbers, those along w.',
    )
    expect(of({ operation: 'repeat', pattern: 'h w -> h w 3' })).toBe('Each number stands 3 times, along 3.')
  })
})

describe('names of tensors', () => {
  test('are no axes of the pattern, and differ', () => {
    fc.assert(
      fc.property(fc.oneof(transforms, products), (state) => {
        const names = namesOf(state)
        const axes = namesIn(tokenize(state.pattern))
        expect(names.filter((name) => axes.includes(name))).toEqual([])
        expect(new Set(names).size).toBe(state.shapes.length + 1)
      }),
    )
    const product = {
      operation: 'einsum',
      pattern: 'x w, w y -> x y',
      shapes: [
        [2, 3],
        [3, 4],
      ],
    } as const
    expect(namesOf(product)).toEqual(['v', 'u', 'z'])
  })
  test('of attention are those of the paper', () => {
    expect(namesOf(stateOf(gallery.find(({ id }) => id === 'scores')!))).toEqual(['q', 'k', 'scores'])
  })
})

describe('a state of real size', () => {
  test('of an example is the example’s own', () => {
    expect(enlarge(stateOf(gallery.find(({ id }) => id === 'patchify')!))!.shapes).toEqual([[8, 3, 224, 224]])
  })
  test('of any other pattern has millions of elements and is still accepted', () => {
    const patterns: Partial<State>[] = [
      { pattern: 'a (b c) d -> d (a b) c', shapes: [[2, 6, 5]], lengths: new Map([['b', 3]]) },
      { operation: 'repeat', pattern: 'a -> a 2 k', shapes: [[3]], lengths: new Map([['k', 2]]) },
      { operation: 'reduce', pattern: 'a ... -> a', shapes: [[2, 3, 4]] },
    ]
    for (const change of patterns) {
      const large = enlarge({ ...initialState, lengths: new Map(), ...change })!
      expect(complaint(large)).toBeNull()
      const sizes = read(large)!
      const most = Math.max(
        ...[...sizes.operands, sizes.result].map(({ shape }) => shape.reduce((a, b) => a * b, 1)),
      )
      expect(most).toBeGreaterThanOrEqual(1 << 21)
      expect(most).toBeLessThan(1 << 24)
    }
  })
  test('of a product is bounded by its work', () => {
    const large = enlarge({
      ...initialState,
      operation: 'einsum',
      pattern: 'i j, j k -> i k',
      shapes: [
        [2, 2],
        [2, 2],
      ],
      lengths: new Map(),
    })!
    const [[i, j], [, k]] = large.shapes as [[number, number], [number, number]]
    expect(i * j * k).toBeGreaterThanOrEqual(1 << 27)
    expect(i * j * k).toBeLessThanOrEqual(1 << 28)
  })
})

describe('numbers', () => {
  test('fit into a cell', () => {
    const written = [0, 12345, 123456, 2.5, 33.333, 1234.5, -0.25, Number.NaN, Number.POSITIVE_INFINITY].map(
      short,
    )
    expect(written).toEqual(['0', '12345', '1e5', '2.5', '33.33', '1235', '-0.25', 'NaN', '∞'])
  })
  test('have units', () => {
    expect([0, 288, 4816896, 3e9].map(bytes)).toEqual(['0 B', '288 B', '4.82 MB', '3 GB'])
    expect([2.3e-7, 0.0184, 1.5].map(seconds)).toEqual(['230 ns', '18 ms', '1.5 s'])
  })
})

describe('pictures', () => {
  test('are told from shapes as people write them', () => {
    expect(pictureShape([4, 5, 3])).toEqual({ rows: 0, columns: 1, channels: 2 })
    expect(pictureShape([2, 3, 4, 5])).toEqual({ rows: 2, columns: 3, channels: 1 })
    expect(pictureShape([4, 5])).toEqual({ rows: 0, columns: 1, channels: null })
    expect(pictureShape([7])).toBeNull()
    expect(pictureShape([4, 5, 6])).toBeNull()
  })
  test('keep their colours, whichever way the channels stand', () => {
    const halves = { width: 2, height: 1, data: Uint8ClampedArray.of(255, 0, 0, 255, 0, 255, 0, 255) }
    expect([...fillWithPicture(halves, [1, 2, 3])!]).toEqual([255, 0, 0, 0, 255, 0])
    expect([...fillWithPicture(halves, [3, 1, 2])!]).toEqual([255, 0, 0, 255, 0, 0])
    expect([...fillWithPicture(halves, [1, 1, 3])!]).toEqual([127.5, 127.5, 0])
  })
  test('become tensors that patches divide', () => {
    expect(tensorSize(4000, 3000)).toEqual({ width: 96, height: 72 })
    expect(tensorSize(30, 1000)).toEqual({ width: 24, height: 96 })
  })
})
