/** A user's function inside a model sees ordinary arrays, whatever memory the model computes in. */
import ndarray, { type NdArray } from 'ndarray'
import { Linear, Reduce, Sequential } from 'tesserae/nn'
import { expect, test } from 'vitest'
import { randn } from '../documents/arrays.ts'

test('Reduce with a function gives the right numbers from the first call on, on views that stay what they were', () => {
  const seen: NdArray[] = []
  const first = (view: NdArray, [axis]: number[]) => {
    seen.push(view)
    expect(axis).toBe(1)
    return view.pick(null, 0)
  }
  const linear = new Linear(64, 3000)
  const model = new Sequential(linear, new Reduce('b n -> b', first))
  const x = randn([4, 64])
  const expected = linear.forward(x)
  for (let call = 0; call < 2; call++) {
    const y = model.forward(x)
    for (let b = 0; b < 4; b++) expect(y.get(b)).toBe(expected.get(b, 0))
  }
  // growth of the model's memory in between
  new Linear(512, 9000).forward(randn([512, 512]))
  for (const view of seen) {
    expect(view.data.length).toBe(4 * 3000)
    expect(view.get(3, 2999)).toBe(expected.get(3, 2999))
    view.set(0, 0, 42)
  }
  expect(model.forward(x).get(0)).toBe(expected.get(0, 0))
})

test('einsum takes the options of every operation', async () => {
  const { einsum } = await import('tesserae')
  const x = ndarray(new Float32Array([1, 2, 3, 4]), [2, 2])
  expect(einsum([x, x], 'i j, j k -> i k', {}, { copy: 'always' }).get(1, 1)).toBe(22)
  expect(() => einsum([x, x], 'i j, j k -> i k', {}, { copy: 'never' })).toThrow(
    /a contraction computes new elements/,
  )
})
