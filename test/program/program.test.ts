/** Programs: what a trace writes down, and what comes of running it. */
import { Float16Array } from '@petamoriken/float16'
import fc from 'fast-check'
import ndarray, { type NdArray } from 'ndarray'
import {
  add,
  divide,
  EinopsError,
  einsum,
  multiply,
  pack,
  rearrange,
  reduce,
  softmax,
  trace as traceOfLanguage,
  unpack,
} from 'tesserae'
import { Linear, Module, Sequential, trace, VisionTransformer } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { getHeap } from '../../src/wasm/heap.ts'
import { mistakeOf } from '../mistake.ts'
import { anyPattern } from '../ops/patterns.ts'
import { inputOf } from './inputs.ts'
import { cases, differential, mixedRotary } from './models.ts'

type Floats = NdArray<Float32Array>

/** A layer that reads a parameter's values itself, and not by steps. */
class Scaled extends Module {
  readonly head = new Linear(3, 3)

  override forward(x: Floats): Floats {
    const [first] = this.head.weight.copy()
    return einsum([this.head.forward(x), ndarray(Float32Array.of(first!), [])], 'b c, -> b c') as Floats
  }
}

test.each([
  ['λ', differential, 'lambda_q1'],
  ['rotary frequencies', mixedRotary, 'freqs'],
])('a program follows new values of %s', (_, [make, shape], suffix) => {
  const model = make()
  const program = trace(model, shape)
  const x = inputOf(shape)
  const before = program.run(x).data
  expect(before).toEqual(model.forward(x).data)
  const [, parameter] = [...model.namedParameters()].find(([name]) => name.endsWith(suffix))!
  parameter.update((values) => {
    for (let i = 0; i < values.length; i++) values[i]! += 0.5
  })
  for (let turn = 0; turn < 3; turn++) expect(program.run(x).data).toEqual(model.forward(x).data)
  expect(program.run(x).data).not.toEqual(before)
})

describe.each(Object.entries(cases))('the program of %s', (_, [make, shape]) => {
  const model = make()
  const program = trace(model, shape)

  test('gives the bits of forward, for images one after the other and however they stand in memory', () => {
    for (const seed of [1, 2]) {
      const x = inputOf(shape, seed)
      expect(program.run(x).data).toEqual(model.forward(x).data)
    }
    const x = inputOf(shape, 3)
    const backwards = inputOf(shape, 3).step(...shape.map(() => -1)) as Floats
    for (let i = 0; i < x.data.length; i++) backwards.data[x.data.length - 1 - i] = x.data[i]!
    for (let turn = 0; turn < 3; turn++) {
      expect(program.run(backwards).data).toEqual(model.forward(backwards).data)
      expect(program.run(x).data).toEqual(model.forward(x).data)
    }
  })

  test('gives them again and again, whatever runs in between', () => {
    const other = new Linear(40, 40)
    const wide = trace(other, [300, 40])
    for (let turn = 0; turn < 6; turn++) {
      const x = inputOf(shape, turn)
      const expected = model.forward(x).data
      if (turn % 2 === 0) wide.run(inputOf([300, 40], turn))
      expect(program.run(x).data).toEqual(expected)
      expect(program.run(x).data).toEqual(expected)
    }
  })

  test('follows new values of parameters', () => {
    const x = inputOf(shape)
    const before = program.run(x).data
    for (const parameter of model.parameters()) {
      parameter.update((values) => {
        for (let i = 0; i < values.length; i++) values[i]! *= 1.5
      })
    }
    const after = program.run(x).data
    expect(after).toEqual(model.forward(x).data)
    expect(after).not.toEqual(before)
    // who holds the array may write to it at any time
    for (const parameter of model.parameters()) parameter.data.fill(0.125)
    for (let turn = 0; turn < 4; turn++) {
      for (const parameter of model.parameters()) parameter.data[0]! += turn
      expect(program.run(x).data).toEqual(model.forward(x).data)
    }
  })

  test('gives its memory back, and can be run again', () => {
    const x = inputOf(shape, 5)
    const { memory } = getHeap()!
    program.run(x)
    program.dispose()
    const before = memory.used
    for (let turn = 0; turn < 3; turn++) program.run(x)
    program.dispose()
    expect(memory.used).toBe(before)
    expect(program.run(x).data).toEqual(model.forward(x).data)
  })

  test('says of every parameter its name in the state dict', () => {
    const names = new Set([...model.namedParameters()].map(([name]) => name))
    expect(program.parameters.filter(({ name }) => !names.has(name))).toEqual([])
    expect(program.parameters.length).toBe(names.size)
  })
})

