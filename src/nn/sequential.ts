/** Layers one after another, named by their places or by names of their own. */

import type { Value } from '../steps/value.ts'
import { type Member, Module } from './module.ts'

/**
 * Runs layers one after another. Given as a row they are called `0`, `1`, …; given as an object, by its keys.
 *
 * @throws {EinopsError} what the layers throw
 *
 * @example
 * const embed = new Sequential({
 *   patches: new Rearrange('b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 4, s2: 4 }),
 *   project: new Linear(4 * 4 * 3, 10),
 * })
 * const y = embed.forward(ndarray(new Float32Array(2 * 3 * 8 * 8), [2, 3, 8, 8]))
 * y.shape // → [2, 4, 10]
 * Object.keys(embed.stateDict()) // → ['project.weight', 'project.bias']
 */
export class Sequential extends Module implements Iterable<Module> {
  readonly #layers: readonly (readonly [name: string, layer: Module])[]

  constructor(...layers: readonly Module[] | [Readonly<Record<string, Module>>]) {
    super()
    const [first] = layers
    this.#layers =
      first === undefined || first instanceof Module
        ? (layers as readonly Module[]).map((layer, i) => [String(i), layer] as const)
        : Object.entries(first as Readonly<Record<string, Module>>)
  }

  override members(): Member[] {
    return [...this.#layers]
  }

  override compute(x: Value): Value {
    return this.#layers.reduce((y, [, layer]) => layer.compute(y), x)
  }

  /** The number of layers. */
  get length(): number {
    return this.#layers.length
  }

  /** The layer at a place, from the end if negative, or of a name. */
  at(place: number | string): Module | undefined {
    if (typeof place === 'number') return this.#layers.at(place)?.[1]
    return this.#layers.find(([name]) => name === place)?.[1]
  }

  [Symbol.iterator](): Iterator<Module> {
    return this.#layers.map(([, layer]) => layer)[Symbol.iterator]()
  }
}

/**
 * Gives back what it gets.
 *
 * @example
 * new Identity().forward(ndarray(new Float32Array([1, 2]))).shape // → [2]
 */
export class Identity extends Module {
  override compute(x: Value): Value {
    return x
  }
}
