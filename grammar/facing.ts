/**
 * A shape against the side of a pattern that describes it, for the reader of an error: `b = 8, c = 3, (h s1) = 225`.
 * This only reads text, so that it can show patterns and shapes that do not fit each other.
 */

type Shape = readonly number[]

/** One line for each shape, with the names of its dimensions where the pattern gives as many lists of names. */
export function facing(pattern: string | undefined, shapes: readonly Shape[]): string[] {
  const texts = (pattern ?? '').split('->')[0]!.split(',')
  return shapes.map((shape, i) => {
    const shown = `[${shape.join(', ')}]`
    const text = texts.length === shapes.length ? texts[i]!.replace(/\s+/g, ' ') : ''
    const items = text.match(/\([^()]*\)?|[^\s()]+/g) ?? []
    const longest = 12
    if (items.length === 0 || items.length > longest || shape.length > longest) return shown
    return `${shown}: ${pair(items, shape).join(', ')}`
  })
}

/** `name = length` for each dimension; `?` for what has no partner. */
function pair(items: readonly string[], shape: Shape): string[] {
  const ellipsis = items.indexOf('...')
  if (ellipsis < 0) {
    const rank = Math.max(items.length, shape.length)
    return Array.from({ length: rank }, (_, i) => `${items[i] ?? '?'} = ${shape[i] ?? '?'}`)
  }
  const after = items.length - ellipsis - 1
  const end = Math.max(ellipsis, shape.length - after)
  const before = pair(items.slice(0, ellipsis), shape.slice(0, ellipsis))
  const behind = pair(items.slice(ellipsis + 1), shape.slice(end))
  return [...before, `... = [${shape.slice(ellipsis, end).join(', ')}]`, ...behind]
}
