/** What is given in the wrong place or of the wrong kind is answered by name, by every layer and function. */
import ndarray from 'ndarray'
import { EinopsError } from 'tesserae'
import * as adapters from 'tesserae/adapters'
import * as checkpoint from 'tesserae/checkpoint'
import { CheckpointError } from 'tesserae/checkpoint'
import * as image from 'tesserae/image'
import { ImageError } from 'tesserae/image'
import * as nn from 'tesserae/nn'
import { describe, expect, it, test } from 'vitest'
import { compile, init } from '../../src/index.ts'

const { Conv2d, EinMix, LayerNorm, LayerScale, Linear, Reduce, RMSNorm, Sequential } = nn
const x = ndarray(Float32Array.of(1, 2, 3, 4), [2, 2])
// biome-ignore lint/suspicious/noExplicitAny: these calls are wrong on purpose
const wrong = (value: unknown) => value as any

const isOurs = (error: unknown) =>
  error instanceof EinopsError || error instanceof CheckpointError || error instanceof ImageError

/** The message of what a call throws or rejects with. */
async function refusal(call: () => unknown): Promise<string> {
  try {
    await call()
  } catch (error) {
    if (isOurs(error)) return (error as Error).message.split('\n')[0]!
    throw error
  }
  return 'nothing'
}

test.each<[string, () => unknown]>([
  ['LayerNorm: shape is no length — got -1, expected', () => new LayerNorm(-1)],
  ['LayerNorm: shape is no length — got null', () => new LayerNorm(wrong(null))],
  ['RMSNorm: shape is no length — got [2, 1.5]', () => new RMSNorm([2, 1.5])],
  ['LayerScale: dim is no length — got undefined', () => new LayerScale(wrong(undefined))],
  ['EinMix: pattern is no text — got 5', () => new EinMix(wrong(5), wrong(undefined))],
  ["EinMix: bad option 'weightShape' — got 5", () => new EinMix('a -> b', { weightShape: wrong(5) })],
  [
    "EinMix: bad option 'lengths' — got null",
    () => new EinMix('a -> b', { weightShape: 'a', lengths: wrong(null) }),
  ],
  ['attentionRollout: no list — got null', () => nn.attentionRollout(wrong(null))],
  ['attentionRollout: an empty list', () => nn.attentionRollout([])],
  ['attentionRollout: map 0 is none of attention — got [2,2]', () => nn.attentionRollout([x])],
  [
    'convertNames: the state dict is no object',
    () => checkpoint.convertNames(wrong(null), { from: 'timm', to: 'timm' }),
  ],
  ["convertNames: bad option 'options' — got undefined", () => checkpoint.convertNames({}, wrong(undefined))],
  [
    "convertNames: unknown option 'form'",
    () => checkpoint.convertNames({}, wrong({ form: 'timm', to: 'timm' })),
  ],
  ["compile: bad option 'patterns' — got undefined", () => compile(wrong(undefined))],
  ['compile: bad option \'rearrange\' — got "a -> a"', () => compile(wrong({ rearrange: 'a -> a' }))],
  ['init: ', () => init(wrong(undefined))],
  ["init: unknown option 'wrker'", () => init(wrong({ threads: 1, wrker: 'x' }))],
  ["init: bad option 'worker' — got 5", () => init(wrong({ threads: 1, worker: 5 }))],
  [
    "resamplePositions: bad option 'options' — got undefined",
    () => nn.resamplePositions(x, wrong(undefined)),
  ],
  ["resamplePositions: bad option 'to' — got 5", () => nn.resamplePositions(x, { to: wrong(5) })],
  ["sinCosPositions2d: bad option 'grid' — got 5", () => nn.sinCosPositions2d({ grid: wrong(5), dim: 4 })],
  [
    "rotatePositions2d: bad option 'options' — got undefined",
    () => nn.rotatePositions2d(x, wrong(undefined)),
  ],
  ["RotaryPositions2d: bad option 'options' — got null", () => new nn.RotaryPositions2d(wrong(null))],
  ['observe: layer is no layer — got undefined', () => nn.observe(wrong(undefined), () => {})],
  ['observe: observer is no function — got 5', () => nn.observe(new Linear(1, 1), wrong(5))],
  ['manualSeed: seed is no seed — got NaN', () => nn.manualSeed(Number.NaN)],
  ['manualSeed: seed is no seed — got undefined', () => nn.manualSeed(wrong(undefined))],
  ["normal: unknown option 'stdd'", () => nn.normal(wrong({ stdd: 1 }))],
  ["uniform: bad option 'options' — got null", () => nn.uniform(wrong(null))],
  ["xavierNormal: bad option 'gain' — got NaN", () => nn.xavierNormal({ gain: Number.NaN })],
  ["constant: bad option 'value'", () => nn.constant(wrong(undefined))],
  [
    'drawHeatMap: heat is not an ndarray — got undefined',
    () => image.drawHeatMap(ndarray(new Uint8Array(12), [2, 2, 3]), wrong(undefined)),
  ],
  ['fromDims: not a tensor — got undefined', () => adapters.fromDims(wrong(undefined))],
  ['fromOnnx: not a tensor — got 5', () => adapters.fromOnnx(wrong(5))],
  ['fromTensorflow: not a tensor — got null', () => adapters.fromTensorflow(wrong(null))],
  ['fromImageData: not a tensor — got undefined', () => adapters.fromImageData(wrong(undefined))],
  ['toOnnx: no class of tensors — got an object', () => adapters.toOnnx(x, wrong({}))],
  ['toTensorflow: not tfjs — got undefined', () => adapters.toTensorflow(x, wrong(undefined))],
  ['openSafetensors: the source is', () => checkpoint.openSafetensors(wrong(undefined))],
  ['Linear: mode is no mode — got "yes"', () => new Linear(2, 2).train(wrong('yes'))],
  [
    "Linear.loadStateDict: unknown option 'strickt'",
    () => new Linear(1, 1).loadStateDict({}, wrong({ strickt: false })),
  ],
  [
    "Linear.loadStateDict: bad option 'options' — got null",
    () => new Linear(1, 1).loadStateDict({}, wrong(null)),
  ],
])('%s', async (sentence, call) => {
  expect(await refusal(call)).toContain(sentence)
})

