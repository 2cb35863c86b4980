/** Mistakes as types: which sentence of `../sentences.ts`, and what fills its blanks. */
import type { Code, Sentences } from '../sentences.ts'

export interface Mistake<C extends Code, Values = unknown> {
  readonly code: C
  readonly values: Values
}

/** Stands for a pattern that the compiler cannot judge and leaves to the run time. */
export interface Unchecked {
  readonly unchecked: true
}

/** The first line of the run-time message. */
export type Say<O extends string, M> =
  M extends Mistake<infer C, infer Values> ? `${O}: ${Fill<Sentences[C], Values>}` : never

type Fill<Sentence extends string, Values> = Sentence extends `${infer Head}{${infer Name}}${infer Tail}`
  ? `${Head}${ShownValue<Values, Name>}${Fill<Tail, Values>}`
  : Sentence

type ShownValue<Values, Name> = Name extends keyof Values
  ? Values[Name] extends infer Value extends string | number
    ? `${Value}`
    : never
  : never
