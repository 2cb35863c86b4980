/**
 * A head that reads the class token asks for one token of the last block. Behind the attention each token goes its own way, so the way of the others is left
 * out: of the last block of a ViT, three quarters of what it multiplies. Values are the same to the bit, but where dropout is on, which then draws for fewer.
 * Where somebody watches, or a layer is not the library's own, all is computed.
 */

import { slice } from '../steps/slice.ts'
import type { Value } from '../steps/value.ts'
import { Dropout, DropPath } from './dropout.ts'
import { GatedMlp, SwiGLU } from './gated-mlp.ts'
import { LayerScale } from './layer-scale.ts'
import { Linear } from './linear.ts'
import { Mlp } from './mlp.ts'
import { Module } from './module.ts'
import { LayerNorm, RMSNorm } from './norm.ts'
import { Identity } from './sequential.ts'

/** Layers that make a token of a token, whatever stands beside it. */
const ofTokens = new Set<unknown>([
  ...[Dropout, DropPath, GatedMlp, Identity, LayerNorm, LayerScale, Linear, Mlp, RMSNorm, SwiGLU],
])

/** Whether a layer, and all that it consists of, makes a token of a token. */
export function isOfTokens(layer: Module): boolean {
  if (!ofTokens.has(layer.constructor) || !isAsMade(layer)) return false
  if ((layer instanceof LayerNorm || layer instanceof RMSNorm) && layer.shape.length > 1) return false
  return Object.values(layer).every((part) => !(part instanceof Module) || isOfTokens(part))
}

/** Whether a layer's methods are those of its class: nobody watches it, and nobody gave it others. */
export function isAsMade(layer: Module): boolean {
  return !Object.hasOwn(layer, 'compute') && !Object.hasOwn(layer, 'forward')
}

/** The first of the places of an axis, all where no number is given. */
export function firstOf(x: Value, asked: number | undefined, axis = 1): Value {
  return asked === undefined ? x : slice(x, axis, 0, asked)
}
