/** Files of ONNX, read back and run by the definitions of their operators, beside what the model or function itself computes. Runtimes: test/onnx/real. */
import ndarray, { type Data, type NdArray } from 'ndarray'
import { rearrange, reduce, trace } from 'tesserae'
import { fromDims, toDims } from 'tesserae/adapters'
import {
  Attention,
  Linear,
  Mlp,
  Module,
  PatchEmbed,
  quantize,
  Sequential,
  VisionTransformer,
} from 'tesserae/nn'
import { type OnnxOptions, toOnnx } from 'tesserae/onnx'
import { describe, expect, test } from 'vitest'
import { Weight } from '../../src/gemm/weight.ts'
import { einsumTensor } from '../../src/ops/einsum.ts'
import type { Value } from '../../src/steps/value.ts'
import { mistakeOf } from '../mistake.ts'
import { cases } from '../program/models.ts'
import { functions } from './functions.ts'
import { interpret } from './interpret.ts'
import { numbers } from './numbers.ts'
import { readOnnx, type Tensor } from './read.ts'

const asTensor = (x: NdArray<Data>, type = 1): Tensor => ({
  ...{ type, shape: x.shape },
  values: Array.from(toDims(x).data as unknown as ArrayLike<number>, Number),
})

/** The largest difference in parts of the range of what was wanted. */
function difference(got: Tensor, want: NdArray<Data>): number {
  expect(got.shape).toEqual(want.shape)
  const wanted = Array.from(toDims(want).data as unknown as ArrayLike<number>, Number)
  const range = Math.max(...wanted) - Math.min(...wanted) || 1
  return Math.max(...wanted.map((value, i) => Math.abs(value - got.values[i]!))) / range
}

describe('functions of arrays', () => {
  for (const [name, { f, shapes, dtypes = [] }] of Object.entries(functions)) {
    test(name, () => {
      const inputs = shapes.map((shape, i) => numbers(shape, i + 1, dtypes[i]))
      const file = readOnnx(toOnnx(f, { shapes, dtypes }))
      const names = inputs.length === 1 ? ['x'] : inputs.map((_, i) => `x${i + 1}`)
      const given = Object.fromEntries(names.map((name, i) => [name, asTensor(inputs[i]!)]))
      expect(difference(interpret(file, given), f(...inputs))).toBeLessThan(1e-6)
    })
  }
})

const block = { imgSize: 8, patchSize: 4, embedDim: 8, depth: 1, numHeads: 2, numClasses: 3 }
const small: Record<string, readonly [() => Module, readonly number[]]> = {
  'a ViT': [() => new VisionTransformer(block), [1, 3, 8, 8]],
  'registers, layer scale and mean pooling': [
    () => new VisionTransformer({ ...block, globalPool: 'avg', initValues: 0.1, regTokens: 2 }),
    [1, 3, 8, 8],
  ],
  'rotary positions, norms of queries, RMS': [
    () =>
      new VisionTransformer({ ...block, rotary: true, qkNorm: true, posEmbed: 'none', normLayer: 'rmsnorm' }),
    [1, 3, 8, 8],
  ],
  'relative positions and attention pooling': [
    () => new VisionTransformer({ ...block, relPos: 'bias', globalPool: 'map' }),
    [1, 3, 8, 8],
  ],
  'convolutions that overlap': [cases['layers in a row']![0], [1, 4, 12, 11]],
}

