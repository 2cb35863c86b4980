/** Running a program on the host: its steps one after the other, in the memory of a running model. */
import { EinopsError } from '../../grammar/error.ts'
import { copyApart } from '../copy/copy.ts'
import { isContiguous } from '../layout/layout.ts'
import { showShape } from '../layout/show.ts'
import type { Data, FloatTensor, NdArray, Tensor } from '../layout/tensor.ts'
import { asTensor, dtypeOf, present, presentResult } from '../ops/array.ts'
import { using } from '../steps/machine.ts'
import type { StepKind } from '../steps/step.ts'
import type { HostValue } from '../steps/value.ts'
import { recordScope, scope } from '../wasm/arena.ts'
import { getHeap, type Heap } from '../wasm/heap.ts'
import { Recording, recordTo } from '../wasm/recording.ts'
import { resultTensor } from '../wasm/result.ts'
import type { ProgramParts, ProgramStep } from './program.ts'

/** A step, or the steps inside of a layer whose memory is given back when it ends. */
type Part = { readonly step: ProgramStep } | { readonly parts: readonly Part[]; readonly result: number }

/** After so many recordings that did not hold for the next run, steps are performed one by one. */
const mostRecordings = 8

export class Runner {
  readonly #program: ProgramParts
  readonly #parts: readonly Part[]
  /** Whether the kernels' calls may be written down: all in single precision, and nothing that a user's function does. */
  readonly #isRecordable: boolean
  #runs = 0
  #recordings = 0
  #recording: Recorded | null = null

  constructor(program: ProgramParts) {
    this.#program = program
    this.#parts = partsOf(program, program.steps, 0)
    const values = [...program.inputs, ...program.steps.map(({ output }) => output)]
    this.#isRecordable =
      program.isModel &&
      values.every(({ dtype }) => dtype === 'float32') &&
      program.steps.every(({ step }) => step.kind !== 'opaque')
  }

  run(inputs: readonly NdArray<Data>[]): NdArray<Float32Array> {
    const tensors = this.#checked(inputs)
    const stale = this.#program.staleness()
    if (stale !== null) {
      throw new EinopsError({
        code: 'program/stale',
        operation: 'Program.run',
        what: `the program is not the model's any more — ${stale}; trace(model, shape) writes it anew`,
      })
    }
    return using(null, () => this.#again(tensors) ?? this.#anew(tensors))
  }

  dispose(): void {
    this.#recording?.calls.dispose()
    this.#recording = null
  }

  /** Makes the calls of the last run again, where they hold. */
  #again(tensors: readonly Tensor[]): NdArray<Float32Array> | null {
    const recording = this.#recording
    // which kernels are called depends on how inputs stand in memory
    if (recording === null || !tensors.every(isContiguous)) return null
    if (!recording.calls.holds) {
      this.dispose()
      return null
    }
    for (const [i, input] of recording.inputs.entries()) copyApart(tensors[i]!, input)
    recording.calls.repeat()
    return present(recording.result) as NdArray<Float32Array>
  }

  /** Performs every step; from the second time on writing down what kernels are called with. */
  #anew(tensors: readonly Tensor[]): NdArray<Float32Array> {
    const isKnown =
      this.#isRecordable &&
      this.#recordings < mostRecordings &&
      tensors.every(isContiguous) &&
      this.#runs++ > 0
    const heap = isKnown ? getHeap() : null
    return (
      (heap && this.#record(heap, tensors)) ??
      (this.#presented(
        this.#inScope(() => this.#compute(tensors)),
        tensors,
      ) as NdArray<Float32Array>)
    )
  }

  /** A model gives what its `forward` gives; a function of arrays what its operations do. */
  #presented(result: FloatTensor, inputs: readonly Tensor[]): NdArray<Data> {
    return this.#program.isModel ? presentResult(result, inputs) : present(result)
  }

  /** A model computes in memory that is given back; a function of arrays as its operations do by themselves. */
  #inScope(compute: () => FloatTensor): FloatTensor {
    return this.#program.isModel ? scope(compute) : compute()
  }

  #record(heap: Heap, tensors: readonly Tensor[]): NdArray<Float32Array> | null {
    this.#recordings++
    const calls = new Recording(heap.memory)
    let inputs: readonly FloatTensor[] = []
    try {
      const result = recordScope(calls, () => {
        inputs = tensors.map(({ shape }) => resultTensor(shape))
        recordTo(null, () => {
          for (const [i, input] of inputs.entries()) copyApart(tensors[i]!, input)
        })
        return this.#compute(inputs, calls)
      })
      if (result === null) return null
      const array = present(result) as NdArray<Float32Array>
      if (calls.holds) this.#recording = { calls, inputs, result }
      return array
    } finally {
      if (this.#recording?.calls !== calls) calls.dispose()
    }
  }

  #compute(tensors: readonly Tensor[], calls: Recording | null = null): FloatTensor {
    const { output, parameters, constants, inputs } = this.#program
    /** By the values' ids. */
    const values: HostValue[] = []
    for (const { id, source } of [...parameters, ...constants]) values[id] = source
    for (const [i, { id }] of inputs.entries()) values[id] = tensors[i]!
    this.#execute(this.#parts, values, calls)
    return values[output.id] as FloatTensor
  }

  #execute(parts: readonly Part[], values: HostValue[], calls: Recording | null): void {
    for (const part of parts) {
      if ('step' in part) {
        const { inputs, output } = part.step
        const known = inputs.map(({ id }) => values[id]!)
        values[output.id] = calls === null ? performed(part.step, known) : recorded(part.step, known, calls)
      } else {
        values[part.result] = scope(() => {
          this.#execute(part.parts, values, calls)
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

/** The calls of a run, the tensors that they read the inputs from, and where they leave the result. */
interface Recorded {
  readonly calls: Recording
  readonly inputs: readonly FloatTensor[]
  readonly result: FloatTensor
}

const performed = ({ step, kernel }: ProgramStep, inputs: readonly HostValue[]): HostValue =>
  kernel.perform(step, inputs)

/** Whether a step comes to calls that are written down, or is performed again as a whole, as what is computed by loops has to be. */
const repeatedBy: { readonly [K in StepKind]: 'calls' | 'performing' } = {
  ...{ rearrange: 'calls', slice: 'calls', window: 'calls', pack: 'calls' },
  ...{ contract: 'calls', attend: 'calls', softmax: 'calls', norm: 'calls', map: 'calls', zip: 'calls' },
  drop: 'calls',
  ...{ place: 'performing', gather: 'performing', scatter: 'performing', fold: 'performing' },
  ...{ opaque: 'performing', slope: 'performing' },
}

function recorded(part: ProgramStep, inputs: readonly HostValue[], calls: Recording): HostValue {
  if (repeatedBy[part.step.kind] === 'calls') return performed(part, inputs)
  const result = recordTo(null, () => performed(part, inputs)) as Tensor
  calls.add(() => copyApart(performed(part, inputs) as Tensor, result))
  return result
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
  const others = steps.filter((step) => !made.has(step.output.id))
  const needed = [output, ...others.flatMap(({ inputs }) => inputs)].filter(({ id }) => made.has(id))
  return needed.at(-1)!.id
}
