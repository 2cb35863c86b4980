/** Whether a layout gives every element a place of its own, as what is written to must. */
import type { Layout } from './layout.ts'

/** Whether no two indices stand for one element. */
export function isDistinct({ shape, stride }: Layout): boolean {
  if (shape.includes(0)) return true
  const axes = shape.flatMap((length, axis) =>
    length === 1 ? [] : [{ length, step: Math.abs(stride[axis]!) }],
  )
  axes.sort((a, b) => a.step - b.step)
  let reach = 0 // from the first element to the last, over the axes of smaller steps
  let nested = true
  for (const { length, step } of axes) {
    nested &&= step > reach
    reach += step * (length - 1)
  }
  return nested || haveOwnPlaces(axes, reach)
}

/** The same for steps that are not nested in each other, by visiting every element. */
function haveOwnPlaces(axes: readonly { length: number; step: number }[], reach: number): boolean {
  if (axes.reduce((size, { length }) => size * length, 1) > reach + 1) return false
  const taken = new Uint8Array(reach + 1)
  return visit(axes.length - 1, 0)

  function visit(axis: number, place: number): boolean {
    if (axis < 0) {
      if (taken[place] === 1) return false
      taken[place] = 1
      return true
    }
    const { length, step } = axes[axis]!
    for (let i = 0; i < length; i++) if (!visit(axis - 1, place + i * step)) return false
    return true
  }
}
