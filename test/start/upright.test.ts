/** What `npm run train` does to every digit, drawn or written, before the model sees it. */
import ndarray from 'ndarray'
import { allClose } from 'tesserae'
import { expect, test } from 'vitest'
import { upright } from '../../docs/start/upright.ts'

const side = 12

/** A bar two pixels wide whose rows stand `lean` further to the right, the one above the other. */
function bar(lean: number): ndarray.NdArray<Float32Array> {
  const ink = ndarray(new Float32Array(2 * side * side), [2, 1, side, side])
  for (let i = 3; i < 9; i++) {
    for (const j of [5, 6]) ink.set(0, 0, i, j - Math.round(lean * (i - 5.5)), 1)
  }
  return ink
}

test('a bar that leans stands up, to either side', () => {
  for (const lean of [1, -1]) {
    expect(Math.abs(slantOf(bar(lean)))).toBeGreaterThan(0.5)
    expect(slantOf(upright(bar(lean)))).toBeCloseTo(0, 1)
  }
})

test('what stands upright, and a picture without ink, stay as they are', () => {
  expect(allClose(upright(bar(0)), bar(0))).toBe(true)
})

function slantOf(ink: ndarray.NdArray<Float32Array>): number {
  let [sum, x, y, both, square] = [0, 0, 0, 0, 0]
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      const here = ink.get(0, 0, i, j)
      sum += here
      x += here * j
      y += here * i
      both += here * i * j
      square += here * i * i
    }
  }
  return (both / sum - (x / sum) * (y / sum)) / (square / sum - (y / sum) ** 2)
}
