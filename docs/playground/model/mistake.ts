/**
 * A mistake as the page shows it: the library's own message and span, and repairs that apply with a click. A repair is
 * only offered when the library then accepts the pattern, or at least complains about something else further on.
 */
import type { EinopsError } from 'tesserae'
import { complaint } from './library.ts'
import { repairs } from './repairs.ts'
import type { State } from './state.ts'

export interface Fix {
  /** What the button says. */
  readonly label: string
  readonly change: Partial<State>
}

export interface Mistake {
  readonly code: string
  /** The library's sentence, without the operation's name. */
  readonly sentence: string
  /** The library's whole message: sentence, excerpt with carets, shape, lengths, hint. */
  readonly message: string
  readonly hint: string | undefined
  /** Where the pattern is wrong; undefined where it is not the pattern. */
  readonly span: { readonly start: number; readonly end: number } | undefined
  readonly fixes: readonly Fix[]
}

/** The first mistake of a state, or null. */
export function mistakeIn(state: State): Mistake | null {
  const error = complaint(state)
  if (error === null) return null
  const offered = repairs(state, error).filter(({ change }) => helps(error, { ...state, ...change }))
  const solving = offered.filter(({ change }) => complaint({ ...state, ...change }) === null)
  return {
    code: error.code,
    sentence: error.what,
    message: error.message,
    hint: error.hint,
    span: error.pattern === state.pattern ? error.span : undefined,
    fixes: unique(solving.length > 0 ? solving : offered).slice(0, 3),
  }
}

/** Whether another mistake than before is left, or none. */
function helps(before: EinopsError, state: State): boolean {
  const after = complaint(state)
  return after === null || after.what !== before.what
}

function unique(fixes: readonly Fix[]): Fix[] {
  const seen = new Set<string>()
  return fixes.filter(({ label }) => !seen.has(label) && seen.add(label))
}
