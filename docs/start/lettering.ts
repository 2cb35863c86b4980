/** A font of 5×7 pixels for pictures: capitals, digits and the signs that the sheet needs. */
import type { NdArray } from 'ndarray'

/** Seven rows of five pixels each, from the top, as binary digits. */
const GLYPHS: Readonly<Record<string, string>> = {
  A: '01110 10001 10001 11111 10001 10001 10001',
  B: '11110 10001 10001 11110 10001 10001 11110',
  C: '01110 10001 10000 10000 10000 10001 01110',
  D: '11110 10001 10001 10001 10001 10001 11110',
  E: '11111 10000 10000 11110 10000 10000 11111',
  F: '11111 10000 10000 11110 10000 10000 10000',
  G: '01110 10001 10000 10111 10001 10001 01111',
  H: '10001 10001 10001 11111 10001 10001 10001',
  I: '01110 00100 00100 00100 00100 00100 01110',
  J: '00111 00010 00010 00010 00010 10010 01100',
  K: '10001 10010 10100 11000 10100 10010 10001',
  L: '10000 10000 10000 10000 10000 10000 11111',
  M: '10001 11011 10101 10101 10001 10001 10001',
  N: '10001 11001 10101 10011 10001 10001 10001',
  O: '01110 10001 10001 10001 10001 10001 01110',
  P: '11110 10001 10001 11110 10000 10000 10000',
  Q: '01110 10001 10001 10001 10101 10010 01101',
  R: '11110 10001 10001 11110 10100 10010 10001',
  S: '01111 10000 10000 01110 00001 00001 11110',
  T: '11111 00100 00100 00100 00100 00100 00100',
  U: '10001 10001 10001 10001 10001 10001 01110',
  V: '10001 10001 10001 10001 10001 01010 00100',
  W: '10001 10001 10001 10101 10101 11011 10001',
  X: '10001 10001 01010 00100 01010 10001 10001',
  Y: '10001 10001 01010 00100 00100 00100 00100',
  Z: '11111 00001 00010 00100 01000 10000 11111',
  0: '01110 10001 10011 10101 11001 10001 01110',
  1: '00100 01100 00100 00100 00100 00100 01110',
  2: '01110 10001 00001 00110 01000 10000 11111',
  3: '11110 00001 00001 01110 00001 00001 11110',
  4: '00010 00110 01010 10010 11111 00010 00010',
  5: '11111 10000 11110 00001 00001 10001 01110',
  6: '00110 01000 10000 11110 10001 10001 01110',
  7: '11111 00001 00010 00100 01000 01000 01000',
  8: '01110 10001 10001 01110 10001 10001 01110',
  9: '01110 10001 10001 01111 00001 00010 01100',
  '.': '00000 00000 00000 00000 00000 01100 01100',
  ',': '00000 00000 00000 00000 01100 00100 01000',
  '%': '11001 11010 00010 00100 01000 01011 10011',
  '+': '00000 00100 00100 11111 00100 00100 00000',
  '×': '00000 10001 01010 00100 01010 10001 00000',
}

export interface Lettering {
  readonly x: number
  readonly y: number
  /** Side of one of the font's pixels. */
  readonly scale: number
  readonly color: readonly [number, number, number]
}

/** Letters `text` on a canvas `[h, w, 3]`, its upper left corner at `x`, `y`; returns how wide it is. */
export function letter(canvas: NdArray<Uint8Array>, text: string, { x, y, scale, color }: Lettering): number {
  for (const [i, char] of [...text].entries()) {
    const rows = (GLYPHS[char] ?? '').split(' ')
    for (const [row, pixels] of rows.entries()) {
      for (const [column, pixel] of [...pixels].entries()) {
        if (pixel === '1')
          fill(
            canvas,
            { x: x + (6 * i + column) * scale, y: y + row * scale, width: scale, height: scale },
            color,
          )
      }
    }
  }
  return widthOf(text, scale)
}

export const widthOf = (text: string, scale: number): number => (6 * [...text].length - 1) * scale

/** Fills a rectangle of a canvas `[h, w, 3]`. */
export function fill(
  canvas: NdArray<Uint8Array>,
  {
    x,
    y,
    width,
    height,
  }: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  color: readonly [number, number, number],
): void {
  for (let i = y; i < y + height; i++) {
    for (let j = x; j < x + width; j++) {
      for (const [c, value] of color.entries()) canvas.set(i, j, c, value)
    }
  }
}
