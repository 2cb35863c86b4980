/**
 * What a file's metadata say about a model beyond its shapes. There is no convention for them: the keys of the libraries'
 * configurations are looked for, among the metadata themselves and inside any of them that is JSON.
 */

export interface Hints {
  readonly numHeads?: number
  readonly eps?: number
}

const headKeys = ['num_heads', 'num_attention_heads', 'n_heads', 'heads', 'nhead']
const epsKeys = ['layer_norm_eps', 'norm_eps', 'eps']

/** The number of heads and the norms' eps, where metadata tell them. */
export function hintsIn(metadata: Readonly<Record<string, string>>): Hints {
  const entries = Object.entries(metadata).flatMap(([key, text]) => [
    [key, text] as const,
    ...entriesInside(text),
  ])
  const find = (keys: readonly string[], isValid: (value: number) => boolean) =>
    entries.map(([key, value]) => (keys.includes(key) ? Number(value) : Number.NaN)).find(isValid)
  const numHeads = find(headKeys, (value) => Number.isSafeInteger(value) && value > 0)
  const eps = find(epsKeys, (value) => value > 0 && value < 1)
  return { ...(numHeads !== undefined && { numHeads }), ...(eps !== undefined && { eps }) }
}

/** The members of a JSON object; none where the text is something else. */
function entriesInside(text: string): (readonly [string, unknown])[] {
  if (!text.trimStart().startsWith('{')) return []
  try {
    return Object.entries(JSON.parse(text) as object)
  } catch {
    return []
  }
}
