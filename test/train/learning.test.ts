/** Losses, optimisers, schedules and what is frozen, against what their definitions say. */
import ndarray, { type NdArray } from 'ndarray'
import { Linear, type Module, ReLU, Sequential } from 'tesserae/nn'
import {
  adamw,
  binaryCrossEntropy,
  clipNorm,
  cosine,
  cosineSchedule,
  crossEntropy,
  ema,
  gradients,
  layerDecay,
  mse,
  sgd,
  stepSchedule,
  valueAndGradients,
  withoutDecay,
} from 'tesserae/train'
import { describe, expect, test } from 'vitest'

const doubles = (values: number[], shape: number[]): NdArray<Float64Array> =>
  ndarray(Float64Array.from(values), shape)

function agrees(loss: (x: NdArray<Float64Array>) => NdArray<Float64Array>, x: NdArray<Float64Array>) {
  const [dx] = gradients(loss as never, [x]) as [NdArray<Float64Array>]
  for (let i = 0; i < x.data.length; i++) {
    const [up, down] = [1e-6, -1e-6].map((h) => {
      const data = x.data.slice()
      data[i]! += h
      return loss(ndarray(data, x.shape)).data[0]!
    })
    expect(dx.data[i]).toBeCloseTo((up! - down!) / 2e-6, 7)
  }
}

describe('cross entropy', () => {
  const logits = doubles([1, -2, 0.5, 3, 0, -1], [2, 3])
  const logp = [0, 1].map((b) => {
    const row = [0, 1, 2].map((c) => logits.get(b, c))
    const sum = Math.log(row.reduce((total, value) => total + Math.exp(value), 0))
    return row.map((value) => value - sum)
  })

  test('is the mean of −log p of the right classes', () => {
    expect(crossEntropy(logits, [2, 0]).get()).toBeCloseTo(-(logp[0]![2]! + logp[1]![0]!) / 2, 12)
    expect(crossEntropy(logits, [2, 0], { reduction: 'sum' }).get()).toBeCloseTo(
      -(logp[0]![2]! + logp[1]![0]!),
      12,
    )
    expect([...crossEntropy(logits, [2, 0], { reduction: 'none' }).data]).toEqual([
      expect.closeTo(-logp[0]![2]!, 12),
      expect.closeTo(-logp[1]![0]!, 12),
    ])
    expect(crossEntropy(logits, ndarray(new Uint8Array([2, 0]), [2])).get()).toBe(
      crossEntropy(logits, [2, 0]).get(),
    )
  })

  test('spreads a part of the probability, and leaves out what is ignored', () => {
    const smooth = (b: number, c: number) =>
      -0.9 * logp[b]![c]! - (0.1 / 3) * logp[b]!.reduce((sum, value) => sum + value)
    expect(crossEntropy(logits, [2, 0], { smoothing: 0.1 }).get()).toBeCloseTo(
      (smooth(0, 2) + smooth(1, 0)) / 2,
      12,
    )
    expect(crossEntropy(logits, [-100, 0], { smoothing: 0.1 }).get()).toBeCloseTo(smooth(1, 0), 12)
    expect(crossEntropy(logits, [2, 0], { ignore: 2 }).get()).toBeCloseTo(-logp[1]![0]!, 12)
  })

  test('takes probabilities, which the same smoothing spreads', () => {
    const one = doubles([0, 0, 1, 1, 0, 0], [2, 3])
    expect(crossEntropy(logits, one, { smoothing: 0.2 }).get()).toBeCloseTo(
      crossEntropy(logits, [2, 0], { smoothing: 0.2 }).get(),
      12,
    )
    agrees((x) => crossEntropy(x, doubles([0.2, 0.3, 0.5, 0.1, 0.9, 0], [2, 3])), logits)
  })

  test('has its classes in axis 1 of pictures, as PyTorch has', () => {
    const x = doubles(
      Array.from({ length: 12 }, (_, i) => Math.sin(i)),
      [2, 3, 2],
    )
    const labels = ndarray(new Int32Array([0, 2, 1, 1]), [2, 2])
    agrees((x) => crossEntropy(x, labels, { smoothing: 0.1 }), x)
    const [first] = crossEntropy(x, labels, { reduction: 'none' }).data
    const row = [x.get(0, 0, 0), x.get(0, 1, 0), x.get(0, 2, 0)]
    expect(first).toBeCloseTo(Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - row[0]!, 12)
  })

  test.each([
    [() => crossEntropy(logits, [1]), /shape \[1\], expected \[2\]/],
    [
      () => crossEntropy(logits, [1, 3]),
      /a label is no class — got 3, at index 1 of the batch, expected 0 to 2/,
    ],
    [() => crossEntropy(logits, [1, 0.5]), /got 0.5/],
    [() => crossEntropy(logits, [1, null] as never), /no class — got null, at index 1/],
    [() => crossEntropy(logits, ['0', 1] as never), /no class — got "0", at index 0/],
    [() => crossEntropy(logits, [1, 0], { smoothing: 2 }), /smoothing/],
    [() => mse(logits, doubles([1], [1])), /\[2, 3\] and \[1\]/],
  ])('refuses what does not fit: %#', (call, message) => expect(call).toThrow(message))
})

