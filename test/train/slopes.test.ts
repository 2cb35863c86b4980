/** The kernels of slopes against their plain references, step by step, on the way back through models of every kind. */
import ndarray from 'ndarray'
import {
  EncoderBlock,
  GELU,
  LayerNorm,
  Linear,
  Mlp,
  type Module,
  QuickGELU,
  ReLU,
  RMSNorm,
  Sequential,
  SiLU,
  Softmax,
  ViT,
} from 'tesserae/nn'
import { mse, valueAndGradients } from 'tesserae/train'
import { expect, test } from 'vitest'
import { using } from '../../src/steps/machine.ts'
import { scope } from '../../src/wasm/arena.ts'
import { CheckingMachine } from '../steps/checking.ts'

function numbers(shape: number[], seed = 1) {
  let state = seed
  const size = shape.reduce((n, length) => n * length, 1)
  const values = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state / 2 ** 31 - 1) * 3
  })
  return ndarray(values, shape)
}

const models: Record<string, [Module, number[]]> = {
  'an encoder block': [
    new EncoderBlock(12, { numHeads: 3, qkvBias: true, qkNorm: true, initValues: 0.5 }),
    [2, 5, 12],
  ],
  'a block of one head, with as many keys as four lanes do not divide': [
    new EncoderBlock(8, { numHeads: 1 }),
    [3, 7, 8],
  ],
  "document 1's ViT": [
    new ViT({
      imageSize: 8,
      inChannels: 1,
      embedDim: 12,
      patchSize: 2,
      numHeads: 2,
      numEncoders: 2,
      numClasses: 3,
      expansion: 2,
    }),
    [3, 1, 8, 8],
  ],
  'norms and activations': [
    new Sequential(
      new LayerNorm(9),
      new GELU(),
      new Linear(9, 7),
      new RMSNorm(7),
      new SiLU(),
      new Mlp(7, { activation: 'gelu-tanh' }),
      new QuickGELU(),
      new LayerNorm(7, { affine: false }),
      new ReLU(),
      new Softmax(),
    ),
    [4, 9],
  ],
}

test.each(Object.entries(models))(
  'every step on the way back through %s gives what its plain reference gives',
  (_, [model, shape]) => {
    const x = numbers(shape)
    const target = numbers(model.forward(x).shape, 5)
    const loss = () => mse(model.forward(x), target)
    const machine = new CheckingMachine()
    let checked = valueAndGradients(model, loss)
    scope(() => {
      checked = using(machine, () => valueAndGradients(model, loss))
      return { data: new Float32Array(0), shape: [0], stride: [1], offset: 0 }
    })
    const { gradients } = valueAndGradients(model, loss)
    expect(machine.performed.get('slope')).toBeGreaterThan(0)
    for (const [parameter, gradient] of gradients)
      expect(checked.gradients.get(parameter)!.data).toEqual(gradient.data)
  },
)
