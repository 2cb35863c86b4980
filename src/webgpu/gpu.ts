/** Models, programs and functions on the graphics card: what `await gpu(model)` gives. */
import { EinopsError } from '../../grammar/error.ts'
import { dtypeOf } from '../layout/data.ts'
import type { Dtype } from '../layout/dtype.ts'
import { sizeOf } from '../layout/layout.ts'
import { showShape } from '../layout/show.ts'
import type { Data, NdArray } from '../layout/tensor.ts'
import { asTensor } from '../ops/array.ts'
import { type Kinds, kind, mistakeIn, oneOf } from '../ops/kinds.ts'
import { Program } from '../program/program.ts'
import { type Traceable, trace } from '../program/trace.ts'
import { type Card, type CardBuffer, usage } from './card.ts'
import { Compiled, toCard, wrongInput } from './compiled.ts'
import { Fate, isCard, sharedCard } from './device.ts'
import { GpuArray } from './gpu-array.ts'
import { inOrder, Weights } from './weights.ts'

export interface GpuOptions {
  /** The `GPUDevice` to compute on, which stays the caller's; one that all models share if not given. */
  readonly device?: Card | undefined
  /** `'float16'` keeps parameters in half precision, and computes in single precision all the same. */
  readonly precision?: 'float32' | 'float16' | undefined
}

export interface GpuFunctionOptions extends GpuOptions {
  /** The dtypes of the inputs, `'float32'` for those not given. */
  readonly dtypes?: readonly Dtype[] | undefined
}

/** What `run` takes: an array, or one that is on the card already. */
export type GpuInput = NdArray<Data> | GpuArray

const kinds: Kinds<GpuFunctionOptions> = {
  device: { expected: 'a GPUDevice', has: isCard },
  precision: oneOf(['float32', 'float16']),
  dtypes: kind.anything,
}

/** Shapes of the input for which a model stays compiled. */
const mostPrograms = 4

/**
 * A model, a program or a function of arrays on the graphics card, by WebGPU. Its kernels are compiled and its parameters uploaded when the shape of the input is known: at once for a
 * program, with the first run for a model.
 *
 * @param model a model; a program, as `trace` gives it; or a function of arrays and the shapes of its inputs
 * @param options `device`: a `GPUDevice` of one's own; `precision`: `'float16'` keeps parameters in half precision
 * @throws {EinopsError} when there is no WebGPU or no graphics card here, or it lacks what is asked for; a step is for the processor only; or a buffer is too large for the card
 *
 * @example
 * const model = new Linear(3, 2)
 * const x = ndarray(new Float32Array(12), [4, 3])
 * const y = await gpu(model).then((run) => run.run(x), () => model.forward(x)) // where there is no card, the processor
 * y.shape // → [4, 2]
 */
export async function gpu(model: Traceable | Program, options?: GpuOptions): Promise<GpuModel>
export async function gpu<A extends NdArray<Data>[]>(
  f: (...inputs: A) => NdArray<Data>,
  shapes: readonly (readonly number[])[],
  options?: GpuFunctionOptions,
): Promise<GpuModel>
export async function gpu(
  model: Traceable | Program | ((...inputs: never[]) => NdArray<Data>),
  ...rest: readonly unknown[]
): Promise<GpuModel> {
  const isFunction = typeof model === 'function'
  const options = (rest[isFunction ? 1 : 0] ?? {}) as GpuFunctionOptions
  const mistake = mistakeIn(options, kinds)
  if (mistake !== undefined) throw new EinopsError({ operation: 'gpu', ...mistake })
  const { device, precision = 'float32', dtypes } = options
  const program = isFunction
    ? trace(model as () => NdArray<Data>, rest[0] as readonly number[][], { dtypes })
    : model instanceof Program
      ? model
      : null
  if (program === null) expectModel(model)
  const card = device ?? (await sharedCard())
  const made = new GpuModel(program ?? (model as Traceable), card, precision === 'float16')
  if (program !== null) await made.prepare(...program.inputs.map(({ shape }) => shape))
  return made
}

function expectModel(model: unknown): void {
  const { compute, namedParameters } = (model ?? {}) as Partial<Traceable>
  if (typeof compute === 'function' && typeof namedParameters === 'function') return
  throw new EinopsError({
    code: 'gpu/model',
    operation: 'gpu',
    what: `it is neither a model, a program nor a function — got ${model === null ? 'null' : typeof model}`,
    hint: 'gpu(model), gpu(trace(model, shape)), gpu(f, [shape, …])',
  })
}

