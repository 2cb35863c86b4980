/** Tensors are read some at a time: in the order of their names all the same, and none after a failure. */
import ndarray from 'ndarray'
import { expect, test } from 'vitest'
import { readAll } from '../../src/checkpoint/read-all.ts'

const names = Array.from({ length: 40 }, (_, i) => `t${i}`)
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const numbered = (name: string) => ndarray(Float32Array.of(Number(name.slice(1))), [1])

test('whichever is there first, the result has the order of the names', async () => {
  let reading = 0
  let most = 0
  const tensors = await readAll(names, async (name) => {
    most = Math.max(most, ++reading)
    await later(Number(name.slice(1)) % 5)
    reading--
    return numbered(name)
  })
  expect(Object.keys(tensors)).toEqual(names)
  expect(Object.values(tensors).map((tensor) => tensor.get(0))).toEqual(names.map((_, i) => i))
  expect(Object.getPrototypeOf(tensors)).toBeNull()
  expect(most).toBeGreaterThan(1)
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
    return numbered(name)
  }
  await expect(readAll(names, read)).rejects.toThrow('t1 fails')
  expect(underWay).toBe(0)
  expect(begun.length).toBeLessThan(8)
})

test('no names give no tensors', async () => {
  expect(Object.keys(await readAll([], async (name) => numbered(name)))).toEqual([])
})
