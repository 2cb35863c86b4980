/**
 * Where an element of a tensor with any number of dimensions is drawn on a flat page: grids in grids. The last
 * dimension runs to the right, the one before downwards, and each further one repeats the whole drawing in the
 * direction that keeps it nearest to a page. Wider gaps tell the levels apart. The axes of a group lie close together, or,
 * where it is split, with a gap between, so that `(h s1)` shows its `h` blocks.
 */
import type { Reading, TensorReading } from './reading.ts'

/** One axis of one dimension as it is drawn. */
export interface Run {
  /** Index into the reading's axes. */
  readonly axis: number
  readonly dimension: number
  readonly direction: 'x' | 'y'
  /** How far a step is, in cells; 0 for the channels of a pixel, which share a place. */
  readonly pitch: number
  readonly length: number
  /** Room for the mark in the middle of an axis that is drawn shorter than it is, in cells; 0 where it is whole. */
  readonly cut: number
}

/** The extent of one whole dimension, where its label goes. */
export interface Ruler {
  readonly dimension: number
  readonly direction: 'x' | 'y'
  /** 0 is nearest to the cells. */
  readonly level: number
  /** How long all steps of the dimension are, in cells. */
  readonly extent: number
}

export interface Arrangement {
  /** Slowest first: the order of the elements. */
  readonly runs: readonly Run[]
  readonly rulers: readonly Ruler[]
  /** In cells. */
  readonly width: number
  readonly height: number
}

export interface ArrangeOptions {
  /** Between two cells, in cells; a picture has none. */
  readonly gap?: number
  /** How much wider the other gaps are than those between numbered cells. */
  readonly spread?: number
  /** Room between the blocks of a group, in cells. */
  readonly opened?: number
  /** Width over height that the drawing should come near to. */
  readonly aspect?: number
  /** The axis of the channels of pixels that are drawn as one, if there is one. */
  readonly channels?: number | null
  /** Axes that are drawn shorter than they are. */
  readonly cut?: readonly number[]
}

/** The place of every axis of a tensor. */
export function arrange(
  { dimensions }: TensorReading,
  axes: Reading['axes'],
  { gap = 0.08, spread = 1, opened = 0.1, aspect = 2, channels = null, cut = [] }: ArrangeOptions = {},
): Arrangement {
  const extent = { x: 1, y: 1 }
  const level = { x: 0, y: 0 }
  const runs: Run[] = []
  const rulers: Ruler[] = []
  for (let dimension = dimensions.length - 1; dimension >= 0; dimension--) {
    const { axes: own, length: total } = dimensions[dimension]!
    if (total <= 1) continue
    if (own.length === 1 && own[0] === channels) {
      runs.unshift({ axis: own[0]!, dimension, direction: 'x', pitch: 0, length: total, cut: 0 })
      continue
    }
    const inPixel =
      level.x === 1 && level.y === 0 && isChannel(dimensions.at(-1)!.axes, axes) && dimension > 0
    const direction = inPixel ? 'x' : choose(level, extent, total, aspect)
    let space = level[direction] === 0 ? gap : gap + spread * (0.35 + 0.3 * level[direction])
    for (const axis of own.toReversed()) {
      const { length } = axes[axis]!
      if (length === 1) continue
      const inPixel = axis === channels
      const pitch = inPixel ? 0 : extent[direction] + space
      const mark = !inPixel && cut.includes(axis) ? 0.9 + space : 0
      runs.unshift({ axis, dimension, direction, pitch, length, cut: mark })
      extent[direction] += pitch * (length - 1) + mark
      if (!inPixel) space += opened * (own.length > 2 ? 0.75 : 1)
    }
    rulers.push({ dimension, direction, level: level[direction]++, extent: extent[direction] })
  }
  return { runs, rulers, width: extent.x, height: extent.y }
}

/** The corner of an element's cell, in cells. */
export function placeOf({ runs }: Arrangement, element: number): { x: number; y: number } {
  const place = { x: 0, y: 0 }
  let rest = element
  for (let i = runs.length - 1; i >= 0; i--) {
    const { length, pitch, direction, cut } = runs[i]!
    const index = rest % length
    place[direction] += index * pitch + (cut > 0 && index >= Math.ceil(length / 2) ? cut : 0)
    rest = Math.floor(rest / length)
  }
  return place
}

/** Whether a dimension is the channels of a picture, by its name and length. */
export function isChannel(dimension: readonly number[], axes: Reading['axes']): boolean {
  const axis = dimension.length === 1 ? axes[dimension[0]!] : undefined
  return axis !== undefined && axis.length <= 4 && /^(c|ch|channels?|rgb)$/.test(axis.label)
}

function choose(
  level: { readonly x: number; readonly y: number },
  extent: { readonly x: number; readonly y: number },
  length: number,
  aspect: number,
): 'x' | 'y' {
  if (level.x === 0) return 'x'
  if (level.y === 0) return 'y'
  const badness = (width: number, height: number) => Math.abs(Math.log(width / height / aspect))
  return badness(extent.x * length, extent.y) <= badness(extent.x, extent.y * length) ? 'x' : 'y'
}
