/** What plain arrays and containers with `get` and `set` hold: their dtype does not say, and numbers and big integers do not mix. */
import { materialize } from '../copy/copy.ts'
import { readElement } from '../copy/reference.ts'
import { dtypeOf } from '../layout/data.ts'
import { sizeOf } from '../layout/layout.ts'
import type { Tensor } from '../layout/tensor.ts'

/** What neither sums nor products are of. */
export const mixed = 'numbers and big integers'

/** `'numbers'`, `'big integers'` or `mixed`; null where the dtype says it, and of no elements. */
export function kindOfElements(tensor: Tensor): string | null {
  const dtype = dtypeOf(tensor.data)
  const size = sizeOf(tensor.shape)
  if ((dtype !== 'array' && dtype !== 'generic') || size === 0) return null
  const { data } = materialize(tensor)
  let big = 0
  for (let i = 0; i < size; i++) if (typeof readElement(data, i) === 'bigint') big++
  return big === 0 ? 'numbers' : big === size ? 'big integers' : mixed
}
