/** Models whose weights are integers: their answers stay, files of codes open as the same model, and what they cannot do they refuse by name. */
import { existsSync, readFileSync } from 'node:fs'
import ndarray from 'ndarray'
import { describe, expect, test } from 'vitest'
import { readSafetensors, writeSafetensors } from '../../src/checkpoint.ts'
import { einsum } from '../../src/index.ts'
import {
  LayerNorm,
  Linear,
  manualSeed,
  metadataOf,
  quantize,
  quantizedState,
  Sequential,
  trace,
  VisionTransformer,
} from '../../src/nn.ts'
import { adamw, crossEntropy, valueAndGradients } from '../../src/train.ts'

const values = (size: number, seed = 1) =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.7 + seed))
const options = { imgSize: 32, patchSize: 8, embedDim: 64, depth: 2, numHeads: 4, numClasses: 10 }
const pictures = ndarray(values(2 * 3 * 32 * 32), [2, 3, 32, 32])

function model(): VisionTransformer {
  manualSeed(3)
  return new VisionTransformer(options)
}

/** How far numbers are from others, relative to these. */
function distance(got: Float32Array, want: Float32Array): number {
  const sum = (of: (i: number) => number) => want.reduce((all, _, i) => all + of(i) ** 2, 0)
  return Math.sqrt(sum((i) => got[i]! - want[i]!) / sum((i) => want[i]!))
}

describe('quantize', () => {
  test('makes integers of the weights of linear maps, and of nothing else', () => {
    const own = model()
    const { weights, precision, bytes } = quantize(own)
    const names = ['attn.qkv', 'attn.proj', 'mlp.fc1', 'mlp.fc2']
    const inBlock = (i: number) => names.map((name) => `blocks.${i}.${name}.weight`)
    expect(weights.map(({ name }) => name)).toEqual([...inBlock(0), ...inBlock(1), 'head.weight'])
    expect(precision).toBe('int8')
    expect(own.patchEmbed.proj.weight.precision).toBe('float32')
    expect(own.head.stateDict()['bias']!.dtype).toBe('float32')
    for (const { error } of weights) expect(error > 0 && error < 0.01).toBe(true)
    expect(bytes.before / bytes.after).toBeGreaterThan(2.5)
  })

  test.each([8, 16] as const)('answers stay about the same, with panels of %i bits', (panels) => {
    const own = model()
    const want = own.forward(pictures).data.slice()
    quantize(own, { panels })
    const got = own.forward(pictures).data
    expect(distance(got, want)).toBeGreaterThan(0)
    expect(distance(got, want)).toBeLessThan(0.01)
  })

  test('panels of 8 and of 16 bits have the same bits', () => {
    const [first, second] = [model(), model()]
    quantize(first, { panels: 8 })
    quantize(second, { panels: 16 })
    expect(first.forward(pictures).data).toEqual(second.forward(pictures).data)
  })

  test("a picture's answer does not depend on what comes with it", () => {
    const own = model()
    quantize(own)
    const both = own.forward(pictures)
    const alone = own.forward(pictures.lo(1, 0, 0, 0))
    expect(alone.data).toEqual(both.data.slice(10))
  })

  test('sums of any length come out: long ones have rows of more bits, and the longest stay float32', () => {
    for (const k of [133_000, 140_000, 250_000]) {
      const long = new Linear(k, 1, { bias: false })
      long.weight.update((values) => values.fill(1))
      const { precision } = quantize(long, { precision: 'int8-fast' })
      if (k > 132_104) expect(precision).toBe('int8')
      const [answer] = long.forward(ndarray(new Float32Array(k).fill(2), [1, k])).data
      expect(answer! / (2 * k)).toBeCloseTo(1, 5)
    }
    expect(() => quantize(new Linear(300_000, 1, { bias: false }))).toThrow('no weight of a linear map')
  })

  test('refuses what has nothing to quantize, and options that there are not', () => {
    expect(() => quantize(new LayerNorm(8))).toThrow(
      'LayerNorm has no weight of a linear map of 16 to 262144 inputs',
    )
    expect(() => quantize(model(), { precision: 'int4' as never })).toThrow(
      "bad option 'precision' — got \"int4\", expected 'int8' or 'int8-fast'",
    )
    expect(() => quantize(model(), { panels: 4 as never })).toThrow(
      "bad option 'panels' — got 4, expected 8 or 16",
    )
  })

  test('int8-fast is int8 where there is no relaxed SIMD, and capabilities say so', async () => {
    const { capabilities } = await import('../../src/index.ts')
    const own = model()
    const { precision } = quantize(own, { precision: 'int8-fast' })
    own.forward(pictures)
    const { relaxedSimd, reasons } = capabilities()
    expect(precision).toBe(relaxedSimd ? 'int8-fast' : 'int8')
    // a file that is written here is for other platforms, too
    expect(JSON.parse(metadataOf(own)['tesserae']!).precision).toBe('int8-fast')
    expect(reasons.some((reason) => reason.startsWith('tiles: int8-fast'))).toBe(!relaxedSimd)
  })
})