describe('Sequential takes layers only', () => {
  const other = Object.assign(Object.create({ forward() {}, members() {}, constructor: class Linear {} }), {})
  it.each<[string, unknown]>([
    ['got the class Linear, of which new Linear(…) makes one', Linear],
    ['got a Promise; an await is missing', Promise.resolve(new Linear(2, 2))],
    ['got a function', () => x],
    ['got 5', 5],
    ['got null', null],
    ['got a list', [new Linear(2, 2)]],
    ['got a Linear of another copy of tesserae', other],
  ])('%s', async (words, layer) => {
    expect(await refusal(() => new Sequential(wrong(layer)))).toContain(
      `Sequential: 0 is no layer — ${words}`,
    )
    expect(await refusal(() => new Sequential({ first: wrong(layer) }))).toContain("'first' is no layer")
    expect(await refusal(() => new Sequential(new Linear(2, 2), wrong(layer)))).toContain('1 is no layer')
  })
})

describe('writeSafetensors takes an object of arrays only', () => {
  it.each<[string, unknown]>([
    ['got a function; a call is missing', new Linear(1, 1).stateDict],
    ['got a Promise; an await is missing', Promise.resolve({})],
    ['got 5', 5],
    ['got a Map; Object.fromEntries(map) makes one', new Map([['x', x]])],
    ['got a list; the names are missing', [x]],
    ['the name is missing', x],
    ['with a method stateDict, which makes one', new Linear(1, 1)],
  ])('%s', async (words, dict) => {
    expect(await refusal(() => checkpoint.writeSafetensors(wrong(dict)))).toContain(words)
  })

  it('names the member that is none', async () => {
    expect(await refusal(() => checkpoint.writeSafetensors({ x, y: wrong(5) }))).toContain(
      'tensor "y" is not an ndarray',
    )
  })
})

describe('Reduce', () => {
  it('gives float32 whatever the reduction gives', () => {
    const any = new Reduce('a b -> a', 'any').forward(x)
    expect([any.dtype, ...any.data]).toEqual(['float32', 1, 1])
    const doubles = new Reduce('a b -> a', () => ndarray(Float64Array.of(0.5, 2), [2]) as never).forward(x)
    expect([doubles.dtype, ...doubles.data]).toEqual(['float32', 0.5, 2])
    const inside = new Sequential(new Reduce('a b -> a', 'all'), new Linear(2, 1)).forward(x)
    expect(inside.dtype).toBe('float32')
  })

  it('converts whatever numbers a function gives', () => {
    const big = new Reduce('a b -> a', () => ndarray(BigInt64Array.of(1n, 2n), [2]) as never).forward(x)
    expect([big.dtype, ...big.data]).toEqual(['float32', 1, 2])
  })

  it('refuses an input that is not float32', async () => {
    const bytes = ndarray(Uint8Array.of(1, 2, 3, 4), [2, 2])
    expect(await refusal(() => new Reduce('a b -> a', 'max').forward(wrong(bytes)))).toContain(
      'got an input of uint8',
    )
  })
})

describe('what is too large is named', () => {
  it('a parameter by its shape', async () => {
    const said = 'no memory for a parameter — got [1000000, 1000000] of float32, 3725.3 GB'
    expect(await refusal(() => new Linear(1e6, 1e6).weight.data)).toContain(said)
  })

  it('a padded image by its number of elements', async () => {
    const conv = new Conv2d(1, 1, { kernelSize: 1, padding: 2 ** 17 })
    const said = 'no memory for the result — got 68720525316 elements of float32'
    expect(await refusal(() => conv.forward(ndarray(new Float32Array(4), [1, 1, 2, 2])))).toContain(said)
  })
})