describe('a program that is stale says so', () => {
  const model = () =>
    new VisionTransformer({ imgSize: 8, patchSize: 4, embedDim: 8, depth: 1, numHeads: 2, numClasses: 3 })
  const shape = [1, 3, 8, 8]

  test('when a parameter has another shape', () => {
    const vit = model()
    const program = trace(vit, shape)
    vit.patchEmbed.proj.weight.assign(inputOf([8, 48]))
    expect(() => program.run(inputOf(shape))).toThrow(
      /the shape of 'patch_embed.proj.weight' is \[8, 48\] now/,
    )
  })

  test('in training mode', () => {
    const vit = model()
    const program = trace(vit, shape)
    vit.train()
    expect(() => program.run(inputOf(shape))).toThrow(/training mode/)
    expect(() => trace(vit, shape)).toThrow(/training mode/)
    vit.eval()
    expect(program.run(inputOf(shape)).shape).toEqual([1, 3])
  })

  test('when values have changed that a layer reads itself', () => {
    const scaled = new Scaled()
    const program = trace(scaled, [2, 3])
    const x = inputOf([2, 3])
    for (let turn = 0; turn < 3; turn++) expect(program.run(x).data).toEqual(scaled.forward(x).data)
    scaled.head.weight.update((values) => values.fill(1))
    expect(() => program.run(x)).toThrow("the values of 'head.weight' are others now")
  })

  test('when the model was disposed', () => {
    const vit = model()
    const program = trace(vit, shape)
    vit.dispose()
    expect(() => program.run(inputOf(shape))).toThrow(/disposed/)
  })
})

test('an input of another shape or dtype is refused, and so is another number of them', () => {
  const program = trace(new Linear(3, 2), [4, 3])
  expect(() => program.run(inputOf([4, 4]))).toThrow(/another shape — got \[4, 4\], expected \[4, 3\]/)
  expect(() => program.run(ndarray(new Float64Array(12), [4, 3]))).toThrow(/another dtype — got float64/)
  expect(() => program.run()).toThrow(/number of inputs/)
})

