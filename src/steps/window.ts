/** A sliding window as a step: a view of an axis as the positions of the window and the places inside it. */
import { pickPlainly } from '../copy/reference.ts'
import { slideWindow, type Window, windowCount } from '../layout/window.ts'
import { type Kernel, perform } from './machine.ts'
import { newResult } from './result.ts'
import type { Slide } from './step.ts'
import { laidOut, tensorOf, type Value } from './value.ts'

const kernel: Kernel<Slide> = {
  perform: ({ axis, window }, [x]) => laidOut(x!, slideWindow(x!, axis, window)),
  reference({ axis, window }, [x]) {
    const source = tensorOf(x!)
    const { size, stride, dilation } = window
    const shape = source.shape.toSpliced(axis, 1, windowCount(source.shape[axis]!, window), size)
    const result = newResult(source.data, shape, 'window')
    pickPlainly(source, result, (index) =>
      index.toSpliced(axis, 2, index[axis]! * stride + index[axis + 1]! * dilation),
    )
    return result
  },
}

/** Replaces axis `axis` by two: positions of the window, and places inside it. */
export function slide(x: Value, axis: number, window: Window): Value {
  return perform(kernel, { kind: 'window', axis, window }, [x])
}
