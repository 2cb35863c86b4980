/** Each kind of mistake is shown with the library's own words, where it is, and with a repair that works. */
import fc from 'fast-check'
import { EinopsError } from 'tesserae'
import { describe, expect, test } from 'vitest'
import { complaint } from '../../docs/playground/model/library.ts'
import { mistakeIn } from '../../docs/playground/model/mistake.ts'
import { initialState, type State } from '../../docs/playground/model/state.ts'
import { transforms } from './patterns.ts'

interface Case {
  readonly change: Partial<State>
  readonly code: string
  /** The text under the carets. */
  readonly at?: string
  /** What the first repair makes of it. */
  readonly fixed: Partial<State>
}

const none = new Map<string, number>()
const plain = { shapes: [[2, 3]], lengths: none }

const cases: Record<string, Case> = {
  'a misspelt axis': {
    change: { pattern: 'height width -> widht height', ...plain },
    code: 'pattern/left-only',
    at: 'width',
    fixed: { pattern: 'height width -> width height' },
  },
  'a dash in a name': {
    change: { pattern: 'height-x w -> w height-x', ...plain },
    code: 'pattern/unknown-character',
    at: '-',
    fixed: { pattern: 'height_x w -> w height_x' },
  },
  'a product of axes': {
    change: { pattern: 'h w -> h*w', ...plain },
    code: 'pattern/unknown-character',
    at: '*',
    fixed: { pattern: 'h w -> (h w)' },
  },
  'compact notation': {
    change: { pattern: 'hw -> wh', ...plain },
    code: 'pattern/left-only',
    at: 'hw',
    fixed: { pattern: 'h w -> w h' },
  },
  'a missing arrow': {
    change: { pattern: 'h w', ...plain },
    code: 'pattern/arrow-missing',
    fixed: { pattern: 'h w -> h w' },
  },
  'a second arrow': {
    change: { pattern: 'h w -> w h ->', ...plain },
    code: 'pattern/arrow-second',
    at: '->',
    fixed: { pattern: 'h w -> w h' },
  },
  'an arrow of another make': {
    change: { pattern: 'h w → w h', ...plain },
    code: 'pattern/arrow-missing',
    fixed: { pattern: 'h w -> w h' },
  },
  'half an arrow': {
    change: { pattern: 'h w > w h', ...plain },
    code: 'pattern/arrow-missing',
    fixed: { pattern: 'h w -> w h' },
  },
  'a comma between axes': {
    change: { pattern: 'h, w -> w h', ...plain },
    code: 'pattern/unknown-character',
    at: ',',
    fixed: { pattern: 'h w -> w h' },
  },
  'commas between all axes': {
    change: { pattern: 'b, h, w -> w, h, b', shapes: [[2, 3, 4]], lengths: none },
    code: 'pattern/unknown-character',
    at: ',',
    fixed: { pattern: 'b h w -> w h b' },
  },
  'a group written as a product': {
    change: { pattern: 'h w c -> (h*w) c', shapes: [[2, 3, 4]], lengths: none },
    code: 'pattern/unknown-character',
    at: '*',
    fixed: { pattern: 'h w c -> (h w) c' },
  },
  'a group that was not closed before the next': {
    change: {
      pattern: '(h s1 (w s2) -> h w s1 s2',
      shapes: [[4, 6]],
      lengths: new Map([
        ['s1', 2],
        ['s2', 2],
      ]),
    },
    code: 'pattern/nested-parentheses',
    at: '(',
    fixed: { pattern: '(h s1) (w s2) -> h w s1 s2' },
  },
  'an axis lost from a group': {
    change: {
      pattern: '(h s1) (w s2) -> (h w) (s1)',
      shapes: [[4, 6]],
      lengths: new Map([
        ['s1', 2],
        ['s2', 2],
      ]),
    },
    code: 'pattern/left-only',
    at: 's2',
    fixed: { pattern: '(h s1) (w s2) -> (h w) (s1 s2)' },
  },
  'names that were not separated': {
    change: { pattern: 'bchw -> bhwc', shapes: [[1, 2, 3, 4]], lengths: none },
    code: 'pattern/left-only',
    fixed: { pattern: 'b c h w -> b h w c' },
  },
  'a group in brackets': {
    change: { pattern: '[h w] -> w h', shapes: [[6]], lengths: new Map([['w', 3]]) },
    code: 'pattern/unknown-character',
    fixed: { pattern: '(h w) -> w h' },
  },
  'an open group': {
    change: { pattern: 'h w -> (w h', ...plain },
    code: 'pattern/unclosed-parenthesis',
    at: '(',
    fixed: { pattern: 'h w -> (w h)' },
  },
  'a group that never began': {
    change: { pattern: 'h w -> w h)', ...plain },
    code: 'pattern/unopened-parenthesis',
    at: ')',
    fixed: { pattern: 'h w -> w h' },
  },
  'a group in a group': {
    change: { pattern: 'h w c -> (h (w c))', shapes: [[2, 3, 4]], lengths: none },
    code: 'pattern/nested-parentheses',
    at: '(',
    fixed: { pattern: 'h w c -> (h w c)' },
  },
  'an axis that stands twice': {
    change: { pattern: 'h w -> w h h', ...plain },
    code: 'pattern/duplicate-axis',
    at: 'h',
    fixed: { pattern: 'h w -> w h' },
  },
  'an axis that was forgotten': {
    change: { pattern: 'b h w -> b w', shapes: [[2, 3, 4]], lengths: none },
    code: 'pattern/left-only',
    at: 'h',
    fixed: { pattern: 'b h w -> b w h' },
  },
  'an axis from nowhere': {
    change: { pattern: 'h w -> h w copies', ...plain },
    code: 'pattern/right-only',
    at: 'copies',
    fixed: { operation: 'repeat', lengths: new Map([['copies', 2]]) },
  },
  'a number where a name is needed': {
    change: { pattern: '(h 2) w -> h 2 w', shapes: [[4, 3]], lengths: none },
    code: 'pattern/number',
    at: '2',
    fixed: { pattern: '(h n) w -> h n w', lengths: new Map([['n', 2]]) },
  },
  'a name with an underscore at the end': {
    change: { pattern: 'h_ w -> w h_', ...plain },
    code: 'pattern/bad-name',
    at: 'h_',
    fixed: { pattern: 'h w -> w h' },
  },
  'stray dots': {
    change: { pattern: 'h .. -> .. h', ...plain },
    code: 'pattern/stray-dots',
    at: '..',
    fixed: { pattern: 'h ... -> ... h' },
  },
  'two ellipses': {
    change: { pattern: '... h ... -> h ...', ...plain },
    code: 'pattern/second-ellipsis',
    at: '...',
    fixed: { pattern: '... h -> h ...' },
  },
  'a wrong number of dimensions': {
    change: { pattern: 'b h w -> b w h', ...plain },
    code: 'shape/rank',
    fixed: { shapes: [[2, 2, 3]] },
  },
  'a length that does not divide': {
    change: { pattern: '(h s) w -> h s w', shapes: [[10, 3]], lengths: new Map([['s', 4]]) },
    code: 'shape/not-divisible',
    at: '(h s)',
    fixed: { shapes: [[8, 3]] },
  },
  'a length that does not match': {
    change: { pattern: 'h w -> w h', shapes: [[2, 3]], lengths: new Map([['h', 5]]) },
    code: 'shape/mismatch',
    at: 'h',
    fixed: { shapes: [[5, 3]] },
  },
  'two unknown lengths in a group': {
    change: { pattern: '(h s) w -> h s w', shapes: [[4, 3]], lengths: none },
    code: 'shape/cannot-infer',
    at: '(h s)',
    fixed: { lengths: new Map([['s', 2]]) },
  },
  'a length that is used nowhere': {
    change: { pattern: 'h w -> w h', shapes: [[2, 3]], lengths: new Map([['q', 5]]) },
    code: 'length/unused',
    fixed: { lengths: none },
  },
  'a misspelt length': {
    change: { pattern: '(height s) w -> height s w', shapes: [[4, 3]], lengths: new Map([['heigth', 2]]) },
    code: 'length/unused',
    fixed: { lengths: new Map([['height', 2]]) },
  },
  'a new axis without a length': {
    change: { operation: 'repeat', pattern: 'h w -> h w c', ...plain },
    code: 'length/missing',
    at: 'c',
    fixed: { lengths: new Map([['c', 2]]) },
  },
  'a product whose lengths differ': {
    change: {
      operation: 'einsum',
      pattern: 'i j, j k -> i k',
      shapes: [
        [2, 3],
        [4, 5],
      ],
      lengths: none,
    },
    code: 'shape/two-lengths',
    fixed: {
      shapes: [
        [2, 3],
        [3, 5],
      ],
    },
  },
  'an output axis of no operand': {
    change: {
      operation: 'einsum',
      pattern: 'i j, j k -> i z',
      shapes: [
        [2, 3],
        [3, 5],
      ],
      lengths: none,
    },
    code: 'pattern/output-only',
    at: 'z',
    fixed: { pattern: 'i j, j k -> i' },
  },
}

