/** Watching layers: somebody is shown what a layer gives each time it runs, and nothing of the layer changes. */

import { show } from '../layout/show.ts'
import type { NdArray } from '../layout/tensor.ts'
import { present } from '../ops/array.ts'
import { isOnHost } from '../steps/scope.ts'
import type { Value } from '../steps/value.ts'
import { expectOption } from './check.ts'
import { Module } from './module.ts'

/** Is shown a layer's output and, of an attention, its weights [b, head, n, n]. */
export type Observer = (output: NdArray<Float32Array>, weights?: NdArray<Float32Array>) => void

interface Watch {
  readonly observers: Set<Observer>
  /** The weights of the attention that runs now. */
  weights: Value | null
}

const watches = new WeakMap<Module, Watch>()

/**
 * Shows a layer's output to a function whenever the layer runs, also inside of a model; of an attention its weights too, [b, head, n, n], where
 * row i says where token i looks.
 *
 * @param layer any layer of a model, or a model
 * @param observer gets copies, which are its own
 * @returns a function that stops it
 *
 * @example
 * const block = new EncoderBlock(8, { numHeads: 2 })
 * const shapes = []
 * const stop = observe(block.attn, (output, weights) => shapes.push(output.shape, weights.shape))
 * block.forward(ndarray(new Float32Array(3 * 8), [1, 3, 8]))
 * shapes // → [[1, 3, 8], [1, 2, 3, 3]]
 * stop()
 */
export function observe(layer: Module, observer: Observer): () => void {
  const isLayer = typeof (layer as Partial<Module> | null)?.compute === 'function'
  expectOption('observe', isLayer, `layer is no layer — got ${show(layer)}, expected one of a model's`)
  const isFunction = typeof observer === 'function'
  expectOption(
    'observe',
    isFunction,
    `observer is no function — got ${show(observer)}, expected one of an output`,
  )
  const watch = watches.get(layer) ?? begin(layer)
  watch.observers.add(observer)
  return () => {
    watch.observers.delete(observer)
    if (watch.observers.size > 0 || watches.get(layer) !== watch) return
    watches.delete(layer)
    for (const method of ['compute', 'forward'] as const) Reflect.deleteProperty(layer, method)
  }
}

/** Whether somebody watches a layer. */
export function isObserved(layer: Module): boolean {
  return watches.has(layer)
}

/** What an attention that is watched has to say beside its output. */
export function tellWeights(layer: Module, weights: Value): void {
  const watch = watches.get(layer)
  if (watch !== undefined) watch.weights = weights
}

/** Whether a layer has weights of attention to tell; its class says so. */
export function tellsWeights(layer: Module): boolean {
  return (layer.constructor as { readonly tellsWeights?: boolean }).tellsWeights === true
}

export interface WithWeights {
  readonly output: NdArray<Float32Array>
  /** [b, head, n, n]; row i says where token i looks. */
  readonly weights: NdArray<Float32Array>
}

/** Runs an attention, and returns its weights beside its output. */
export function withWeights(layer: Module, x: NdArray<Float32Array>): WithWeights {
  let seen: NdArray<Float32Array> | undefined
  const stop = observe(layer, (_, weights) => {
    seen = weights
  })
  try {
    const output = layer.forward(x)
    return { output, weights: seen! }
  } finally {
    stop()
  }
}

/** Has the layer's own method, of the two the one that computes, tell what it gave. */
function begin(layer: Module): Watch {
  const watch: Watch = { observers: new Set(), weights: null }
  watches.set(layer, watch)
  const isUsers = layer.forward !== Module.prototype.forward && layer.compute === Module.prototype.compute
  const name = isUsers ? 'forward' : 'compute'
  const method = layer[name] as (...args: unknown[]) => Value
  const value = (...args: unknown[]): Value => {
    const output = method.apply(layer, args)
    if (isOnHost()) tell(watch, output)
    watch.weights = null
    return output
  }
  Object.defineProperty(layer, name, { value, configurable: true, writable: true })
  return watch
}

function tell({ observers, weights }: Watch, output: Value): void {
  const copies = [output, weights].map((value) => value && (present(value) as NdArray<Float32Array>))
  for (const observer of [...observers]) observer(copies[0]!, copies[1] ?? undefined)
}
