/**
 * All of differentiation: for each step, how a change of its result becomes a change of what it was made of. Steps are linear maps or nearly so, and
 * the change of a linear map's input is given by its dual, which is a step again (`src/steps/step.ts`); where a step bends, its slope is one.
 * A rule says, for each input, what `g`, the change of the result, comes to there. It is asked only for the inputs that somebody wants to know about.
 * One table of rules for one list of primitives is what makes tinygrad's `gradient.py` a pleasure; that einsum, its operands and its output are one
 * symmetrical thing is from Laue, Mitterreiter and Giesen, "A Simple and Efficient Tensor Calculus" (AAAI 2020).
 */
import { isFloatDtype } from '../layout/dtype.ts'
import { dualOf, einsumDualOf } from '../layout/dual.ts'
import { isSameShape, sizeOf } from '../layout/layout.ts'
import { einsumTensor } from '../ops/einsum.ts'
import type { ZipName } from '../rows/zip.ts'
import { attentionWeights } from '../steps/attend.ts'
import { contraction } from '../steps/contract.ts'
import { drop } from '../steps/drop.ts'
import { foldBy } from '../steps/fold.ts'
import { gather, scatter } from '../steps/gather.ts'
import { layerNorm, rmsNorm } from '../steps/norm.ts'
import { rearranged } from '../steps/rearrange.ts'
import { part } from '../steps/slice.ts'
import { slopeOfAttend, slopeOfFold, slopeOfMap, slopeOfNorm, slopeOfSoftmax } from '../steps/slope.ts'
import type { Attend, Contract, Fold, Rearrange, StepKind, StepOf } from '../steps/step.ts'
import type { Value } from '../steps/value.ts'
import { multiply, zip } from '../steps/zip.ts'
import {
  added,
  alike,
  axesOf,
  type Change,
  constant,
  cut,
  placed,
  scaled,
  summedTo,
  unitMatrix,
} from './changes.ts'
import { noGradient } from './refuse.ts'

/** The change of a step's result, its inputs and its result. */
export interface Known {
  readonly g: Value
  readonly inputs: readonly Value[]
  readonly result: Value
}

/** What each input changes by. */
type Rule<K extends StepKind> = (step: StepOf<K>, known: Known) => readonly (() => Change)[]

export const rules: { readonly [K in StepKind]: Rule<K> } = {
  // what moved moves back, and what was repeated adds up
  rearrange: (step, { g, inputs: [x] }) => [() => back(step, g, x!)],

  // a part of an axis goes back to its place, the rest of the axis did not matter
  slice: ({ axis, start, step, lengths }, { g, inputs: [x] }) => [
    () => placed(g, { axis, start, step, count: lengths.length, length: x!.shape[axis]! }),
  ],

  // of what was placed among zeros only the place itself matters
  place: ({ axis, start, step, count }, { g, inputs: [x] }) => [
    () => part(g, axis, { start, step, lengths: x!.shape.slice(axis, axis + count) }),
  ],

  // each place inside a window goes back to where the window saw it from; where windows overlap, it adds up
  window: ({ axis, window }, { g, inputs: [x] }) => [
    () =>
      Array.from({ length: window.size }, (_, i) =>
        placed(part(g, axis + 1, { start: i, lengths: [] }), {
          ...{ axis, start: i * window.dilation, step: window.stride, count: 1 },
          length: x!.shape[axis]!,
        }),
      ),
  ],

  // what was joined comes apart
  pack: ({ before, after }, { g, inputs }) => {
    let end = 0
    return inputs.map((x) => {
      const lengths = x.shape.slice(before, x.shape.length - after)
      const start = end
      end += sizeOf(lengths)
      return () => alike(x, part(g, before, { start, lengths }))
    })
  },

  // what was picked goes back to where it was picked from, as often as it was
  gather: (_, { g, inputs: [x, indices] }) => [() => scatter(g, indices!, x!.shape[1]!), nothing],

  // and what was added up there is picked
  scatter: (_, { g, inputs: [, indices] }) => [() => gather(g, indices!), nothing],

  // a sum is as much of each summand, a mean a share of each; the rest depends on the elements
  fold: (step, { g, inputs: [x] }) => [() => unfolded(step, alike(x!, g), x!)],

  opaque: () => [() => noGradient('a reduction by a function')],

  // a product is linear in each operand: the operand and the result change places
  contract: (step, { g, inputs }) => [
    ...step.plan.operands.map((_, i) => () => exchanged(step, i, g, inputs)),
    ...inputs.slice(step.plan.operands.length).map((x) => () => summedTo(g, x.shape)),
  ],

  // products change by products, and the softmax between them by its slope
  attend: (step, known) => {
    const [q, k, v, bias] = known.inputs as readonly [Value, Value, Value, Value?]
    const isSelf =
      step.result === 'output' && !bias && isSameShape(q.shape, k.shape) && isSameShape(k.shape, v.shape)
    return isSelf ? throughHeads(step, known) : throughProducts(step, known)
  },

  softmax: (step, { g, result }) => [() => slopeOfSoftmax(step, g, result)],

  // the factors and summands are the same in all rows, so their changes add up over the rows
  norm: (step, { g, inputs: [x, ...affine] }) => {
    const { axes, eps, centred } = step
    const normalise = centred ? layerNorm : rmsNorm
    const [all, kept] = [axesOf(x!.shape), axesOf(x!.shape, axes)]
    const ofWeight = () => einsumTensor([g, normalise(x!, { eps, axes })], `${all}, ${all} -> ${kept}`)
    const ofBias = () => einsumTensor(g, `${all} -> ${kept}`)
    return [
      () => slopeOfNorm(step, g, x!, step.weight ? affine[0]! : null),
      ...(step.weight ? [ofWeight] : []),
      ...(step.bias ? [ofBias] : []),
    ]
  },

  map: (step, { g, inputs: [x] }) => [() => slopeOfMap(step, g, x!)],

  // what was dropped did not matter, and drawn again it is the same
  drop: (step, { g }) => [() => drop(g, step)],

  // a summand changes as the sum does, a factor as the product does, times the other factor; a divisor by the quotient itself
  zip: ({ fn }, { g, inputs: [a, b], result }) => {
    const changes: Record<ZipName, readonly [() => Value, () => Value]> = {
      add: [() => g, () => g],
      subtract: [() => g, () => scaled(g, -1)],
      multiply: [() => multiply(g, b!), () => multiply(g, a!)],
      divide: [() => zip('divide', g, b!), () => scaled(zip('divide', multiply(g, result), b!), -1)],
    }
    return changes[fn].map((change, i) => () => summedTo(change(), [a!, b!][i]!.shape))
  },

  slope: ({ of }) => Array.from({ length: 4 }, () => () => noGradient(`the slope of ${of.kind}`)),
}