describe('models', () => {
  for (const [name, [make, shape]] of Object.entries(small)) {
    for (const opset of [17, 20]) {
      test(`${name}, opset ${opset}: one file for every batch`, () => {
        const model = make()
        const file = readOnnx(toOnnx(model, { shape, opset }))
        expect(file.opsets['']).toBe(opset)
        expect(file.inputs['x']).toEqual(['batch', ...shape.slice(1)])
        for (const batch of [1, 2]) {
          const x = numbers([batch, ...shape.slice(1)], batch) as NdArray<Float32Array>
          expect(difference(interpret(file, { x: asTensor(x) }), model.forward(x))).toBeLessThan(4e-6)
        }
      })
    }
  }

  test('lengths of a model that could be taken for a batch are none', () => {
    class Turned extends Module {
      readonly out = new Linear(19, 17)
      override forward(x: NdArray<Float32Array>): NdArray<Float32Array> {
        return rearrange(this.out.forward(x), 'b n d -> d (b n)') as NdArray<Float32Array>
      }
    }
    const model = new Turned()
    const file = readOnnx(toOnnx(model, { shape: [1, 23, 19] }))
    expect(file.outputs['y']).toEqual([17, '23*batch'])
    const x = numbers([2, 23, 19]) as NdArray<Float32Array>
    expect(difference(interpret(file, { x: asTensor(x) }), model.forward(x))).toBeLessThan(4e-6)
  })

  test('parameters keep their names, shapes and values', () => {
    const model = new VisionTransformer(block)
    const { initializers } = readOnnx(toOnnx(model))
    for (const [name, parameter] of model.namedParameters()) {
      expect(initializers.get(name)?.shape, name).toEqual(parameter.shape)
      expect(Float32Array.from(initializers.get(name)!.values)).toEqual(parameter.copy())
    }
  })

  test('every value of the file is made once and before it is used, and every one is used', () => {
    for (const [make, shape] of Object.values(cases)) {
      for (const attention of ['plain', 'fused'] as const) {
        const { nodes, initializers, inputs } = readOnnx(toOnnx(make(), { shape, attention, opset: 23 }))
        const made = new Set(['', ...initializers.keys(), ...Object.keys(inputs)])
        const used = new Set(['y', ...Object.keys(inputs)])
        for (const node of nodes) {
          expect(node.inputs.filter((input) => !made.has(input))).toEqual([])
          expect(made.has(node.outputs[0]!)).toBe(false)
          made.add(node.outputs[0]!)
          for (const input of node.inputs) used.add(input)
        }
        expect([...made].filter((name) => name !== '' && !used.has(name))).toEqual([])
      }
    }
  })

  test('a batch that is a number is the only one', () => {
    const { inputs, outputs, nodes } = readOnnx(toOnnx(new VisionTransformer(block), { batch: 4 }))
    expect([inputs['x'], outputs['y']]).toEqual([
      [4, 3, 8, 8],
      [4, 3],
    ])
    expect(nodes.some(({ op }) => op === 'Shape')).toBe(false)
  })

  test('a program is written as its model is', () => {
    const model = new Sequential(new Linear(3, 4), new Mlp(4))
    const shape = [2, 5, 3]
    expect(toOnnx(trace(model, shape))).toEqual(toOnnx(model, { shape }))
  })

  test('what the graph computes with is what the model has now', () => {
    const model = new Linear(2, 1)
    const program = trace(model, [1, 2])
    model.weight.assign(ndarray(Float32Array.of(5, 7), [1, 2]))
    expect(readOnnx(toOnnx(program)).initializers.get('weight')?.values).toEqual([5, 7])
  })
})