describe('a function of arrays', () => {
  const patches = (image: Floats, weight: Floats) =>
    einsum([image, weight], 'b c (h s1) (w s2), d (s1 s2 c) -> b (h w) d', { s1: 2, s2: 2 })

  test('is a program too, with inputs in order', () => {
    const program = traceOfLanguage(patches, [
      [1, 3, 4, 4],
      [5, 12],
    ])
    const [x, w] = [inputOf([1, 3, 4, 4]), inputOf([5, 12], 2)]
    expect(program.run(x, w).data).toEqual(patches(x, w).data)
    expect(program.steps.map(({ step }) => step.kind)).toEqual(['contract'])
  })

  test('gives the bits that its operations give by themselves', () => {
    const f = (x: Floats) => softmax(x, { axis: 1 }) as Floats
    const program = traceOfLanguage(f, [[8, 64]])
    for (let turn = 0; turn < 3; turn++) {
      const x = inputOf([8, 64], turn)
      expect(program.run(x).data).toEqual(f(x).data)
    }
  })

  test('may be run inside of itself', () => {
    const program: { run?: ReturnType<typeof traceOfLanguage> } = {}
    let inside = 0
    const f = (x: Floats) => {
      const rows = reduce(x, 'a b -> a', ((view: Floats) => {
        if (inside-- > 0) program.run!.run(inputOf([3, 4], 9))
        return view.pick(null, 0)
      }) as never) as Floats
      return einsum([rows, x], 'a, a b -> b')
    }
    program.run = traceOfLanguage(f, [[3, 4]])
    const expected = f(inputOf([3, 4])).data
    inside = 1
    expect(program.run.run(inputOf([3, 4])).data).toEqual(expected)
  })

  test('of a dtype that there is none of is refused', () => {
    const f = (x: Floats) => rearrange(x, 'a -> a')
    for (const dtypes of [['xyz'], 'float64']) {
      expect(() => traceOfLanguage(f, [[2]], { dtypes: dtypes as never })).toThrow(EinopsError)
    }
  })

  test('may be of any dtypes', () => {
    const f = (pixels: NdArray<Uint8Array>) => rearrange(pixels, 'h w c -> c h w', {}, { dtype: 'float32' })
    const program = traceOfLanguage(f, [[2, 3, 3]], { dtypes: ['uint8'] })
    expect(program.output.dtype).toBe('float32')
    const pixels = ndarray(
      Uint8Array.from({ length: 18 }, (_, i) => i),
      [2, 3, 3],
    )
    expect(program.run(pixels).data).toEqual(f(pixels).data)
  })

  test('computes with big integers as its operations do, and refuses what they refuse', () => {
    const x = ndarray(BigInt64Array.of(2n ** 60n, -3n), [2])
    const f = (a: NdArray<BigInt64Array<ArrayBuffer>>) => add([multiply([a, 3], 'i, -> i'), a], 'i, i -> i')
    const sums = traceOfLanguage(f, [[2]], { dtypes: ['bigint64'] }).run(x)
    expect(sums.data).toEqual(BigInt64Array.of(2n ** 62n, -12n))
    for (const mistaken of [
      (a: NdArray<BigInt64Array<ArrayBuffer>>) => divide([a, 2], 'i, -> i'),
      (a: NdArray<BigInt64Array<ArrayBuffer>>) => add([a, 0.5], 'i, -> i'),
    ]) {
      const what = mistakeOf(() => mistaken(x)).message
      expect(what).toContain('numbers, which have fractions')
      expect(mistakeOf(() => traceOfLanguage(mistaken, [[2]], { dtypes: ['bigint64'] })).message).toBe(what)
    }
  })

  test('takes operands as they stand where their axes do already', () => {
    const kindsOf = (pattern: string, shapes: number[][]) =>
      traceOfLanguage((a: Floats, b: Floats) => add([a, b], pattern) as Floats, shapes).steps.map(
        ({ step }) => step.kind,
      )
    expect(
      kindsOf('b d, b d -> b d', [
        [2, 3],
        [2, 3],
      ]),
    ).toEqual(['zip'])
    expect(kindsOf('b d, d -> b d', [[2, 3], [3]])).toEqual(['rearrange', 'zip'])
  })

  test('refuses operands of several dtypes as the operations do, and computes them as they do where they are converted', () => {
    const half = (a: Floats) => rearrange(a, 'i -> i', {}, { dtype: 'float64' })
    const mixed = (a: Floats) => add([a, half(a)] as never, 'i, i -> i') as Floats
    const x = ndarray(Float32Array.of(0.1, 3), [2])
    expect(mistakeOf(() => traceOfLanguage(mixed, [[2]])).message.split('\n')[0]).toBe(
      mistakeOf(() => mixed(x)).message.split('\n')[0],
    )
    const converted = (a: Floats) => multiply([a, half(a)], 'i, i -> i', {}, { dtype: 'float64' })
    expect(traceOfLanguage(converted, [[2]]).run(x).data).toEqual(converted(x).data)
  })

  test('takes lists, packs and unpacks', () => {
    const f = (a: Floats, b: Floats) => {
      const both = rearrange([a, b], 'two h w -> h (two w)')
      const [first, rest] = unpack(both, [[1], [-1]], '* w')
      return pack([rest!, first!], '* w')[0]
    }
    const program = traceOfLanguage(f, [
      [3, 2],
      [3, 2],
    ])
    const [a, b] = [inputOf([3, 2]), inputOf([3, 2], 2)]
    expect(program.run(a, b)).toEqual(f(a, b))
  })

  test("records ndarray's own views", () => {
    const f = (x: Floats) =>
      rearrange(x.lo(1, 0).hi(2, 3).step(1, -2).transpose(1, 0).pick(0) as Floats, 'a -> a 1')
    const program = traceOfLanguage(f, [[4, 5]])
    expect(program.run(inputOf([4, 5])).data).toEqual(f(inputOf([4, 5])).data.slice(0, 20))
    expect(program.run(inputOf([4, 5])).get(1, 0)).toBe(f(inputOf([4, 5])).get(1, 0))
    expect(() => traceOfLanguage((x: Floats) => x.pick(7) as Floats, [[4, 5]])).toThrow(/got 7 for axis 0/)
  })

  test('that reads or writes elements is an error by name', () => {
    const reads = [
      (x: Floats) =>
        ndarray(
          x.data.map((value) => 2 * value),
          [2],
        ),
      (x: Floats) => ndarray(Float32Array.of(x.get(0)), [1]),
      (x: Floats) => {
        x.set(0, 1)
        return x
      },
      (x: Floats) => rearrange(x, 'a -> a', {}, { out: inputOf([2]) }),
    ]
    for (const f of reads) expect(() => traceOfLanguage(f, [[2]])).toThrow(/is not possible under a trace/)
  })

  test('whose array is kept and used later says that it has no elements', () => {
    let kept: Floats | undefined
    traceOfLanguage(
      (x: Floats) => {
        kept = x
        return x
      },
      [[2]],
    )
    expect(() => rearrange(kept!, 'a -> a 1')).toThrow(/an array of a trace is used outside of it/)
  })

  test('runs the callback of a reduction on the host', () => {
    const f = (x: Floats) =>
      reduce(x, 'a b -> a', (view) => reduce(view as Floats, 'a b -> a', 'max') as NdArray)
    const program = traceOfLanguage(f as (x: Floats) => Floats, [[3, 4]])
    expect(program.steps.map(({ step }) => step.kind)).toEqual(['opaque'])
    expect(program.run(inputOf([3, 4])).data).toEqual(f(inputOf([3, 4])).data)
  })

  test('takes std and variance as steps, with the bits that they have without a trace', () => {
    fc.assert(
      fc.property(
        anyPattern({ dropped: true, empty: true }),
        fc.constantFrom('std' as const, 'variance' as const),
        fc.constantFrom('float32' as const, 'float64' as const, 'uint8' as const),
        fc.integer({ min: 0, max: 2 }),
        ({ text, lengths, shape }, spread, dtype, correction) => {
          const size = shape.reduce((all, length) => all * length, 1)
          const x = ndarray(
            new Float32Array(size).map((_, i) => 100 + ((i * 37) % 23) / 7),
            [...shape],
          )
          const typed = rearrange(x, '... -> ...', {}, { dtype })
          const f = (x: NdArray) => reduce(x, text, spread, lengths, { correction })
          const program = traceOfLanguage(f, [shape], { dtypes: [dtype] })
          expect(program.steps.map(({ step }) => step.kind)).not.toContain('opaque')
          expect(program.run(typed as never).data).toEqual(f(typed as NdArray).data)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('of half floats of a polyfill, which no step converts to', () => {
    const half = ndarray(Float16Array.of(1, 3, 5, 5) as never, [2, 2]) as NdArray<Float32Array>
    const spread = () => rearrange(reduce(half, 'a b -> a', 'std'), 'a -> a', {}, { dtype: 'float32' })
    const program = traceOfLanguage((x: Floats) => add([x, spread()], 'a, a -> a'), [[2]])
    expect(program.run(inputOf([2])).data).toEqual(add([inputOf([2]), spread()], 'a, a -> a').data)
  })

  test('says which input does not reach the result', () => {
    const program = traceOfLanguage((x: Floats, _: Floats) => x, [[2], [3]])
    expect(program.inputs.map(({ isUsed }) => isUsed)).toEqual([true, false])
    expect(String(program)).toContain('input 2 does not reach the result')
  })
})

test("a user's own layer is traced through", () => {
  class Half extends Module {
    readonly inner = new Linear(4, 4)
    override forward(x: Floats): Floats {
      const rows = this.inner.forward(x.transpose(1, 0) as Floats)
      return rearrange(rows, 'a b -> b a')
    }
  }
  const model = new Sequential(new Half(), new Linear(4, 2))
  const program = trace(model, [4, 4])
  expect(program.run(inputOf([4, 4])).data).toEqual(model.forward(inputOf([4, 4])).data)
  expect(program.parameters.map(({ name }) => name)).toEqual([
    '0.inner.weight',
    '0.inner.bias',
    '1.weight',
    '1.bias',
  ])
})

test('a program prints a line a step, blocks that repeat once', () => {
  const model = new VisionTransformer({
    imgSize: 8,
    patchSize: 4,
    embedDim: 8,
    depth: 3,
    numHeads: 2,
    numClasses: 3,
  })
  const lines = String(trace(model, [1, 3, 8, 8])).split('\n')
  expect(lines[0]).toBe('VisionTransformer: [1, 3, 8, 8] float32 -> [1, 3]')
  // of the last block nobody asks for more than the class token
  const blocks = lines.map((line) => line.trim()).filter((line) => line.endsWith('EncoderBlock'))
  expect(blocks).toEqual(['2 × EncoderBlock', 'EncoderBlock'])
  expect(lines.filter((line) => line.includes("'b n (three h d) -> three b h n d'")).length).toBe(2)
  expect(lines.find((line) => line.includes('blocks.0.mlp.fc1.weight'))).toMatch(
    /einsum '\.\.\. i, o i -> \.\.\. o' \+ bias, gelu .* \[1, 5, 32\] +2\.56 k FLOP$/,
  )
  expect(lines.at(-1)).toBe('52 steps, 3.10 k parameters, 23.7 k floating-point operations')
})
