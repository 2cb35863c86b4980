import ndarray from 'ndarray'
import {
  Attention,
  EncoderBlock,
  GELU,
  Identity,
  LayerNorm,
  Linear,
  Module,
  Parameter,
  Rearrange,
  Sequential,
  TransformerEncoder,
  TransformerEncoderLayer,
  VisionTransformer,
} from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { distance, type FloatArray, valuesOf, waves } from './arrays.ts'

/** A layer of a user who overrides only `forward`, and calls other layers with ndarrays. */
class Twice extends Module {
  readonly inner = new Linear(4, 4)

  override forward(x: FloatArray): FloatArray {
    const once = this.inner.forward(x)
    this.inner.forward(once)
    return this.inner.forward(x) // x must still be what it was
  }
}

/** A layer of a user who keeps what went through it. */
class Recorder extends Module {
  readonly seen: FloatArray[] = []

  override forward(x: FloatArray): FloatArray {
    this.seen.push(x)
    return x
  }
}

describe('a module of a user', () => {
  test('may override forward only, also inside other layers', () => {
    const layer = new Twice()
    const x = waves([3, 4])
    const model = new Sequential(new Linear(4, 4), layer, new Linear(4, 4))
    const [first, , last] = [...model] as [Linear, Twice, Linear]
    const expected = last.forward(layer.forward(first.forward(x)))
    expect(valuesOf(model.forward(x))).toEqual(valuesOf(expected))
  })

  test('sees arrays that stay what they were after the model has run on', () => {
    const recorder = new Recorder()
    const linear = new Linear(64, 64)
    const model = new Sequential(linear, recorder, new Linear(64, 256), new GELU(), new Linear(256, 64))
    const inputs = [waves([50, 64], 1), waves([50, 64], 2)]
    for (const x of inputs) model.forward(x)
    new Attention(96, { numHeads: 3 }).forward(waves([4, 197, 96])) // more memory than before
    for (const [i, x] of inputs.entries()) {
      expect(valuesOf(recorder.seen[i]!)).toEqual(valuesOf(linear.forward(x)))
    }
  })

  test('a layer that gives its parameter gives a copy of it', () => {
    class Given extends Module {
      readonly weight = new Parameter([2], (size) => new Float32Array(size).fill(1))
      override compute() {
        return this.weight
      }
    }
    const layer = new Given()
    layer.forward(waves([1])).set(0, 5)
    expect([...layer.weight.copy()]).toEqual([1, 1])
  })

  test('that overrides neither method says so when it is run', () => {
    class Empty extends Module {}
    expect(() => new Empty().forward(waves([1]))).toThrow('Empty: the layer computes nothing')
    expect(() => new Sequential(new Empty()).forward(waves([1]))).toThrow('Empty: the layer computes nothing')
  })

  test('has the parameters of its properties, of lists too, its own before those of its layers', () => {
    class Model extends Module {
      readonly firstLayer = new Linear(2, 3, { bias: false })
      readonly layers = [new LayerNorm(3), new LayerNorm(3)]
      readonly clsToken = new Parameter([1, 3], (size) => new Float32Array(size))
      readonly note = 'no parameter'
      readonly nothing = null
    }
    expect([...new Model().namedParameters()].map(([name]) => name)).toEqual([
      'cls_token',
      'first_layer.weight',
      'layers.0.weight',
      'layers.0.bias',
      'layers.1.weight',
      'layers.1.bias',
    ])
  })

  test('counts a shared parameter once, and names it in the state dict wherever it stands', () => {
    const shared = new Linear(2, 2, { bias: false })
    const model = new Sequential(shared, shared)
    expect([...model.parameters()]).toEqual([shared.weight])
    expect([...model.namedParameters()].map(([name]) => name)).toEqual(['0.weight'])
    expect(Object.keys(model.stateDict())).toEqual(['0.weight', '1.weight'])
  })

  test('is put into training mode with everything inside', () => {
    const model = new Sequential(
      new Sequential(new Identity()),
      new VisionTransformer({ depth: 1, embedDim: 12 }),
    )
    model.train()
    const block = (model.at(1) as VisionTransformer).blocks[0]!
    expect([model.training, (model.at(0) as Sequential).at(0)!.training, block.mlp.drop1.training]).toEqual([
      true,
      true,
      true,
    ])
    model.eval()
    expect(block.mlp.drop1.training).toBe(false)
  })
})

describe('forward', () => {
  const layer = new Linear(3, 2)

  test('gives the same for every layout of its input and leaves the input alone', () => {
    const x = waves([4, 3])
    const expected = valuesOf(layer.forward(x))
    const spread = ndarray(new Float32Array(100).fill(Number.NaN), [4, 3], [-20, 5], 65) as FloatArray
    for (let i = 0; i < 4; i++) for (let j = 0; j < 3; j++) spread.set(i, j, x.get(i, j))
    const before = spread.data.slice()
    expect(distance(valuesOf(layer.forward(spread)), expected)).toBeLessThan(1e-6)
    expect(spread.data).toEqual(before)
  })

  test('gives a result that later runs do not change, in memory that is not WebAssembly', () => {
    const block = new EncoderBlock(24, { numHeads: 3 })
    const first = block.forward(waves([2, 5, 24], 1))
    const copy = valuesOf(first)
    block.forward(waves([2, 5, 24], 2))
    block.forward(waves([16, 200, 24], 3))
    expect(valuesOf(first)).toEqual(copy)
    expect(first.data.buffer.byteLength).toBeLessThan(100_000)
  })

  test('of a dtype other than float32 is an error that says how to convert', () => {
    const x = ndarray(new Float64Array(6), [2, 3])
    expect(() => layer.forward(x as never)).toThrow(/Linear: .*float64[\s\S]*dtype: 'float32'/)
    expect(() => layer.forward([1, 2, 3] as never)).toThrow(/Linear: the .*not an ndarray/)
  })

  test('of an empty batch is an empty batch', () => {
    expect(layer.forward(waves([0, 3])).shape).toEqual([0, 2])
    expect(new EncoderBlock(12, { numHeads: 2 }).forward(waves([0, 5, 12])).shape).toEqual([0, 5, 12])
  })
})

