/** The link is the state. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gallery, stateOf } from '../../docs/playground/model/gallery.ts'
import {
  fromLink,
  initialState,
  operations,
  readShape,
  reductions,
  type State,
  toLink,
} from '../../docs/playground/model/state.ts'

const length = fc.integer({ min: 0, max: 5000 })
const name = fc.constantFrom('h', 's1', 'größe', 'constructor', '__proto__', 'toString')

const states: fc.Arbitrary<State> = fc.record({
  operation: fc.constantFrom(...operations),
  pattern: fc.string({ unit: 'grapheme' }),
  shapes: fc.array(fc.array(length, { maxLength: 5 }), { minLength: 1, maxLength: 3 }),
  lengths: fc.array(fc.tuple(name, length)).map((entries) => new Map(entries)),
  reduction: fc.constantFrom(...reductions),
  source: fc.constantFrom('numbers' as const, 'picture' as const),
  colour: fc.uniqueArray(name),
  element: fc.option(length),
})

test('every state comes back from its link', () => {
  fc.assert(
    fc.property(states, (state) => {
      const back = fromLink(toLink(state))
      // only reduce has a reduction in its link
      const expected = state.operation === 'reduce' ? state : { ...state, reduction: initialState.reduction }
      expect(back).toEqual(expected)
    }),
  )
})

test('a link survives a browser’s address bar', () => {
  fc.assert(
    fc.property(states, (state) => {
      const { hash } = new URL(`https://example.org/#${toLink(state)}`)
      expect(fromLink(hash)).toEqual(fromLink(toLink(state)))
    }),
  )
})

test('a link can be read', () => {
  const patchify = stateOf(gallery.find(({ id }) => id === 'patchify')!)
  expect(toLink(patchify)).toBe('rearrange?p=b+c+(h+s1)+(w+s2)+-%3E+b+(h+w)+(s1+s2+c)&x=1,3,4,6&n=s1:2,s2:2')
})

describe('a link that is wrong', () => {
  test('without an operation shows the beginning', () => expect(fromLink('#nonsense')).toBe(initialState))
  test('with a broken escape keeps the rest', () => {
    expect(fromLink('reduce?p=%E0%A4&x=2,3&r=max')).toMatchObject({
      pattern: '',
      shapes: [[2, 3]],
      reduction: 'max',
    })
  })
  test('with unreadable numbers keeps the shape of the beginning', () => {
    expect(fromLink('repeat?p=h&x=2,three').shapes).toEqual(initialState.shapes)
    expect(fromLink('repeat?p=h&x=2,-3').shapes).toEqual(initialState.shapes)
    expect(fromLink('repeat?p=h&n=h:1.5,w:2').lengths).toEqual(new Map([['w', 2]]))
  })
  test('of any text never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void fromLink(text)))
    fc.assert(fc.property(fc.string(), (text) => void fromLink(`reduce?${text}`)))
  })
})

test('a shape may be written as people write it', () => {
  expect(readShape('2, 3, 4')).toEqual([2, 3, 4])
  expect(readShape('[2,3 4]')).toEqual([2, 3, 4])
  expect(readShape('2×3 x 4')).toEqual([2, 3, 4])
  expect(readShape('')).toEqual([])
  expect(readShape('2,,3')).toBeUndefined()
  expect(readShape('2, h')).toBeUndefined()
})
