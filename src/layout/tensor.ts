/**
 * A tensor is a buffer plus a layout. An ndarray is one (it has these four members and more), so everything below
 * `src/ops` takes ndarrays as they are and gives back plain tensors, which `src/ops` turns into ndarrays.
 */
import type { Layout } from './layout.ts'

/** What can hold elements: typed arrays, arrays, and objects with `get`, `set` and `length` (ndarray's "generic"). */
export type { Data, NdArray } from 'ndarray'

import type { Data } from 'ndarray'

export interface Tensor<D extends Data = Data> extends Layout {
  readonly data: D
}

/** A float32 tensor: what the layers compute with. */
export type FloatTensor = Tensor<Float32Array>
