/** The `js` blocks of README and the docs, which need files, a canvas, a model or a bundler: each runs in a small world that has them. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ndarray from 'ndarray'
import { init } from 'tesserae'
import { writeSafetensors } from 'tesserae/checkpoint'
import { writePng } from 'tesserae/image'
import { VisionTransformer } from 'tesserae/nn'
import { afterAll, expect, test, vi } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const modules = join(root, 'test/examples/.pages')
mkdirSync(modules, { recursive: true })
const files = mkdtempSync(join(tmpdir(), 'tesserae-pages-'))
afterAll(() => {
  for (const folder of [files, modules]) rmSync(folder, { recursive: true, force: true })
})

const photo = ndarray(
  Uint8Array.from({ length: 40 * 50 * 3 }, (_, i) => i % 251),
  [40, 50, 3],
)
writeFileSync(join(files, 'photo.jpg'), writePng(photo)) // what a file is, its bytes say
const model = new VisionTransformer({ embedDim: 64, depth: 2, numHeads: 1, numClasses: 10 })
for (const name of [
  'model.safetensors',
  'vit_tiny.safetensors',
  'vit_tiny_patch16_224.safetensors',
  'vit_base_patch16_224.safetensors',
])
  writeFileSync(join(files, name), writeSafetensors(model.stateDict()))
for (const pet of ['cats', 'dogs']) {
  mkdirSync(join(files, 'pets', pet), { recursive: true })
  writeFileSync(join(files, 'pets', pet, 'photo.png'), writePng(photo))
}
writeFileSync(
  join(modules, 'ort.ts'),
  `import { interpret } from '../../onnx/interpret.ts'
import { readOnnx } from '../../onnx/read.ts'

export class Tensor {
  constructor(type, data, dims) {
    Object.assign(this, { type, data, dims })
  }
}

/** Runs a file by the definitions of its operators; one that is named and not there gives ten answers of 0. */
export const InferenceSession = {
  create: (file) => ({
    run({ x }) {
      if (typeof file === 'string') return { y: new Tensor('float32', new Float32Array(10), [1, 10]) }
      const { shape, values } = interpret(readOnnx(file), { x: { type: 1, shape: x.dims, values: Array.from(x.data) } })
      return { y: new Tensor('float32', Float32Array.from(values), shape) }
    },
  }),
}
`,
)
// a card that the processor stands for: the real one is test/webgpu's
writeFileSync(
  join(modules, 'card.ts'),
  'export const gpu = async (model) => ({ run: async (x) => model.forward(x), dispose() {} })',
)

/** What a block is looked at for when it has run. */
const results: Readonly<Record<string, string>> = {
  'README.md': '({ shape: logits.shape, best: best >= 0 && best < 10 })',
  'docs/adapters.md': '({ best, dims: image.shape })',
  'docs/adapters.md, 2': '({ isSame })',
  'docs/deploy.md': '({ shape: logits.shape })',
  'docs/deploy.md, 2': '({ outputs })',
  'docs/architecture.md': '({})',
  'docs/architecture.md, 2': '({})',
  'docs/folders.md': '({ classes: pets.classes, out: model.options.numClasses })',
  'docs/index.md': '({})',
  'docs/pictures.md': '({ shape: input.shape })',
  'docs/vit.md': '({ shape: logits.shape, maps: maps.map((map) => map.shape) })',
  'docs/vit.md, 2': '({ depth: model.blocks.length })',
  'docs/webgpu.md': '({ shape: logits.shape })',
  'docs/webgpu.md, 2': '({ shape: (await compute(image)).shape })',
}

const expected: Readonly<Record<string, unknown>> = {
  'README.md': { shape: [1, 10], best: true },
  'docs/adapters.md': { best: 2, dims: [1, 3, 224, 224] },
  'docs/adapters.md, 2': { isSame: true },
  'docs/deploy.md': { shape: [1, 10] },
  'docs/deploy.md, 2': { outputs: [{ name: 'y', shape: [1, 3, 224, 224] }] },
  'docs/architecture.md': {},
  'docs/architecture.md, 2': {},
  'docs/folders.md': { classes: ['cats', 'dogs'], out: 2 },
  'docs/index.md': {},
  'docs/pictures.md': { shape: [1, 3, 224, 224] },
  'docs/vit.md, 2': { depth: 2 },
  'docs/webgpu.md': { shape: [1, 10] },
  'docs/webgpu.md, 2': { shape: [1, 10] },
  'docs/vit.md': {
    shape: [1, 10],
    maps: [
      [1, 1, 197, 197],
      [1, 1, 197, 197],
    ],
  },
}

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
const blocks = pages
  .filter((page) => page.endsWith('.md') && page !== 'docs/errors.md') // its calls are run where the page is made
  .flatMap((page) => {
    const text = readFileSync(join(root, page), 'utf8')
    return [...text.matchAll(/^```js\n([\s\S]*?)^```/gm)].map((match, i) => ({
      page: i === 0 ? page : `${page}, ${i + 1}`,
      code: match[1]!,
    }))
  })

test('every page with such a block is known, and has one', () => {
  expect(blocks.map(({ page }) => page).sort()).toEqual(Object.keys(results).sort())
})

test.each(blocks)('the program in $page runs', async ({ page, code }) => {
  const worker = pathToFileURL(join(root, 'dist/worker.js')).href
  const text = code
    .replaceAll(/'(photo\.jpg|[\w]+\.safetensors|pets(?:\.run)?)'/g, (_, name) =>
      JSON.stringify(join(files, name)),
    )
    .replace(/'onnxruntime-(web|node)'/, "'./ort.ts'")
    .replace("'tesserae/webgpu'", page === 'docs/webgpu.md' ? "'./card.ts'" : "'tesserae/webgpu'")
    // what a runtime or a bundler makes of such an import
    .replaceAll(/^import (\w+) from 'tesserae\/wasm\/([\w-]+)\.wasm'.*$/gm, (_, name, file) => {
      const bytes = readFileSync(join(root, `src/wasm/generated/${file}.wasm`)).toString('base64')
      return `const ${name} = new WebAssembly.Module(Buffer.from('${bytes}', 'base64'))`
    })
    .replace(/^import worker from .*$/m, `const worker = ${JSON.stringify(worker)}`)
  const path = join(modules, `${page.replace(/\W/g, '-')}.js`)
  writeFileSync(path, `${text}\nexport const seen = ${results[page]}\n`)
  const world = {
    location: { href: worker },
    model,
    image: ndarray(new Float32Array(3 * 224 * 224), [1, 3, 224, 224]),
    picture: { data: Float32Array.of(0) },
    fetch: async (name: string, { body = '' } = {}) => ({
      text: async () => '{}',
      // what a server of models answers
      json: async () => ({
        outputs: JSON.parse(body).inputs.map(({ shape }: { shape: number[] }) => ({ name: 'y', shape })),
      }),
      blob: async () => new Blob([readFileSync(name)]),
    }),
    context: {
      getImageData: () => ({ data: new Uint8ClampedArray(224 * 224 * 4).fill(51), width: 224, height: 224 }),
    },
    session: {
      run: async ({ image }: { image: { dims: number[]; data: Float32Array } }) => {
        expect([image.dims, image.data[0]]).toEqual([[1, 3, 224, 224], Math.fround(0.2)])
        return {
          logits: { type: 'float32', dims: [1, 4], data: Float32Array.of(0, 1, 3, 2), location: 'cpu' },
        }
      },
    },
  }
  const argument = process.argv[2]
  process.argv[2] = join(files, 'photo.jpg')
  const printed: unknown[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((value) => void printed.push(value))
  for (const [name, value] of Object.entries(world)) vi.stubGlobal(name, value)
  try {
    const { seen } = await import(/* @vite-ignore */ path)
    expect(seen).toEqual(expected[page])
    if (page === 'docs/index.md') expect(printed).toEqual([[1, 196, 768]])
  } finally {
    vi.unstubAllGlobals()
    log.mockRestore()
    process.argv[2] = argument!
    await init({ threads: 1 })
  }
})
