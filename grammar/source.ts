/** The text that is being checked and who asked: what every mistake found in it has to name. */
import type { Span } from './ast.ts'
import { type Advice, EinopsError } from './error.ts'
import { sayOfPattern } from './pattern-sentences.ts'
import { calls, examples, type Said, say } from './sentences.ts'

export interface Source {
  readonly text: string
  readonly operation: keyof typeof examples
}

/** Throws the mistake with the pattern and a caret under the span. */
export function reject({ text, operation }: Source, said: Said, span: Span, hint?: string | Advice): never {
  throw new EinopsError({ operation, ...said, pattern: text, span, hint })
}

/** Refuses what is no string, before anything looks into it. */
export function checkText(text: unknown, operation: keyof typeof examples): asserts text is string {
  if (typeof text === 'string') return
  const got =
    text === null
      ? 'null'
      : Array.isArray(text)
        ? 'an array'
        : typeof text === 'object'
          ? 'an object'
          : typeof text
  const hint = `the order is ${calls[operation]}`
  throw new EinopsError({ operation, ...say('pattern/type', { got, example: examples[operation] }), hint })
}

/** Says that a pattern with arrows should have none, or that it lacks its one. */
export function checkArrows(source: Source, arrows: readonly Span[], expected: 0 | 1): void {
  const example = examples[source.operation]
  if (arrows.length === expected) return
  if (expected === 0) reject(source, sayOfPattern('pattern/arrow-unexpected', { example }), arrows[0]!)
  if (arrows.length > 1) reject(source, sayOfPattern('pattern/arrow-second', { example }), arrows[1]!)
  const like = /=>|-\s+>|[→⇒⟶➔]|—>|–>/u.exec(source.text)
  const span = like
    ? { start: like.index, end: like.index + like[0].length }
    : { start: source.text.length, end: source.text.length }
  reject(
    source,
    sayOfPattern('pattern/arrow-missing', { example }),
    span,
    like ? writeArrow(like[0]) : undefined,
  )
}

/** What to do about an arrow of another make. */
export function writeArrow(from: string): Advice {
  return { text: "write the arrow as '->'", fix: { from, to: '->' } }
}
