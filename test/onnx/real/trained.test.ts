/** A model that learned here, in eight bits, as a file: what the library answers, onnxruntime answers natively and in WebAssembly. */
import ndarray from 'ndarray'
import { argmax } from 'tesserae'
import { writeSafetensors } from 'tesserae/checkpoint'
import { manualSeed, metadataOf, quantize, quantizedState, VisionTransformer } from 'tesserae/nn'
import { toOnnx } from 'tesserae/onnx'
import { adamw, fit, Random } from 'tesserae/train'
import { expect, test } from 'vitest'
import { difference, native, webAssembly } from './compare.ts'

/** Pictures of stripes that run down, across, or either way, in noise. */
function stripes(count: number, seed: number) {
  const random = new Random(seed)
  const labels = Array.from({ length: count }, (_, i) => i % 3)
  const data = Float32Array.from({ length: count * 256 }, (_, i) => {
    const [label, y, x] = [labels[i >> 8]!, (i >> 4) & 15, i & 15]
    const along = [x, y, x + y][label]! + (i >> 8)
    return (along % 6 < 3 ? 1 : -1) + 0.7 * random.normal()
  })
  return { images: ndarray(data, [count, 1, 16, 16]), labels }
}

test('a model of fit, quantised, exported and run by all three gives the same answers', async () => {
  manualSeed(5)
  const options = {
    imgSize: 16,
    inChans: 1,
    patchSize: 4,
    embedDim: 48,
    depth: 2,
    numHeads: 3,
    numClasses: 3,
  }
  const model = new VisionTransformer(options)
  const run = fit(model, stripes(96, 1), {
    ...{ epochs: 12, batchSize: 16, seed: 2 },
    optimizer: adamw(model, { lr: 2e-3 }),
  })
  for await (const { loss } of run) expect(loss).toBeLessThan(10)
  const { images, labels } = stripes(60, 7)
  const answers = (logits: Float32Array) =>
    [...argmax(ndarray(logits, [60, 3]), 'b classes -> b').data].map(Number)
  const float = model.forward(images).data
  const right = answers(float).filter((answer, i) => answer === labels[i]).length
  expect(right).toBeGreaterThanOrEqual(57)

  quantize(model)
  const small = await VisionTransformer.fromCheckpoint(
    writeSafetensors(quantizedState(model), metadataOf(model)),
  )
  const own = small.forward(images).data
  expect(answers(own)).toEqual(answers(float))
  // onnxruntime multiplies floats by what the codes stand for
  const wide = await VisionTransformer.fromCheckpoint(
    writeSafetensors(model.stateDict(), metadataOf(model)),
    {
      precision: 'float32',
    },
  )
  const dequantised = wide.forward(images).data
  for (const { InferenceSession, Tensor } of [native, webAssembly]) {
    const session = await InferenceSession.create(toOnnx(small), { logSeverityLevel: 3 })
    const { y } = await session.run({ x: new Tensor('float32', images.data, images.shape) })
    const theirs = y!.data as Float32Array
    expect(difference(theirs, dequantised)).toBeLessThan(4e-6)
    expect(difference(theirs, own)).toBeLessThan(0.03)
    expect(answers(theirs)).toEqual(answers(own))
  }
})
