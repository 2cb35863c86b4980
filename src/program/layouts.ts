/** Where the values of a program stand on the host, as far as shapes decide it: which are views of which, and with which strides. */
import { contiguous, contiguousStride, type Layout, permute } from '../layout/layout.ts'
import { slideWindow } from '../layout/window.ts'
import { sliced } from '../steps/slice.ts'
import type { ProgramParts, ProgramStep } from './program.ts'

/** The layout of a value inside of the value whose elements it shows: itself, where it has elements of its own. */
export interface Standing {
  readonly base: number
  readonly layout: Layout
}

/** The standing of every value by its id; inputs and constants are taken to be contiguous. */
export function layoutsOf(
  program: Pick<ProgramParts, 'steps' | 'inputs' | 'parameters' | 'constants'>,
): ReadonlyMap<number, Standing> {
  const known = new Map<number, Standing>()
  const own = (id: number, layout: Layout) => known.set(id, { base: id, layout })
  for (const { id, shape } of [...program.inputs, ...program.parameters]) own(id, contiguous(shape))
  for (const { id, source } of program.constants) own(id, source)
  for (const step of program.steps) {
    const [first] = step.inputs
    const standing = known.get(first!.id)!
    const view = viewOf(step, standing.layout)
    if (view === null) own(step.output.id, resultLayout(step))
    else known.set(step.output.id, { base: standing.base, layout: view })
  }
  return known
}

/** The layout of a result that is a view; null where it has elements of its own. */
function viewOf({ step }: ProgramStep, input: Layout): Layout | null {
  switch (step.kind) {
    case 'rearrange': {
      const stride = step.copy || step.dtype !== null ? null : step.plan.viewStride(input.stride)
      return stride && { shape: step.plan.outputShape, stride, offset: input.offset }
    }
    case 'slice':
      return sliced(input, step)
    case 'window':
      return slideWindow(input, step.axis, step.window)
    default:
      return null
  }
}

/** The layout of a new result: contiguous, but for an attention's output, whose heads stand inside of its rows. */
function resultLayout({ step, output: { shape } }: ProgramStep): Layout {
  if (step.kind !== 'attend' || step.result === 'weights' || shape.length < 3) return contiguous(shape)
  const axes = shape.map((_, axis) => axis)
  const [head, n, e] = axes.splice(-3) as [number, number, number]
  const inMemory = [...axes, n, head, e]
  const stride = contiguousStride(inMemory.map((axis) => shape[axis]!))
  return permute(
    { shape: inMemory.map((axis) => shape[axis]!), stride, offset: 0 },
    shape.map((_, axis) => inMemory.indexOf(axis)),
  )
}
