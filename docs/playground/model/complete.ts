/**
 * What may be typed next. After the arrow that is nearly always an axis of the other side that is not used yet, so
 * the list offers those first, in their order; a name that has begun narrows it.
 */
import type { Operation } from './state.ts'
import { namesIn, type Token, tokenize } from './tokens.ts'

export interface Completion {
  readonly label: string
  /** What it is, in a word or two. */
  readonly detail: string
  /** Replaces `[start, end)` of the text by `insert`. */
  readonly start: number
  readonly end: number
  readonly insert: string
}

/** The completions at a caret, the likeliest first; none in the middle of a name. */
export function complete(text: string, caret: number, operation: Operation): Completion[] {
  const tokens = tokenize(text)
  const word = tokens.find((token) => token.kind === 'axis' && token.start < caret && caret <= token.end)
  if (word !== undefined && caret < word.end) return []
  const start = word?.start ?? caret
  const typed = word?.text ?? ''
  const before = tokens.filter((token) => token.end <= start)
  const arrow = tokens.some(({ kind }) => kind === 'arrow')
  const after = before.some(({ kind }) => kind === 'arrow')
  const here = tokens.filter((token) => token.operand === (after ? -1 : operandAt(before)) && token !== word)
  const there = tokens.filter((token) => !here.includes(token) && token !== word)
  const used = new Set(namesIn(here))
  const item = (insert: string, detail: string): Completion => ({
    label: insert.trim(),
    detail,
    start,
    end: word?.end ?? caret,
    insert: pad(
      insert,
      before.at(-1),
      tokens.find((token) => token.start >= caret),
    ),
  })
  const completions = namesIn(there)
    .filter((name) => !used.has(name) && name.startsWith(typed) && name !== typed)
    .map((name) => item(name, after ? 'from the left' : arrow ? 'from the right' : 'from another operand'))
  if (typed === '') {
    if (isOpen(before)) completions.push(item(')', 'ends the group'))
    else if (!arrow && used.size > 0) completions.push(item('->', 'then the result'))
  }
  if (operation === 'rearrange' && after && typed === '' && used.size === 0) {
    const all = namesIn(there)
    if (all.length > 1) completions.push(item(all.toReversed().join(' '), 'all, turned round'))
  }
  return completions
}

/** The text with a completion in it, and where the caret goes. */
export function applyCompletion(
  text: string,
  { start, end, insert }: Completion,
): { text: string; caret: number } {
  return { text: text.slice(0, start) + insert + text.slice(end), caret: start + insert.length }
}

function operandAt(before: readonly Token[]): number {
  return before.filter(({ kind }) => kind === 'comma').length
}

function isOpen(before: readonly Token[]): boolean {
  let depth = 0
  for (const { kind } of before) {
    if (kind === 'open') depth++
    if (kind === 'close' || kind === 'arrow' || kind === 'comma') depth = Math.max(0, depth - 1)
  }
  return depth > 0
}

/** Spaces where words would touch. */
function pad(insert: string, before: Token | undefined, after: Token | undefined): string {
  const left =
    before === undefined || before.kind === 'space' || before.kind === 'open' || insert === ')' ? '' : ' '
  const right = insert === '->' && after?.kind !== 'space' ? ' ' : ''
  return `${left}${insert}${right}`
}
