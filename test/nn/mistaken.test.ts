/** Whatever a public function gets in place of what it takes, it says so itself: no error of the platform reaches a user. */

import * as language from 'tesserae'
import * as adapters from 'tesserae/adapters'
import * as checkpoint from 'tesserae/checkpoint'
import * as image from 'tesserae/image'
import * as nn from 'tesserae/nn'
import * as onnx from 'tesserae/onnx'
import * as train from 'tesserae/train'
import * as webgpu from 'tesserae/webgpu'
import { describe, expect, test } from 'vitest'

const rooms = { adapters, checkpoint, image, language, nn, onnx, train, webgpu }

/** What only the library calls, or gives a second argument. */
const own = new Set(['Ema', 'GpuArray', 'GpuModel', 'Optimizer', 'Parameter', 'Program', 'withoutDecay'])
const alone = new Set(['VisionTransformer'])
const errors = /^(Einops|Checkpoint|Image)Error$/

const nothings = [
  undefined,
  null,
  5,
  Number.NaN,
  'x',
  1n,
  Symbol('s'),
  [],
  {},
  () => 1,
  new Map(),
  new Uint8Array(3),
]
const mistakes: unknown[] = [...nothings, Promise.resolve(1), new URL('https://example.org')]

for (const [room, exported] of Object.entries(rooms)) {
  describe(room, () => {
    const functions = Object.entries<unknown>(exported).filter(
      ([name, value]) => typeof value === 'function' && !own.has(name) && !errors.test(name),
    )
    test.each(functions)('%s answers by a name of the library’s', async (name, value) => {
      for (const mistake of mistakes) {
        for (const count of alone.has(name) ? [1] : [1, 2]) {
          const error = await errorOf(value as Callable, new Array(count).fill(mistake))
          if (error === undefined) continue
          expect(error.constructor.name, String(error.stack)).toMatch(errors)
          expect(error.message).not.toContain('internal:')
        }
      }
    })
  })
}

type Callable = ((...args: unknown[]) => unknown) & (new (...args: unknown[]) => unknown)

async function errorOf(value: Callable, args: unknown[]): Promise<Error | undefined> {
  try {
    const result: unknown = /^class\b/.test(String(value)) ? new value(...args) : value(...args)
    // what is made step by step begins with the first
    await (isAsync(result) ? result.next() : result)
    return undefined
  } catch (error) {
    return error as Error
  }
}

const isAsync = (value: unknown): value is AsyncIterator<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value

test('a file is not written with a preparation that is none, or of a layer that is no model', () => {
  const model = new nn.VisionTransformer({ imgSize: 8, patchSize: 4, embedDim: 8, depth: 1, numHeads: 2 })
  expect(() => nn.metadataOf(model, { preparation: { mean: 'x' as never } })).toThrow(
    "bad option 'preparation'",
  )
  expect(() => nn.metadataOf(new nn.Linear(2, 2) as never)).toThrow(
    'metadataOf: the model is a Linear, expected a VisionTransformer',
  )
})
