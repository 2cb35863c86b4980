/**
 * The innermost four loops of a copy, once for each size of element. Elements are moved as the integers of their
 * bits, so eleven dtypes are four loops and the payload of a NaN survives. The text is repeated because V8 optimises
 * a function for the array types it has seen: one shared function that has met several runs 1.5 times slower.
 */
import type { Data } from '../layout/tensor.ts'
import type { Loop } from './nest.ts'
import { readElement, writeElement } from './reference.ts'

/** The innermost loops of a nest, outermost first. */
export type FourLoops = readonly [Loop, Loop, Loop, Loop]

export type Kernel<D> = (source: D, target: D, from: number, to: number, loops: FourLoops) => void

export const copy8: Kernel<Uint8Array> = (source, target, from, to, [a, b, c, d]) => {
  const { length, source: s, target: t } = d
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      for (let k = 0; k < c.length; k++) {
        let read = from + i * a.source + j * b.source + k * c.source
        let write = to + i * a.target + j * b.target + k * c.target
        for (let l = 0; l < length; l++) {
          target[write] = source[read]!
          read += s
          write += t
        }
      }
    }
  }
}

export const copy16: Kernel<Uint16Array> = (source, target, from, to, [a, b, c, d]) => {
  const { length, source: s, target: t } = d
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      for (let k = 0; k < c.length; k++) {
        let read = from + i * a.source + j * b.source + k * c.source
        let write = to + i * a.target + j * b.target + k * c.target
        for (let l = 0; l < length; l++) {
          target[write] = source[read]!
          read += s
          write += t
        }
      }
    }
  }
}

export const copy32: Kernel<Uint32Array> = (source, target, from, to, [a, b, c, d]) => {
  const { length, source: s, target: t } = d
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      for (let k = 0; k < c.length; k++) {
        let read = from + i * a.source + j * b.source + k * c.source
        let write = to + i * a.target + j * b.target + k * c.target
        for (let l = 0; l < length; l++) {
          target[write] = source[read]!
          read += s
          write += t
        }
      }
    }
  }
}

export const copy64: Kernel<BigUint64Array> = (source, target, from, to, [a, b, c, d]) => {
  const { length, source: s, target: t } = d
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      for (let k = 0; k < c.length; k++) {
        let read = from + i * a.source + j * b.source + k * c.source
        let write = to + i * a.target + j * b.target + k * c.target
        for (let l = 0; l < length; l++) {
          target[write] = source[read]!
          read += s
          write += t
        }
      }
    }
  }
}

/** Any kinds of buffers, also two different ones; the value is converted as an assignment would. */
export const copyAny: Kernel<Data> = (source, target, from, to, [a, b, c, d]) => {
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      for (let k = 0; k < c.length; k++) {
        const read = from + i * a.source + j * b.source + k * c.source
        const write = to + i * a.target + j * b.target + k * c.target
        for (let l = 0; l < d.length; l++) {
          writeElement(target, write + l * d.target, readElement(source, read + l * d.source))
        }
      }
    }
  }
}
