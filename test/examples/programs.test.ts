/** Runs the programs of docs/examples and holds what they print. */
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { expect, test, vi } from 'vitest'

const folder = fileURLToPath(new URL('../../docs/examples', import.meta.url))

const printed: Readonly<Record<string, readonly string[]>> = {
  'document-0-patch-embed': [
    '196 patches of an image',
    'tokens [8,196,768]',
    'parameters proj.weight, proj.bias',
    "Input image size (112*224) doesn't match model (224*224).",
  ],
  'document-1-vit': [
    'embedded [4,17,100]',
    'logits [4,10]',
    'the ready-made ViT has the same parameters and the same answers: true',
  ],
  'document-2-timm': ['(H / P) · (W / Q) = 196', 'embedded [4,196,768]', 'as a grid [1,4,12,40]'],
  'document-3-pixels-and-patches': [
    'N = H/P · W/P patches of P²·C values: [196,768]',
    'X·W [196,768]',
    "'(h w) (p1 p2 c) -> (h p1) (w p2) c' gives back exactly the pixels",
  ],
  'document-4-attention': [
    'patch_embed_linear.1.weight [1,196,768]',
    'patch_embed_conv.0.weight [1,196,768]',
    'with the same weights they agree: true',
    'attention [1,196,768]',
    'the ready-made Attention agrees: true',
  ],
  digits: [],
  'nearest-pictures': ['features [10,100]', 'nearest to each digit, moved by a pixel: 0 1 2 3 4 5 6 7 8 9'],
  'attention-maps': ['4 layers, each [digit, head, from, to] = [10,4,17,17]'],
  'onnxruntime-input': ['float32 301056 [2,3,224,224]', 'first red pixel -1.5870'],
}

const show = (value: unknown): string =>
  typeof value === 'string' ? value : Array.isArray(value) ? `[${value}]` : inspect(value)

test('every program is held', () => {
  const programs = readdirSync(folder).filter((name) => name.endsWith('.mjs'))
  expect(programs.map((name) => name.slice(0, -'.mjs'.length)).sort()).toEqual(Object.keys(printed).sort())
})

for (const [name, expected] of Object.entries(printed)) {
  test(`docs/examples/${name}.mjs prints what it promises`, async () => {
    const lines: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((...values) => {
      lines.push(values.map(show).join(' '))
    })
    try {
      await import(/* @vite-ignore */ `${folder}/${name}.mjs`)
    } finally {
      log.mockRestore()
    }
    expect(lines.slice(0, expected.length)).toEqual(expected)
    if (name === 'attention-maps') {
      const picture = lines.slice(1)
      expect(picture.map((line) => line.length)).toEqual(Array(4).fill(10 * 4 + 9 * 2))
      // every digit's brightest patch is drawn in the darkest shade
      expect(picture.join('').match(/@/g)!.length).toBeGreaterThanOrEqual(10)
    } else expect(lines).toHaveLength(expected.length)
  })
}
