/**
 * A tensor that is cropped or padded so that a pattern divides it: what stood right of and below the last whole part is cut
 * off, or zeros are added there. What the elements and the code are, follows from the shape that it had before, `state.whole`.
 */
import type { EinopsError } from 'tesserae'
import { complaint } from './library.ts'
import type { Fix } from './mistake.ts'
import type { State } from './state.ts'

/** Both, of every dimension that does not divide, at once. */
export function cropOrPad(state: State, error: EinopsError): Fix[] {
  const [shape = []] = state.shapes
  const whole = state.whole ?? shape
  return (['Crop', 'Pad'] as const).flatMap((word) => {
    const fitting = divided(state, error, word === 'Crop' ? Math.floor : Math.ceil)
    if (fitting === null) return []
    return [{ label: `${word} to [${fitting.join(', ')}]`, change: { shapes: [fitting], whole } }]
  })
}

/** The shape that divides everywhere; null where that is none, or something else is wrong. */
function divided(state: State, error: EinopsError, round: (parts: number) => number): number[] | null {
  let shape = [...state.shapes[0]!]
  let wrong: EinopsError | null = error
  // each dimension is made to fit once
  for (let left = shape.length; wrong?.code === 'shape/not-divisible' && left > 0; left--) {
    const { dimension, divisor } = wrong.values as { dimension: number; divisor: number }
    shape = shape.with(dimension, round(shape[dimension]! / divisor) * divisor)
    wrong = complaint({ ...state, shapes: [shape] })
  }
  return wrong === null && !shape.includes(0) ? shape : null
}

/** The part of both shapes that they share. */
export function shared(whole: readonly number[], shape: readonly number[]): number[] {
  return shape.map((length, dimension) => Math.min(length, whole[dimension]!))
}

/** What was done, in two words: `cropped from`, `padded from`. */
export function fittedHow({ whole, shapes }: State): string {
  if (whole === undefined) return ''
  const kept = shared(whole, shapes[0]!)
  const how = [
    ...(String(kept) === String(whole) ? [] : ['cropped']),
    ...(String(kept) === String(shapes[0]) ? [] : ['padded with 0']),
  ]
  return how.length === 0 ? '' : `${how.join(' and ')} from [${whole.join(', ')}]`
}

/** Python that does it to a variable, by NumPy. */
export function fittingLines({ whole, shapes }: State, name: string): string[] {
  const [shape = []] = shapes
  if (whole === undefined || fittedHow({ whole, shapes } as State) === '') return []
  const kept = shared(whole, shape)
  const cut = kept.map((length, dimension) => (length === whole[dimension] ? ':' : `:${length}`))
  const added = shape.map((length, dimension) => `(0, ${length - kept[dimension]!})`)
  return [
    ...(cut.every((one) => one === ':') ? [] : [`${name} = ${name}[${cut.join(', ')}]`]),
    ...(String(kept) === String(shape) ? [] : [`${name} = np.pad(${name}, [${added.join(', ')}])`]),
  ]
}
