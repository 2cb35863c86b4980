/**
 * A thin product as loops: those over the output, the last of which is walked several elements at a time, and those over the terms of a sum. One plan serves
 * the kernel in linear memory and the plain one, which so sum in the same order and give the same bits.
 */
import type { Walk } from '../wasm/offsets.ts'
import type { ThinForm } from '../wasm/thin.ts'
import { walkOf } from './matrix.ts'
import type { Operand } from './operand.ts'
import type { Product } from './pair.ts'

/** How far each tensor's elements stand apart along a loop. */
export interface ThinLoop {
  readonly length: number
  readonly a: number
  readonly b: number
  readonly output: number
  readonly bias: number
  readonly residual: number
}

export interface ThinPlan {
  readonly form: ThinForm
  /** The operands; the first is the one that repeats along the last loop, where either does. */
  readonly a: Operand
  readonly b: Operand
  /** Over the output, at least one. */
  readonly loops: readonly ThinLoop[]
  /** The innermost loop over terms. */
  readonly depth: { readonly length: number; readonly a: number; readonly b: number }
  /** Where it begins, for each index of the loops around it. */
  readonly outerA: Walk
  readonly outerB: Walk
}

/** Nanoseconds, about: a row, four elements of it, and a term of four elements that stand side by side, or anyhow. */
const cost = { row: 10, four: 4, wideTerm: 1.2, gatheredTerm: 3, farElement: 3 }
/** Elements that stand farther apart do not share a cache line. */
const line = 16

/** The loops of a product. */
export function planThin(product: Omit<Product, 'operands' | 'walks'>): ThinPlan {
  const { lengths, output, epilogue, groups } = product
  const { bias, residual } = epilogue
  const kept = [...groups.batch, ...groups.rows, ...groups.columns]
  kept.sort((x, y) => Math.abs(output.stride[y]!) - Math.abs(output.stride[x]!))
  const last = groups.depth.at(-1)
  const { isDots } = product
  const along = isDots ? kept.at(-1) : bestAlong(product, kept)
  const swapped = along !== undefined && product.a.stride[along] === 1 && product.b.stride[along] === 0
  const [a, b] = swapped ? [product.b, product.a] : [product.a, product.b]
  const loopOf = (label: number): ThinLoop => ({
    length: lengths[label]!,
    a: a.stride[label]!,
    b: b.stride[label]!,
    output: output.stride[label]!,
    bias: bias ? bias.stride[label]! : 0,
    residual: residual ? residual.stride[label]! : 0,
  })
  const outer = kept.filter((label) => label !== along).map(loopOf)
  const loops = [...outer, along === undefined ? once : loopOf(along)]
  const around = groups.depth.slice(0, -1)
  return {
    form: isDots ? 'dots' : along === undefined ? 'gathered' : formAlong(a, b, along),
    ...{ a, b },
    loops,
    depth:
      last === undefined
        ? { length: 1, a: 0, b: 0 }
        : { length: lengths[last]!, a: a.stride[last]!, b: b.stride[last]! },
    outerA: walkOf(lengths, around, a.stride),
    outerB: walkOf(lengths, around, b.stride),
  }
}

const once: ThinLoop = { length: 1, a: 0, b: 0, output: 0, bias: 0, residual: 0 }

function formAlong(a: Operand, b: Operand, label: number): ThinForm {
  const [x, y] = [a.stride[label]!, b.stride[label]!]
  if (x === 1 && y === 1) return 'wide'
  if (x === 0 && y === 1) return 'left repeats'
  return 'gathered'
}

/** The label along which several elements at a time take the least time. */
function bestAlong(
  product: Omit<Product, 'operands' | 'walks'>,
  kept: readonly number[],
): number | undefined {
  const { lengths, a, b, output, groups } = product
  const all = kept.reduce((n, label) => n * lengths[label]!, 1)
  const terms = groups.depth.reduce((n, label) => n * lengths[label]!, 1)
  const time = (label: number) => {
    const length = lengths[label]!
    const far = (tensor: Operand) => (Math.abs(tensor.stride[label]!) > line ? cost.farElement : 0)
    const gathered = formAlong(a, b, label) === 'gathered' && formAlong(b, a, label) === 'gathered'
    const term = gathered ? cost.gatheredTerm : cost.wideTerm
    const four = cost.four + 4 * far(output) + terms * (term + far(a) + far(b))
    return (all / length) * (cost.row + Math.ceil(length / 4) * four)
  }
  let best: number | undefined
  for (const label of kept) if (best === undefined || time(label) <= time(best)) best = label
  return best
}