describe('a quantised parameter', () => {
  test('takes and gives float32, the nearest that its codes stand for', () => {
    const layer = new Linear(32, 4)
    quantize(layer)
    const given = values(128, 5)
    layer.weight.assign(ndarray(given, [4, 32]))
    expect(layer.weight.precision).toBe('int8')
    const got = layer.weight.array
    expect(got.dtype).toBe('float32')
    for (let row = 0; row < 4; row++) {
      const own = given.subarray(32 * row, 32 * row + 32)
      const step = Math.max(...own.map(Math.abs)) / 127
      own.forEach((value, i) => {
        expect(Math.abs(got.get(row, i) - value)).toBeLessThan(step / 2 + 1e-7)
      })
    }
    expect(layer.stateDict()['weight']!.data).toEqual(got.data)
    got.set(0, 0, 7)
    expect(layer.weight.array.get(0, 0)).not.toBe(7)
  })

  test('weights too small for a scale of their own are zeros, and none moves farther than half a code', () => {
    const layer = new Linear(16, 9, { bias: false })
    const sizes = [0, 1e-45, 2.6e-43, 1e-40, 1e-38, 1e-31, 1e-29, 1, 3e38]
    layer.weight.update((all) => {
      for (const [row, size] of sizes.entries())
        all.fill(0, 16 * row, 16 * row + 16).fill(size, 16 * row, 16 * row + 8)
    })
    const before = layer.weight.copy()
    quantize(layer)
    const after = layer.weight.copy()
    for (const [i, value] of before.entries()) {
      const most = sizes[Math.floor(i / 16)]!
      expect(Math.abs(after[i]! - value)).toBeLessThanOrEqual(Math.max(1e-30, most / 127))
    }
  })

  test('is what an einsum over its inputs multiplies in integers, and float32 for any other', () => {
    const layer = new Linear(32, 4, { bias: false })
    quantize(layer)
    const x = ndarray(values(96), [3, 32])
    expect(einsum([x, layer.weight.array], 'b i, o i -> b o').data).not.toEqual(layer.forward(x).data)
    expect(einsum([x, layer.weight as never], 'b i, o i -> b o').data).toEqual(layer.forward(x).data)
    const y = ndarray(values(12), [3, 4])
    const back = einsum([y, layer.weight as never], 'b o, o i -> b i')
    expect(
      distance(back.data as Float32Array, einsum([y, layer.weight.array], 'b o, o i -> b i').data),
    ).toBeLessThan(1e-6)
  })

  test('can be disposed, and says its name then', () => {
    const layer = new Linear(32, 4)
    quantize(layer)
    layer.dispose()
    expect(() => layer.weight.array).toThrow('the values of Linear.weight are gone')
  })
})

describe('a file of codes', () => {
  test('opens as the model that it was written of, bit for bit', async () => {
    const own = model()
    quantize(own)
    const bytes = writeSafetensors(quantizedState(own), metadataOf(own))
    expect(readSafetensors(bytes)['blocks.0.mlp.fc1.weight']!.dtype).toBe('int8')
    const again = await VisionTransformer.fromCheckpoint(bytes)
    expect(again.guesses).toEqual([])
    expect(again.options.numHeads).toBe(4)
    expect(again.blocks[0]!.mlp.stateDict()).toEqual(own.blocks[0]!.mlp.stateDict())
    expect(again.forward(pictures).data).toEqual(own.forward(pictures).data)
    const ofArrays = await VisionTransformer.fromCheckpoint(readSafetensors(bytes), { numHeads: 4 })
    expect(ofArrays.forward(pictures).data).toEqual(own.forward(pictures).data)
  })

  test('opens as float32 too, of the values that the codes stand for', async () => {
    const own = model()
    quantize(own)
    const again = await VisionTransformer.fromCheckpoint(
      writeSafetensors(quantizedState(own), metadataOf(own)),
      {
        precision: 'float32',
      },
    )
    expect([...again.parameters()].every(({ precision }) => precision === 'float32')).toBe(true)
    expect(again.stateDict()).toEqual(own.stateDict())
  })

  test('of float32 opens in eight bits as quantize makes them, and of float16 as float32', async () => {
    const own = model()
    const dict = own.stateDict()
    const coded = await VisionTransformer.fromCheckpoint(dict, { numHeads: 4, precision: 'int8' })
    const half = await VisionTransformer.fromCheckpoint(
      writeSafetensors(dict, metadataOf(own), { floats: 'F16' }),
    )
    expect(distance(half.forward(pictures).data, own.forward(pictures).data)).toBeLessThan(1e-3)
    quantize(own)
    expect(coded.forward(pictures).data).toEqual(own.forward(pictures).data)
  })

  test('with codes of −128 and the longest sums is multiplied as its numbers say', async () => {
    const own = model()
    quantize(own)
    const dict = { ...quantizedState(own) } as Record<string, { readonly shape: number[] }>
    const name = 'blocks.0.mlp.fc2.weight'
    const [n, k] = dict[name]!.shape as [number, number]
    const lowest = {
      ...dict,
      [name]: ndarray(new Int8Array(n * k).fill(-128), [n, k]),
      // half precision for all but codes is not the only one that a file may have
      [`${name}_scale`]: ndarray(new Float64Array(n).fill(1 / 64), [n]),
    }
    const { fc2 } = (await VisionTransformer.fromCheckpoint(lowest as never, { numHeads: 4 })).blocks[0]!
      .mlp as never as { fc2: Linear }
    expect(fc2.weight.precision).toBe('int8')
    fc2.bias!.update((values) => values.fill(0))
    const answers = fc2.forward(ndarray(new Float32Array(k).fill(1), [1, k])).data
    expect(Math.max(...answers.map((answer) => Math.abs(answer + 2 * k)))).toBeLessThan(2 * k * 1e-4)
  })

  test('refuses a precision that there is not, at once and without precision what is in memory', async () => {
    const dict = model().stateDict()
    await expect(VisionTransformer.fromCheckpoint(dict, { precision: 'int9' as never })).rejects.toThrow(
      "bad option 'precision' — got \"int9\", expected 'float32' or 'int8' or 'int8-fast'",
    )
    expect(() => VisionTransformer.fromStateDict(dict, { precision: 'int8' } as never)).toThrow(
      "unknown option 'precision'",
    )
  })
})

