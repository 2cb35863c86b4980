/**
 * Activations of whole vectors, in loops of their own: what they need again and again stays in registers, and one vector need not wait for another.
 */
import { gelu, geluPair, geluTanh, quickGelu, relu, silu } from './exponential'
import { storeFirst } from './lanes'

/** y = activation(x) until x is at `end`: 1 GELU, 2 its tanh form, 3 ReLU, 4 SiLU, 5 quick GELU. */
export function activate(y: usize, x: usize, end: usize, activation: i32): void {
  if (activation == 1) for (; x < end; x += 16, y += 16) put(y, gelu(v128.load(x)), end - x)
  else if (activation == 2) for (; x < end; x += 16, y += 16) put(y, geluTanh(v128.load(x)), end - x)
  else if (activation == 3) for (; x < end; x += 16, y += 16) put(y, relu(v128.load(x)), end - x)
  else if (activation == 4) for (; x < end; x += 16, y += 16) put(y, silu(v128.load(x)), end - x)
  else for (; x < end; x += 16, y += 16) put(y, quickGelu(v128.load(x)), end - x)
}

/** Stores what is left of a row: memory may be read past the end of any block, but not written. */
@inline
function put(y: usize, lanes: v128, bytes: usize): void {
  if (bytes >= 16) v128.store(y, lanes)
  else putFirst(y, <i32>(bytes >> 2), lanes)
}

function putFirst(y: usize, count: i32, lanes: v128): void {
  storeFirst(y, count, lanes)
}

/** activation, in place, of eight numbers in each of many rows: at x + 4·offsets[i]. */
export function activateRows(x: usize, offsets: usize, rows: i32, activation: i32): void {
  for (const end = offsets + (<usize>rows << 2); offsets < end; offsets += 4) {
    const row = x + (<usize>load<i32>(offsets) << 2)
    if (activation == 1) geluPair(row, row, rows)
    else activate(row, row, row + 32, activation)
  }
}
