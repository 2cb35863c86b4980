/** Averages of the weights: what a model has been on the mean of its last steps often does better than what it is (timm's `ModelEmaV2`). */

import { contiguousStride } from '../layout/layout.ts'
import type { NdArray } from '../layout/tensor.ts'
import { expectModule } from '../nn/expect-module.ts'
import type { Module } from '../nn/module.ts'
import { expectOptions, type Kinds, kind } from '../nn/options.ts'
import { flat, type Parameter } from '../nn/parameter.ts'
import { makeNdarray } from '../ops/array.ts'
import { mistake } from './refuse.ts'

export interface EmaOptions {
  /** How much of the average is kept at each step; 0.9998 if not given, as in timm. */
  readonly decay?: number | undefined
}

const kinds: Kinds<EmaOptions> = { decay: kind.share }

/** Running averages of a model's parameters. */
export class Ema {
  readonly #averages: ReadonlyMap<string, { readonly parameter: Parameter; readonly values: Float32Array }>
  readonly #decay: number

  /** @internal */
  constructor(model: Module, decay: number) {
    this.#decay = decay
    this.#averages = new Map(
      [...model.namedParameters()].map(([name, parameter]) => [
        name,
        { parameter, values: parameter.copy() },
      ]),
    )
  }

  /** Lets the averages follow the parameters by one step. */
  update(): void {
    const rest = 1 - this.#decay
    for (const { parameter, values } of this.#averages.values()) {
      const now = parameter.weight.read()
      for (let i = 0; i < values.length; i++) values[i]! += rest * (now[i]! - values[i]!)
    }
  }

  /** Computes with the averages in place of the parameters, which come back after it. */
  use<T>(compute: () => T): T {
    this.#swap()
    try {
      return compute()
    } finally {
      this.#swap()
    }
  }

  /** The averages by name: what `loadStateDict` takes. The arrays are the averages' own, for reading. */
  get state(): Record<string, NdArray<Float32Array>> {
    return Object.fromEntries(
      [...this.#averages].map(
        ([
          name,
          {
            parameter: { shape },
            values,
          },
        ]) => [name, makeNdarray(values, shape, contiguousStride(shape), 0)],
      ),
    )
  }

  /**
   * Goes on from other averages of an equal model.
   *
   * @throws {EinopsError} when one is missing or of another shape; nothing has changed then
   */
  loadState(state: Readonly<Record<string, NdArray<Float32Array>>>): void {
    this.prepared(state)()
  }

  /** Looks whether averages fit; what is given back goes on from them. @internal */
  prepared(state: Readonly<Record<string, NdArray<Float32Array>>>): () => void {
    for (const [name, { parameter }] of this.#averages) {
      if (`${Object(state)[name]?.shape}` !== `${parameter.shape}`)
        throw mistake('ema', `the state does not fit at ${name}`)
    }
    return () => {
      for (const [name, { values }] of this.#averages) values.set(flat(state[name]!))
    }
  }

  #swap(): void {
    for (const { parameter, values } of this.#averages.values()) {
      parameter.update((own) => {
        const kept = own.slice()
        own.set(values)
        values.set(kept)
      })
    }
  }
}

/**
 * Averages of a model's parameters, which follow them step by step.
 *
 * @example
 * const layer = new Linear(2, 2)
 * const average = ema(layer, { decay: 0.9 })
 * layer.weight.update((values) => values.fill(1))
 * average.update()
 * average.use(() => layer.weight.copy().length) // → 4
 */
export function ema(model: Module, options: EmaOptions = {}): Ema {
  expectModule('ema', model)
  expectOptions('ema', options, kinds)
  return new Ema(model, options.decay ?? 0.9998)
}