test('the other losses agree with finite differences', () => {
  const x = doubles([0.3, -1, 2, 0.7], [2, 2])
  const y = doubles([1, 0, 0.25, 0.5], [2, 2])
  for (const reduction of ['mean', 'sum'] as const) {
    agrees((x) => binaryCrossEntropy(x, y, { reduction }), x)
    agrees((x) => mse(x, y, { reduction }), x)
    agrees((x) => cosine(x, y, { reduction }), x)
  }
  const plain = (value: number, t: number) =>
    Math.max(value, 0) - value * t + Math.log1p(Math.exp(-Math.abs(value)))
  const each = binaryCrossEntropy(x, y, { reduction: 'none' })
  for (const [i, value] of x.data.entries()) expect(each.data[i]).toBeCloseTo(plain(value, y.data[i]!), 12)
  expect(binaryCrossEntropy(doubles([800], [1]), doubles([0], [1])).get()).toBe(800)
  expect(cosine(x, x).get()).toBeCloseTo(0, 10)
})

describe('gradients of an earlier step', () => {
  const model = () => new Sequential(new Linear(4, 3, { seed: 1 }), new ReLU(), new Linear(3, 2, { seed: 2 }))
  const x = ndarray(
    Float32Array.from({ length: 8 }, (_, i) => Math.sin(i)),
    [2, 4],
  )

  test('are written to, with the values that new ones have; those that are missing are new', () => {
    const [own, other] = [model(), model()]
    const [first, ...later] = own.parameters()
    const { gradients } = valueAndGradients(own, () =>
      mse(own.forward(x), ndarray(new Float32Array(4), [2, 2])),
    )
    const arrays = [...gradients.values()]
    gradients.delete(first!)
    const loss = (model: Module) => () => crossEntropy(model.forward(x) as NdArray<Float32Array>, [1, 0])
    const again = valueAndGradients(own, loss(own), { out: gradients })
    const fresh = valueAndGradients(other, loss(other))
    expect(again.value).toBe(fresh.value)
    expect([...again.gradients.values()].map(({ data }) => data)).toEqual(
      [...fresh.gradients.values()].map(({ data }) => data),
    )
    for (const [i, parameter] of later.entries()) expect(again.gradients.get(parameter)).toBe(arrays[i + 1])
    expect(again.gradients.get(first!)).not.toBe(arrays[0])
  })

  test('of another shape are refused', () => {
    const own = model()
    const [first] = own.parameters()
    const out = new Map([[first!, ndarray(new Float32Array(4), [4])]])
    const loss = () => crossEntropy(own.forward(x), [1, 0])
    expect(() => valueAndGradients(own, loss, { out })).toThrow(
      "an array of 'out' is no gradient of its parameter — got float32 of shape [4], expected float32 of shape [3, 4]",
    )
    expect(() => valueAndGradients(own, loss, { out: [] as never })).toThrow(
      'the gradients of an earlier call',
    )
  })

  test('are refused before any of them is written to', () => {
    const own = model()
    const loss = () => crossEntropy(own.forward(x), [1, 0])
    const { gradients } = valueAndGradients(own, loss)
    const before = [...gradients.values()].map(({ data }) => data.slice())
    const last = [...own.parameters()].at(-1)!
    const first = [...gradients.values()][0]!
    for (const [wrong, words] of [
      [ndarray(new Float32Array(5), [5]), 'is no gradient of its parameter'],
      [ndarray(first.data, [2]), "two arrays of 'out' have one buffer"],
    ] as const) {
      const out = new Map(gradients).set(last, wrong)
      expect(() => valueAndGradients(own, loss, { out })).toThrow(words)
    }
    expect([...gradients.values()].map(({ data }) => data)).toEqual(before)
  })
})

