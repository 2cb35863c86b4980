/** What a precision that was asked for comes to on this platform. */
import { inUse, relaxedSimd, simd } from './capabilities.ts'

/** `int8-fast` is `int8` where there are no instructions for it; `capabilities` says so. */
export function precisionHere(asked: 'int8' | 'int8-fast'): 'int8' | 'int8-fast' {
  if (asked === 'int8-fast' && relaxedSimd()) return asked
  if (asked === 'int8-fast')
    inUse.notes.add(
      'tiles: int8-fast is computed as int8, since this platform has no relaxed SIMD (Node has it from 22 on)',
    )
  inUse.tiles['int8'] = simd() ? 'i32x4.dot_i16x8_s' : 'none: plain loops'
  return 'int8'
}
