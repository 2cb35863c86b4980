/** What each step becomes on the card: the table that the compiler keeps closed. */
import { type Dtype, isBigDtype, isSignedDtype, isWholeDtype } from '../layout/dtype.ts'
import { broadcastTo, type Layout, sizeOf } from '../layout/layout.ts'
import type { ProgramStep, ProgramValue } from '../program/program.ts'
import { sliced } from '../steps/slice.ts'
import type { Slope, StepKind, StepOf } from '../steps/step.ts'
import { attendCode } from './attend.ts'
import { contractCode } from './contract.ts'
import { elementsCode, gatherCode, mapSlopeCode, placeCode, scatterCode } from './elements.ts'
import type { Mapped } from './functions.ts'
import type { Fused } from './fuse.ts'
import { along, finishesOf, isEmpty, type Lowering, operandOf, refused } from './lowering.ts'
import { foldCode, foldSlopeCode, normCode, normSlopeCode, softmaxCode, softmaxSlopeCode } from './rows.ts'
import type { Finish, KernelCode, Scalar } from './shader.ts'

type Row<K extends StepKind> = (step: StepOf<K>, fused: Fused, lowering: Lowering) => readonly KernelCode[]

/** The kernels of a step whose result has elements of its own. */
export function kernelsOf(fused: Fused, lowering: Lowering): readonly KernelCode[] {
  const { step } = fused.first
  if (isEmpty(fused.output)) return []
  return (table[step.kind] as Row<StepKind>)(step, fused, lowering)
}

const table: { readonly [K in StepKind]: Row<K> } = {
  rearrange({ plan }, fused, lowering) {
    const [x] = fused.first.inputs
    const layout = lowering.place(x!)
    return [
      elementsCode(
        {
          lengths: plan.axes.map(({ length }) => length),
          output: operandOf(lowering.place(fused.output), (own) => plan.unmerged(own).stride),
          finishes: [],
        },
        { ...operandOf(layout, (own) => plan.kept(own).stride) },
        'copy',
        conversion(fused.first, x!),
      ),
    ]
  },

  slice: isView,
  window: isView,

  pack({ before, after }, { first, output }, lowering) {
    const target = lowering.place(output)
    let start = 0
    return first.inputs.flatMap((x) => {
      const lengths = x.shape.slice(before, x.shape.length - after)
      const place = sliced(target.layout, { axis: before, start, step: 1, lengths })
      start += sizeOf(lengths)
      if (isEmpty(x)) return []
      return [
        elementsCode(
          { lengths: x.shape, output: operandOf({ ...target, layout: place }), finishes: [] },
          operandOf(lowering.place(x)),
          'copy',
          conversion(first, x),
        ),
      ]
    })
  },

  place({ axis, start, step, count }, { first, output }, lowering) {
    const [x] = first.inputs as [ProgramValue]
    const axes = x.shape.map((_, i) => i)
    const placed = axes.slice(axis, axis + count)
    return [
      placeCode(
        plainly({ first, rest: [], output }, lowering),
        operandOf(lowering.place(x)),
        { axis, start, step, count: sizeOf(placed.map((i) => x.shape[i]!)) },
        { lengths: x.shape, groups: [axes.slice(0, axis), placed, axes.slice(axis + count)] },
      ),
    ]
  },

  gather(_, fused, lowering) {
    const [x, indices] = fused.first.inputs as [ProgramValue, ProgramValue]
    const [of, by] = [x, indices].map((value) => operandOf(lowering.place(value)))
    return [gatherCode(plainly(fused, lowering), of!, by!, x.shape[1]!)]
  },

  scatter(_, fused, lowering) {
    const [rows, indices] = fused.first.inputs as [ProgramValue, ProgramValue]
    const [of, by] = [rows, indices].map((value) => operandOf(lowering.place(value)))
    return [scatterCode(plainly(fused, lowering), of!, by!, rows.shape[1]!)]
  },

  fold({ plan, reduction }, fused, lowering) {
    const [x] = fused.first.inputs as [ProgramValue]
    expectExact(fused.first, x.dtype, reduction === 'min' || reduction === 'max')
    if (reduction === 'mean' && plan.reduced.some(({ length }) => length === 0))
      throw refused(fused.first, 'no elements have no mean')
    const lengths = [...plan.axes, ...plan.reduced].map(({ length }) => length)
    const all = lengths.map((_, axis) => axis)
    const kept = (layout: Layout) => [...plan.unmerged(layout).stride, ...plan.reduced.map(() => 0)]
    const problem = {
      lengths,
      rows: all.slice(0, plan.axes.length),
      along: all.slice(plan.axes.length),
      output: operandOf(lowering.place(fused.output), kept),
      finishes: finishesOf(fused, lowering, (layout) => kept(broadcastTo(layout, plan.outputShape))),
    }
    const of = operandOf(lowering.place(x), (own) => [...plan.kept(own).stride, ...plan.dropped(own).stride])
    return [foldCode(problem, of, reduction)]
  },

  opaque(_, { first }) {
    throw refused(first, 'nobody but JavaScript can look into a function')
  },

  contract: (_, fused, lowering) => contractCode(fused, lowering),
  attend: (_, fused, lowering) => attendCode(fused, lowering),

  softmax({ axis, log }, fused, lowering) {
    const [x] = fused.first.inputs as [ProgramValue]
    return [
      softmaxCode(alongAxes(fused, lowering, axis < 0 ? [] : [axis]), operandOf(lowering.place(x)), log),
    ]
  },

  norm(step, fused, lowering) {
    const [x, ...affine] = fused.first.inputs as [ProgramValue, ...ProgramValue[]]
    const problem = alongAxes(fused, lowering, step.axes)
    const factors = affine.map((value, i): Finish => {
      const operand = operandOf(lowering.place(value), along(x.shape))
      const stride = x.shape.map((_, axis) => {
        const own = step.axes.indexOf(axis)
        return own < 0 ? 0 : lowering.place(value).layout.stride[own]!
      })
      return { kind: 'zip', fn: step.weight && i === 0 ? 'multiply' : 'add', operand: { ...operand, stride } }
    })
    const finishes = [...factors, ...problem.finishes]
    return [normCode({ ...problem, finishes }, operandOf(lowering.place(x)), step)]
  },

  map({ fn }, fused, lowering) {
    const problem = plainly(fused, lowering)
    const finishes: readonly Finish[] = [{ kind: 'map', fn }, ...problem.finishes]
    return [elementsCode({ ...problem, finishes }, operandOf(lowering.place(fused.first.inputs[0]!)), fn)]
  },

  drop(_, { first }) {
    throw refused(first, 'random numbers are drawn on the host')
  },

  zip({ fn }, fused, lowering) {
    const problem = plainly(fused, lowering)
    const [a, b] = fused.first.inputs.map((value) =>
      operandOf(lowering.place(value), along(fused.first.output.shape)),
    )
    const finishes: readonly Finish[] = [{ kind: 'zip', fn, operand: b! }, ...problem.finishes]
    return [elementsCode({ ...problem, finishes }, a!, fn)]
  },

  slope({ of }, fused, lowering) {
    return slopes[of.kind](of as never, fused, lowering)
  },
}

