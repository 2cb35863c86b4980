/** A tensor that a pattern does not divide is cropped or padded for good: drawing, link and code all say so. */
import { spawnSync } from 'node:child_process'
import ndarray, { type NdArray } from 'ndarray'
import { rearrange } from 'tesserae'
import { describe, expect, test } from 'vitest'
import { numpyCode } from '../../docs/playground/model/code/numpy.ts'
import { typescriptCode } from '../../docs/playground/model/code/typescript.ts'
import { draw } from '../../docs/playground/model/drawing.ts'
import { complaint, elementsOf } from '../../docs/playground/model/library.ts'
import { mistakeIn } from '../../docs/playground/model/mistake.ts'
import { paintScene } from '../../docs/playground/model/scene.ts'
import { fromLink, initialState, type State, toLink } from '../../docs/playground/model/state.ts'
import { fittedHow } from '../../docs/playground/model/whole.ts'

const scene = paintScene(24, 24)
const lengths = new Map([
  ['s1', 2],
  ['s2', 3],
])
const wrong: State = { ...initialState, shapes: [[5, 7]], lengths }

/** What the fix whose label begins so makes of a state. */
function fix(state: State, word: string): State {
  const found = mistakeIn(state)!.fixes.find(({ label }) => label.startsWith(word))!
  const fixed = { ...state, ...found.change }
  expect(complaint(fixed)).toBeNull()
  return fixed
}

describe('every dimension that does not divide', () => {
  test('is cropped or padded at once', () => {
    expect(mistakeIn(wrong)!.fixes.map(({ label }) => label)).toEqual(['Crop to [4, 6]', 'Pad to [6, 9]'])
    expect(fix(wrong, 'Crop')).toMatchObject({ shapes: [[4, 6]], whole: [5, 7] })
    expect(fix(wrong, 'Pad')).toMatchObject({ shapes: [[6, 9]], whole: [5, 7] })
    expect(fittedHow(fix(wrong, 'Crop'))).toBe('cropped from [5, 7]')
    expect(fittedHow(fix(wrong, 'Pad'))).toBe('padded with 0 from [5, 7]')
  })

  test('is never cropped to nothing', () => {
    const small = { ...wrong, shapes: [[1, 7]] }
    expect(mistakeIn(small)!.fixes.map(({ label }) => label)).not.toContainEqual(
      expect.stringMatching(/^Crop/),
    )
    expect(fix(small, 'Pad').shapes).toEqual([[2, 9]])
  })

  test('keeps its elements: the drawing shows those of the whole, and zeros beside them', () => {
    const at = (row: number, column: number) => (row < 5 && column < 7 ? row * 7 + column : 0)
    for (const [word, [rows, columns]] of [
      ['Crop', [4, 6]],
      ['Pad', [6, 9]],
    ] as const) {
      const values = draw(fix(wrong, word), scene)!.operands[0]!.values
      expect(values).toEqual(
        Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns)),
      )
    }
  })

  test('keeps the picture: cropped it is seen in part, padded it ends in black', () => {
    const picture: State = {
      ...wrong,
      pattern: '(h s1) (w s2) c -> (h w) (s1 s2 c)',
      source: 'picture',
      shapes: [[9, 10, 3]],
    }
    const whole = draw({ ...picture, shapes: [[10, 12, 3]] }, scene)!.operands[0]!.values
    const cropped = draw(fix({ ...picture, shapes: [[11, 13, 3]] }, 'Crop'), scene)!.operands[0]!.values
    expect(cropped.slice(0, 36)).not.toEqual(whole.slice(0, 36)) // less of the scene in as many pixels
    const padded = draw(fix(picture, 'Pad'), scene)!.operands[0]!.values
    expect(padded.length).toBe(10 * 12 * 3)
    expect(padded.slice(9 * 36)).toEqual(new Array(36).fill(0))
    expect(Math.max(...padded.slice(0, 30))).toBeGreaterThan(0)
    expect(padded.slice(30, 36)).toEqual(new Array(6).fill(0))
  })

  test('stands in the link, which says nothing else that it should not', () => {
    const cropped = fix(wrong, 'Crop')
    expect(toLink(cropped)).toMatch(/&x=4,6&n=[^&]*&of=5,7$/)
    expect(fromLink(toLink(cropped))).toEqual(cropped)
    expect(fromLink('rearrange?p=h+w+-%3E+w+h&x=4,6&of=5')).not.toHaveProperty('whole')
    expect(fromLink('einsum?p=h+w+-%3E+w+h&x=4,6&of=5,7')).not.toHaveProperty('whole')
  })
})

describe('code', () => {
  const wanted = (state: State) => draw(state, scene)!.result.values

  test('in TypeScript does the same', () => {
    for (const word of ['Crop', 'Pad']) {
      const state = fix(wrong, word)
      const code = typescriptCode(state)
        .replace(/^import .*$/gm, '')
        .replace('new Float32Array(5 * 7)', 'Float32Array.from({ length: 35 }, (_, i) => i)')
      const y = new Function('ndarray', 'rearrange', `${code}\nreturn y`)(ndarray, rearrange) as NdArray
      expect(elementsOf(y)).toEqual(wanted(state))
    }
    expect(
      typescriptCode(fix({ ...wrong, operation: 'reduce', pattern: '(h s1) (w s2) -> h w' }, 'Pad')),
    ).toContain("import { rearrange, reduce } from 'tesserae'")
  })

  const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0
  test.skipIf(!hasNumpy)('in NumPy does the same (needs python3 with numpy)', () => {
    for (const word of ['Crop', 'Pad']) {
      const state = fix(wrong, word)
      const code = numpyCode(state, draw(state, scene)!.reading)
      const program = `import numpy as np\nx = np.arange(35).reshape(5, 7)\n${code}\nprint(y.flatten().tolist())`
      const { stdout, stderr } = spawnSync('python3', ['-c', program], { encoding: 'utf8' })
      expect(stderr).toBe('')
      expect(JSON.parse(stdout)).toEqual(wanted(state))
    }
  })
})
