/** What lowering a step has to know of the program around it: which buffer a value is in and where its elements stand there. */
import { EinopsError } from '../../grammar/error.ts'
import { broadcastTo, type Layout, sizeOf } from '../layout/layout.ts'
import { describe } from '../program/print.ts'
import type { ProgramStep, ProgramValue } from '../program/program.ts'
import type { Step } from '../steps/step.ts'
import type { Fused } from './fuse.ts'
import type { Finish, Operand, Scalar } from './shader.ts'

/** Where the elements of a value are. */
export interface BufferView {
  readonly buffer: number
  readonly type: Scalar
  readonly layout: Layout
}

/** What a device allows. */
export interface Limits {
  /** Bytes of shared memory of a workgroup. */
  readonly shared: number
  readonly invocations: number
  /** Bytes that a kernel can see of one buffer. */
  readonly binding: number
}

export interface Lowering {
  readonly limits: Limits
  place(value: ProgramValue): BufferView
  /** A new buffer for so many numbers between kernels of one step. */
  temporary(size: number): number
  /** A buffer for some of a parameter's elements, as a matrix of so many rows turned over if `turned` is given; null where the value is no parameter. */
  part(value: ProgramValue, from: number, size: number, turned?: number | null): number | null
  /** A buffer for the scales of a parameter that is kept as integers, one for each place of its first axis. */
  scales(value: ProgramValue): number
}

/** A value as a kernel reads or writes it. */
export function operandOf(
  { buffer, type, layout }: BufferView,
  strideOf: (layout: Layout) => readonly number[] = ({ stride }) => stride,
): Operand {
  return { buffer, type, stride: strideOf(layout), offset: layout.offset }
}

/** The steps that follow one whose results are of a shape, as finishes; `strideOf` gives an operand's strides by the kernel's axes. */
export function finishesOf(
  { rest, first }: Fused,
  lowering: Lowering,
  strideOf: (layout: Layout) => readonly number[],
): readonly Finish[] {
  let before = first.output
  return rest.map(({ step, inputs, output }) => {
    const other = inputs.find(({ id }) => id !== before.id) ?? before
    before = output
    if (step.kind === 'map') return { kind: 'map', fn: step.fn }
    if (step.kind !== 'zip') throw new Error(`internal: ${step.kind} finishes nothing`)
    return { kind: 'zip', fn: step.fn, operand: operandOf(lowering.place(other), strideOf) }
  })
}

/** Strides along a shape's axes, repeated where they are missing. */
export function along(shape: readonly number[]): (layout: Layout) => readonly number[] {
  return (layout) => broadcastTo(layout, shape).stride
}

/** The error about a step that is not for the card. */
export function refused({ step, scopes }: ProgramStep, why: string): EinopsError {
  const where = scopes.length === 0 ? '' : ` (in ${scopes.map(({ name }) => name).join(' › ')})`
  return new EinopsError({
    code: 'gpu/step',
    operation: 'gpu',
    what: `a step cannot run on the graphics card — got ${nameOf(step)}${where}: ${why}`,
    hint: 'program.run(x) and model.forward(x) compute it on the processor',
  })
}

function nameOf(step: Step): string {
  return step.kind === 'opaque' ? `a reduction by a function, ${describe(step)}` : describe(step)
}

/** Whether some axes have any places. */
export function isEmpty(value: { readonly shape: readonly number[] }): boolean {
  return sizeOf(value.shape) === 0
}
