/** The stage holds every drawing at every width: nothing leaves it, nothing lies on anything else. */
import { describe, expect, test } from 'vitest'
import { draw } from '../../docs/playground/model/drawing.ts'
import { type Frame, frame } from '../../docs/playground/model/frames.ts'
import { gallery, stateOf } from '../../docs/playground/model/gallery.ts'
import { paintScene } from '../../docs/playground/model/scene.ts'

const scene = paintScene(24, 18)

function overlap(a: Frame, b: Frame): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}

describe('the frames', () => {
  for (const [screen, width, height, aspect] of [
    ['a phone', 340, 620, 0.9],
    ['a tablet', 720, 480, 2],
    ['a desk', 1150, 430, 2],
  ] as const) {
    test(`of every example stand apart on ${screen}, inside it, with cells that can be seen`, () => {
      for (const example of gallery) {
        const drawing = draw(stateOf(example), scene, aspect)!
        const stage = frame(drawing, { width, height })
        expect(stage.frames.map(({ tensor }) => tensor)).toEqual([...drawing.operands, drawing.result])
        for (const [i, one] of stage.frames.entries()) {
          expect(one.x, example.id).toBeGreaterThanOrEqual(0)
          expect(one.x + one.width, example.id).toBeLessThanOrEqual(width)
          expect(one.y + one.height, example.id).toBeLessThanOrEqual(stage.height)
          for (const other of stage.frames.slice(i + 1)) expect(overlap(one, other), example.id).toBe(false)
        }
        // in CSS pixels, of which a phone has two or three for each; a picture needs no numbers
        expect(stage.cell, example.id).toBeGreaterThanOrEqual(drawing.picture ? 0.75 : 12)
      }
    })
  }

  test('are side by side where there is room, and below each other where there is none', () => {
    const drawing = draw(stateOf(gallery[0]!), scene)!
    expect(frame(drawing, { width: 1150, height: 430 }).arrow.down).toBe(false)
    expect(frame(drawing, { width: 340, height: 620 }).arrow.down).toBe(true)
  })
})
