/** What the tensors of a call are called: as its example calls them, or letters that are no axes of the pattern. */
import { exampleOf } from './gallery.ts'
import type { State } from './state.ts'
import { namesIn, tokenize } from './tokens.ts'

type Named = Pick<State, 'operation' | 'pattern' | 'shapes'>

/** The operands' names, and the result's. */
export function callNames({ operation, pattern, shapes }: Named): { operands: string[]; result: string } {
  const example = exampleOf({ operation, pattern })
  if (example?.names?.operands.length === shapes.length) {
    const { operands, result } = example.names
    return { operands: [...operands], result }
  }
  const taken = new Set(namesIn(tokenize(pattern)))
  const free = (wishes: readonly string[]) => wishes.filter((name) => !taken.has(name))
  const letters = free([
    'x',
    'w',
    'v',
    'u',
    'a',
    'b',
    ...Array.from({ length: shapes.length }, (_, i) => `x${i}`),
  ])
  const operands = letters.slice(0, shapes.length)
  const result = free(['y', 'z', 'out', 'result']).find((name) => !operands.includes(name)) ?? 'output'
  return { operands, result }
}

/** All names in the order in which tensors are drawn. */
export function namesOf(state: Named): string[] {
  const { operands, result } = callNames(state)
  return [...operands, result]
}
