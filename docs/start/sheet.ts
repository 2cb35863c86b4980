/** The picture that `npm start` leaves behind: every digit in its patches, and how much the class token looked at each. */
import ndarray, { type NdArray } from 'ndarray'
import { rearrange, repeat } from 'tesserae'
import { drawHeatMap, drawMosaic } from 'tesserae/image'
import { fill, letter, widthOf } from '../../src/cli/lettering.ts'

export interface Reading {
  readonly digit: number
  readonly probability: number
}

const PAPER = [20, 19, 26] as const
const WHITE = [245, 243, 250] as const
const MUTED = [139, 135, 156] as const
const AMBER = [249, 160, 40] as const
const TRACK = [48, 46, 60] as const

const PATCH = 7
const SCALE = 6
const GAP = 5
const MARGIN = 48
const COLUMNS = 5
const HEADER = 84
const BETWEEN = { columns: 36, rows: 48, tiles: 10 }
const LABEL = { height: 28, above: 14 }

/**
 * Draws one card a digit.
 *
 * @param digits `[b, 1, 28, 28]`, ink 1 on paper 0
 * @param attention `[b, 4, 4]`, how much of the class token's attention each patch got
 * @param readings what the model read, one a digit
 */
export async function drawSheet(
  digits: NdArray<Float32Array>,
  attention: NdArray<Float32Array>,
  readings: readonly Reading[],
): Promise<NdArray<Uint8Array>> {
  const [count, , side] = digits.shape as [number, number, number]
  const tile = GAP + (side / PATCH) * (PATCH * SCALE + GAP)
  const card = 2 * tile + BETWEEN.tiles + LABEL.above + LABEL.height
  const rows = Math.ceil(count / COLUMNS)
  const width = 2 * MARGIN + COLUMNS * tile + (COLUMNS - 1) * BETWEEN.columns
  const height = MARGIN + HEADER + rows * card + (rows - 1) * BETWEEN.rows + MARGIN
  const canvas = ndarray(new Uint8Array(height * width * 3), [height, width, 3])
  fill(canvas, { x: 0, y: 0, width, height }, PAPER)
  drawHeader(canvas)

  for (const [b, reading] of readings.entries()) {
    const x = MARGIN + (b % COLUMNS) * (tile + BETWEEN.columns)
    const y = MARGIN + HEADER + Math.floor(b / COLUMNS) * (card + BETWEEN.rows)
    const image = inBytes(digits.pick(b, null, null, null))
    const heat = await drawHeatMap(image, attention.pick(b, null, null), brightnessOf(attention, b))
    paste(canvas, await drawMosaic(image, { patch: PATCH, gap: GAP, scale: SCALE, background: PAPER }), x, y)
    const below = y + tile + BETWEEN.tiles
    paste(
      canvas,
      await drawMosaic(heat, { patch: PATCH, gap: GAP, scale: SCALE, background: PAPER }),
      x,
      below,
    )
    drawLabel(canvas, reading, { x: x + GAP, y: below + tile + LABEL.above, width: tile - 2 * GAP })
  }
  return canvas
}

/** From dark where a digit's class token looked least to orange where most; white would hide the ink. */
function brightnessOf(attention: NdArray<Float32Array>, b: number) {
  const cells = Array.from({ length: 16 }, (_, i) => attention.get(b, Math.floor(i / 4), i % 4))
  const [min, most] = [Math.min(...cells), Math.max(...cells)]
  return { min, max: min + 1.3 * (most - min), opacity: 0.62, interpolation: 'nearest' } as const
}

function drawHeader(canvas: NdArray<Uint8Array>): void {
  const x = MARGIN + GAP
  letter(canvas, 'WHAT THE VISION TRANSFORMER SAW', { x, y: MARGIN - 8, scale: 4, color: WHITE })
  const line = 'ABOVE  16 PATCHES OF 7×7 PIXELS      BELOW  WHERE THE CLASS TOKEN LOOKED'
  letter(canvas, line, { x, y: MARGIN + 36, scale: 2, color: MUTED })
}

function drawLabel(
  canvas: NdArray<Uint8Array>,
  { digit, probability }: Reading,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): void {
  const percent = `${(100 * probability).toFixed(1)}%`
  letter(canvas, String(digit), { x, y, scale: 4, color: WHITE })
  letter(canvas, percent, { x: x + width - widthOf(percent, 2), y: y + 2, scale: 2, color: MUTED })
  const track = { x: x + 34, y: y + 22, width: width - 34, height: 4 }
  fill(canvas, track, TRACK)
  fill(canvas, { ...track, width: Math.round(track.width * probability) }, AMBER)
}

/** `[1, h, w]` of 0…1 as a picture `[h, w, 3]`. */
function inBytes(digit: NdArray<Float32Array>): NdArray<Uint8Array> {
  const colors = repeat(digit, '1 h w -> h w c', { c: 3 }, { copy: 'always' })
  return ndarray(
    Uint8Array.from(colors.data, (ink) => Math.round(255 * ink)),
    colors.shape,
  )
}

function paste(canvas: NdArray<Uint8Array>, picture: NdArray<Uint8Array>, x: number, y: number): void {
  const [height, width] = picture.shape as [number, number]
  rearrange(picture, 'h w c -> h w c', {}, { out: canvas.lo(y, x, 0).hi(height, width, 3) })
}
