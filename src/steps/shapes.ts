/** Shape and dtype of what a step gives, from those of its inputs: the table that every machine reads which computes nothing itself. */
import { resultDtype } from '../copy/reduction.ts'
import type { Dtype } from '../layout/dtype.ts'
import { broadcastShape, sizeOf } from '../layout/layout.ts'
import { windowCount } from '../layout/window.ts'
import { sumDtype } from './contract.ts'
import { packedShape } from './pack.ts'
import type { Slope, Step, StepKind, StepOf } from './step.ts'
import { type TypedValue, typeOf, type Value } from './value.ts'

type Shaping<S extends Step> = (step: S, inputs: readonly Value[]) => readonly number[]

const shapes: { readonly [K in StepKind]: Shaping<StepOf<K>> } = {
  rearrange: ({ plan }) => plan.outputShape,
  slice: ({ axis, lengths }, [x]) => x!.shape.toSpliced(axis, 1, ...lengths),
  place: ({ axis, count, length }, [x]) => x!.shape.toSpliced(axis, count, length),
  window: ({ axis, window }, [x]) =>
    x!.shape.toSpliced(axis, 1, windowCount(x!.shape[axis]!, window), window.size),
  pack: (step, inputs) => packedShape(inputs, step),
  gather: (_, [x, indices]) => [x!.shape[0]!, indices!.shape[1]!, ...x!.shape.slice(2)],
  scatter: ({ length }, [rows]) => rows!.shape.with(1, length),
  fold: ({ plan }) => plan.outputShape,
  opaque: ({ plan }) => plan.outputShape,
  contract: ({ plan }) => plan.outputShape,
  attend: ({ result }, [q, k, v]) =>
    result === 'output'
      ? [...q!.shape.slice(0, -1), v!.shape.at(-1)!]
      : [...q!.shape.slice(0, -1), k!.shape.at(-2)!],
  softmax: (_, [x]) => x!.shape,
  norm: (_, [x]) => x!.shape,
  map: (_, [x]) => x!.shape,
  drop: (_, [x]) => x!.shape,
  zip: (_, [a, b]) => broadcastShape(a!.shape, b!.shape)!,
  slope: ({ of }, [, x]) => (of.kind === 'attend' ? [3, ...x!.shape] : x!.shape),
}

/** What a step gives: a shape, and the dtype of the elements. */
export function resultOf(step: Step, inputs: readonly Value[]): TypedValue {
  const shaping = shapes[step.kind] as Shaping<Step>
  return { shape: shaping(step, inputs), dtype: dtypeOfResult(step, inputs) }
}

function dtypeOfResult(step: Step, inputs: readonly Value[]): Dtype {
  const given = typeOf(inputs[0]!)
  switch (step.kind) {
    case 'rearrange':
    case 'pack':
      return step.dtype ?? given
    case 'fold':
      return step.dtype ?? resultDtype(step.reduction, given)!
    case 'contract':
      return sumDtype(given)
    case 'slice':
    case 'place':
    case 'window':
    case 'gather':
    case 'scatter':
    case 'opaque':
    case 'attend':
    case 'softmax':
    case 'norm':
    case 'map':
    case 'drop':
    case 'zip':
    case 'slope':
      return given
  }
}

/** Additions and multiplications of floating-point numbers, as papers count them: two for each product that is summed. */
export function operationsOf(step: Step, inputs: readonly Value[]): number {
  switch (step.kind) {
    case 'contract':
      return 2 * sizeOf(step.plan.lengths) * Math.max(1, step.plan.operands.length - 1)
    case 'attend': {
      const [q, k, v] = inputs as [Value, Value, Value]
      return (
        2 * sizeOf(q.shape) * k.shape.at(-2)! + 2 * sizeOf(q.shape.slice(0, -1)) * sizeOf(v.shape.slice(-2))
      )
    }
    case 'fold':
      return sizeOf(inputs[0]!.shape)
    case 'softmax':
    case 'norm':
    case 'map':
    case 'drop':
    case 'zip':
      return sizeOf(resultOf(step, inputs).shape)
    case 'scatter':
      return sizeOf(inputs[0]!.shape)
    case 'slope':
      return operationsOfSlope(step, inputs)
    // what only moves, and what nobody can look into
    case 'rearrange':
    case 'slice':
    case 'place':
    case 'window':
    case 'pack':
    case 'gather':
    case 'opaque':
      return 0
  }
}

/** Those of attention are five products: the scores again, the change of the weights, and those of queries, keys and values. */
function operationsOfSlope({ of }: Slope, inputs: readonly Value[]): number {
  const [, x] = inputs as [Value, Value]
  switch (of.kind) {
    case 'attend':
      return 5 * 2 * sizeOf(x.shape) * x.shape.at(-2)!
    case 'softmax':
    case 'norm':
    case 'map':
    case 'fold':
      return sizeOf(x.shape)
  }
}
