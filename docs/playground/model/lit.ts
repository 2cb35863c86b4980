/** The axis that is pointed at: every element in a shade of its hue, by its place along it. */
import { coordinatesOf } from './cells.ts'
import type { Drawing } from './drawing.ts'
import { neutral } from './palette.ts'
import { colourOf } from './shade.ts'

export interface Lit {
  readonly label: string
  /** For each tensor, operands first; undefined where an element has no place along the axis. */
  readonly colours: readonly (readonly (string | undefined)[])[]
}

/** What lights up for this axis; null where the drawing has none of that name. */
export function light(drawing: Drawing, label: string): Lit | null {
  const { reading, operands, result, hues, picture } = drawing
  const axis = reading.axes.findIndex((one) => one.label === label)
  if (axis < 0) return null
  const hue = hues.get(label) ?? neutral
  const { length } = reading.axes[axis]!
  const shades = Array.from({ length }, (_, group) =>
    // a picture shows through: every other step is tinted
    picture && group % 2 === 0
      ? undefined
      : colourOf({ group: picture ? 0 : group, groups: picture ? 1 : length, tone: 0.4 }, hue),
  )
  const plain = colourOf({ group: null, groups: 1, tone: 0.4 })
  const colours = [...operands, result].map(({ tensor, size }) =>
    Array.from({ length: size }, (_, element) => {
      const at = coordinatesOf(tensor, reading.axes, element).get(axis)
      return at === undefined ? (picture ? undefined : plain) : shades[at]
    }),
  )
  return { label, colours }
}