describe('the forms', () => {
  const operators = (model: Module, options: OnnxOptions) =>
    readOnnx(toOnnx(model, options)).nodes.map(({ op, domain }) => (domain === '' ? op : `${domain}.${op}`))

  test('attention is one node where that is asked for', () => {
    const model = new Attention(8, { numHeads: 2 })
    const shape = [1, 5, 8]
    expect(operators(model, { shape })).toEqual(expect.arrayContaining(['MatMul', 'Mul', 'Softmax']))
    expect(operators(model, { shape, attention: 'fused' })).toContain('com.microsoft.MultiHeadAttention')
    expect(operators(model, { shape, attention: 'fused', opset: 23 })).toContain('Attention')
    expect(operators(model, { shape, attention: 'fused' })).not.toContain('Transpose')
  })

  test('a linear layer is one Gemm over its weight as it is', () => {
    const { nodes } = readOnnx(toOnnx(new Linear(3, 2), { shape: [1, 3] }))
    expect(nodes).toEqual([
      { op: 'Gemm', domain: '', inputs: ['x', 'weight', 'bias'], outputs: ['y'], attributes: { transB: 1 } },
    ])
  })

  test('a rearrangement is what it takes and no more', () => {
    const operatorsOf = (f: (x: NdArray<Float32Array>) => NdArray<Data>, shape: readonly number[]) =>
      readOnnx(toOnnx(f, { shapes: [shape] })).nodes.map(({ op }) => op)
    expect(operatorsOf((x) => rearrange(x, 'h w c -> 1 c h w'), [4, 5, 3])).toEqual(['Transpose', 'Reshape'])
    expect(operatorsOf((x) => rearrange(x, 'a (b c) -> (a b) c', { b: 2 }), [3, 4])).toEqual(['Reshape'])
    expect(operatorsOf((x) => rearrange(rearrange(x, 'a b -> b a'), 'b a -> a b'), [3, 4])).toEqual([
      'Identity',
    ])
    expect(operatorsOf((x) => reduce(x, 'a b -> a', 'mean'), [3, 4])).toEqual(['ReduceMean'])
  })

  test('eight bits: codes with a scale for each channel, under the name of the weight, at most half a step off', () => {
    const model = new VisionTransformer({ ...block, embedDim: 16 })
    const { initializers, nodes } = readOnnx(toOnnx(model, { precision: 'int8' }))
    for (const [name, parameter] of model.namedParameters()) {
      const stored = initializers.get(name)!
      const isWeight = /(qkv|attn\.proj|fc1|fc2|head)\.weight$/.test(name)
      expect(stored.type, name).toBe(isWeight ? 3 : 1)
      if (!isWeight) continue
      const scales = initializers.get(`${name}_scale`)!
      expect(scales.shape).toEqual([parameter.shape[0]])
      const width = parameter.size / parameter.shape[0]!
      for (const [i, value] of parameter.copy().entries()) {
        const scale = scales.values[Math.floor(i / width)]!
        expect(Math.abs(stored.values[i]! * scale - value)).toBeLessThan(0.5001 * scale)
      }
      expect(Math.max(...stored.values.map(Math.abs))).toBe(127)
      expect(nodes.filter(({ inputs }) => inputs.includes(name)).map(({ op }) => op)).toEqual([
        'DequantizeLinear',
      ])
    }
    const x = numbers([1, 3, 8, 8]) as NdArray<Float32Array>
    const file = readOnnx(toOnnx(model, { precision: 'int8' }))
    expect(difference(interpret(file, { x: asTensor(x) }), model.forward(x))).toBeLessThan(0.03)
  })

  test('a model that is kept in eight bits is written with the codes that it has, and as float32 where that is asked for', () => {
    const model = new VisionTransformer({ ...block, embedDim: 16 })
    const written = toOnnx(model, { precision: 'int8' })
    quantize(model)
    expect(toOnnx(model)).toEqual(written)
    const { initializers } = readOnnx(toOnnx(model))
    const { initializers: floats } = readOnnx(toOnnx(model, { precision: 'float32' }))
    const { values } = initializers.get('blocks.0.mlp.fc1.weight')!
    const scales = initializers.get('blocks.0.mlp.fc1.weight_scale')!.values
    const width = values.length / scales.length
    const { data } = model.stateDict()['blocks.0.mlp.fc1.weight']!
    expect(values.map((code, i) => Math.fround(code * scales[Math.floor(i / width)]!))).toEqual(
      Array.from(data as Float32Array),
    )
    expect(floats.get('blocks.0.mlp.fc1.weight')!.values).toEqual(Array.from(data as Float32Array))
    expect([...floats.values()].some(({ type }) => type === 3)).toBe(false)
  })

  test('texts go along', () => {
    expect(
      readOnnx(toOnnx(new Linear(2, 2), { shape: [1, 2], metadata: { labels: '["a"]' } })).metadata,
    ).toEqual({
      labels: '["a"]',
    })
  })
})

