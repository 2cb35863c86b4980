/**
 * Which steps become one kernel: a function of a result, or a sum or a product with it, is done before the result is stored, where nobody else wants the result as it was.
 */
import type { Program, ProgramStep, ProgramValue } from '../program/program.ts'

/** A step, what is done to its result at once, and what comes of it. */
export interface Fused {
  readonly first: ProgramStep
  readonly rest: readonly ProgramStep[]
  readonly output: ProgramValue
}

/** Kernels that finish what they store. */
const finishing: ReadonlySet<string> = new Set('contract attend softmax norm map zip fold'.split(' '))

/** Values that a kernel may read: every device binds eight buffers, and one may be bound in two ways. */
const mostBuffers = 7

/** The steps of a program in an order in which they can be run. */
export function fused({ steps, output }: Pick<Program, 'steps' | 'output'>): readonly Fused[] {
  const uses = new Map<number, number>()
  const use = ({ id }: ProgramValue) => uses.set(id, (uses.get(id) ?? 0) + 1)
  use(output)
  for (const { inputs } of steps) inputs.forEach(use)
  /** By what they give so far. */
  const open = new Map<number, ProgramStep[]>()
  const kernels: ProgramStep[][] = []
  for (const step of steps) {
    const input = step.inputs.find(({ id }) => open.has(id) && uses.get(id) === 1)
    const chain = input && open.get(input.id)!
    if (chain !== undefined && joins(chain, step, input!)) {
      open.delete(input!.id)
      // it runs where its last step stood, when all that it needs is there
      kernels.splice(kernels.indexOf(chain), 1)
      chain.push(step)
      kernels.push(chain)
      open.set(step.output.id, chain)
    } else {
      const begun = [step]
      kernels.push(begun)
      if (finishing.has(step.step.kind) && step.output.dtype === 'float32') open.set(step.output.id, begun)
    }
  }
  return kernels.map(([first, ...rest]) => ({
    ...{ first: first!, rest },
    output: (rest.at(-1) ?? first!).output,
  }))
}

function joins(
  chain: readonly ProgramStep[],
  { step, output, inputs }: ProgramStep,
  x: ProgramValue,
): boolean {
  if (step.kind !== 'map' && step.kind !== 'zip') return false
  // what is taken off or divided by is no result that is finished
  const isOrdered = step.kind === 'zip' && step.fn !== 'add' && step.fn !== 'multiply'
  if (isOrdered && inputs[0]!.id !== x.id) return false
  if (output.dtype !== 'float32' || String(output.shape) !== String(x.shape)) return false
  const [{ step: first }] = chain as [ProgramStep]
  if (first.kind === 'attend' && first.result === 'weights') return false
  const bound = new Set([...chain.flatMap((part) => part.inputs), ...inputs].map(({ id }) => id))
  return bound.size < mostBuffers
}
