/**
 * Sixteen-bit floats: IEEE half (F16) and bfloat16 (BF16, the upper half of a float32). There are only 65,536 halves,
 * so widening a large tensor looks them up in a table, which is filled on first use.
 */
import { getFloat16 as readHalf, setFloat16 as writeHalf } from '@petamoriken/float16'

type Halves = DataView & {
  getFloat16?(at: number): number
  setFloat16?(at: number, value: number): void
}
const getFloat16 = (view: Halves): number => view.getFloat16?.(0) ?? readHalf(view, 0)
const setFloat16 = (view: Halves, value: number): void =>
  view.setFloat16 ? view.setFloat16(0, value) : writeHalf(view, 0, value)

let halves: Float32Array | undefined

function tableOfHalves(): Float32Array {
  if (halves === undefined) {
    halves = new Float32Array(65_536)
    const view = new DataView(new ArrayBuffer(2))
    for (let bits = 0; bits < 32_768; bits++) {
      view.setUint16(0, bits)
      halves[bits] = getFloat16(view)
      halves[bits | 0x8000] = -halves[bits]!
    }
  }
  return halves
}

/** The float32 values of half floats given by their bits; exact. */
export function widenHalf(bits: Uint16Array): Float32Array {
  const table = tableOfHalves()
  const values = new Float32Array(bits.length)
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]!]!
  return values
}

/** The bits of the half floats nearest to `values` (ties to even). */
export function narrowToHalf(values: Float32Array | Float64Array): Uint16Array {
  const bits = new Uint16Array(values.length)
  if (values instanceof Float32Array) {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length)
    for (let i = 0; i < words.length; i++) bits[i] = halfOf(words[i]!)
    return bits
  }
  // a double is rounded once, and not to single precision first
  const view = new DataView(new ArrayBuffer(2))
  for (let i = 0; i < values.length; i++) {
    setFloat16(view, values[i]!)
    bits[i] = view.getUint16(0)
  }
  return bits
}

/** The same of one float32 given by its bits, many times faster than through a DataView. */
function halfOf(word: number): number {
  const sign = (word >>> 16) & 0x8000
  const size = word & 0x7fffffff
  if (size > 0x7f800000) return 0x7e00 // NaN
  if (size >= 0x477ff000) return sign | 0x7c00 // what rounds to 65,536 is infinite
  if (size >= 0x38800000) return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13)
  // below 2⁻¹⁴ steps are 2⁻²⁴ wide
  const shift = 126 - (size >>> 23)
  if (shift > 24) return sign
  const digits = (size & 0x7fffff) | 0x800000
  const steps = digits >>> shift
  const rest = digits & ((1 << shift) - 1)
  const middle = 1 << (shift - 1)
  return sign | (steps + Number(rest > middle || (rest === middle && (steps & 1) === 1)))
}

/** The float32 values of bfloat16 numbers given by their bits; exact. */
export function widenBrain(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length)
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16
  return new Float32Array(words.buffer)
}

/** The bits of the bfloat16 numbers nearest to `values`, each first rounded to float32 (ties to even). */
export function narrowToBrain(values: Float32Array | Float64Array): Uint16Array {
  const words = new Uint32Array(Float32Array.from(values).buffer)
  const bits = new Uint16Array(words.length)
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const notANumber = (word & 0x7fff_ffff) > 0x7f80_0000
    // half of the dropped part is added, and one less where the kept part is even; a NaN stays one
    bits[i] = notANumber ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16
  }
  return bits
}
