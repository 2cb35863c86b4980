/**
 * A program: all steps that a model or a function takes for inputs of given shapes, written down once. It can be printed, run without the layers, and read by
 * whoever makes something else of it.
 */
import type { Dtype } from '../layout/dtype.ts'
import type { Data, NdArray, Tensor } from '../layout/tensor.ts'
import type { Kernel } from '../steps/machine.ts'
import type { Step } from '../steps/step.ts'
import type { Weighted } from '../steps/value.ts'
import { printed } from './print.ts'
import { Runner } from './run.ts'

/** A value of a program: what it is, and what its elements are. */
export interface ProgramValue {
  readonly id: number
  readonly shape: readonly number[]
  readonly dtype: Dtype
}

/** What is passed to `run`. */
export interface ProgramInput extends ProgramValue {
  /** Whether the result depends on it. */
  readonly isUsed: boolean
}

/** A parameter of the model, by its name there; a program follows its values. */
export interface ProgramParameter extends ProgramValue {
  readonly name: string
  readonly source: Weighted
}

/** Numbers that no step computes and that never change, such as positions of sines and cosines. */
export interface ProgramConstant extends ProgramValue {
  readonly source: Tensor
}

/** One step, the values it is of, and the value it gives. */
export interface ProgramStep {
  readonly step: Step
  readonly inputs: readonly ProgramValue[]
  readonly output: ProgramValue
  /** The classes of the layers that the step is inside of, from the outermost, each with a number that tells it from the others. */
  readonly scopes: readonly Scope[]
  /** How the host performs it. */
  readonly kernel: Kernel
}

export interface Scope {
  readonly name: string
  readonly number: number
}

/** All that a program consists of. */
export interface ProgramParts {
  /** Whose steps they are: the class of the model, or the function's name. */
  readonly name: string
  readonly steps: readonly ProgramStep[]
  readonly inputs: readonly ProgramInput[]
  readonly parameters: readonly ProgramParameter[]
  readonly constants: readonly ProgramConstant[]
  readonly output: ProgramValue
  /** Whether it is a model's, and not that of a function of arrays. */
  readonly isModel: boolean
  /** The same for inputs of other shapes. */
  readonly retrace: (shapes: readonly (readonly number[])[]) => Program
  /** What has changed since, so that the steps would be others now; null where nothing has. */
  readonly staleness: () => string | null
}

/**
 * The steps of a model or a function for inputs of given shapes: what {@link trace} gives. It prints itself, a line a step.
 *
 * @example
 * const model = new Linear(3, 2)
 * const program = trace(model, [4, 3])
 * program.steps.length // → 1
 * program.parameters.map(({ name }) => name) // → ['weight', 'bias']
 * program.run(ndarray(new Float32Array(12), [4, 3])).shape // → [4, 2]
 */
export class Program {
  readonly name: string
  readonly steps: readonly ProgramStep[]
  readonly inputs: readonly ProgramInput[]
  readonly parameters: readonly ProgramParameter[]
  readonly constants: readonly ProgramConstant[]
  readonly output: ProgramValue
  /** Whether it is a model's, and not that of a function of arrays. */
  readonly isModel: boolean
  readonly #runner: Runner
  readonly #retrace: ProgramParts['retrace']
  readonly #staleness: () => string | null

  constructor(parts: ProgramParts) {
    this.name = parts.name
    this.steps = Object.freeze([...parts.steps])
    this.inputs = Object.freeze([...parts.inputs])
    this.parameters = Object.freeze([...parts.parameters])
    this.constants = Object.freeze([...parts.constants])
    this.output = parts.output
    this.isModel = parts.isModel
    this.#retrace = parts.retrace
    this.#runner = new Runner(parts)
    this.#staleness = parts.staleness
    Object.freeze(this)
  }

  /**
   * Performs the steps on the host: the same bits as the model's `forward`, without calling a layer. New values of parameters count at once.
   *
   * @param inputs arrays of the program's shapes and dtypes, with any strides
   * @throws {EinopsError} when an input is of another shape or dtype, or the program is stale: a parameter has another shape, the model is in training mode,
   *   or was disposed
   */
  run(...inputs: readonly NdArray<Data>[]): NdArray<Float32Array> {
    return this.#runner.run(inputs)
  }

  /**
   * The program of the same model or function, as it is now, for inputs of other shapes.
   *
   * @param shapes a shape for each input
   * @throws {EinopsError} when the shapes do not fit the model or the function
   *
   * @example
   * const program = trace(new Linear(3, 2), [4, 3])
   * program.retrace([[1, 3]]).output.shape // → [1, 2]
   */
  retrace(shapes: readonly (readonly number[])[]): Program {
    return this.#retrace(shapes)
  }

  /** What has changed since it was traced, so that the steps would be others now; null where nothing has. */
  get staleness(): string | null {
    return this.#staleness()
  }

  /** Gives back the memory that the program keeps between runs; it can be run again all the same. */
  dispose(): void {
    this.#runner.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  toString(): string {
    return printed(this)
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return String(this)
  }
}
