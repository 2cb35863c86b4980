/**
 * The innermost four loops of a copy, once for each size of element. Elements are moved as the integers of their
 * bits, so eleven dtypes are four loops and the payload of a NaN survives. The text is repeated because V8 optimises
 * a function for the array types it has seen: one shared function that has met several runs 1.5 times slower.
 */
import { dtypeOf } from '../layout/data.ts'
import type { Data } from '../layout/tensor.ts'
import type { Words } from './memory.ts'
import { type Loop, type Nest, walk } from './nest.ts'
import { asElementOf, readElement, writeElement } from './reference.ts'

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

/** Moves the elements of a nest, as words of one size. */
export function copyWords(source: Words, target: Words, nest: Nest): void {
  if (source instanceof Uint8Array) runLoops(copy8, source, target as Uint8Array, nest)
  else if (source instanceof Uint16Array) runLoops(copy16, source, target as Uint16Array, nest)
  else if (source instanceof Uint32Array) runLoops(copy32, source, target as Uint32Array, nest)
  else runLoops(copy64, source, target as BigUint64Array, nest)
}

/** Runs a kernel for every combination of the indices of the loops around its four. */
export function runLoops<D>(kernel: Kernel<D>, source: D, target: D, nest: Nest): void {
  const { loops } = nest
  const once: Loop = { length: 1, source: 0, target: 0 }
  const four = [once, once, once, once, ...loops].slice(-4) as unknown as FourLoops
  walk(loops.slice(0, -4), nest.source, nest.target, (from, to) => kernel(source, target, from, to, four))
}

/** Any kinds of buffers, also two different ones; values are converted. */
export const copyAny: Kernel<Data> = (source, target, from, to, [a, b, c, d]) => {
  const dtype = dtypeOf(target)
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      for (let k = 0; k < c.length; k++) {
        const read = from + i * a.source + j * b.source + k * c.source
        const write = to + i * a.target + j * b.target + k * c.target
        for (let l = 0; l < d.length; l++) {
          const value = readElement(source, read + l * d.source)
          writeElement(target, write + l * d.target, asElementOf(dtype, value))
        }
      }
    }
  }
}
