/** The third page without a page: examples, the lesson, and the file in which the taught model is kept. */
import type { NdArray } from 'ndarray'
import { preprocess } from 'tesserae/image'
import { VisionTransformer } from 'tesserae/nn'
import { describe, expect, test } from 'vitest'
import { arrayOf } from '../../docs/playground/model/library.ts'
import { bytesOf, ofStrokes, side } from '../../docs/playground/model/teach/example.ts'
import { learn } from '../../docs/playground/model/teach/lesson.ts'
import { grid, heads, layers } from '../../docs/playground/model/teach/lesson-plan.ts'
import { answerOf, newModel, savedModel } from '../../docs/playground/model/teach/model.ts'
import { ofPhoto, photoSide } from '../../docs/playground/model/teach/photo.ts'
import { type Shape, shapes } from '../../docs/playground/model/teach/shapes.ts'
import { flat } from '../../docs/playground/model/vit/flat.ts'

/** The same numbers every time. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const drawn = (shape: Shape, seed: number) => ofStrokes(shapes[shape](chance(seed)))

describe('an example', () => {
  test('of a drawing is black ink on white paper, in three channels', () => {
    const { pixels, ink } = drawn('circle', 1)
    expect(pixels.length).toBe(3 * side * side)
    expect(pixels[0]).toBe(1)
    for (const channel of [0, 1, 2]) {
      for (const [i, amount] of ink!.entries())
        expect(pixels[channel * side * side + i]).toBeCloseTo(1 - 2 * amount)
    }
  })

  test('of a picture is the mean of every 8×8 pixels', () => {
    const bytes = new Uint8ClampedArray(4 * photoSide * photoSide).fill(255)
    // one block of the third row of blocks and its fifth column: half of it red
    for (let y = 16; y < 24; y++) {
      for (let x = 32; x < 36; x++) bytes.set([255, 0, 0], 4 * (y * photoSide + x))
    }
    const { pixels } = ofPhoto(bytes)
    const at = (channel: number, row: number, column: number) =>
      pixels[channel * side * side + row * side + column]
    expect([0, 1, 2].map((channel) => at(channel, 2, 4))).toEqual([1, 0, 0])
    expect([0, 1, 2].map((channel) => at(channel, 2, 5))).toEqual([1, 1, 1])
    expect(
      ofPhoto(bytesOf(drawn('cross', 2), 8)).pixels.every(
        (value, i) => Math.abs(value - drawn('cross', 2).pixels[i]!) < 0.01,
      ),
    ).toBe(true)
  })

  test('that is drawn for one fits the pad, and is another each time', () => {
    for (const shape of Object.keys(shapes) as Shape[]) {
      for (let seed = 0; seed < 50; seed++) {
        const points = shapes[shape](chance(seed)).flat(2)
        expect(Math.min(...points)).toBeGreaterThan(0)
        expect(Math.max(...points)).toBeLessThan(1)
      }
      expect(shapes[shape](chance(1))).not.toEqual(shapes[shape](chance(2)))
    }
  })
})

describe('the model that is taught', () => {
  const names = ['ring', 'kiss', 'tent']
  const model = newModel(3, 5)
  const { pixels } = drawn('triangle', 3)

  test('answers as the library does, and looks where it does', () => {
    const x = arrayOf(pixels, [1, 3, side, side])
    const { chances, looks } = answerOf(model, pixels)
    const logits = flat(model.forward(x))
    const powers = [...logits].map(Math.exp)
    const sum = powers.reduce((a, b) => a + b)
    for (const [i, chance] of chances.entries()) expect(chance).toBeCloseTo(powers[i]! / sum, 6)
    const maps = model.attentionMaps(x)
    expect(maps).toHaveLength(layers)
    for (const [layer, head, patch] of [
      [0, 0, 0],
      [1, 2, 30],
      [1, 3, 48],
    ] as const) {
      const weight = maps[layer]!.get(0, head, 0, patch + 1)
      expect(looks[(layer * heads + head) * grid * grid + patch]).toBe(weight)
    }
  })

  test('comes back from its file with its names, and is shown pictures as it was taught', async () => {
    const again = await VisionTransformer.fromCheckpoint(savedModel(model, names))
    expect(again.guesses).toEqual([])
    expect(again.labels).toEqual(names)
    expect(again.preparation.assumed).toEqual([])
    // the saved drawing: eight times as large
    const bytes = bytesOf(drawn('triangle', 3), 8)
    const rgb = new Uint8Array((bytes.length / 4) * 3).map((_, i) => bytes[4 * Math.floor(i / 3) + (i % 3)]!)
    const picture = arrayOf(rgb, [8 * side, 8 * side, 3])
    const x = preprocess(picture, again.preparation)
    expect(x.shape).toEqual([1, 3, side, side])
    for (const [i, value] of flat(x).entries()) expect(Math.abs(value - pixels[i]!)).toBeLessThan(0.005)
    const same = arrayOf(pixels, [1, 3, side, side]) as NdArray<Float32Array>
    for (const [i, value] of flat(again.forward(same)).entries()) {
      expect(value).toBeCloseTo(flat(model.forward(same))[i]!, 6)
    }
  })
})

describe('a lesson', () => {
  test('changes the model in every step, and ends when it is told to', async () => {
    // what fresh drawings are called after a whole lesson is seen in the browser
    const examples = (['circle', 'circle', 'cross'] as const).map((shape, i) => drawn(shape, i).pixels)
    const model = newModel(2, 1)
    const ask = () => answerOf(model, drawn('cross', 9).pixels).chances[1]!
    const end = new AbortController()
    const answers = [ask()]
    for await (const { loss, step } of learn(
      model,
      { examples, labels: [0, 0, 1], classes: 2, seed: 1 },
      end.signal,
    )) {
      expect(loss).toBeGreaterThan(0)
      expect(loss).toBeLessThan(2)
      answers.push(ask())
      if (step === 9) end.abort()
    }
    expect(answers.length).toBe(11)
    expect(new Set(answers).size).toBe(11)
  })
})
