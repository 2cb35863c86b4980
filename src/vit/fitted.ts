/**
 * What of a checkpoint depends on the size of its images, brought to the size of a model while it is read: positions are resampled, and tables of relative
 * positions spread as BEiT does it (timm `resize_rel_pos_bias_table`): distances far apart more than near ones, linearly between.
 */

import { contiguous } from '../layout/layout.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { toNdarray } from '../ops/array.ts'
import { einsum } from '../ops/einsum.ts'
import { pack } from '../ops/pack.ts'
import { rearrange } from '../ops/rearrange.ts'
import { resamplePositions } from './positions.ts'
import type { Recipe } from './recipes.ts'
import type { VisionTransformer } from './vision-transformer.ts'

/** The recipes of a model; only where its size is not the checkpoint's are they others. */
export function fitted(
  recipes: ReadonlyMap<string, Recipe>,
  model: VisionTransformer,
): ReadonlyMap<string, Recipe> {
  const grid = model.patchEmbed.gridSize!
  return new Map(
    [...recipes].map(([name, recipe]) => {
      if (name === 'pos_embed') return [name, fittedPositions(recipe, model)]
      return [name, name.endsWith('.relative_position_bias_table') ? fittedTable(recipe, grid) : recipe]
    }),
  )
}

function fittedPositions(
  recipe: Recipe,
  { options, posEmbed, patchEmbed, numPrefixTokens }: VisionTransformer,
): Recipe {
  const prefix = options.noEmbedClass ? 0 : numPrefixTokens
  const [, count = 0, width] = recipe.shape
  const isSame = posEmbed === null || recipe.shape.length !== 3 || width !== posEmbed.shape[2]
  if (isSame || count === posEmbed.shape[1] || !isSquare(count - prefix)) return recipe
  const resampling = {
    ...{ to: patchEmbed.gridSize!, numPrefixTokens: prefix },
    ...{ antialias: options.posAntialias, interpolation: options.posInterpolation },
  }
  return {
    ...recipe,
    shape: posEmbed.shape,
    make: (parts) => resamplePositions(recipe.make(parts) as NdArray<Float32Array>, resampling),
  }
}

const isSquare = (count: number): boolean => count > 0 && Number.isInteger(Math.sqrt(count))

function fittedTable(recipe: Recipe, [h, w]: readonly [number, number]): Recipe {
  const [rows = 0, heads = 0] = recipe.shape
  const extra = [3, 0].find((extra) => isSquare(rows - extra))
  const [p, q] = [2 * h - 1, 2 * w - 1]
  if (extra === undefined || rows - extra === p * q || recipe.shape.length !== 2) return recipe
  const side = Math.sqrt(rows - extra)
  return {
    ...recipe,
    shape: [p * q + extra, heads],
    make(parts) {
      const table = recipe.make(parts) as NdArray<Float32Array>
      const body = rearrange(table.hi(rows - extra, heads), '(p q) c -> p q c', { p: side })
      const spread = einsum(
        [spreading(side, p), body, spreading(side, q)] as NdArray<Float32Array>[],
        'i p, p q c, j q -> (i j) c',
      )
      return extra === 0 ? spread : (pack([spread, table.lo(rows - extra, 0)], '* c')[0] as NdArray<Data>)
    },
  }
}

/** The weights of distances in a row of so many for another number of them: [to, from], both odd. */
function spreading(from: number, to: number): NdArray<Float32Array> {
  const [near, far] = [Math.floor(from / 2), Math.floor(to / 2)]
  let [low, high] = [1.01, 1.5]
  let ratio = low
  while (high - low > 1e-6) {
    ratio = (low + high) / 2
    if ((1 - ratio ** near) / (1 - ratio) > far) high = ratio
    else low = ratio
  }
  const steps: number[] = []
  for (let i = 0, at = 1; i < near; i++) {
    steps.push(at)
    at += ratio ** (i + 1)
  }
  const places = [...steps.map((step) => -step).reverse(), 0, ...steps]
  const weights = toNdarray({ ...contiguous([to, from]), data: new Float32Array(to * from) })
  for (let i = 0; i < to; i++) {
    const x = i - far
    const found = places.findIndex((place) => place >= x)
    const right = found < 0 ? from - 1 : found
    const left = Math.max(0, right - 1)
    const [before, after] = [Math.max(0, x - places[left]!), Math.max(0, places[right]! - x)]
    const whole = before + after
    for (const [place, share] of [
      [left, after],
      [right, before],
    ] as const) {
      weights.set(i, place, weights.get(i, place) + (whole === 0 ? 0.5 : share / whole))
    }
  }
  return weights
}
