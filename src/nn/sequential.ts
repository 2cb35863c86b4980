/** Layers one after another, named by their places or by names of their own. */

import { tagOf } from '../layout/data.ts'
import type { Value } from '../steps/value.ts'
import { expectOption } from './check.ts'
import { looksLikeLayer, shownAsLayer } from './expect-module.ts'
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
    const named = layers.length === 1 && isPlain(first)
    this.#layers = named ? Object.entries(first) : (layers as Module[]).map((layer, i) => [String(i), layer])
    for (const [name, layer] of this.#layers) {
      const what = named ? `'${name}'` : name
      const expected = layers.length === 1 && !named ? 'layers, or one object of layers by name' : 'a layer'
      const holds = layer instanceof Module
      expectOption(this, holds, `${what} is no layer — got ${shown(layer)}, expected ${expected}`)
    }
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

/** Whether a value is an object of things by name, and not one of the things. */
function isPlain(value: unknown): value is Readonly<Record<string, Module>> {
  return tagOf(value) === 'Object' && !looksLikeLayer(value as object)
}

function shown(value: unknown): string {
  return Array.isArray(value)
    ? 'a list; new Sequential(...layers) takes them one by one'
    : shownAsLayer(value)
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