describe('a mistake', () => {
  for (const [name, { change, code, at, fixed }] of Object.entries(cases)) {
    test(`${name}: is shown at its place in the library’s words, and the first repair works`, () => {
      const state: State = { ...initialState, ...change }
      const mistake = mistakeIn(state)
      expect(mistake?.code).toBe(code)
      expect(mistake!.message).toBe(complaint(state)!.message)
      if (at !== undefined) expect(state.pattern.slice(mistake!.span!.start, mistake!.span!.end)).toBe(at)
      const [first] = mistake!.fixes
      expect(first).toBeDefined()
      const repaired = { ...state, ...first!.change }
      expect(complaint(repaired)?.message).toBeUndefined()
      expect(repaired).toMatchObject(fixed)
    })
  }

  test('is not found in what the library accepts', () => {
    fc.assert(
      fc.property(transforms, (state) => {
        expect(mistakeIn(state)).toBeNull()
      }),
    )
  })

  test('in any text has a repair that changes the complaint, or none', () => {
    const piece = fc.constantFrom(
      'h',
      'w',
      'b',
      '(',
      ')',
      '->',
      '...',
      '2',
      '1',
      ',',
      '→',
      ' ',
      '_x',
      'h1',
      '.',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const state = { ...initialState, pattern: pieces.join(' '), shapes: [[2, 3]], lengths: none }
        const before = complaint(state)
        const mistake = mistakeIn(state)
        expect(mistake === null).toBe(before === null)
        for (const { change } of mistake?.fixes ?? []) {
          const after = complaint({ ...state, ...change })
          expect(after).not.toEqual(before)
          if (after !== null) expect(after).toBeInstanceOf(EinopsError)
        }
      }),
      { numRuns: 300 },
    )
  })
})
