/** Arrays whose classes are another realm's: frames, `vm` contexts and Jest have their own. */
import { runInNewContext } from 'node:vm'
import ndarray from 'ndarray'
import { readSafetensors, writeSafetensors } from 'tesserae/checkpoint'
import { resize, writePng } from 'tesserae/image'
import { expect, it } from 'vitest'
import { einsum, pack, rearrange, reduce, repeat } from '../../src/index.ts'
import { Linear, Sequential } from '../../src/nn.ts'
import { mistakeOf } from '../mistake.ts'

const foreign = runInNewContext(
  '({ Float32Array, Float64Array, Uint8Array, Int32Array, BigInt64Array, BigUint64Array, ArrayBuffer, Map, Promise })',
) as typeof globalThis

it.each(['BigInt64Array', 'BigUint64Array'] as const)(
  'big integers of another realm are summed, multiplied and compared as ours: %s',
  (name) => {
    const x = ndarray(foreign[name].from([1n, 2n, 3n, 4n]) as BigInt64Array<ArrayBuffer>, [2, 2])
    expect([...reduce(x, 'i j -> i', 'sum').data]).toEqual([3n, 7n])
    expect([...reduce(x, 'i j -> j', 'max').data]).toEqual([3n, 4n])
    expect([...reduce(x.hi(0, 2), 'i j -> j', 'sum').data]).toEqual([0n, 0n])
    expect([...einsum([x, x], 'i j, j k -> i k').data]).toEqual([7n, 10n, 15n, 22n])
    expect(mistakeOf(() => reduce(x, 'i j -> i', 'mean')).code).toBe('reduction/dtype')
  },
)

it.each(['Float32Array', 'Float64Array', 'Uint8Array', 'Int32Array'] as const)(
  'numbers of another realm give the values of ours, in arrays of their realm: %s',
  (name) => {
    const values = Array.from({ length: 64 * 48 }, (_, i) => (i * 7) % 11)
    const own = ndarray(globalThis[name].from(values) as Float32Array, [64, 48])
    const other = ndarray(foreign[name].from(values) as Float32Array, [64, 48])
    const both = <T>(f: (x: typeof own) => T): [T, T] => [f(other), f(own)]
    for (const [got, want] of [
      both((x) => rearrange(x, '(a b) c -> (c b) a', { b: 4 })),
      both((x) => repeat(x, 'a b -> (b 2 a)')),
      both((x) => reduce(x, 'a b -> b', 'sum')),
      both((x) => reduce(x, 'a b -> a', 'max')),
      both((x) => reduce(x, 'a b -> a', 'mean')),
      both((x) => einsum([x, x], 'a b, c b -> a c')),
      both((x) => pack([x, x], '* b')[0]),
    ]) {
      expect(got.shape).toEqual(want.shape)
      expect([...got.data]).toEqual([...want.data])
    }
    expect(rearrange(other, 'a b -> (b a)').data).toBeInstanceOf(foreign[name])
  },
)

it('a product of single floats of another realm runs in the kernels, bit for bit as one of ours', () => {
  const values = Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i))
  const [own, other] = [Float32Array, foreign.Float32Array].map((Floats) =>
    ndarray(new Floats(values), [64, 64]),
  )
  expect([...einsum([other!, other!], 'i j, j k -> i k').data]).toEqual([
    ...einsum([own!, own!], 'i j, j k -> i k').data,
  ])
})

it('a model takes an input of another realm', () => {
  const model = new Sequential(new Linear(8, 8, { seed: 1 }), new Linear(8, 2, { seed: 2 }))
  const values = Array.from({ length: 24 }, (_, i) => i / 8)
  const [own, other] = [Float32Array, foreign.Float32Array].map((Floats) =>
    ndarray(new Floats(values), [3, 8]),
  )
  expect([...model.forward(other!).data]).toEqual([...model.forward(own!).data])
})

it('a Map of another realm is no object of lengths, and one of ours neither', () => {
  const x = ndarray(new Float32Array(4), [2, 2])
  for (const lengths of [new foreign.Map([['a', 2]]), new Map([['a', 2]]), new foreign.Map()]) {
    const { message } = mistakeOf(() => rearrange(x, 'a b -> b a', lengths as never))
    expect(message).toMatch(/the lengths are not an object — got a Map/)
  }
})

it('checkpoints and pictures are written from arrays of another realm, and read from bytes of one', () => {
  const weight = ndarray(foreign.Float32Array.from([1, 2, 3, 4]), [2, 2])
  const ids = ndarray(foreign.BigInt64Array.from([5n]) as BigInt64Array<ArrayBuffer>, [1])
  const file = writeSafetensors({ weight, ids })
  for (const bytes of [foreign.Uint8Array.from(file), foreign.Uint8Array.from(file).buffer]) {
    const read = readSafetensors(bytes)
    expect([...read['weight']!.data]).toEqual([1, 2, 3, 4])
    expect([...read['ids']!.data]).toEqual([5n])
  }
  const picture = ndarray(
    foreign.Uint8Array.from({ length: 12 }, (_, i) => i),
    [2, 2, 3],
  )
  expect(writePng(picture).length).toBeGreaterThan(50)
  expect(resize(picture, { height: 1, width: 1 }).shape).toEqual([1, 1, 3])
})