describe('an input that does not fit is refused with the layer, the axis and both numbers:', () => {
  const cases: [name: string, layer: Module, shape: number[], message: RegExp][] = [
    ['Linear', new Linear(3, 2), [2, 5], /Linear: axis 1 .* got 5, expected 3 \(inFeatures\)/],
    ['Linear without axes', new Linear(3, 2), [], /Linear: the input has no axis -1/],
    ['LayerNorm', new LayerNorm([4, 6]), [2, 4, 5], /LayerNorm: axis 2 .* got 5, expected 6/],
    ['LayerNorm of two axes', new LayerNorm([4, 6]), [2, 3, 6], /LayerNorm: axis 1 .* got 3, expected 4/],
    [
      'Attention',
      new Attention(12, { numHeads: 2 }),
      [2, 5, 13],
      /Attention: axis 2 .* got 13, expected 12 \(dim\)/,
    ],
    [
      'Attention of a matrix',
      new Attention(12, { numHeads: 2 }),
      [5, 12],
      /Attention: .* got 2, expected 3: \[b, n, d\]/,
    ],
    ['a block', new EncoderBlock(12, { numHeads: 2 }), [2, 5, 13], /axis 2 .* got 13, expected 12/],
    ['Rearrange', new Rearrange('b (h s) -> b h s', { s: 4 }), [2, 10], /10/],
  ]
  for (const [name, layer, shape, message] of cases) {
    test(name, () => expect(() => layer.forward(waves(shape))).toThrow(message))
  }
})

describe('dispose', () => {
  test('frees the parameters, twice without harm, and the layer says that it is gone', () => {
    const model = new Sequential(new Linear(2, 2))
    model.forward(waves([1, 2]))
    model.dispose()
    model.dispose()
    expect(() => model.forward(waves([1, 2]))).toThrow('it was disposed')
    expect(() => model.stateDict()).toThrow('it was disposed')
  })

  test('is what `using` calls', () => {
    const model = new Linear(2, 2)
    model[Symbol.dispose]()
    expect(() => model.weight.data).toThrow('it was disposed')
  })
})

describe('Parameter', () => {
  test('is read and written through data and array, also after it was used', () => {
    const layer = new Linear(2, 1, { bias: false })
    const x = ndarray(new Float32Array([1, 10]), [1, 2])
    layer.forward(x)
    layer.weight.data.set([2, 3])
    expect(valuesOf(layer.forward(x))).toEqual([32])
    layer.weight.array.set(0, 1, 5)
    expect(valuesOf(layer.forward(x))).toEqual([52])
    expect([...layer.weight.data]).toEqual([2, 5])
  })

  test('shows writes that are made long after the array was handed out', () => {
    const layer = new Linear(64, 48)
    const { data } = layer.weight
    const x = waves([33, 64])
    layer.forward(x)
    data.fill(0)
    layer.bias!.data.fill(0)
    expect(valuesOf(layer.forward(x)).every((value) => value === 0)).toBe(true)
    data.fill(1)
    expect(layer.forward(x).get(0, 0)).not.toBe(0)
  })

  test('takes values of any layout and of half and double precision by assign', () => {
    const { weight } = new Linear(2, 3)
    weight.assign(ndarray(Float64Array.of(1, 2, 3, 4, 5, 6), [3, 2], [1, 3], 0))
    expect([...weight.data]).toEqual([1, 4, 2, 5, 3, 6])
    expect(() => weight.assign(waves([2, 3]))).toThrow('got [2,3], expected [3,2]')
    expect(() => weight.assign(ndarray(new Int32Array(6), [3, 2]))).toThrow('got int32, expected float32')
  })
})

describe('Sequential', () => {
  test('is read by place, from the end and by name', () => {
    const [a, b] = [new Identity(), new Linear(1, 1)]
    const row = new Sequential(a, b)
    expect([row.length, row.at(0), row.at(-1), row.at('1'), row.at(2)]).toEqual([2, a, b, b, undefined])
    const named = new Sequential({ first: a, second: b })
    expect([named.at('second'), ...named]).toEqual([b, a, b])
    expect(Object.keys(named.stateDict())).toEqual(['second.weight', 'second.bias'])
  })

  test('without layers gives back what it gets', () => {
    const x = waves([3])
    expect(valuesOf(new Sequential().forward(x))).toEqual(valuesOf(x))
  })
})

describe('TransformerEncoder', () => {
  test('holds copies that begin alike and are independent', () => {
    const layer = new TransformerEncoderLayer({ dModel: 8, nhead: 2, dimFeedforward: 16 })
    const encoder = new TransformerEncoder(layer, 2)
    const [first, second] = encoder.layers as [TransformerEncoderLayer, TransformerEncoderLayer]
    expect(first.attn.qkv.weight.data).toEqual(second.attn.qkv.weight.data)
    expect(first.attn.qkv.weight.data).toEqual(layer.attn.qkv.weight.data)
    first.attn.qkv.weight.data.fill(0)
    expect(second.attn.qkv.weight.data[0]).not.toBe(0)
    expect(layer.attn.qkv.weight.data[0]).not.toBe(0)
  })
})
