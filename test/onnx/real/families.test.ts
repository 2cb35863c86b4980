/** Every recorded model under its published names as a file, run by onnxruntime: those that the repository keeps, and all where they stand beside it. */
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as node from 'onnxruntime-node'
import { expect, test } from 'vitest'
import { openCase } from '../../conformance/families.ts'
import { differenceOf } from './compare.ts'

const all = fileURLToPath(new URL('../../../../shared/vectors/families', import.meta.url))
const kept = fileURLToPath(new URL('../../vectors/families', import.meta.url))
const folder = existsSync(all) ? all : kept

for (const file of readdirSync(folder).sort()) {
  if (!file.endsWith('.json')) continue
  const id = file.slice(0, -'.json'.length)
  test(id, async () => {
    const { model } = await openCase(folder, id)
    for (const attention of ['plain', 'fused'] as const) {
      const found = await differenceOf(node, model, { shape: model.inputShape!, attention })
      expect(found, attention).toBeLessThan(4e-6)
    }
  })
}
