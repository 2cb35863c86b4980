/** Tensors are read some ahead: told in the order of their names all the same, none begun after a failure, memory used again. */
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ndarray from 'ndarray'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Buffers } from '../../src/checkpoint/buffers.ts'
import { inTurn } from '../../src/checkpoint/in-turn.ts'
import { openSafetensors, writeSafetensors } from '../../src/checkpoint.ts'

const names = Array.from({ length: 40 }, (_, i) => `t${i}`)
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const numberOf = (name: string) => Number(name.slice(1))

async function collected<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}

test('whichever is there first, they come in the order of the names, some read ahead', async () => {
  let reading = 0
  let most = 0
  const read = async (name: string) => {
    most = Math.max(most, ++reading)
    await later(numberOf(name) % 5)
    reading--
    return numberOf(name)
  }
  const values = await collected(inTurn(names, { bytesOf: () => 1, read }))
  expect(values).toEqual(names.map((name, i) => [name, i]))
  expect(most).toBe(3)
})

test('large ones are not read ahead', async () => {
  let reading = 0
  let most = 0
  const read = async () => {
    most = Math.max(most, ++reading)
    await later(1)
    reading--
  }
  await collected(inTurn(names.slice(0, 5), { bytesOf: () => 2 ** 24, read }))
  expect(most).toBe(1)
})

test('after a failure no more are begun, those under way are waited for, and the first in order is told', async () => {
  const begun: string[] = []
  let underWay = 0
  const read = async (name: string) => {
    begun.push(name)
    underWay++
    await later(name === 't1' ? 20 : 1)
    underWay--
    if (name === 't1' || name === 't2') throw new Error(`${name} fails`)
  }
  await expect(collected(inTurn(names, { bytesOf: () => 1, read }))).rejects.toThrow('t1 fails')
  expect(underWay).toBe(0)
  expect(begun).toEqual(['t0', 't1', 't2', 't3'])
})

test('who stops asking waits for those under way', async () => {
  let underWay = 0
  const read = async (name: string) => {
    underWay++
    await later(numberOf(name))
    underWay--
  }
  for await (const [name] of inTurn(names, { bytesOf: () => 1, read })) if (name === 't2') break
  expect(underWay).toBe(0)
})

test('no names give nothing', async () => {
  const read = () => Promise.reject(new Error('was read'))
  expect(await collected(inTurn([], { bytesOf: () => 1, read }))).toEqual([])
})

test('memory that was given back is taken again where it is large enough, and no other', () => {
  const buffers = new Buffers()
  const small = buffers.take(10)
  expect(small.length).toBe(10)
  buffers.give(small.buffer)
  expect(buffers.take(2 ** 20).buffer).toBe(small.buffer)
  buffers.give(small.buffer)
  const large = buffers.take(2 ** 20 + 1)
  expect(large.length).toBe(2 ** 20 + 1)
  expect(buffers.take(1).buffer).not.toBe(small.buffer) // it was too small, and let go
  buffers.give(new ArrayBuffer(2 ** 22))
  expect(buffers.take(2 ** 22).buffer.byteLength).toBe(2 ** 22)
  buffers.give(large.buffer)
  expect(buffers.take(5).buffer).toBe(large.buffer)
})

const dict = Object.fromEntries(
  names.map((name, i) => [name, ndarray(Float32Array.from({ length: i * 7 }, (_, j) => i + j))]),
)

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function inFile(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'tensors.safetensors')
  await writeFile(path, bytes)
  return path
}

for (const floats of ['F32', 'F16'] as const) {
  for (const where of ['a file', 'a Blob', 'bytes'] as const) {
    test(`each tensor of ${floats} in ${where}, one after the other, is as it is alone`, async () => {
      const bytes = writeSafetensors(dict, {}, { floats })
      const source = where === 'a file' ? await inFile(bytes) : where === 'a Blob' ? new Blob([bytes]) : bytes
      const file = await openSafetensors(source)
      const wanted = await file.tensors()
      const seen: string[] = []
      const memory = new Set<ArrayBufferLike>()
      for await (const [name, tensor] of file.each()) {
        expect(tensor).toEqual(wanted[name])
        memory.add(tensor.data.buffer)
        seen.push(name)
      }
      expect(seen).toEqual(file.names)
      if (where === 'a file' && floats === 'F32') expect(memory.size).toBeLessThanOrEqual(4)
      await file.close()
    })
  }
}

test('each of some names, and one that is not there', async () => {
  const file = await openSafetensors(writeSafetensors(dict))
  expect((await collected(file.each(['t9', 't3']))).map(([name]) => name)).toEqual(['t9', 't3'])
  await expect(collected(file.each(['t9', 'x']))).rejects.toThrow(/no tensor "x"/)
})

test('tensors of every size, order and alignment', async () => {
  const mixed = {
    bytes: ndarray(Uint8Array.of(1, 2, 3), [3]),
    none: ndarray(new Float32Array(0), [0, 4]),
    double: ndarray(Float64Array.of(0.5, 1.5), [2]),
    large: ndarray(
      Float32Array.from({ length: 300_000 }, (_, i) => i),
      [300, 1000],
    ),
    big: ndarray(BigInt64Array.of(7n), [1]),
    single: ndarray(Float32Array.of(2.5), []),
  }
  const bytes = writeSafetensors(mixed)
  for (const source of [await inFile(bytes), Buffer.from(bytes), new Blob([bytes])]) {
    const file = await openSafetensors(source)
    const names = [...Object.keys(mixed), 'single', 'large', ...Object.keys(mixed).reverse()]
    const seen: string[] = []
    for await (const [name, tensor] of file.each(names)) {
      seen.push(name)
      expect(tensor.shape).toEqual(mixed[name as keyof typeof mixed].shape)
      expect(tensor.data).toEqual(mixed[name as keyof typeof mixed].data)
    }
    expect(seen).toEqual(names)
    await file.close()
  }
})

test('elements of a Buffer that are not aligned there are read all the same', async () => {
  const bytes = writeSafetensors({ x: ndarray(Float64Array.of(0.5, 3)) })
  const shifted = Buffer.alloc(bytes.length + 3).subarray(3)
  shifted.set(bytes)
  expect((await (await openSafetensors(shifted)).tensor('x')).data).toEqual(Float64Array.of(0.5, 3))
})

test('a file that becomes shorter is told with the tensors that it may be', async () => {
  const path = await inFile(
    writeSafetensors({ a: ndarray(new Float32Array(8)), b: ndarray(new Float32Array(8)) }),
  )
  const file = await openSafetensors(path)
  await truncate(path, 150)
  await expect(collected(file.each())).rejects.toThrow(
    /one of the tensors "a" to "b" cannot be read: became shorter while it was read: no byte 150/,
  )
  await expect(file.tensor('b')).rejects.toThrow(/tensor "b" cannot be read: became shorter/)
  await file.close()
})
