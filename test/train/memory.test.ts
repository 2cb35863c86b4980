/** What memory learning takes, counted in bytes of linear memory, which never shrinks. */
import ndarray from 'ndarray'
import { ViT } from 'tesserae/nn'
import { adamw, crossEntropy, valueAndGradients } from 'tesserae/train'
import { expect, test } from 'vitest'
import { getHeap } from '../../src/wasm/heap.ts'

const x = ndarray(
  Float32Array.from({ length: 32 * 16 * 16 }, (_, i) => Math.sin(i * 0.37)),
  [32, 1, 16, 16],
)
const labels = Array.from({ length: 32 }, (_, i) => i % 3)

function step(numEncoders: number, checkpoint: boolean, times = 1): number {
  const model = new ViT({
    ...{ imageSize: 16, inChannels: 1, embedDim: 64, patchSize: 4, numHeads: 2, numEncoders },
    ...{ numClasses: 3, expansion: 4 },
  })
  const optimizer = adamw(model)
  for (let i = 0; i < times; i++) {
    const loss = () => crossEntropy(model.forward(x), labels)
    optimizer.step(valueAndGradients(model, loss, { checkpoint }).gradients)
  }
  model.dispose()
  return getHeap()!.memory.size
}

test('where blocks are computed again, ten more of them take little more than their inputs; kept, they take all of their activations', () => {
  const megabyte = 2 ** 20
  const shallow = step(2, true)
  const deep = step(12, true)
  const kept = step(12, false)
  // an input is 139 kB, the activations of a block are more than 2 MB
  expect(deep - shallow).toBeLessThan(10 * megabyte)
  expect(kept - deep).toBeGreaterThan(15 * megabyte)
})

test('linear memory is as large after sixty steps as after six', () => {
  const few = step(4, false, 6)
  expect(step(4, false, 60)).toBe(few)
})
