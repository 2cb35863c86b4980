/**
 * Tensors drawn from what the library computes: a block like
 *
 *     rearrange 'h (w s) -> s h w' [2, 6] s=2
 *
 * is run on the numbers 0, 1, 2, …, and operand and result are drawn as grids of numbered cells. A cell on the left has the
 * colour of the cell that it goes into, found out by marking it alone and looking where the mark arrives.
 */
import ndarray, { type NdArray } from 'ndarray'
import { rearrange, reduce, repeat } from 'tesserae'
import { escapeHtml, pattern as showPattern } from './highlight.ts'

const cell = 26
const gap = 10

interface Drawing {
  readonly svg: string
  readonly width: number
  readonly height: number
}

/** The block as a figure; `what it cannot read` is an error of the build. */
export function drawBlock(text: string): string {
  const match = /^(rearrange|reduce|repeat) '([^']+)' \[([\d, ]+)\](?: '(\w+)')?((?: \w+=\d+)*)$/.exec(
    text.trim(),
  )
  if (match === null) throw new Error(`cannot draw: ${text}`)
  const [, operation, pattern, dims, reduction, given] = match
  const shape = dims!.split(',').map(Number)
  const lengths = Object.fromEntries(
    given!
      .trim()
      .split(' ')
      .filter(Boolean)
      .map((part) => part.split('=') as [string, string])
      .map(([name, length]) => [name, Number(length)]),
  )
  const apply = (x: NdArray<Float64Array>): NdArray => {
    if (operation === 'reduce') return reduce(x, pattern as string, (reduction ?? 'sum') as 'sum', lengths)
    return (operation === 'repeat' ? repeat : rearrange)(x, pattern as string, lengths)
  }
  const size = shape.reduce((a, b) => a * b, 1)
  const before = ndarray(
    Float64Array.from({ length: size }, (_, i) => i),
    shape,
  )
  const after = apply(before)
  const many = reduce(after, '... -> ', 'sum').size
  const colour = Array.from({ length: size }, (_, element) => {
    const marked = ndarray(new Float64Array(size), shape)
    marked.data[element] = operation === 'reduce' && reduction === 'min' ? -1 : 1
    const arrived = elements(
      operation === 'reduce' ? reduce(marked, pattern as string, 'sum', lengths) : apply(marked),
    )
    return arrived.findIndex((value) => value !== 0)
  })
  const total = operation === 'repeat' ? size : elements(after).length
  const hueOf = (index: number) => Math.round((360 * index) / Math.max(1, total) + 20 * many)
  const source = operation === 'repeat' ? (i: number) => hueOf(i) : (i: number) => hueOf(colour[i]!)
  const left = draw(elements(before), before.shape, source)
  const result = elements(after)
  const right = draw(result, after.shape, operation === 'repeat' ? (i) => hueOf(result[i]!) : hueOf)
  const width = left.width + right.width + 70
  const height = Math.max(left.height, right.height)
  const middle = left.width + 35
  return `<figure class="tensors"><figcaption><code>${showPattern(pattern!)}</code>${reduction ? ` <code>'${reduction}'</code>` : ''}${given ? ` <code>${escapeHtml(given.trim())}</code>` : ''}</figcaption>
<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeHtml(`${operation} ${pattern}: [${shape}] becomes [${after.shape}]`)}">
<g transform="translate(0 ${(height - left.height) / 2})">${left.svg}</g>
<path class="arrow" d="M${middle - 14} ${height / 2}h24m-7-6l7 6-7 6"/>
<g transform="translate(${left.width + 70} ${(height - right.height) / 2})">${right.svg}</g>
</svg></figure>`
}

/** All elements in row-major order. */
function elements(x: NdArray): number[] {
  const flat = x.shape.length === 0 ? x : rearrange(x, '... -> (...)' as string)
  if (x.shape.length === 0) return [Number(x.get())]
  return Array.from({ length: flat.shape[0]! }, (_, i) => Number(flat.get(i)))
}

/** The last two axes as a grid; each axis before them as a row, then a column, of such grids. */
function draw(
  values: readonly number[],
  shape: readonly number[],
  hue: (element: number) => number,
): Drawing {
  if (shape.length < 2) return draw(values, [1, ...(shape.length === 0 ? [1] : shape)], hue)
  const place = (
    from: number,
    dims: readonly number[],
  ): { cells: string; width: number; height: number; count: number } => {
    if (dims.length === 2) {
      const [rows, columns] = dims as [number, number]
      let cells = ''
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const element = from + row * columns + column
          const [x, y] = [column * cell, row * cell]
          const value = values[element]!
          const shown = Number.isInteger(value) ? String(value) : value.toFixed(1)
          cells += `<rect x="${x + 1}" y="${y + 1}" width="${cell - 2}" height="${cell - 2}" rx="4" style="--h:${hue(element)}"/><text x="${x + cell / 2}" y="${y + cell / 2 + 4}">${shown}</text>`
        }
      }
      return { cells, width: columns * cell, height: rows * cell, count: rows * columns }
    }
    const sideways = dims.length % 2 === 1
    let cells = ''
    let [width, height, count] = [0, 0, 0]
    for (let i = 0; i < dims[0]!; i++) {
      const part = place(from + count, dims.slice(1))
      const [x, y] = sideways ? [width, 0] : [0, height]
      cells += `<g transform="translate(${x} ${y})">${part.cells}</g>`
      width = sideways ? width + part.width + gap : Math.max(width, part.width)
      height = sideways ? Math.max(height, part.height) : height + part.height + gap
      count += part.count
    }
    return { cells, width: sideways ? width - gap : width, height: sideways ? height : height - gap, count }
  }
  const { cells, width, height } = place(0, shape)
  const label = `<text class="shape" x="${width / 2}" y="${height + 18}">[${shape.join(', ')}]</text>`
  return { svg: cells + label, width: Math.max(width, 50), height: height + 26 }
}
