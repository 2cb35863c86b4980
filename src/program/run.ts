/** Running a program on the host: its steps one after the other, in the memory of a running model. */
import { EinopsError } from '../../grammar/error.ts'
import { showShape } from '../layout/show.ts'
import type { Data, FloatTensor, NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor, dtypeOf, present } from '../ops/array.ts'
import { using } from '../steps/machine.ts'
import type { HostValue } from '../steps/value.ts'
import { scope } from '../wasm/arena.ts'
import type { ProgramParts, ProgramStep } from './program.ts'

/** A step, or the steps inside of a layer whose memory is given back when it ends. */
type Part = { readonly step: ProgramStep } | { readonly parts: readonly Part[]; readonly result: number }

export class Runner {
  readonly #program: ProgramParts
  readonly #parts: readonly Part[]
  /** By the values' ids, while it runs. */
  readonly #values: HostValue[] = []

  constructor(program: ProgramParts) {
    this.#program = program
    this.#parts = partsOf(program, program.steps, 0)
  }

  run(inputs: readonly NdArray<Data>[]): NdArray<Float32Array> {
    const { output, parameters, constants } = this.#program
    const tensors = this.#checked(inputs)
    const stale = this.#program.staleness()
    if (stale !== null) {
      throw new EinopsError({
        code: 'program/stale',
        operation: 'Program.run',
        what: `the program is not the model's any more — ${stale}; trace(model, shape) writes it anew`,
      })
    }
    const values = this.#values
    try {
      for (const { id, source } of [...parameters, ...constants]) values[id] = source
      for (const [i, { id }] of this.#program.inputs.entries()) values[id] = tensors[i]!
      const compute = () => {
        this.#execute(this.#parts)
        return values[output.id] as FloatTensor
      }
      return using(null, () => present(scope(compute))) as NdArray<Float32Array>
    } finally {
      values.length = 0
    }
  }

  dispose(): void {}

  #execute(parts: readonly Part[]): void {
    const values = this.#values
    for (const part of parts) {
      if ('step' in part) {
        const { step, inputs, output, kernel } = part.step
        values[output.id] = kernel.perform(
          step,
          inputs.map(({ id }) => values[id]!),
        )
      } else {
        values[part.result] = scope(() => {
          this.#execute(part.parts)
          return values[part.result] as FloatTensor
        })
      }
    }
  }

  #checked(inputs: readonly NdArray<Data>[]): Tensor[] {
    const expected = this.#program.inputs
    if (inputs.length !== expected.length) {
      throw mistake(`the number of inputs is wrong — got ${inputs.length}, expected ${expected.length}`)
    }
    return expected.map(({ shape, dtype }, i) => {
      const what = expected.length === 1 ? 'the input' : `input ${i + 1}`
      const tensor = asTensor(inputs[i]!, 'Program.run', what)
      const got = dtypeOf(tensor.data)
      if (showShape(tensor.shape) !== showShape(shape))
        throw mistake(
          `${what} has another shape — got ${showShape(tensor.shape)}, expected ${showShape(shape)}`,
        )
      if (got !== dtype) throw mistake(`${what} has another dtype — got ${got}, expected ${dtype}`)
      return tensor
    })
  }
}

function mistake(what: string): EinopsError {
  return new EinopsError({ code: 'program/input', operation: 'Program.run', what })
}

/** The steps as a tree of the layers that they are inside of. */
function partsOf(program: ProgramParts, steps: readonly ProgramStep[], depth: number): Part[] {
  const parts: Part[] = []
  for (let from = 0; from < steps.length; ) {
    const scope = steps[from]!.scopes[depth]
    if (scope === undefined) {
      parts.push({ step: steps[from++]! })
      continue
    }
    let to = from
    while (steps[to]?.scopes[depth]?.number === scope.number) to++
    const inside = steps.slice(from, to)
    parts.push({ parts: partsOf(program, inside, depth + 1), result: resultOf(program, inside) })
    from = to
  }
  return parts
}

/** The one value of some steps that others need. */
function resultOf({ steps, output }: ProgramParts, inside: readonly ProgramStep[]): number {
  const made = new Set(inside.map((step) => step.output.id))
  const others = steps.filter((step) => !inside.includes(step))
  const needed = [output, ...others.flatMap(({ inputs }) => inputs)].filter(({ id }) => made.has(id))
  return needed.at(-1)!.id
}