/** Indices do not change. */
const nothing = (): Change => []

function back({ plan, dtype }: Pick<Rearrange, 'plan' | 'dtype'>, g: Value, x: Value): Value {
  if (dtype !== null && !isFloatDtype(dtype)) noGradient(`a conversion to ${dtype}`)
  const dual = dualOf(plan)
  return dual.reduced.length > 0 ? foldBy(alike(x, g), dual, 'sum') : rearranged(alike(x, g), dual)
}

function unfolded(step: Fold, g: Value, x: Value): Value {
  const { plan, reduction } = step
  switch (reduction) {
    case 'sum':
      return rearranged(g, dualOf(plan))
    case 'mean':
      return rearranged(scaled(g, 1 / sizeOf(plan.reduced.map(({ length }) => length))), dualOf(plan))
    case 'min':
    case 'max':
    case 'prod':
      return slopeOfFold(step, g, x)
    default:
      return noGradient(`reduce '${reduction}'`)
  }
}

function exchanged({ plan, scale }: Contract, operand: number, g: Value, inputs: readonly Value[]): Value {
  const { plan: dual, units } = einsumDualOf(plan, operand)
  const others = inputs.slice(0, plan.operands.length).filter((_, i) => i !== operand)
  return contraction(dual, [g, ...others, ...units.map((n) => constant(unitMatrix(n), g))], { scale })
}

/** Queries, keys and values of one shape, whose changes are computed together. */
function throughHeads(step: Attend, { g, inputs }: Known): readonly (() => Change)[] {
  const [q, k, v] = inputs as readonly [Value, Value, Value]
  let changes: Value | undefined
  return inputs.map((_, start) => () => {
    changes ??= slopeOfAttend(step, g, [q, k, v])
    return cut(changes, 0, start)
  })
}

function throughProducts(step: Attend, { g, inputs, result }: Known): readonly (() => Change)[] {
  const { scale } = step
  const [q, k, v, bias] = inputs as readonly [Value, Value, Value, Value?]
  const isOutput = step.result === 'output'
  const weights = once(() => (isOutput ? attentionWeights(q, k, v, { scale, bias }) : result))
  const scores = once(() => {
    const change = isOutput ? einsumTensor([g, v], '... n e, ... m e -> ... n m') : g
    return slopeOfSoftmax({ kind: 'softmax', axis: change.shape.length - 1, log: false }, change, weights())
  })
  return [
    () => einsumTensor([scores(), k], '... n m, ... m d -> ... n d', {}, { scale }),
    () => einsumTensor([scores(), q], '... n m, ... n d -> ... m d', {}, { scale }),
    () => (isOutput ? einsumTensor([weights(), g], '... n m, ... n e -> ... m e') : added([], v)),
    ...(bias ? [() => summedTo(scores(), bias.shape)] : []),
  ]
}

function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined
  return () => {
    known ??= { value: compute() }
    return known.value
  }
}
