/** Arithmetic of two values as a step, with the broadcasting rule of NumPy. */
import type { Floats } from '../layout/data.ts'
import { broadcastShape } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'
import { combineInHeap } from '../rows/in-heap.ts'
import { type ZipName, zipped } from '../rows/zip.ts'
import { eitherWay, type Ways } from './kernel.ts'
import { type Kernel, perform } from './machine.ts'
import type { Zip } from './step.ts'
import { tensorOf, type Value } from './value.ts'

const ways: Ways<Zip> = {
  inHeap: (heap, { fn }, [a, b]) => combineInHeap(heap, a!, b!, broadcastShape(a!.shape, b!.shape)!, fn),
  plainly({ fn }, [a, b]) {
    const [left, right] = [a!, b!].map((value) => tensorOf(value) as Tensor<Floats>)
    return zipped(fn, left!, right!, broadcastShape(a!.shape, b!.shape)!)
  },
}

const kernel: Kernel<Zip> = {
  perform: (step, inputs) => eitherWay(ways, step, inputs),
  reference: (step, inputs) => ways.plainly(step, inputs),
}

/** `a + b`. */
export function add(a: Value, b: Value): Value {
  return zip('add', a, b)
}

/** `a · b`, element by element. */
export function multiply(a: Value, b: Value): Value {
  return zip('multiply', a, b)
}

/** One of the four operations, element by element. */
export function zip(fn: ZipName, a: Value, b: Value): Value {
  if (broadcastShape(a.shape, b.shape) === null) {
    throw new Error(`internal: shapes [${a.shape}] and [${b.shape}] do not broadcast`)
  }
  return perform(kernel, { kind: 'zip', fn }, [a, b])
}
