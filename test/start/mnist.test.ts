import { existsSync, readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import ndarray from 'ndarray'
import { readSafetensors } from 'tesserae/checkpoint'
import { quantize, ViT } from 'tesserae/nn'
import { expect, test } from 'vitest'

const folder = new URL('../../../shared/data/datasets/mnist/', import.meta.url)
const weights = new URL('../../docs/start/vit-digits.safetensors', import.meta.url)
const bytesOf = (name: string) => gunzipSync(readFileSync(new URL(name, folder)))

/** How many of the 10,000 digits a model reads rightly. */
function rightOf(model: ViT): number {
  const images = bytesOf('t10k-images-idx3-ubyte.gz').subarray(16)
  const labels = bytesOf('t10k-labels-idx1-ubyte.gz').subarray(8)
  expect(labels).toHaveLength(10_000)
  const batch = 500
  const size = 28 * 28
  let right = 0
  for (let start = 0; start < labels.length; start += batch) {
    const ink = Float32Array.from(images.subarray(start * size, (start + batch) * size), (byte) => byte / 255)
    const logits = model.forward(ndarray(ink, [batch, 1, 28, 28]))
    for (let b = 0; b < batch; b++) {
      const row = Array.from({ length: 10 }, (_, digit) => logits.get(b, digit))
      if (row.indexOf(Math.max(...row)) === labels[start + b]) right++
    }
  }
  return right
}

test.skipIf(!existsSync(folder))(
  "document 1's ViT reads 9,914 of MNIST's 10,000 test digits, give or take two, and five in eight bits (skipped without ../shared/data)",
  () => {
    const model = new ViT({
      ...{ imageSize: 28, inChannels: 1, embedDim: 100, patchSize: 7, dropout: 0.1 },
      ...{ numHeads: 4, numEncoders: 4, numClasses: 10, expansion: 4 },
    })
    model.loadStateDict(readSafetensors(readFileSync(weights)))
    expect(Math.abs(rightOf(model) - 9914)).toBeLessThanOrEqual(2)
    expect(quantize(model).weights.length).toBeGreaterThan(12)
    const right = rightOf(model)
    expect(Math.abs(right - 9914)).toBeLessThanOrEqual(5)
  },
  120_000,
)
