/** Dropping elements at random as a step. */
import type { Floats } from '../layout/data.ts'
import type { Tensor } from '../layout/tensor.ts'
import { type DropForm, dropped } from '../rows/drop.ts'
import { dropInHeap } from '../rows/in-heap.ts'
import { eitherWay, type Ways } from './kernel.ts'
import { type Kernel, perform } from './machine.ts'
import type { Drop } from './step.ts'
import { tensorOf, type Value } from './value.ts'

const ways: Ways<Drop> = {
  inHeap: (heap, form, [x]) => dropInHeap(heap, x!, form),
  plainly: (form, [x]) => dropped(tensorOf(x!) as Tensor<Floats>, form),
}

const kernel: Kernel<Drop> = {
  perform: (step, inputs) => eitherWay(ways, step, inputs),
  reference: (step, inputs) => ways.plainly(step, inputs),
}

/** Each element with probability `p` 0, and else divided by 1 − p; which ones follows from the seed. */
export function drop(x: Value, { p, seed }: DropForm): Value {
  return perform(kernel, { kind: 'drop', p, seed }, [x])
}