const slopes: { readonly [K in Slope['of']['kind']]: Row<K> } = {
  map({ fn }, fused, lowering) {
    const [g, x] = fused.first.inputs.map((value) => operandOf(lowering.place(value)))
    return [mapSlopeCode(plainly(fused, lowering), g!, x!, { kind: 'map', fn: `slope of ${fn}` })]
  },

  softmax({ axis, log }, fused, lowering) {
    const [g, y] = fused.first.inputs.map((value) => operandOf(lowering.place(value)))
    return [softmaxSlopeCode(alongAxes(fused, lowering, axis < 0 ? [] : [axis]), g!, y!, log)]
  },

  norm(step, fused, lowering) {
    const [g, x, weight] = fused.first.inputs as [ProgramValue, ProgramValue, ProgramValue?]
    const [ofG, ofX] = [g, x].map((value) => operandOf(lowering.place(value)))
    const factor =
      weight &&
      operandOf(lowering.place(weight), ({ stride }) =>
        x.shape.map((_, axis) => (step.axes.includes(axis) ? stride[step.axes.indexOf(axis)]! : 0)),
      )
    const operands = factor ? ([ofG!, ofX!, factor] as const) : ([ofG!, ofX!] as const)
    return [normSlopeCode(alongAxes(fused, lowering, step.axes), operands, step)]
  },

  fold({ plan, reduction }, fused, lowering) {
    const [g, x] = fused.first.inputs as [ProgramValue, ProgramValue]
    const lengths = [...plan.axes, ...plan.reduced].map(({ length }) => length)
    const all = lengths.map((_, axis) => axis)
    const walked = (own: Layout) => [...plan.kept(own).stride, ...plan.dropped(own).stride]
    const problem = {
      lengths,
      rows: all.slice(0, plan.axes.length),
      along: all.slice(plan.axes.length),
      output: operandOf(lowering.place(fused.output), walked),
      finishes: [],
    }
    const change = operandOf(lowering.place(g), (own) => [
      ...plan.unmerged(own).stride,
      ...plan.reduced.map(() => 0),
    ])
    const of = operandOf(lowering.place(x), walked)
    return [foldSlopeCode(problem, change, of, reduction as 'min' | 'max' | 'prod')]
  },

  attend(_, { first }) {
    throw refused(first, 'models learn on the processor')
  },
}

/** Element by element of the result's shape. */
function plainly(fused: Fused, lowering: Lowering) {
  const { shape } = fused.output
  return {
    lengths: shape,
    output: operandOf(lowering.place(fused.output)),
    finishes: finishesOf(fused, lowering, along(shape)),
  }
}

/** Along some axes of the result's shape. */
function alongAxes(fused: Fused, lowering: Lowering, axes: readonly number[]) {
  const problem = plainly(fused, lowering)
  const rows = problem.lengths.map((_, axis) => axis).filter((axis) => !axes.includes(axis))
  return { ...problem, rows, along: axes }
}

function isView(_: unknown, { first }: Fused): never {
  throw new Error(`internal: ${first.step.kind} is a view`)
}

/** What a copy's elements become, where that takes more than another type. */
function conversion(step: ProgramStep, { dtype }: ProgramValue): Mapped | null {
  const to = step.output.dtype
  if (to === dtype || to === 'float32') return null
  expectExact(step, dtype, true)
  return `to ${to}`
}

/** Whole numbers of 32 bits do not all go through single precision. */
function expectExact(step: ProgramStep, dtype: Dtype, isNumber: boolean): void {
  if (!isNumber || (dtype !== 'int32' && dtype !== 'uint32')) return
  throw refused(step, `the card computes in single precision, which has not every ${dtype}`)
}

/** What elements of a dtype are kept as; null for those that the card has not. */
export function scalarOf(dtype: Dtype): Scalar | null {
  if (dtype === 'float32') return 'f32'
  if (!isWholeDtype(dtype) || isBigDtype(dtype)) return null
  return isSignedDtype(dtype) ? 'i32' : 'u32'
}