/** What `gpu` gives: runs on the graphics card until it is disposed of. */
export class GpuModel {
  /** The device, for those who go on with results there. */
  readonly device: Card
  readonly #source: Traceable | Program
  readonly #weights: Weights
  readonly #half: boolean
  readonly #fate: Fate
  /** By the inputs' shapes, the one used last at the end. */
  readonly #compiled = new Map<string, Promise<Compiled>>()
  /** For results on their way back, by their bytes. */
  readonly #staging: CardBuffer[] = []
  #isDisposed = false

  /** @internal */
  constructor(source: Traceable | Program, card: Card, half: boolean) {
    this.device = card
    this.#source = source
    this.#half = half
    this.#weights = new Weights(card)
    this.#fate = new Fate(card)
  }

  /**
   * Computes on the card: what the model's `forward` or the program's `run` computes, but for the rounding of single precision.
   *
   * @param inputs arrays of the model's or the program's shapes; or results of `runToGpu`
   * @throws {EinopsError} when an input is of another shape or dtype, the card was lost, or the model was disposed of or is in training mode
   */
  async run(...inputs: readonly GpuInput[]): Promise<NdArray<Float32Array>> {
    const { output } = await this.#perform(inputs, async ({ output }, compute) => {
      const bytes = Math.ceil(sizeOf(output.shape) / 4) * 16
      const staging = this.#stagingOf(bytes)
      compute(staging, bytes)
      await staging.mapAsync(usage.mapRead)
      const mapped = staging.getMappedRange().slice(0, 4 * sizeOf(output.shape))
      staging.unmap()
      this.#staging.push(staging)
      return { output: GpuArray.arrayOf(mapped, output) }
    })
    return output as NdArray<Float32Array>
  }

  /** Computes the same, and leaves the result on the card: an array for other models there, whose `buffer` is anyone's to go on with. */
  async runToGpu(...inputs: readonly GpuInput[]): Promise<GpuArray> {
    return this.#perform(inputs, async ({ output }, compute) => {
      const bytes = Math.max(16, Math.ceil(sizeOf(output.shape) / 4) * 16)
      const all = usage.storage | usage.copyFrom | usage.copyTo
      const buffer = this.device.createBuffer({ size: bytes, usage: all }) as CardBuffer
      compute(buffer, bytes)
      return new GpuArray(this.device, buffer, output.shape, output.dtype)
    })
  }

  /** Compiles the kernels for inputs of some shapes and uploads the parameters, so that the first run need not. */
  async prepare(...shapes: readonly (readonly number[])[]): Promise<void> {
    this.#expectUsable()
    try {
      await this.#compiledFor(shapes)
    } catch (error) {
      throw await this.#explained(error)
    }
  }

  /** Bytes on the card: of the parameters, and of the results between kernels of all shapes that are compiled. */
  async memory(): Promise<{ readonly parameters: number; readonly activations: number }> {
    const all = await Promise.all(this.#compiled.values())
    const activations = all.reduce((sum, { activationBytes }) => sum + activationBytes, 0)
    return { parameters: this.#weights.bytes, activations }
  }

  /** Frees what is on the card; arrays of `runToGpu` stay. */
  dispose(): void {
    if (this.#isDisposed) return
    this.#isDisposed = true
    for (const compiled of this.#compiled.values())
      compiled.then(
        (made) => made.dispose(),
        () => {},
      )
    this.#compiled.clear()
    for (const buffer of this.#staging) buffer.destroy()
    this.#weights.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  async #perform<T>(
    inputs: readonly GpuInput[],
    take: (program: Program, compute: (target: CardBuffer, bytes: number) => void) => Promise<T>,
  ): Promise<T> {
    this.#expectUsable()
    try {
      const compiled = await this.#compiledFor(inputs.map((input) => shapeOf(input)))
      this.#expectUsable()
      const { program } = compiled
      const tensors = inputs.map((input, i) => this.#checked(input, program, i))
      if (inputs.length !== program.inputs.length) {
        throw wrongInput(
          'the number of inputs is wrong',
          String(inputs.length),
          String(program.inputs.length),
        )
      }
      return await take(program, (target, bytes) => {
        this.#weights.renew(program.parameters.map(({ source }) => source))
        for (const [i, write] of tensors.entries()) {
          const buffer = compiled.inputs[i]
          if (buffer) write(buffer)
        }
        compiled.submit(target, bytes)
      })
    } catch (error) {
      throw await this.#explained(error)
    }
  }

  /** How an input comes to its buffer. */
  #checked(input: GpuInput, { inputs }: Program, i: number): (buffer: CardBuffer) => void {
    const expected = inputs[i]
    const what = inputs.length === 1 ? 'the input' : `input ${i + 1}`
    if (expected === undefined) return () => {}
    const [shape, dtype] =
      input instanceof GpuArray ? [input.shape, input.dtype] : [input.shape, dtypeOf(input.data)]
    if (showShape(shape) !== showShape(expected.shape)) {
      throw wrongInput(`${what} has another shape`, showShape(shape), showShape(expected.shape))
    }
    if (dtype !== expected.dtype) throw wrongInput(`${what} has another dtype`, dtype, expected.dtype)
    if (input instanceof GpuArray) return (buffer) => input.copyTo(this.device, buffer)
    const elements = toCard(inOrder(input) as unknown as ArrayLike<number>, dtype)
    return (buffer) => {
      if (elements.byteLength > 0) this.device.queue.writeBuffer(buffer as never, 0, elements as never)
    }
  }

  async #compiledFor(shapes: readonly (readonly number[])[]): Promise<Compiled> {
    const source = this.#source
    const key = source instanceof Program ? '' : shapes.map(showShape).join()
    const known = this.#compiled.get(key)
    if (known !== undefined) {
      const compiled = await known
      const stale = compiled.program.staleness
      if (stale === null) {
        this.#keep(key, known)
        return compiled
      }
      if (source instanceof Program) throw staleError(stale)
      this.#compiled.delete(key)
      compiled.dispose()
    }
    if (source instanceof Program && source.staleness !== null) throw staleError(source.staleness)
    const [shape] = shapes
    if (!(source instanceof Program) && (shape === undefined || shapes.length > 1)) {
      throw wrongInput('the number of inputs is wrong', String(shapes.length), '1')
    }
    const program = source instanceof Program ? source : trace(source, shape!)
    const made = Compiled.of(program, this.device, this.#weights, this.#half)
    this.#keep(key, made)
    made.catch(() => this.#compiled.delete(key))
    return made
  }

  #keep(key: string, compiled: Promise<Compiled>): void {
    this.#compiled.delete(key)
    this.#compiled.set(key, compiled)
    if (this.#compiled.size <= mostPrograms) return
    const [oldest, made] = this.#compiled.entries().next().value!
    this.#compiled.delete(oldest)
    made.then(
      (old) => this.device.queue.onSubmittedWorkDone().then(() => old.dispose()),
      () => {},
    )
  }

  #stagingOf(bytes: number): CardBuffer {
    const i = this.#staging.findIndex(({ size }) => size >= bytes)
    if (i >= 0) return this.#staging.splice(i, 1)[0]!
    const size = Math.max(16, bytes)
    return this.device.createBuffer({ size, usage: usage.mapRead | usage.copyTo }) as CardBuffer
  }

  async #explained(error: unknown): Promise<unknown> {
    if (error instanceof EinopsError) return error
    const known = await this.#fate.explain(error)
    return known === error && this.#isDisposed ? disposedError() : known
  }

  #expectUsable(): void {
    if (this.#isDisposed) throw disposedError()
    const lost = this.#fate.error()
    if (lost !== null) throw lost
  }
}

function shapeOf(input: GpuInput): readonly number[] {
  return input instanceof GpuArray ? input.shape : asTensor(input, 'gpu', 'the input').shape
}

function disposedError(): EinopsError {
  return new EinopsError({
    code: 'gpu/disposed',
    operation: 'gpu',
    what: 'it was disposed of, and has nothing on the graphics card any more',
    hint: 'gpu(model) brings the model there again',
  })
}

function staleError(stale: string): EinopsError {
  return new EinopsError({
    code: 'program/stale',
    operation: 'gpu',
    what: `the program is not the model's any more — ${stale}`,
    hint: 'gpu(model) follows the model; trace(model, shape) writes the program anew',
  })
}
