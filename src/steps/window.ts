/** A sliding window as a step: a view of an axis as the positions of the window and the places inside it. */
import { slideWindow, type Window } from '../layout/window.ts'
import { type Kernel, perform } from './machine.ts'
import type { Slide } from './step.ts'
import { laidOut, type Value } from './value.ts'

const kernel: Kernel<Slide> = {
  perform: ({ axis, window }, [x]) => laidOut(x!, slideWindow(x!, axis, window)),
  reference: ({ axis, window }, [x]) => laidOut(x!, slideWindow(x!, axis, window)),
}

/** Replaces axis `axis` by two: positions of the window, and places inside it. */
export function slide(x: Value, axis: number, window: Window): Value {
  return perform(kernel, { kind: 'window', axis, window }, [x])
}
