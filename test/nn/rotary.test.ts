import { einsum, rearrange } from 'tesserae'
import { rotatePositions2d, Softmax, VisionTransformer } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { distance, type FloatArray, valuesOf, waves } from './arrays.ts'

const headDim = 8
const at = (x: FloatArray, token: number) => valuesOf(x.pick(0, 0, token, null))
const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0)

/** One vector at every token of a grid. */
function everywhere(vector: readonly number[], tokens: number): FloatArray {
  const x = waves([1, 1, tokens, vector.length])
  for (let n = 0; n < tokens; n++) for (const [d, value] of vector.entries()) x.set(0, 0, n, d, value)
  return x
}

describe('rotatePositions2d', () => {
  test('turns pair k of the first half by row · T^(−4k/d), of the second half by column', () => {
    const x = waves([2, 3, 6, headDim])
    const y = rotatePositions2d(x, { grid: [2, 3], headDim, temperature: 100 })
    const bands = [1, 0.1]
    for (const [b, h, row, column] of [
      [0, 0, 0, 0],
      [1, 2, 1, 2],
      [0, 1, 1, 0],
    ] as const) {
      const angles = [row * bands[0]!, row * bands[1]!, column * bands[0]!, column * bands[1]!]
      for (const [pair, angle] of angles.entries()) {
        const token = row * 3 + column
        const [p, q] = [x.get(b, h, token, 2 * pair), x.get(b, h, token, 2 * pair + 1)]
        expect(y.get(b, h, token, 2 * pair)).toBeCloseTo(p * Math.cos(angle) - q * Math.sin(angle), 5)
        expect(y.get(b, h, token, 2 * pair + 1)).toBeCloseTo(q * Math.cos(angle) + p * Math.sin(angle), 5)
      }
    }
  })

  test('makes products depend on the way between two tokens only', () => {
    const [q, k] = [valuesOf(waves([headDim], 1)), valuesOf(waves([headDim], 2))]
    const [w, n] = [5, 20]
    const options = { grid: [4, w] as const, headDim }
    const queries = rotatePositions2d(everywhere(q, n), options)
    const keys = rotatePositions2d(everywhere(k, n), options)
    // one row down and two columns to the right, from three places
    const products = [0, 2, 5 + 1].map((from) => dot(at(queries, from), at(keys, from + w + 2)))
    expect(distance(products, Array(3).fill(products[0]))).toBeLessThan(1e-4)
    expect(Math.abs(dot(at(queries, 0), at(keys, 1)) - products[0]!)).toBeGreaterThan(1e-2)
  })

  test('keeps lengths', () => {
    const x = waves([1, 1, 9, headDim])
    const y = rotatePositions2d(x, { grid: [3, 3], headDim })
    for (let n = 0; n < 9; n++) expect(dot(at(y, n), at(y, n))).toBeCloseTo(dot(at(x, n), at(x, n)), 3)
  })

  test('leaves class and register tokens as they are', () => {
    const x = waves([1, 1, 2 + 4, headDim])
    const y = rotatePositions2d(x, { grid: [2, 2], headDim, numPrefixTokens: 2 })
    expect([...at(y, 0), ...at(y, 1)]).toEqual([...at(x, 0), ...at(x, 1)])
    const patches = rotatePositions2d(x.lo(0, 0, 2, 0), { grid: [2, 2], headDim })
    expect(at(y, 5)).toEqual(at(patches, 3))
  })

  test('with rotateHalf pairs feature i with feature i + d/2', () => {
    const x = waves([1, 1, 4, headDim])
    const halves = rotatePositions2d(x, { grid: [2, 2], headDim, rotateHalf: true })
    const neighbours = x.transpose(0, 1, 2, 3)
    const interleave = [0, 4, 1, 5, 2, 6, 3, 7]
    const permuted = waves([1, 1, 4, headDim])
    for (let n = 0; n < 4; n++)
      for (const [to, from] of interleave.entries()) permuted.set(0, 0, n, to, neighbours.get(0, 0, n, from))
    const turned = rotatePositions2d(permuted, { grid: [2, 2], headDim })
    for (let n = 0; n < 4; n++)
      for (const [to, from] of interleave.entries())
        expect(halves.get(0, 0, n, from)).toBeCloseTo(turned.get(0, 0, n, to), 6)
  })

  test('on twice the grid of the training makes steps half as long', () => {
    const vector = valuesOf(waves([headDim]))
    const trained = rotatePositions2d(everywhere(vector, 4), { grid: [2, 2], headDim })
    const finer = rotatePositions2d(everywhere(vector, 16), { grid: [4, 4], headDim, referenceGrid: [2, 2] })
    expect(distance(at(finer, 2 * 4 + 2), at(trained, 1 * 2 + 1))).toBeLessThan(1e-6)
  })

  test('refuses another grid, another width, and widths that are no multiple of 4', () => {
    const x = waves([1, 1, 4, headDim])
    expect(() => rotatePositions2d(x, { grid: [2, 3], headDim })).toThrow(
      'got [1,1,4,8], expected [b, h, 6, 8]',
    )
    expect(() => rotatePositions2d(x, { grid: [2, 2], headDim: 4 })).toThrow('expected [b, h, 4, 4]')
    expect(() => rotatePositions2d(waves([1, 1, 4, 6]), { grid: [2, 2], headDim: 6 })).toThrow('got 6')
  })
})