describe('programs and training', () => {
  test('a program of a quantised model has its bits, again and again, and says how weights are kept', () => {
    const own = model()
    quantize(own)
    const program = trace(own, [2, 3, 32, 32])
    for (let i = 0; i < 3; i++) expect(program.run(pictures).data).toEqual(own.forward(pictures).data)
    expect(String(program)).toContain('blocks.0.attn.qkv.weight (int8)')
    const { weight } = own.head as Linear
    weight.assign(ndarray(values(640), [10, 64]))
    expect(program.run(pictures).data).toEqual(own.forward(pictures).data)
  })

  test('weights in eight bits do not learn, and are named', () => {
    const own = model()
    quantize(own)
    const loss = () => crossEntropy(own.forward(pictures), [1, 2])
    expect(() => valueAndGradients(own, loss)).toThrow(
      "'blocks.0.attn.qkv.weight' and 8 more cannot learn — got weights in int8, expected float32",
    )
  })

  test('a head learns on frozen features in eight bits, and changes pass through frozen weights', () => {
    manualSeed(4)
    const features = model()
    quantize(features)
    for (const parameter of features.parameters()) parameter.requiresGrad = false
    const head = new Linear(10, 3)
    const all = new Sequential(features, head)
    const optimizer = adamw(head, { lr: 0.05 })
    const losses = Array.from({ length: 12 }, () => {
      const { value, gradients } = valueAndGradients(head, () => crossEntropy(all.forward(pictures), [0, 2]))
      optimizer.step(gradients)
      return value
    })
    expect(losses.at(-1)!).toBeLessThan(0.8 * losses[0]!)
    features.blocks[0]!.norm1.parameters().next().value!.requiresGrad = true
    const { gradients } = valueAndGradients(features, () => crossEntropy(all.forward(pictures), [0, 2]))
    expect([...gradients.values()].every(({ data }) => data.some((x) => x !== 0))).toBe(true)
    expect(gradients.size).toBe(1)
  })
})

const weights = new URL('../../../shared/data/weights/', import.meta.url)

test.skipIf(!existsSync(weights)).each([
  ['int8', 0.03],
  ['int8-fast', 0.06],
] as const)(
  'a real ViT-Tiny in %s answers photographs as before, its logits within %d (skipped without ../shared/data)',
  async (precision, most) => {
    const floats = (name: string) => {
      const bytes = readFileSync(new URL(`reference/${name}`, weights))
      return new Float32Array(
        Uint8Array.from(bytes.subarray(-4 * (name.includes('input') ? 150528 : 1000))).buffer,
      )
    }
    const file = readFileSync(new URL('vit_tiny_patch16_224.augreg_in21k_ft_in1k.safetensors', weights))
    const own = await VisionTransformer.fromCheckpoint(file, { precision })
    for (const picture of ['chelsea', 'coffee']) {
      const x = ndarray(floats(`${picture}_input_1x3x224x224_f32.npy`), [1, 3, 224, 224])
      const want = floats(`${picture}_logits_1x1000_f32.npy`)
      const got = own.forward(x).data
      expect(got.indexOf(Math.max(...got))).toBe(want.indexOf(Math.max(...want)))
      expect(distance(got, want)).toBeLessThan(most)
    }
  },
)
