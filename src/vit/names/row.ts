/**
 * What a table of names is made of. A naming is a table of rows "timm's name, their name"; `{i}` stands for the number
 * of a block, `*` for `weight` and `bias`. Of the rows for one name of timm's, the first whose tensors are there counts.
 */

import type { Change } from '../changes.ts'

/**
 * timm's name, and theirs. Three of theirs, without a change, are queries, keys and values that timm has in one tensor;
 * one that begins with `?` may be missing, and is zeros then. Names that begin with `&` have to be there, with `!` must
 * not, and are no parts.
 */
export type Row = readonly [timm: string, theirs: string | readonly string[], change?: Change | undefined]

/** Rows as they are written: one name of theirs, or the thirds of timm's. */
export interface Writing {
  /** Before every name of the class with a classifier, absent from the files of the bare model. */
  readonly prefix: string
  readonly rows: readonly Row[]
  /** Whether a model with these names of timm is written so; the first writing that fits is taken. */
  fits(timm: ReadonlyMap<string, { readonly shape: readonly number[] }>): boolean
}

/** One way in which libraries call the parameters. */
export interface Scheme {
  /** The end of a name that every model of it has, by which it is told. */
  readonly landmark: RegExp
  /** What models of the library have before their names. */
  readonly prefixes: readonly string[]
  /** Names that stand beside that prefix and belong to the model all the same: heads. */
  readonly beside: RegExp
  readonly rows: readonly Row[]
  /** Parameters that published files hold and no answer depends on. */
  readonly unused: RegExp
}

/** The template of a name: `blocks.7.norm1.weight` → `blocks.{i}.norm1.weight`, and 7. */
export function templateOf(name: string): { readonly template: string; readonly block: string | undefined } {
  const found = /(?:^|\.)(?:(?:blocks|resblocks|layers?)\.|encoder_layer_)(\d+)\./.exec(name)
  if (found === null) return { template: name, block: undefined }
  const at = found.index + found[0].length - 1 - found[1]!.length
  return { template: `${name.slice(0, at)}{i}${name.slice(at + found[1]!.length)}`, block: found[1] }
}

/** The rows with `*` written out. */
export function expand(rows: readonly Row[]): Row[] {
  return rows.flatMap(([timm, theirs, change]) => {
    if (!timm.endsWith('*')) return [[timm, theirs, change] as const]
    return ['weight', 'bias'].map((kind): Row => {
      const put = (name: string) => name.replace('*', kind)
      return [put(timm), typeof theirs === 'string' ? put(theirs) : theirs.map(put), change]
    })
  })
}

/** Rows whose names have one beginning in common, on either side. */
export function under(timm: string, theirs: string, rows: readonly Row[]): Row[] {
  const put = (name: string) => name.replace(/^[?&!]?/, (mark) => mark + theirs)
  return rows.map(([own, other, change]) => [
    timm + own,
    typeof other === 'string' ? put(other) : other.map(put),
    change,
  ])
}
