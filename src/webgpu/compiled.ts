/** A program on the card: its kernels with the buffers they are bound to, made once; each run is one list of commands. */
import { EinopsError } from '../../grammar/error.ts'
import type { Dtype } from '../layout/dtype.ts'
import { contiguous, isContiguous, sizeOf } from '../layout/layout.ts'
import { layoutsOf, type Standing } from '../program/layouts.ts'
import type { Program, ProgramValue } from '../program/program.ts'
import { codesIn, weightsOf } from '../program/weights.ts'
import { type Card, type CardBuffer, usage } from './card.ts'
import { limitsOf } from './device.ts'
import { elementsCode } from './elements.ts'
import { fused } from './fuse.ts'
import { kernelsOf, scalarOf } from './kernels.ts'
import { type BufferView, type Lowering, operandOf } from './lowering.ts'
import { pipelineFor } from './pipelines.ts'
import type { KernelCode, Scalar } from './shader.ts'
import { storageFor } from './storage.ts'
import { bytesIn, type Form, inOrder, type Wanted, type Weights } from './weights.ts'

/** A kernel ready to be run. */
interface Command {
  readonly pipeline: unknown
  readonly group: unknown
  readonly workgroups: readonly [number, number]
}

/** Some of a parameter's elements, or its scales. */
interface Part extends Wanted {
  readonly value: ProgramValue
}

export class Compiled {
  readonly program: Program
  readonly #card: Card
  readonly #commands: readonly Command[]
  readonly #own: readonly CardBuffer[]
  readonly inputs: readonly (CardBuffer | null)[]
  readonly output: CardBuffer
  /** Bytes that the results between the kernels take. */
  readonly activationBytes: number

  private constructor(
    program: Program,
    card: Card,
    commands: readonly Command[],
    own: readonly CardBuffer[],
    ends: { readonly inputs: readonly (CardBuffer | null)[]; readonly output: CardBuffer },
    activationBytes: number,
  ) {
    this.program = program
    this.#card = card
    this.#commands = commands
    this.#own = own
    this.inputs = ends.inputs
    this.output = ends.output
    this.activationBytes = activationBytes
  }

  /** Writes the kernels of a program, has them compiled, and makes their buffers. */
  static async of(program: Program, card: Card, weights: Weights, half: boolean): Promise<Compiled> {
    const { kernels, bytesOf, parts } = lowered(program, card, half)
    const storage = storageFor(kernels, bytesOf.between)
    const pipelines = Promise.all(kernels.map(({ code, label }) => pipelineFor(card, code, label)))
    pipelines.catch(() => {}) // an error of what follows is thrown first, and this one is not lost: it is awaited below
    const buffers = new Map<number, CardBuffer>()
    for (const [id, { value, ...part }] of parts) {
      const { source } = program.parameters.find((parameter) => parameter.id === value.id)!
      buffers.set(id, await weights.bufferFor(source, part))
    }
    const own: CardBuffer[] = []
    const make = (bytes: number, more = 0) => {
      const buffer = card.createBuffer({ size: bytes, usage: usage.storage | more }) as CardBuffer
      own.push(buffer)
      return buffer
    }
    card.pushErrorScope('validation')
    card.pushErrorScope('out-of-memory')
    for (const { id, source, dtype } of program.constants) {
      if (!bytesOf.fixed.has(id)) continue
      const buffer = make(bytesOf.fixed.get(id)!, usage.copyTo)
      const elements = toCard(inOrder(source) as unknown as ArrayLike<number>, dtype)
      if (elements.byteLength > 0) card.queue.writeBuffer(buffer as never, 0, elements as never)
      buffers.set(id, buffer)
    }
    const inputs = program.inputs.map(({ id, isUsed }) => {
      if (!isUsed) return null
      const buffer = make(bytesOf.fixed.get(id)!, usage.copyTo)
      buffers.set(id, buffer)
      return buffer
    })
    const output = make(bytesOf.fixed.get(outputId)!, usage.copyFrom)
    buffers.set(outputId, output)
    const slots = storage.bytes.map((bytes) => make(bytes))
    for (const [id, slot] of storage.slotOf) buffers.set(id, slots[slot]!)
    const [memory, invalid] = [card.popErrorScope(), card.popErrorScope()]
    const fail = (error: unknown): never => {
      for (const buffer of own) buffer.destroy()
      throw error
    }
    try {
      if ((await memory) !== null) throw noMemory(program, [...bytesOf.fixed.values(), ...storage.bytes])
      const error = await invalid
      if (error !== null) throw new Error(`internal: a buffer was refused: ${error.message}`)
      const made = await pipelines
      card.pushErrorScope('validation')
      const commands = kernels.map((kernel, i) => ({
        pipeline: made[i]!,
        group: card.createBindGroup({
          layout: made[i]!.getBindGroupLayout(0),
          entries: kernel.buffers.map((id, binding) => ({ binding, resource: { buffer: buffers.get(id)! } })),
        } as never),
        workgroups: kernel.workgroups,
      }))
      const refusal = await card.popErrorScope()
      if (refusal !== null) throw new Error(`internal: a kernel was refused: ${refusal.message}`)
      const bytes = storage.bytes.reduce((sum, size) => sum + size, 0)
      return new Compiled(program, card, commands, own, { inputs, output }, bytes)
    } catch (error) {
      return fail(error)
    }
  }

