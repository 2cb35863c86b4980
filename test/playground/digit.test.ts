/** From the pen to the answer: drawings become what the bundled model reads. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readSafetensors } from 'tesserae/checkpoint'
import { ViT } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { rasterize, type Stroke, side } from '../../docs/playground/model/digit.ts'
import { arrayOf, elementsOf } from '../../docs/playground/model/library.ts'
import { largest, probabilities, rowOf, similarities } from '../../docs/playground/model/look.ts'
import { sampleDigits } from '../../docs/playground/model/sample-digits.ts'

const weights = fileURLToPath(new URL('../../docs/start/vit-digits.safetensors', import.meta.url))

function loadModel(): ViT {
  const model = new ViT({
    imageSize: 28,
    inChannels: 1,
    embedDim: 100,
    patchSize: 7,
    numHeads: 4,
    numEncoders: 4,
    numClasses: 10,
    expansion: 4,
  })
  model.loadStateDict(readSafetensors(readFileSync(weights)))
  return model.eval()
}

describe('the ten sample digits', () => {
  const model = loadModel()
  for (const [digit, strokes] of sampleDigits.entries()) {
    for (const pen of [0.9, 1.25, 1.6]) {
      test(`${digit} with a pen of ${pen} pixels is read as ${digit}`, () => {
        const logits = elementsOf(model.forward(arrayOf(rasterize(strokes, { pen }), [1, 1, side, side])))
        expect(largest(probabilities(logits), 1)[0]!.index).toBe(digit)
      })
    }
  }
})

describe('a drawing', () => {
  const line: Stroke = [
    [0.1, 0.1],
    [0.12, 0.3],
  ]
  const massOf = (ink: Float32Array) => {
    let [mass, x, y] = [0, 0, 0]
    for (const [i, amount] of ink.entries()) {
      mass += amount
      x += amount * ((i % side) + 0.5)
      y += amount * (Math.floor(i / side) + 0.5)
    }
    return { mass, x: x / mass, y: y / mass }
  }

  test('stands with its centre of mass in the middle, wherever it was drawn', () => {
    for (const strokes of [[line], sampleDigits[7]!]) {
      const { x, y } = massOf(rasterize(strokes))
      expect(Math.abs(x - side / 2)).toBeLessThan(0.1)
      expect(Math.abs(y - side / 2)).toBeLessThan(0.1)
    }
  })

  test('fills MNIST’s box of twenty pixels', () => {
    const ink = rasterize(sampleDigits[0]!)
    const rows = [...Array(side).keys()].filter((row) =>
      ink.slice(row * side, (row + 1) * side).some((one) => one > 0.5),
    )
    expect(rows.length).toBeGreaterThanOrEqual(18)
    expect(rows.length).toBeLessThanOrEqual(21)
  })

  test('stays where it is when it is not to be centred', () => {
    const { x, y } = massOf(rasterize([line], { centred: false }))
    expect(x).toBeCloseTo(0.11 * side, 0)
    expect(y).toBeCloseTo(0.2 * side, 0)
  })

  test('of one dot is no blot', () => {
    expect(massOf(rasterize([[[0.5, 0.5]]])).mass).toBeLessThan(15)
  })

  test('of nothing is white paper', () => {
    expect(rasterize([]).every((ink) => ink === 0)).toBe(true)
    expect(rasterize([[]]).every((ink) => ink === 0)).toBe(true)
  })
})

describe('reading the model’s looks', () => {
  // two heads, two tokens
  const map = { weights: Float32Array.of(0.1, 0.9, 0.4, 0.6, 0.5, 0.5, 0.2, 0.8), heads: 2, tokens: 2 }
  const near = (row: Float32Array) => [...row].map((value) => Number(value.toFixed(6)))

  test('a row is where one token looks, in one head or the mean of all', () => {
    expect(near(rowOf(map, 1, 0))).toEqual([0.4, 0.6])
    expect(near(rowOf(map, 1, 1))).toEqual([0.2, 0.8])
    expect(near(rowOf(map, 1, 'mean'))).toEqual([0.3, 0.7])
  })

  test('likeness is the cosine of the angle, and 0 beside nothing', () => {
    const rows = Float32Array.of(1, 0, 0, 2, 3, 3, 0, 0)
    expect(near(similarities(rows, 2, 0))).toEqual([1, 0, Number(Math.SQRT1_2.toFixed(6)), 0])
  })

  test('probabilities of large logits stay finite and sum to 1', () => {
    const chances = probabilities([1000, 1000, -1000])
    expect(chances).toEqual([0.5, 0.5, 0])
  })
})
