/** The kernel in WebAssembly: float32 matrices in linear memory. */
import type { Heap } from '../wasm/heap.ts'
import type { Pointer } from '../wasm/memory.ts'
import type { ResidentMatrix } from '../wasm/product.ts'
import type { Kernel } from './kernel.ts'
import { lengthOf, type Matrix } from './matrix.ts'

/** The kernel that works on the tensors of a heap; `panels` are the right operand, where that was packed before. */
export function wasmKernel({ engine }: Heap, panels: Pointer | null = null): Kernel<Float32Array> {
  return {
    multiply({ a, b, output, scale, bias, activation, residual }) {
      engine.multiply({
        m: lengthOf(a.rows),
        n: lengthOf(b.columns),
        k: lengthOf(b.rows),
        a: resident(a),
        b: panels === null ? resident(b) : { panels },
        target: resident(output),
        scale,
        bias: bias && resident(bias),
        activation,
        residual: residual && resident(residual),
      })
    },
  }
}

function resident({ offset, rows, columns }: Matrix): ResidentMatrix {
  return { origin: 4 * offset, rows, columns }
}