  /** All kernels in one list of commands, and then the result copied to where it is wanted. */
  submit(target: CardBuffer, bytes: number): void {
    const encoder = this.#card.createCommandEncoder()
    const pass = encoder.beginComputePass()
    for (const { pipeline, group, workgroups } of this.#commands) {
      pass.setPipeline(pipeline as never)
      pass.setBindGroup(0, group as never)
      pass.dispatchWorkgroups(...workgroups)
    }
    pass.end()
    if (bytes > 0) encoder.copyBufferToBuffer(this.output as never, 0, target as never, 0, bytes)
    this.#card.queue.submit([encoder.finish() as never])
  }

  dispose(): void {
    for (const buffer of this.#own) buffer.destroy()
  }
}

/** What the elements of a parameter are in each form. */
const scalars = { floats: 'f32', halves: 'f16', codes: 'i8', scales: 'f32' } as const

/** The result in a buffer of its own. */
const outputId = -1

/** The kernels of a program, which parts of parameters they read, and how many bytes everything else takes. */
export function lowered(program: Program, card: Pick<Card, 'limits'>, half: boolean) {
  const layouts = layoutsOf({
    ...{ steps: program.steps, inputs: program.inputs, parameters: program.parameters },
    constants: program.constants.map((constant) => ({
      ...constant,
      source: { ...constant.source, ...contiguous(constant.shape) },
    })),
  })
  const parameters = new Set(program.parameters.map(({ id }) => id))
  const weights = weightsOf(program)
  const codes = new Set(
    program.parameters
      .filter(({ id, source }) => weights.has(id) && codesIn(source) !== null)
      .map(({ id }) => id),
  )
  const formOf = (id: number): Form => (codes.has(id) ? 'codes' : half ? 'halves' : 'floats')
  const types = new Map<number, Scalar>()
  const sizes = new Map<number, number>()
  const own = [...program.inputs, ...program.parameters, ...program.constants]
  for (const value of [...own, ...program.steps.map(({ output }) => output)]) {
    const type = scalarOf(value.dtype)
    if (type === null) throw wrongDtype(value.dtype)
    types.set(value.id, parameters.has(value.id) ? scalars[formOf(value.id)] : type)
    sizes.set(value.id, sizeOf(value.shape))
  }
  const fixed = new Map<number, number>()
  const between = new Map<number, number>()
  const parts = new Map<number, Part>()
  let next = -2
  const steps = fused(program)
  /** Values that nobody reads stand nowhere. */
  const place = (value: ProgramValue): BufferView => {
    const { base, layout } = layouts.get(value.id)! as Standing
    const isOutput = base === writesOutput
    const buffer = isOutput ? outputId : base
    if (!isOutput) note(base)
    return { buffer, type: types.get(base)!, layout }
  }
  const note = (base: number) => {
    const bytes = padded(4 * sizes.get(base)!)
    if (parameters.has(base)) {
      const value = program.parameters.find(({ id }) => id === base)!
      parts.set(base, { value, from: 0, size: sizes.get(base)!, form: formOf(base), turned: null })
    } else (own.some(({ id }) => id === base) ? fixed : between).set(base, bytes)
  }
  // the last kernel may write the result to its buffer at once
  const { base: last, layout } = layouts.get(program.output.id)!
  const isMade = steps.some(({ output }) => output.id === last)
  const writesOutput =
    isMade && last === program.output.id && isContiguous(layout) && layout.offset === 0 ? last : null
  const limits = limitsOf(card as Card)
  const parameterOf = (value: ProgramValue) =>
    program.parameters.find(({ id }) => id === layouts.get(value.id)!.base)
  const partOf = (part: Part): number => {
    parts.set(next, part)
    return next--
  }
  const lowering: Lowering = {
    limits,
    place,
    temporary(size) {
      between.set(next, padded(4 * size))
      return next--
    },
    part(value, from, size, turned: number | null = null) {
      const parameter = parameterOf(value)
      return parameter ? partOf({ value: parameter, from, size, form: formOf(parameter.id), turned }) : null
    },
    scales(value) {
      const parameter = parameterOf(value)!
      return partOf({ value: parameter, from: 0, size: parameter.shape[0]!, form: 'scales', turned: null })
    },
  }
  const kernels: KernelCode[] = steps.flatMap((step) =>
    layouts.get(step.output.id)!.base === step.output.id ? kernelsOf(step, lowering) : [],
  )
  if (writesOutput === null && sizes.get(program.output.id)! > 0) {
    const { shape } = program.output
    const from = operandOf(place(program.output))
    const type = from.type === 'f16' ? 'f32' : from.type
    const output = { buffer: outputId, type, stride: contiguous(shape).stride, offset: 0 }
    kernels.push(elementsCode({ lengths: shape, output, finishes: [] }, from, 'result'))
  }
  for (const { id, isUsed } of program.inputs) if (isUsed) note(id)
  fixed.set(outputId, padded(4 * sizes.get(program.output.id)!))
  const bound = new Set(kernels.flatMap(({ buffers }) => buffers))
  for (const id of parts.keys()) if (!bound.has(id)) parts.delete(id)
  expectSmall([...fixed.values(), ...between.values()], limits.binding)
  for (const { value, size, form } of parts.values()) {
    expectSmall([bytesIn(form, size)], limits.binding, `the parameter ${nameOf(value)}`)
  }
  return { kernels, bytesOf: { fixed, between }, parts }
}

function nameOf(value: ProgramValue): string {
  return `'${(value as { readonly name?: string }).name}'`
}

/** Buffers are read in vectors of four, and one of them is the least that is bound. */
function padded(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 16) * 16)
}

