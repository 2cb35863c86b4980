/** The kernel in WebAssembly: float32 matrices in linear memory. */
import type { Heap } from '../wasm/heap.ts'
import { ManyEngine } from '../wasm/many.ts'
import type { Pointer } from '../wasm/memory.ts'
import type { ResidentMatrix } from '../wasm/product.ts'
import type { Kernel, MatrixProduct } from './kernel.ts'
import { lengthOf, type Matrix } from './matrix.ts'

/** The kernel that works on the tensors of a heap; `panels` are the right operand, where that was packed before. */
export function wasmKernel({ engine, many }: Heap, panels: Pointer | null = null): Kernel<Float32Array> {
  return {
    multiply(product) {
      engine.multiply({ ...described(product), b: panels === null ? resident(product.b) : { panels } })
    },
    multiplyMany(product, batch) {
      const whole = { ...described(product), b: resident(product.b) }
      if (panels !== null || !ManyEngine.suits(whole)) return false
      many.multiply(whole, batch)
      return true
    },
  }
}

function described(product: MatrixProduct<Float32Array>) {
  const { a, b, output, scale, bias, activation, residual } = product
  return {
    ...{ m: lengthOf(a.rows), n: lengthOf(b.columns), k: lengthOf(b.rows), a: resident(a) },
    ...{ target: resident(output), scale, bias: bias && resident(bias), activation },
    residual: residual && resident(residual),
  }
}

function resident({ offset, rows, columns }: Matrix): ResidentMatrix {
  return { origin: 4 * offset, rows, columns }
}
