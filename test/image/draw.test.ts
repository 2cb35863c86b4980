import ndarray from 'ndarray'
import { drawHeatMap, drawMosaic, ImageError } from 'tesserae/image'
import { describe, expect, test } from 'vitest'

const background = [1, 2, 3] as const

describe('a mosaic', () => {
  test('shows every pixel of every patch at its place, and paper between', async () => {
    const image = ndarray(
      Uint8Array.from({ length: 4 * 6 * 3 }, (_, i) => 10 + i),
      [4, 6, 3],
    )
    const [patch, gap, scale] = [2, 3, 2]
    const mosaic = await drawMosaic(image, { patch, gap, scale, background })
    const pitch = patch * scale + gap
    expect(mosaic.shape).toEqual([gap + 2 * pitch, gap + 3 * pitch, 3])
    for (let y = 0; y < mosaic.shape[0]!; y++) {
      for (let x = 0; x < mosaic.shape[1]!; x++) {
        const [i, j] = [(y - gap) % pitch, (x - gap) % pitch]
        const isPaper = y < gap || x < gap || i >= patch * scale || j >= patch * scale
        const row = Math.floor((y - gap) / pitch) * patch + Math.floor(i / scale)
        const column = Math.floor((x - gap) / pitch) * patch + Math.floor(j / scale)
        for (let c = 0; c < 3; c++) {
          expect(mosaic.get(y, x, c)).toBe(isPaper ? background[c] : image.get(row, column, c))
        }
      }
    }
  })

  test('of a grey picture is grey, alpha left out, and the remainder too', async () => {
    const image = ndarray(
      Uint8Array.from({ length: 3 * 3 * 2 }, (_, i) => (i % 2 ? 99 : i)),
      [3, 3, 2],
    )
    const mosaic = await drawMosaic(image, { patch: 2, gap: 0 })
    expect(mosaic.shape).toEqual([2, 2, 3])
    expect([...mosaic.data]).toEqual([0, 0, 0, 2, 2, 2, 6, 6, 6, 8, 8, 8])
  })

  test('of a picture smaller than a patch is refused', async () => {
    const image = ndarray(new Uint8Array(3 * 9 * 3), [3, 9, 3])
    await expect(drawMosaic(image, { patch: 4 })).rejects.toThrow('3×9 pixels is smaller than a patch of 4×4')
    await expect(drawMosaic(image, { patch: 1.5 })).rejects.toThrow(ImageError)
    await expect(drawMosaic(image, { patch: 1, gap: -1 })).rejects.toThrow('gap is -1')
  })
})

describe('a heat map', () => {
  const grey = ndarray(new Uint8Array(4 * 4 * 3).fill(100), [4, 4, 3])

  test('is dark where there is no heat and bright where there is most', async () => {
    const heat = ndarray(new Float32Array([0, 0.5, 0.5, 1]), [2, 2])
    const drawing = await drawHeatMap(grey, heat, { interpolation: 'nearest', opacity: 1 })
    const pixel = (i: number, j: number) => [0, 1, 2].map((c) => drawing.get(i, j, c))
    expect(pixel(0, 0)).toEqual([0, 0, 4])
    expect(pixel(1, 2)).toEqual([186, 54, 85])
    expect(pixel(3, 3)).toEqual([252, 255, 164])
  })

  test('leaves the picture visible by its opacity', async () => {
    const none = await drawHeatMap(grey, ndarray(new Float32Array(1), [1, 1]), { opacity: 0.25 })
    expect([...none.data.subarray(0, 3)]).toEqual([75, 75, 76])
  })

  test('of something that is no grid is refused', async () => {
    await expect(drawHeatMap(grey, ndarray(new Float32Array(4)))).rejects.toThrow('heat has shape [4]')
  })
})
