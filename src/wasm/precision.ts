/** What a precision that was asked for comes to on this platform. */
import { canRun, handed, inUse, relaxedSimd } from './capabilities.ts'

/** `int8-fast` is `int8` where there are no instructions for it; `capabilities` says so. */
export function precisionHere(asked: 'int8' | 'int8-fast'): 'int8' | 'int8-fast' {
  // a module without these instructions may have been handed in beside others that have them
  const isRelaxed = relaxedSimd() && canRun('quantized') && handed.get('quantized')?.isRelaxed !== false
  if (asked === 'int8-fast' && isRelaxed) return asked
  if (asked === 'int8-fast')
    inUse.notes.add(
      'tiles: int8-fast is computed as int8, since there is no relaxed SIMD on this platform (Node has it from 22 on) or in the module that was handed in',
    )
  inUse.tiles['int8'] = canRun('quantized') ? 'i32x4.dot_i16x8_s' : 'none: plain loops'
  return 'int8'
}
