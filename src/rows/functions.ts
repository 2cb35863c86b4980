/** The functions of single numbers that steps know: activations, and those that layers compute tables by. */
import { type Activation, activations } from '../gemm/activation.ts'

/** Functions that no product applies and no layer is named after. */
export type Elementary = 'exp' | 'sin' | 'cos'

export type MapFunction = Activation | Elementary

export const functions: Readonly<Record<MapFunction, (x: number) => number>> = {
  ...activations,
  exp: Math.exp,
  sin: Math.sin,
  cos: Math.cos,
}

/** Whether a product can apply it, and the kernels of rows know it. */
export function isActivation(fn: MapFunction): fn is Activation {
  return Object.hasOwn(activations, fn)
}