describe('what no graph can be', () => {
  const mistake = (make: () => unknown) => mistakeOf(make)

  test('a fold by a function of one’s own is refused by its step and with what to do', () => {
    const f = (x: NdArray<Data>) =>
      reduce(x, 'a b -> a', (view) => fromDims({ data: new Float32Array(2), dims: [view.shape[0]!] }))
    const { code, what, hint } = mistake(() => toOnnx(f, { shapes: [[2, 3]] }))
    expect([code, what]).toEqual(['onnx/step', "ONNX has no way to say the step 'reduce 'a b -> a''"])
    expect(hint).toContain("reduce by a name, as 'mean'")
  })

  test('a layer that knows its batch is refused where it says so, and written for one batch', () => {
    class Halves extends Module {
      override forward(x: NdArray<Float32Array>): NdArray<Float32Array> {
        return x.hi(Math.ceil(x.shape[0]! / 2), x.shape[1]!) as NdArray<Float32Array>
      }
    }
    class Powers extends Module {
      readonly out = new Linear(4, 2)
      override forward(x: NdArray<Float32Array>): NdArray<Float32Array> {
        return rearrange(this.out.forward(x), 'b d -> b d 1').hi(
          x.shape[0]! ** 2 % 7,
          2,
          1,
        ) as NdArray<Float32Array>
      }
    }
    for (const model of [new Halves(), new Powers()]) {
      const { code, hint } = mistake(() => toOnnx(model, { shape: [1, 4] }))
      expect([code, hint]).toEqual([
        'onnx/batch',
        'batch: 1 (or another number) writes the graph for that many',
      ])
    }
    expect(readOnnx(toOnnx(new Halves(), { shape: [1, 4], batch: 6 })).outputs['y']).toEqual([3, 4])
  })

  test('a model that does not tell the shape of its input, and one in training mode', () => {
    expect(mistake(() => toOnnx(new Linear(2, 2))).code).toBe('onnx/shape')
    expect(mistake(() => toOnnx(new PatchEmbed({ imgSize: null }))).hint).toBe('{ shape: [1, 3, 224, 224] }')
    expect(mistake(() => toOnnx(new VisionTransformer(block).train())).code).toBe('trace/training')
    expect(mistake(() => toOnnx(null as never)).code).toBe('trace/model')
    expect(mistake(() => toOnnx(((x: NdArray<Float32Array>) => x) as never)).code).toBe('onnx/shape')
  })

  test('options that are none', () => {
    const model = new Linear(2, 2)
    for (const options of [
      { opset: 16 },
      { opset: 25 },
      { batch: 0 },
      { batch: 'any' },
      { attention: 'flash' },
      { presicion: 'int8' },
      { metadata: null },
      { metadata: { author: 1 } },
    ]) {
      expect(mistake(() => toOnnx(model, { shape: [1, 2], ...options } as never)).code).toMatch(/^option\//)
    }
  })

  test('a parameter that is called as the input is, or the output, or not at all', () => {
    for (const name of ['x', 'y', '']) {
      const linear = new Linear(2, 2, { bias: false })
      const model = {
        training: false,
        *namedParameters() {
          yield [name, linear.weight] as const
        },
        compute: (x: Value) => linear.compute(x),
      }
      const { code, values } = mistake(() => toOnnx(model, { shape: [1, 2] }))
      expect([code, values]).toEqual(['onnx/name', { got: name }])
    }
  })

  test('arrays without elements', () => {
    expect(mistake(() => toOnnx((x) => x, { shapes: [[2, 0]] })).code).toBe('onnx/empty')
  })

  test('more than a file of ONNX may hold, before any of it is made', () => {
    const large = {
      weight: new Weight(new Float32Array(0)),
      shape: [20_000, 30_000],
      stride: [30_000, 1],
      offset: 0,
    }
    const model = {
      training: false,
      *namedParameters() {
        yield ['weight', large] as const
      },
      compute: (x: Value) => einsumTensor([x, large], 'b i, o i -> b o'),
    }
    const { code, what } = mistake(() => toOnnx(model, { shape: [1, 30_000] }))
    expect([code, what]).toEqual(['onnx/too-large', 'an ONNX file has at most 2 GB — got 2.2 GB'])
  })
})