function expectSmall(bytes: readonly number[], most: number, what = 'a result between two steps'): void {
  const largest = Math.max(0, ...bytes)
  if (largest <= most) return
  throw new EinopsError({
    code: 'gpu/too-large',
    operation: 'gpu',
    what: `${what} is too large for the graphics card — got ${megabytes(largest)}, expected at most ${megabytes(most)} in one binding`,
    hint: 'run fewer pictures at a time; a device of your own can be asked for more: requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } of its adapter',
  })
}

function noMemory(program: Program, bytes: readonly number[]): EinopsError {
  const all = bytes.reduce((sum, size) => sum + size, 0)
  return new EinopsError({
    code: 'gpu/no-memory',
    operation: 'gpu',
    what: `the graphics card has no memory for ${program.name} — got ${megabytes(all)} besides its parameters`,
    hint: 'run fewer pictures at a time, or dispose() of other models',
    shape: program.inputs.map(({ shape }) => shape),
  })
}

const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`

function wrongDtype(dtype: Dtype): EinopsError {
  return new EinopsError({
    code: 'gpu/dtype',
    operation: 'gpu',
    what: `the graphics card computes in float32 — got ${dtype}`,
    hint: "rearrange(x, '... -> ...', { dtype: 'float32' }) before that; sums of whole numbers are float64 too",
  })
}

/** Elements as the card keeps them. */
export function toCard(elements: ArrayLike<number>, dtype: Dtype): Float32Array | Int32Array | Uint32Array {
  switch (scalarOf(dtype)) {
    case 'i32':
      return elements instanceof Int32Array ? elements : Int32Array.from(elements)
    case 'u32':
      return elements instanceof Uint32Array ? elements : Uint32Array.from(elements)
    default:
      return elements as unknown as Float32Array
  }
}

/** An error about an input of another shape or dtype than the program's. */
export function wrongInput(what: string, got: string, expected: string): EinopsError {
  return new EinopsError({
    code: 'gpu/input',
    operation: 'gpu',
    what: `${what} — got ${got}, expected ${expected}`,
  })
}
