import { readFileSync } from 'node:fs'
import { readImage } from 'tesserae/image'
import { describe, expect, test } from 'vitest'
import { drawDigits, SEED } from '../../docs/start/draw-digits.ts'

describe('the strip of digits', () => {
  test('is what the drawing program draws', async () => {
    const strip = await readImage(readFileSync(new URL('../../docs/start/digits.png', import.meta.url)))
    const drawn = drawDigits(SEED)
    expect(strip.shape).toEqual([28, 280, 1])
    expect(strip.data).toEqual(drawn.data)
  })

  test('has ten digits of about 20×20 pixels in the middle of their tiles, ink on empty paper', () => {
    const strip = drawDigits(SEED)
    for (let digit = 0; digit < 10; digit++) {
      const rows: number[] = []
      const columns: number[] = []
      for (let i = 0; i < 28; i++) {
        for (let j = 0; j < 28; j++) {
          if (strip.get(i, 28 * digit + j, 0) < 128) continue
          rows.push(i)
          columns.push(j)
        }
      }
      const [top, bottom, left, right] = [
        Math.min(...rows),
        Math.max(...rows),
        Math.min(...columns),
        Math.max(...columns),
      ]
      expect(bottom - top + 1).toBeGreaterThanOrEqual(18)
      expect(bottom - top + 1).toBeLessThanOrEqual(24)
      expect(right - left + 1).toBeLessThanOrEqual(22)
      expect(Math.abs(top + bottom - 27)).toBeLessThanOrEqual(1)
      expect(Math.abs(left + right - 27)).toBeLessThanOrEqual(1)
    }
  })

  test('another seed draws other strokes', () => {
    expect(drawDigits(SEED + 1).data).not.toEqual(drawDigits(SEED).data)
  })
})