describe('a VisionTransformer with rotary positions', () => {
  const options = {
    ...{ imgSize: 16, patchSize: 4, inChans: 1, embedDim: 16, depth: 1, numHeads: 2, numClasses: 3 },
    ...({ posEmbed: 'none', classToken: false, globalPool: 'avg' } as const),
  }

  test('sees where patches stand, which one without positions does not', () => {
    const image = waves([1, 1, 16, 16])
    const shifted = waves([1, 1, 16, 16])
    // the four rows of patches in another order
    for (let y = 0; y < 16; y++)
      for (let x = 0; x < 16; x++) shifted.set(0, 0, y, x, image.get(0, 0, (y + 4) % 16, x))
    for (const [rotary, differs] of [
      [false, false],
      [true, true],
    ] as const) {
      const model = new VisionTransformer({ ...options, rotary, init: 'xavier-normal' })
      const gap = distance(valuesOf(model.forward(image)), valuesOf(model.forward(shifted)))
      expect(gap > 1e-4, `rotary ${rotary}: ${gap}`).toBe(differs)
    }
  })

  test('computes attention from turned queries and keys', () => {
    const model = new VisionTransformer({ ...options, rotary: { temperature: 100 }, init: 'xavier-normal' })
    const image = waves([1, 1, 16, 16])
    const [block] = model.blocks
    const tokens = block!.norm1.forward(model.embed(image))
    const heads = rearrange(block!.attn.qkv.forward(tokens), 'b n (three h d) -> three b h n d', {
      three: 3,
      h: 2,
    })
    const [q, k] = [0, 1].map((part) =>
      rotatePositions2d(heads.pick(part, null, null, null, null) as FloatArray, {
        ...{ grid: [4, 4] as const, headDim: 8, temperature: 100 },
      }),
    )
    const logits = einsum([q!, k!], 'b h n d, b h m d -> b h n m') as FloatArray
    for (let i = 0; i < logits.data.length; i++) logits.data[i]! *= 8 ** -0.5
    const weights = new Softmax().forward(logits)
    expect(distance(valuesOf(model.attentionMaps(image)[0]!), valuesOf(weights))).toBeLessThan(1e-6)
  })

  test('takes images of other sizes', () => {
    const model = new VisionTransformer({
      ...options,
      rotary: { referenceGrid: [4, 4] },
      dynamicImgSize: true,
    })
    expect(model.forward(waves([1, 1, 24, 8])).shape).toEqual([1, 3])
  })
})
