/** Holds the shape of the house: which room may import which, what stands at the top level, how long a file may be. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { activations } from '../../src/gemm/activation.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** From the ground up: a room imports only rooms that stand before it. */
const rooms = [
  'grammar',
  'src/layout',
  'src/wasm',
  'src/copy',
  'src/gemm',
  'src/rows',
  'src/steps',
  'src/ops',
  'src/program',
  'src/onnx',
  'src/checkpoint',
  'src/image',
  'src/folders',
  'src/nn',
  'src/vit',
  'src/train',
  'src/webgpu',
  'src/adapters',
  'src/cli',
]

const files = [...sources('grammar'), ...sources('src')].filter(
  (file) => !file.startsWith('src/wasm/assembly'),
)

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .filter((file) => statSync(join(root, file)).isFile())
}

function roomOf(file: string): number {
  return rooms.findIndex((room) => file.startsWith(`${room}/`))
}

/** Every module specifier of a file: static, dynamic and re-exported. */
function imports(file: string): string[] {
  // TSDoc examples import the package by name; only code counts
  const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const statement =
    /^(?:import|export)\s[^'"`;]*?\bfrom\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm
  return [...code.matchAll(statement)].map(([, named, bare, dynamic]) => named ?? bare ?? dynamic ?? '')
}

describe('rooms', () => {
  test('every source file stands in a room or at the door', () => {
    const doors = files.filter((file) => roomOf(file) === -1)
    expect(doors.every((file) => dirname(file) === 'src')).toBe(true)
  })

  test('a room imports only rooms that stand before it', () => {
    const wrong: string[] = []
    for (const file of files) {
      const room = roomOf(file)
      if (room === -1) continue
      for (const specifier of imports(file)) {
        if (!specifier.startsWith('.')) continue
        const target = relative(root, resolve(root, dirname(file), specifier))
        const targetRoom = roomOf(target)
        if (targetRoom > room || targetRoom === -1) wrong.push(`${file} imports ${target}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('the library never imports itself by name', () => {
    const wrong = files.filter((file) => imports(file).some((specifier) => /^tesserae(\/|$)/.test(specifier)))
    expect(wrong).toEqual([])
  })

  test('node modules are imported only by the command and by files that stand behind an export condition', () => {
    const wrong = files.filter(
      (file) =>
        imports(file).some((specifier) => specifier.startsWith('node:')) &&
        !file.startsWith('src/cli/') &&
        !file.endsWith('.node.ts'),
    )
    expect(wrong).toEqual([])
  })

  test('no file takes a message of ours apart: errors carry `what`, `values` and `fix`', () => {
    const others = ['src/cli/arguments.ts'] // what node:util says of arguments
    const readers = [...files, ...sources('docs/playground')].filter((file) => !others.includes(file))
    const wrong = readers.filter((file) => {
      const code = readFileSync(join(root, file), 'utf8')
      return /\.message\b[)\s]*\.(split|replace|match|slice|search)|\.(exec|test|match)\(\w+(\.\w+)*\.message/.test(
        code,
      )
    })
    expect(wrong).toEqual([])
  })

  test('no file of the library compiles code from text, which a strict Content-Security-Policy forbids', () => {
    const wrong = files.filter((file) => {
      const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
      return /\bnew Function\b|[=(,]\s*eval\b|globalThis\.eval\b/.test(code)
    })
    expect(wrong).toEqual([])
  })
})

describe('the house', () => {
  test('the top level holds what the design names and nothing else', () => {
    const allowed = new Set(
      '.ci .git .gitignore LICENSE README.md dist docs grammar node_modules package-lock.json package.json src test tsconfig.json'.split(
        ' ',
      ),
    )
    const strange = readdirSync(root).filter((name) => !allowed.has(name) && !/\.(tgz|png)$/.test(name))
    expect(strange).toEqual([])
  })

  test('a source file holds one idea: at most 350 lines', () => {
    const long = files
      .filter((file) => !file.includes('/generated/'))
      .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length }))
      .filter(({ lines }) => lines > 350)
    expect(long).toEqual([])
  })

  test('every source file says why it exists before it says anything else', () => {
    const silent = files
      .filter((file) => !/(^|\/)index\.ts$|\/generated\//.test(file))
      .filter((file) => !/^(#!.*\n)?(import .*\n|\s)*\/\*\*/.test(readFileSync(join(root, file), 'utf8')))
    expect(silent).toEqual([])
  })
})

describe('the door', () => {
  const layers = files.filter((file) => /^src\/(nn|vit)\//.test(file))

  test('no layer and no model knows a machine, a heap, an arena or a copy engine', () => {
    const known = /\/(wasm|copy|rows)\/|\/steps\/(machine|kernel)\.ts$/
    const wrong = layers
      .filter((file) => !file.endsWith('/parameter.ts'))
      .flatMap((file) =>
        imports(file)
          .filter((path) => known.test(path))
          .map((path) => `${file}: ${path}`),
      )
    expect(wrong).toEqual([])
  })

  test('no layer and no model touches the elements of a tensor, but parameters, state dicts and recipes of them', () => {
    const wrong = layers
      .filter((file) => !/\/(parameter|state|init|convert|fill)\.ts$/.test(file))
      .filter((file) => {
        const code = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
        return /\.data\b/.test(code)
      })
    expect(wrong).toEqual([])
  })

  test('every step has its place in the tables, the printed ones too', () => {
    const code = (file: string) => readFileSync(join(root, file), 'utf8')
    const kinds = [...code('src/steps/step.ts').matchAll(/readonly kind: '(\w+)'/g)].map(([, kind]) => kind!)
    expect(kinds.length).toBeGreaterThan(10)
    for (const file of ['src/steps/shapes.ts', 'src/train/rules.ts']) {
      const rows = kinds.filter((kind) => !new RegExp(`^  ${kind}[:(]`, 'm').test(code(file)))
      expect({ file, missing: rows }).toEqual({ file, missing: [] })
    }
  })
})

describe('lists that name everything', () => {
  const code = (file: string) => readFileSync(join(root, file), 'utf8')

  test('the door of the layers names every layer and model', () => {
    const door = code('src/nn.ts')
    const classes = files
      .filter((file) => /^src\/(nn|vit)\//.test(file))
      .flatMap((file) => [...code(file).matchAll(/^export class (\w+)/gm)].map(([, name]) => name!))
    // parts of PatchEmbed and DiffAttention, and no layers at all
    const exempt = ['PatchProjection', 'Difference', 'Random', 'Course']
    expect(
      classes.filter((name) => !new RegExp(`\\b${name}\\b`).test(door) && !exempt.includes(name)),
    ).toEqual([])
  })

  test('the door of the language names every operation', () => {
    const door = code('src/index.ts')
    const operations = files
      .filter((file) => file.startsWith('src/ops/') && /@example/.test(code(file)))
      .filter((file) => !door.includes(`'./ops/${file.slice('src/ops/'.length)}'`))
    expect(operations).toEqual([])
  })

  test('every activation has its number, its kernels, a layer, and a name in configurations', () => {
    const codes = [...code('src/wasm/activation-codes.ts').matchAll(/'?([\w-]+)'?: (\d)/g)]
    expect(codes.map(([, name]) => name)).toEqual(Object.keys(activations))
    for (const file of ['shared/activate.ts', 'training.ts']) {
      // the last number is what is left
      const kernels = [...code(`src/wasm/assembly/${file}`).matchAll(/activation == (\d)/g)]
      const numbers = new Set(kernels.map(([, number]) => number))
      const missing = codes.slice(0, -1).filter(([, , number]) => !numbers.has(number))
      expect({ file, missing }).toEqual({ file, missing: [] })
    }
    for (const file of ['src/nn/activation.ts', 'src/vit/hints.ts']) {
      const missing = Object.keys(activations).filter((name) => !code(file).includes(`'${name}'`))
      expect({ file, missing }).toEqual({ file, missing: [] })
    }
  })

  test('every file of names and every scheme in it is known', () => {
    const naming = code('src/vit/naming.ts')
    const names = files.filter((file) => file.startsWith('src/vit/names/') && !file.endsWith('/row.ts'))
    expect(names.filter((file) => !naming.includes(file.slice('src/vit/'.length)))).toEqual([])
    const exported = names.flatMap((file) =>
      [...code(file).matchAll(/^export const (\w+): Scheme/gm)].map(([, name]) => name!),
    )
    expect(exported.length).toBeGreaterThan(5)
    expect(exported.filter((name) => !new RegExp(`\\[[^\\]]*\\b${name}\\b`).test(naming))).toEqual([])
  })

  test('the table of rooms in the docs is the list of rooms', () => {
    const table = code('docs/contributing.md').matchAll(/^\| `([\w/]+)\/` \|/gm)
    expect([...table].map(([, room]) => room)).toEqual(rooms)
  })
})
