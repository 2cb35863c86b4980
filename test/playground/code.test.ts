/** The code that can be copied does what the page shows: NumPy's is run, TypeScript's and Python's are read. */
import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { einopsCode } from '../../docs/playground/model/code/einops.ts'
import { numpyCode } from '../../docs/playground/model/code/numpy.ts'
import { typescriptCode } from '../../docs/playground/model/code/typescript.ts'
import { draw } from '../../docs/playground/model/drawing.ts'
import { gallery, stateOf } from '../../docs/playground/model/gallery.ts'
import { callNames } from '../../docs/playground/model/names.ts'
import { paintScene } from '../../docs/playground/model/scene.ts'
import { initialState, type State } from '../../docs/playground/model/state.ts'
import { products, transforms } from './patterns.ts'

const python = (code: string, input = '') =>
  spawnSync('python3', ['-c', code], { input, encoding: 'utf8', maxBuffer: 1 << 26 })
const hasNumpy = python('import numpy').status === 0
const hasEinops = hasNumpy && python('import einops').status === 0
const scene = paintScene(24, 24)

interface Case {
  readonly code: string
  readonly given: readonly Named[]
  readonly wanted: readonly Named[]
}

interface Named {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: readonly number[]
}

function caseOf(state: State, write: (state: State) => string): Case {
  const { reading } = draw({ ...state, source: 'numbers' }, scene)!
  const lengths = new Map(
    [...state.lengths].map(([name, length]) => [
      name,
      reading.axes.find((axis) => axis.label === name)?.length ?? length,
    ]),
  )
  const shapes = reading.operands.map(({ shape }) => shape)
  const drawing = draw({ ...state, shapes, lengths, source: 'numbers' }, scene)!
  const names = callNames(state)
  const parts = drawing.operands.map(
    ({ tensor, values }, i): Named => ({ name: names.operands[i]!, shape: tensor.shape, values }),
  )
  const { tensor, values } = drawing.result
  const whole: Named = { name: names.result, shape: tensor.shape, values }
  const [given, wanted] = drawing.inverse ? [[whole], parts] : [parts, [whole]]
  return { code: write({ ...state, shapes, lengths }), given, wanted }
}

function numpyOf(state: State): string {
  return numpyCode(state, draw({ ...state, source: 'numbers' }, scene)!.reading)
}

/** Runs every case in one Python process; gives the messages of those that differ. */
function differences(cases: readonly Case[]): string[] {
  const program = `
import json, sys
import numpy as np
for i, case in enumerate(json.load(sys.stdin)):
    scope = {o['name']: np.array(o['values'], np.float32).reshape(o['shape']) for o in case['given']}
    try:
        exec(case['code'], scope)
        for o in case['wanted']:
            y = np.asarray(scope[o['name']])
            wanted = np.array(o['values'], np.float64).reshape(o['shape'])
            if y.shape != wanted.shape or not np.allclose(y, wanted, rtol=1e-5, equal_nan=True):
                print(f"{case['code']!r} gives {y.shape}, expected {wanted.shape}")
    except Exception as error:
        print(f"{case['code']!r}: {error}")
`
  const { stdout, stderr, status } = python(program, JSON.stringify(cases))
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout.split('\n').filter((line) => line !== '')
}

const shown = gallery.map(stateOf)
const patchify = stateOf(gallery.find(({ id }) => id === 'patchify')!)
// prod of many numbers is not finite in float32 everywhere, and JSON has no infinity
const finite = (state: State) => state.reduction !== 'prod'
const random = [
  ...fc.sample(transforms, { numRuns: 150, seed: 7 }),
  ...fc.sample(products, { numRuns: 60, seed: 7 }),
].filter(finite)

describe('NumPy', () => {
  test('of patchify is the reshape and transpose one knows', () => {
    expect(numpyOf(patchify)).toBe(
      'import numpy as np\n\npatches = images.reshape(1, 3, 2, 2, 3, 2).transpose(0, 2, 4, 3, 5, 1).reshape(1, 6, 12)',
    )
  })

  test.skipIf(!hasNumpy)(
    'computes every pattern of the gallery as the library does (needs python3 with numpy)',
    () => {
      expect(differences(shown.map((state) => caseOf(state, numpyOf)))).toEqual([])
    },
  )

  test.skipIf(!hasNumpy)('computes random patterns as the library does (needs python3 with numpy)', () => {
    expect(differences(random.map((state) => caseOf(state, numpyOf)))).toEqual([])
  })
})

describe('einops in Python', () => {
  const write = (state: State) => einopsCode(state, draw({ ...state, source: 'numbers' }, scene)!.reading)

  test('is the call that einops documents', () => {
    expect(write(patchify)).toBe(
      "from einops import rearrange\n\npatches = rearrange(images, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', s1=2, s2=2)",
    )
  })

  test('splits and merges the groups that einops’ einsum does not take', () => {
    const state = stateOf(gallery.find(({ id }) => id === 'scores')!)
    expect(write(state)).toBe(
      "from einops import einsum, rearrange\n\nscores = einsum(rearrange(q, 'n (h d) -> n h d', d=3), rearrange(k, 'm (h d) -> m h d', d=3), 'n h d, m h d -> h n m')",
    )
  })

  test('names lengths that Python reserves in a dictionary', () => {
    const state = { ...initialState, pattern: '(a if) -> if a', shapes: [[6]], lengths: new Map([['if', 2]]) }
    expect(write(state)).toContain("y = rearrange(x, '(a if) -> if a', **{'if': 2})")
  })

  test.skipIf(!hasNumpy)('is Python (needs python3)', () => {
    const programs = [...shown, ...random].map(write)
    const { stdout, status } = python(
      'import ast, json, sys\nfor code in json.load(sys.stdin): ast.parse(code)\nprint("read")',
      JSON.stringify(programs),
    )
    expect(status).toBe(0)
    expect(stdout).toBe('read\n')
  })

  test.skipIf(!hasEinops)('computes every pattern as the library does (needs python3 with einops)', () => {
    expect(differences([...shown, ...random].map((state) => caseOf(state, write)))).toEqual([])
  })
})

describe('TypeScript', () => {
  test('is the whole program', () => {
    expect(typescriptCode(patchify)).toBe(
      [
        "import ndarray from 'ndarray'",
        "import { rearrange } from 'tesserae'",
        '',
        'const images = ndarray(new Float32Array(1 * 3 * 4 * 6), [1, 3, 4, 6])',
        "const patches = rearrange(images, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 2, s2: 2 })",
      ].join('\n'),
    )
  })

  test('of every pattern has no syntax error', () => {
    for (const state of [...shown, ...random]) {
      const { diagnostics } = ts.transpileModule(typescriptCode(state), { reportDiagnostics: true })
      expect(diagnostics).toEqual([])
    }
  })
})
