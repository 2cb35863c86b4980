/** The functions of single numbers that steps know: activations, and those by which layers compute tables and reductions standard deviations. */
import { type Activation, activations } from '../gemm/activation.ts'

/** Functions that no product applies and no layer is named after. */
export type Elementary = 'exp' | 'sin' | 'cos' | 'sqrt'

export type MapFunction = Activation | Elementary

export const functions: Readonly<Record<MapFunction, (x: number) => number>> = {
  ...activations,
  exp: Math.exp,
  sin: Math.sin,
  cos: Math.cos,
  sqrt: Math.sqrt,
}

/** Whether a product can apply it, and the kernels of rows know it. */
export function isActivation(fn: MapFunction): fn is Activation {
  return Object.hasOwn(activations, fn)
}
