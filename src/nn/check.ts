/** What layers say when an input or an option does not fit: the layer, the axis and both numbers. */

import { EinopsError } from '../../grammar/error.ts'
import { fill } from '../../grammar/sentences.ts'
import { isSameShape } from '../layout/layout.ts'
import { show, showShape } from '../layout/show.ts'
import type { Value } from '../steps/value.ts'
import { add } from '../steps/zip.ts'
import type { Module } from './module.ts'

/** The input must have the axes that `form` names: `'[b, c, h, w]'`. */
export function expectRank(layer: Module, x: Value, form: string): void {
  const rank = form.split(',').length
  if (x.shape.length === rank) return
  throw new EinopsError({
    code: 'layer/rank',
    operation: layer.constructor.name,
    ...fill('the input has the wrong number of axes — got {got}, expected {expected}: {form}', {
      got: x.shape.length,
      expected: rank,
      form,
    }),
    shape: x.shape,
    hint: x.shape.length === rank - 1 ? "rearrange(x, '... -> 1 ...') makes a batch of one" : undefined,
  })
}

/** Axis `axis` of the input (negative counts from the last) must have the length of the layer's option `option`. */
export function expectLength(
  layer: Module,
  x: Value,
  axis: number,
  expected: number,
  option: string,
  hint?: string,
): void {
  const length = x.shape.at(axis)
  if (length === expected) return
  const rank = x.shape.length
  const position = axis < 0 ? axis + rank : axis
  const said =
    length === undefined
      ? fill('the input has no axis {axis} — got {got} axes, expected one of length {expected} ({option})', {
          axis,
          got: rank,
          expected,
          option,
        })
      : fill('axis {axis} of the input has the wrong length — got {got}, expected {expected} ({option})', {
          axis: position,
          got: length,
          expected,
          option,
        })
  throw new EinopsError({
    code: 'layer/length',
    operation: layer.constructor.name,
    ...said,
    shape: x.shape,
    hint,
  })
}

/** What a layer of a block adds to what came in: as many of the same shape, whoever wrote the layer. */
export function addTo(x: Value, y: Value, block: Module): Value {
  if (isSameShape(x.shape, y.shape)) return add(x, y)
  throw new EinopsError({
    code: 'layer/sum',
    operation: block.constructor.name,
    ...fill('what is added to the tokens has another shape than they have — got {got}, expected {expected}', {
      got: showShape(y.shape),
      expected: showShape(x.shape),
    }),
  })
}

/** How a picture gets the size that a model takes. */
export function ofSize(height: number, width = height): string {
  return `preprocess(picture, { size: [${height}, ${width}] }) and resize of tesserae/image make this size`
}

/** An option that has to hold; `what` says which, with both numbers. */
export function expectOption(layer: Module | string, holds: boolean, what: string): asserts holds {
  if (holds) return
  throw new EinopsError({ code: 'layer/option', operation: nameOf(layer), what })
}

function nameOf(layer: Module | string): string {
  return typeof layer === 'string' ? layer : layer.constructor.name
}

/** Options that count or measure have to be whole numbers, from `least` on. */
export function expectWhole(
  layer: Module | string,
  options: Readonly<Record<string, number>>,
  least = 1,
): void {
  for (const [name, value] of Object.entries(options)) {
    const holds = Number.isSafeInteger(value) && value >= least
    if (holds) continue
    const values = { name, got: show(value), least }
    const said = fill('{name} is no length — got {got}, expected a whole number from {least}', values)
    throw new EinopsError({ code: 'layer/option', operation: nameOf(layer), ...said })
  }
}

/** A side or a pair of sides, as `[height, width]`. */
export function pair(size: number | readonly [number, number]): readonly [number, number] {
  return typeof size === 'number' ? [size, size] : size
}
