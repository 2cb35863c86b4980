/** `tesserae explain`: what a pattern does with a shape. */
import { explain } from '../ops/explain.ts'
import { lengths, onlyOperand, readArguments, shape } from './arguments.ts'
import type { Output } from './output.ts'
import { UsageError } from './usage.ts'

const operations = ['rearrange', 'reduce', 'repeat', 'einsum'] as const
type Operation = (typeof operations)[number]

export async function runExplain(args: readonly string[], output: Output): Promise<void> {
  const { values, positionals } = readArguments(args, {
    shape: { type: 'string', multiple: true },
    axes: { type: 'string', multiple: true },
    operation: { type: 'string' },
    json: { type: 'boolean' },
  })
  const pattern = onlyOperand(positionals, 'a pattern in quotes')
  const shapes = (values.shape ?? []).map((text) => shape(text, '--shape'))
  if (shapes.length === 0) throw new UsageError('--shape is missing')
  const given = values.axes === undefined ? undefined : lengths(values.axes.join(','), '--axes')
  const operation = operationOf(values.operation ?? (pattern.includes(',') ? 'einsum' : 'rearrange'))

  const explanation = explain(shapes.length === 1 ? shapes[0]! : shapes, pattern, given, { operation })
  if (values.json) output.json(explanation)
  else output.line(String(explanation))
}

function operationOf(name: string): Operation {
  const operation = operations.find((known) => known === name)
  if (operation === undefined) {
    throw new UsageError(`--operation is ${JSON.stringify(name)}, expected ${operations.join(', ')}`)
  }
  return operation
}
