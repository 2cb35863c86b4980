/** Runs every example of the docstrings, of README and of the docs, and holds what they promise. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import * as language from 'tesserae'
import * as adapters from 'tesserae/adapters'
import * as checkpoint from 'tesserae/checkpoint'
import * as image from 'tesserae/image'
import * as nn from 'tesserae/nn'
import * as train from 'tesserae/train'
import * as webgpu from 'tesserae/webgpu'
import { afterAll, expect, test } from 'vitest'
import { findExamples, toModule } from './extract.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const examples = findExamples(root)
const exported = new Map(
  Object.entries({
    tesserae: language,
    'tesserae/nn': nn,
    'tesserae/checkpoint': checkpoint,
    'tesserae/image': image,
    'tesserae/adapters': adapters,
    'tesserae/train': train,
    'tesserae/webgpu': webgpu,
  }).map(([entry, module]) => [entry, Object.keys(module)]),
)

const folder = join(root, 'test/examples/.modules')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** An array shows as its shape, everything else as Node prints it, without the blanks inside brackets. */
function show(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Object && 'shape' in value && 'data' in value)
    return inspectFlat([...(value.shape as number[])])
  return inspectFlat(value)
}

function inspectFlat(value: unknown): string {
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 6 })
    .replaceAll('[ ', '[')
    .replaceAll(' ]', ']')
}

function harness() {
  let printed = ''
  return {
    console: {
      log: (...values: unknown[]) => {
        printed = values
          .map((value) =>
            value instanceof Object &&
            !('shape' in value) &&
            String(value) !== '[object Object]' &&
            !Array.isArray(value)
              ? String(value)
              : show(value),
          )
          .join(' ')
      },
    },
    expectValue: (value: unknown, promise: string) => {
      const quoted = typeof value === 'string' && promise.startsWith("'")
      expect(quoted ? `'${value}'` : show(value)).toBe(promise)
    },
    expectPrinted: (promise: string) => expect(printed.trimEnd()).toBe(promise),
  }
}
Object.assign(globalThis, { exampleHarness: harness })

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(10)
})

for (const [index, example] of examples.entries()) {
  test(`the example at ${example.place} keeps its promises`, async () => {
    const file = join(folder, `example-${index}.ts`)
    writeFileSync(file, toModule(example, exported))
    await import(/* @vite-ignore */ file)
  })
}
