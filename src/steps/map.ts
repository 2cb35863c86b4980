/** A function of each element as a step. */

import type { Activation } from '../gemm/activation.ts'
import type { Floats } from '../layout/data.ts'
import type { Tensor } from '../layout/tensor.ts'
import { activate as activateRows } from '../rows/activation.ts'
import { type Elementary, isActivation, type MapFunction } from '../rows/functions.ts'
import { activateInHeap } from '../rows/in-heap.ts'
import { eitherWay, type Ways } from './kernel.ts'
import { type Kernel, perform } from './machine.ts'
import type { MapStep } from './step.ts'
import { tensorOf, type Value } from './value.ts'

export { type Activation, activations } from '../gemm/activation.ts'

const ways: Ways<MapStep> = {
  inHeap: (heap, { fn }, [x]) => (isActivation(fn) ? activateInHeap(heap, x!, fn) : null),
  plainly: ({ fn }, [x]) => activateRows(tensorOf(x!) as Tensor<Floats>, fn),
}

const kernel: Kernel<MapStep> = {
  perform: (step, inputs) => eitherWay(ways, step, inputs),
  reference: (step, inputs) => ways.plainly(step, inputs),
}

/** An activation of every element, by its name. */
export function activate(x: Value, fn: Activation): Value {
  return mapped(x, fn)
}

/** eˣ, the sine, the cosine or the root of every element. */
export function elementary(x: Value, fn: Elementary): Value {
  return mapped(x, fn)
}

function mapped(x: Value, fn: MapFunction): Value {
  return perform(kernel, { kind: 'map', fn }, [x])
}
