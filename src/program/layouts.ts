/** Where the values of a program stand on the host, as far as shapes decide it: which are views of which, and with which strides. */
import { newOutput } from '../gemm/attention-problem.ts'
import { newChanges } from '../gemm/attention-slope.ts'
import { contiguous, type Layout } from '../layout/layout.ts'
import { slideWindow } from '../layout/window.ts'
import { viewOf } from '../steps/rearrange.ts'
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
    const view = viewIn(step, standing.layout)
    if (view === null) own(step.output.id, resultLayout(step))
    else known.set(step.output.id, { base: standing.base, layout: view })
  }
  return known
}

/** The layout of a result that is a view; null where it has elements of its own. */
function viewIn({ step }: ProgramStep, input: Layout): Layout | null {
  switch (step.kind) {
    case 'rearrange':
      return viewOf(step, input)
    case 'slice':
      return sliced(input, step)
    case 'window':
      return slideWindow(input, step.axis, step.window)
    default:
      return null
  }
}

/** The layout of a new result, as those who compute it make it: contiguous, but where heads stand inside of rows. */
function resultLayout({ step, output: { shape } }: ProgramStep): Layout {
  if (step.kind === 'attend' && step.result === 'output') return newOutput(shape, contiguous)
  if (step.kind === 'slope' && step.of.kind === 'attend') return newChanges(shape.slice(1), contiguous)
  return contiguous(shape)
}
