/**
 * Activations of whole vectors, in loops of their own: V8 builds a vector constant of four instructions, and keeps it only when the loop is around it.
 */
import { gelu, geluTanh, relu, silu } from './exponential'

/** y = activation(x), vector by vector until x is at `end`: 1 GELU, 2 its tanh form, 3 ReLU, 4 SiLU. */
export function activate(y: usize, x: usize, end: usize, activation: i32): void {
  if (activation == 1) for (; x < end; x += 16, y += 16) v128.store(y, gelu(v128.load(x)))
  else if (activation == 2) for (; x < end; x += 16, y += 16) v128.store(y, geluTanh(v128.load(x)))
  else if (activation == 3) for (; x < end; x += 16, y += 16) v128.store(y, relu(v128.load(x)))
  else for (; x < end; x += 16, y += 16) v128.store(y, silu(v128.load(x)))
}