describe('what is frozen', () => {
  test('has no gradient, does not move, and is not computed back to', () => {
    const model = new Sequential(new Linear(3, 4), new Linear(4, 2))
    const [first, second] = [model.at(0) as Linear, model.at(1) as Linear]
    for (const parameter of first.parameters()) parameter.requiresGrad = false
    const before = first.weight.copy()
    const x = ndarray(
      Float32Array.from({ length: 6 }, (_, i) => i),
      [2, 3],
    )
    const { gradients } = valueAndGradients(model, () => crossEntropy(model.forward(x), [0, 1]))
    expect([...gradients.keys()]).toEqual([second.weight, second.bias])
    adamw(model, { weightDecay: 0.5 }).step(gradients)
    expect(first.weight.copy()).toEqual(before)
  })
})

describe('optimisers', () => {
  const layer = () => {
    const made = new Linear(2, 1, { bias: false })
    made.weight.assign(ndarray(new Float32Array([1, -2]), [1, 2]))
    return made
  }
  const g = (made: Linear) => new Map([[made.weight, ndarray(new Float32Array([0.5, 1]), [1, 2])]])

  test('sgd keeps a part of its direction, and looks ahead with nesterov', () => {
    const model = layer()
    const optimizer = sgd(model, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.2 })
    const w = [1, -2]
    const buffer = [0, 0]
    for (let step = 0; step < 3; step++) {
      optimizer.step(g(model))
      for (const [i, gradient] of [0.5, 1].entries()) {
        const d = gradient + 0.2 * w[i]!
        buffer[i] = 0.9 * buffer[i]! + d
        w[i] = w[i]! - 0.1 * (d + 0.9 * buffer[i]!)
      }
      for (const [i, value] of model.weight.copy().entries()) expect(value).toBeCloseTo(w[i]!, 5)
    }
    expect(() => sgd(model, { nesterov: true })).toThrow(/momentum/)
    expect(() => sgd(model, { momentum: -1 })).toThrow(
      "bad option 'momentum' — got -1, expected a number from 0",
    )
    for (const name of ['lr', 'eps', 'weightDecay'])
      expect(() => adamw(model, { [name]: -1 })).toThrow(
        `bad option '${name}' — got -1, expected a number from 0`,
      )
  })

  test('adamw follows the means of the gradients and of their squares', () => {
    const model = layer()
    const optimizer = adamw(model, { lr: 0.1, betas: [0.8, 0.9], eps: 1e-3, weightDecay: 0.3 })
    const [w, m, v] = [
      [1, -2],
      [0, 0],
      [0, 0],
    ]
    for (let step = 1; step <= 4; step++) {
      optimizer.step(g(model), { lr: 0.1 * step })
      for (const [i, gradient] of [0.5, 1].entries()) {
        m[i] = 0.8 * m[i]! + 0.2 * gradient
        v[i] = 0.9 * v[i]! + 0.1 * gradient ** 2
        const [mean, square] = [m[i]! / (1 - 0.8 ** step), v[i]! / (1 - 0.9 ** step)]
        w[i] = w[i]! * (1 - 0.1 * step * 0.3) - (0.1 * step * mean) / (Math.sqrt(square) + 1e-3)
      }
      for (const [i, value] of model.weight.copy().entries()) expect(value).toBeCloseTo(w[i]!, 5)
    }
  })

  test('adamw goes on from its state as if it had not been stopped', () => {
    const [one, two] = [layer(), layer()]
    const whole = adamw(one, { lr: 0.1 })
    for (let step = 0; step < 4; step++) whole.step(g(one))
    const first = adamw(two, { lr: 0.1 })
    for (let step = 0; step < 2; step++) first.step(g(two))
    const second = adamw(two, { lr: 0.1 })
    second.loadState(first.state)
    for (let step = 0; step < 2; step++) second.step(g(two))
    expect(two.weight.copy()).toEqual(one.weight.copy())
    expect(() =>
      second.loadState({ step: 1, tensors: { 'exp_avg.nothing': ndarray(new Float32Array(1), [1]) } }),
    ).toThrow(/no parameter/)
  })

  test('groups say what does not decay, and how fast each block learns', () => {
    const model = new Linear(2, 2)
    const names = (groups: typeof withoutDecay) =>
      [...model.namedParameters()].map(([name, parameter]) => groups(name, parameter))
    expect(names(withoutDecay)).toEqual([{}, { weightDecay: 0 }])
    expect(names(layerDecay(model, 0.5))).toEqual([{ lrScale: 1 }, { lrScale: 1, weightDecay: 0 }])
    const [decays, stays] = [0.5, 0].map((weightDecay) => {
      const one = layer()
      adamw(one, { lr: 0.1, weightDecay, groups: () => ({}) }).step(g(one))
      return one.weight.copy()[0]!
    })
    expect(decays! - stays!).toBeCloseTo(-0.05, 6)
  })

  test('groups, rates and states that are none are refused, and change nothing', () => {
    const model = layer()
    for (const group of [{ lrScale: Number.NaN }, { weightDecay: 'x' }, { weight_decay: 1 }, { lrScale: -1 }])
      expect(() => adamw(model, { groups: () => group as never })).toThrow(/^adamw: (bad|unknown) option/)
    const optimizer = sgd(model)
    for (const options of [{ lr: '1' }, { lr: null }, { LR: 1 }, 5, null])
      expect(() => optimizer.step(g(model), options as never)).toThrow(/^sgd: (bad|unknown) option/)
    for (const state of [
      null,
      {},
      { step: -1, tensors: {} },
      { step: Number.NaN, tensors: {} },
      { step: 1, tensors: { x: 1 } },
    ])
      expect(() => optimizer.loadState(state as never)).toThrow(/^sgd: bad option/)
    for (const gradients of [null, {}, new Map([[model.weight, null]])]) {
      expect(() => optimizer.step(gradients as never)).toThrow('sgd: the gradients are no Map of arrays')
      expect(() => clipNorm(gradients as never, 1)).toThrow('clipNorm: the gradients are no Map of arrays')
    }
    expect(optimizer.state.step).toBe(0)
    expect([...model.weight.copy()]).toEqual([1, -2])
  })

  test('a gradient of nobody, or of another shape, changes nothing', () => {
    const model = layer()
    const optimizer = adamw(model)
    const stranger = new Linear(1, 1)
    expect(() => optimizer.step(new Map([[stranger.weight, ndarray(new Float32Array(1), [1, 1])]]))).toThrow(
      /none of the model/,
    )
    expect(() => optimizer.step(new Map([[model.weight, ndarray(new Float32Array(2), [2])]]))).toThrow(
      /shape \[2\]/,
    )
    expect(optimizer.state.step).toBe(0)
    expect([...model.weight.copy()]).toEqual([1, -2])
  })

  test('clipping leaves what is short enough', () => {
    const gradients = g(layer())
    expect(clipNorm(gradients, 10)).toBeCloseTo(Math.hypot(0.5, 1), 12)
    expect([...gradients.values()].map(({ data }) => [...data])).toEqual([[0.5, 1]])
  })

  test('averages follow, and come in the parameters’ place', () => {
    const model = layer()
    const average = ema(model, { decay: 0.75 })
    model.weight.update((values) => values.set([5, 2]))
    average.update()
    expect(average.use(() => [...model.weight.copy()])).toEqual([2, -1])
    expect([...model.weight.copy()]).toEqual([5, 2])
  })
})

test('schedules warm up and come down', () => {
  const rate = cosineSchedule({ lr: 2, steps: 110, warmup: 10, min: 1 })
  expect([0, 9, 10, 60, 109, 500].map((step) => Number(rate(step).toFixed(3)))).toEqual([
    0.2, 2, 2, 1.5, 1, 1,
  ])
  expect([0, 1, 29, 30].map(stepSchedule({ lr: 1, every: 30, gamma: 0.5, warmup: 2 }))).toEqual([
    0.5, 1, 1, 0.5,
  ])
  expect(() => cosineSchedule({ lr: 1, steps: 5, warmup: 6 })).toThrow(
    'longer than the run — got 6 of 5 steps',
  )
})
