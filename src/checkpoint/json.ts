/**
 * What `JSON.parse` does not say about a text from a stranger: that a name stands twice in one object (it keeps the
 * last one) and how deep the text is nested. Walks over the text once, before it is parsed.
 */

export interface JsonFaults {
  /** The first name that stands twice in the same object. */
  readonly duplicate?: string
  /** True when something is nested deeper than allowed. */
  readonly tooDeep?: boolean
}

/** Looks for duplicate names and for nesting beyond `depth` in a JSON text; what is not JSON is left to `JSON.parse`. */
export function faultsOf(text: string, depth: number): JsonFaults {
  const open: (Set<string> | null)[] = [] // the names of every open object; null for an open array
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '{' || char === '[') {
      if (open.length === depth) return { tooDeep: true }
      open.push(char === '{' ? new Set() : null)
    } else if (char === '}' || char === ']') {
      open.pop()
    } else if (char === '"') {
      const end = endOfString(text, at)
      const names = open.at(-1)
      if (names && followsColon(text, end)) {
        const name = decode(text.slice(at, end))
        if (names.has(name)) return { duplicate: name }
        names.add(name)
      }
      at = end - 1
    }
  }
  return {}
}

/** The position after the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return Math.min(at + 1, text.length)
}

function followsColon(text: string, from: number): boolean {
  let at = from
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return text[at] === ':'
}

/** The value of a JSON string; the text itself where an escape in it is wrong, which `JSON.parse` will say. */
function decode(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    return String(JSON.parse(literal))
  } catch {
    return literal
  }
}
