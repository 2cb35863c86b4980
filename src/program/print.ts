/** A program as text: a line a step, as one would write the model down; blocks that are alike but for their parameters are written once. */
import { sizeOf } from '../layout/layout.ts'
import { showShape } from '../layout/show.ts'
import { operationsOf } from '../steps/shapes.ts'
import type { Step } from '../steps/step.ts'
import { layoutsOf } from './layouts.ts'
import type { Program, ProgramStep, ProgramValue } from './program.ts'

interface Line {
  readonly name: string
  readonly what: string
  readonly shape: string
  readonly how: string
}

export function printed(program: Program): string {
  const { inputs, output, steps, parameters } = program
  const from = inputs.map(({ shape, dtype }) => `${showShape(shape)} ${dtype}`).join(', ')
  const operations = steps.reduce((sum, { step, inputs }) => sum + operationsOf(step, inputs), 0)
  const numbers = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0)
  const head = `${program.name}: ${from} -> ${showShape(output.shape)}`
  const tail = `${count(steps.length, 'step')}, ${short(numbers)} parameters, ${short(operations)} floating-point operations`
  const unused = inputs.flatMap(({ isUsed }, i) =>
    isUsed ? [] : [`input ${inputs.length === 1 ? '' : `${i + 1} `}does not reach the result`],
  )
  return [head, ...aligned(linesOf(program)), tail, ...unused].join('\n')
}

/** The lines, those of blocks that follow each other and say the same written once. */
function linesOf(program: Program): Line[] {
  const names = namesOf(program)
  const layouts = layoutsOf(program)
  const baseOf = ({ id }: ProgramValue) => layouts.get(id)!.base
  const lineOf = (step: ProgramStep) => lineFor(step, names, baseOf)
  const lines: Line[] = []
  const { steps } = program
  for (let at = 0; at < steps.length; ) {
    const block = blockAt(steps, at)
    if (block === 0) {
      lines.push(lineOf(steps[at]!))
      at++
      continue
    }
    const times = repetitions(program, at, block)
    const name = steps[at]!.scopes.at(-1)!.name
    lines.push({ name: '', what: times === 1 ? name : `${times} × ${name}`, shape: '', how: '' })
    for (const step of steps.slice(at, at + block)) {
      const line = lineOf(step)
      lines.push({ ...line, what: `  ${line.what}` })
    }
    at += times * block
  }
  return lines
}

/** How many steps from here on are those of one innermost layer. */
function blockAt(steps: readonly ProgramStep[], at: number): number {
  const scope = steps[at]!.scopes.at(-1)
  if (scope === undefined || steps[at - 1]?.scopes.at(-1)?.number === scope.number) return 0
  let end = at
  while (steps[end]?.scopes.at(-1)?.number === scope.number) end++
  return end - at
}

/** How often a block of steps comes one after the other, its parameters aside. */
function repetitions({ steps, parameters }: Program, at: number, length: number): number {
  const named = new Set(parameters.map(({ id }) => id))
  const signature = (from: number) => {
    const made = new Map(steps.slice(from, from + length).map(({ output }, i) => [output.id, i]))
    return steps
      .slice(from, from + length)
      .map(({ step, inputs, scopes }) => {
        const kinds = inputs.map(
          ({ id, shape }) => made.get(id) ?? (named.has(id) ? 'p' : 'x') + showShape(shape),
        )
        return `${scopes.at(-1)?.name} ${describe(step)} ${kinds.join(' ')}`
      })
      .join('\n')
  }
  const first = signature(at)
  let times = 1
  while (at + (times + 1) * length <= steps.length && signature(at + times * length) === first) times++
  return times
}

/** A short name for each value: x for the input, the parameter's own, and a number for what a step gives. */
function namesOf({ inputs, parameters, constants, steps }: Program): ReadonlyMap<number, string> {
  return new Map([
    ...inputs.map(({ id }, i) => [id, inputs.length === 1 ? 'x' : `x${i + 1}`] as const),
    ...parameters.map(({ id, name, source: { precision = 'float32' } }) => {
      return [id, precision === 'float32' ? name : `${name} (${precision})`] as const
    }),
    ...constants.map(({ id, shape }) => [id, `a constant ${showShape(shape)}`] as const),
    ...steps.map(({ output }, i) => [output.id, `%${i + 1}`] as const),
  ])
}

/** @param baseOf the value whose elements a value shows */
function lineFor(
  { step, inputs, output }: ProgramStep,
  names: ReadonlyMap<number, string>,
  baseOf: (value: ProgramValue) => number,
): Line {
  const of = inputs.map(({ id }) => names.get(id)).join(', ')
  const operations = operationsOf(step, inputs)
  const moved = baseOf(output) === baseOf(inputs[0]!) ? 'view' : 'copied'
  return {
    name: names.get(output.id)!,
    what: `${describe(step)}  ${of}`,
    shape: showShape(output.shape),
    how: operations === 0 ? moved : `${short(operations)} FLOP`,
  }
}

/** What a step does, without what it does it to. */
export function describe(step: Step): string {
  switch (step.kind) {
    case 'rearrange':
    case 'fold':
    case 'opaque': {
      const { pattern } = step.plan
      const kind = step.kind === 'fold' ? `${step.reduction} ` : ''
      return `${pattern.operation} ${kind}'${pattern.text}'`
    }
    case 'contract': {
      const { scale, activation, bias, residual } = step
      const store = [
        scale === 1 ? '' : ` · ${Number(scale.toPrecision(4))}`,
        bias ? ' + bias' : '',
        activation === null ? '' : `, ${activation}`,
        residual ? ', + residual' : '',
      ]
      return `einsum '${step.plan.pattern.text}'${store.join('')}`
    }
    case 'slice':
      // without lengths the axis is gone
      return `slice axis ${step.axis} ${step.lengths.length ? 'from' : 'at'} ${step.start}${step.step === 1 ? '' : ` by ${step.step}`}${step.lengths.length ? `, length ${step.lengths.join(' × ')}` : ''}`
    case 'place':
      return `place axis ${step.axis} at ${step.start}${step.step === 1 ? '' : ` by ${step.step}`} of ${step.length}`
    case 'window':
      return `window axis ${step.axis} of ${step.window.size}`
    case 'pack':
      return `pack axis ${step.before}`
    case 'scatter':
      return `scatter to ${step.length}`
    case 'attend':
      return step.result === 'output' ? 'attention' : 'attention weights'
    case 'softmax':
      return `${step.log ? 'log-' : ''}softmax axis ${step.axis}`
    case 'norm':
      return `${step.centred ? 'layer' : 'RMS'} norm, eps ${step.eps}`
    case 'map':
    case 'zip':
      return step.fn
    case 'gather':
      return 'gather'
    case 'drop':
      return `drop ${step.p}`
    case 'slope':
      return `slope of ${describe(step.of)}`
  }
}

function aligned(lines: readonly Line[]): string[] {
  const width = (read: (line: Line) => string) => Math.max(0, ...lines.map((line) => read(line).length))
  const [names, whats, shapes] = [width((l) => l.name), width((l) => l.what), width((l) => l.shape)]
  return lines.map(({ name, what, shape, how }) =>
    `  ${name.padEnd(names)}  ${what.padEnd(whats)}  ${shape.padEnd(shapes)}  ${how}`.trimEnd(),
  )
}

const units = ['', 'k', 'M', 'G', 'T']

function short(n: number): string {
  const power = n < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3))
  const value = n / 1000 ** power
  return power === 0 ? String(n) : `${value < 100 ? value.toPrecision(3) : Math.round(value)} ${units[power]}`
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
