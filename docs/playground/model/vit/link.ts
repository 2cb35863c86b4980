/** Strokes in a link: two letters a point, a full stop between strokes. */
import type { Point, Stroke } from '../digit.ts'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const steps = letters.length - 1

/** How far a point may lie beside the line that leaves it out. */
const tolerance = 0.008

/** The part of an address after `#`. */
export function strokesToLink(strokes: readonly Stroke[]): string {
  const letter = (value: number) => letters[Math.round(Math.min(1, Math.max(0, value)) * steps)]!
  return strokes
    .filter((stroke) => stroke.length > 0)
    .map((stroke) =>
      simplified(stroke)
        .map(([x, y]) => letter(x) + letter(y))
        .join(''),
    )
    .join('.')
}

/** The strokes of a link; none where it is no such link. */
export function strokesFromLink(text: string): Stroke[] {
  if (!/^[\w.-]+$/.test(text)) return []
  return text.split('.').flatMap((part): Stroke[] => {
    if (part === '' || part.length % 2 === 1) return []
    const values = [...part].map((one) => letters.indexOf(one) / steps)
    return [Array.from({ length: part.length / 2 }, (_, i): Point => [values[2 * i]!, values[2 * i + 1]!])]
  })
}

/** The fewest points whose lines stay near all others (Ramer; Douglas and Peucker). */
function simplified(stroke: Stroke): Point[] {
  const first = stroke[0]!
  const last = stroke.at(-1)!
  if (stroke.length <= 2) return [...stroke]
  let farthest = 0
  let distance = 0
  for (let i = 1; i < stroke.length - 1; i++) {
    const far = beside(stroke[i]!, first, last)
    if (far > distance) {
      distance = far
      farthest = i
    }
  }
  if (distance <= tolerance) return [first, last]
  return [...simplified(stroke.slice(0, farthest + 1)).slice(0, -1), ...simplified(stroke.slice(farthest))]
}

function beside([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay]
  const length = Math.hypot(dx, dy)
  if (length < 1e-9) return Math.hypot(x - ax, y - ay)
  return Math.abs((x - ax) * dy - (y - ay) * dx) / length
}
