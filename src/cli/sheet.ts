/** The contact sheet of `tesserae similar`: the picture that was asked about, and those like it, each with its name and how alike it is. */

import { resize } from '../image/resize.ts'
import type { NdArray } from '../layout/tensor.ts'
import { makeNdarray } from '../ops/array.ts'
import { fill, fitted, letter, MUTED, PAPER, WHITE, widthOf } from './lettering.ts'

/** A picture on the sheet; null where it cannot be shown. */
export interface Print {
  readonly picture: NdArray<Uint8Array> | null
  readonly name: string
  /** How alike, 0…1; of the one that was asked about, undefined. */
  readonly likeness?: number | undefined
}

const FRAME = [34, 32, 43] as const
const AMBER = [249, 160, 40] as const

/** The side of the large picture, and of those beside it; the letters' pixels. */
const LARGE = 420
const SMALL = 196
const GAP = 28
const MARGIN = 40
const CAPTION = 46
const LETTER = 2

/** Draws the picture at the left, large, and the others in rows beside it, the likest first. */
export function drawSheet(asked: Print, found: readonly Print[]): NdArray<Uint8Array> {
  const columns = Math.min(found.length, Math.max(2, Math.ceil(Math.sqrt(1.5 * found.length))))
  const rows = Math.ceil(found.length / columns)
  const cell = SMALL + CAPTION
  const beside = rows * cell + (rows - 1) * GAP
  const width = 2 * MARGIN + LARGE + GAP + columns * (SMALL + GAP)
  const height = 2 * MARGIN + Math.max(LARGE + CAPTION, beside)
  const data = new Uint8Array(height * width * 3)
  const canvas = makeNdarray(data, [height, width, 3], [width * 3, 3, 1], 0)
  fill(canvas, { x: 0, y: 0, width, height }, PAPER)
  drawPrint(canvas, asked, { x: MARGIN, y: MARGIN, side: LARGE })
  for (const [i, print] of found.entries()) {
    const [row, column] = [Math.floor(i / columns), i % columns]
    const x = MARGIN + LARGE + 2 * GAP + column * (SMALL + GAP)
    drawPrint(canvas, print, { x, y: MARGIN + row * (cell + GAP), side: SMALL })
  }
  return canvas
}

interface Cell {
  readonly x: number
  readonly y: number
  readonly side: number
}

function drawPrint(
  canvas: NdArray<Uint8Array>,
  { picture, name, likeness }: Print,
  { x, y, side }: Cell,
): void {
  fill(canvas, { x, y, width: side, height: side }, FRAME)
  if (picture !== null) paste(canvas, picture, { x, y, side })
  const letters = Math.floor((side + LETTER) / (6 * LETTER))
  letter(canvas, fitted(name, letters), { x, y: y + side + 10, scale: LETTER, color: WHITE })
  const below = y + side + 30
  if (likeness === undefined) {
    letter(canvas, 'and those most like it', { x, y: below, scale: LETTER, color: MUTED })
    return
  }
  const text = likeness.toFixed(3)
  letter(canvas, text, { x, y: below, scale: LETTER, color: MUTED })
  const start = x + widthOf(text, LETTER) + 12
  const length = Math.round((x + side - start) * Math.max(0, Math.min(1, likeness)))
  fill(canvas, { x: start, y: below + 4, width: x + side - start, height: 6 }, FRAME)
  fill(canvas, { x: start, y: below + 4, width: length, height: 6 }, AMBER)
}

/** The whole of a picture in the middle of a square. */
function paste(canvas: NdArray<Uint8Array>, picture: NdArray<Uint8Array>, { x, y, side }: Cell): void {
  const [h, w, channels] = picture.shape as [number, number, number]
  const scale = side / Math.max(h, w)
  const [height, width] = [h, w].map((length) => Math.max(1, Math.round(length * scale))) as [number, number]
  const small = resize(picture, { height, width })
  const [top, left] = [y + Math.floor((side - height) / 2), x + Math.floor((side - width) / 2)]
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      for (let c = 0; c < 3; c++) canvas.set(top + i, left + j, c, small.get(i, j, channels < 3 ? 0 : c))
    }
  }
}
