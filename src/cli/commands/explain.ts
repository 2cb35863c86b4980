/** `tesserae explain`: what a pattern does with a shape, or a model with pictures of one. */

import { pair } from '../../nn/check.ts'
import { explain } from '../../ops/explain.ts'
import { describe } from '../../program/print.ts'
import { trace } from '../../program/trace.ts'
import { VisionTransformer } from '../../vit/vision-transformer.ts'
import type { VisionTransformerOptions } from '../../vit/vision-transformer-options.ts'
import { integer, lengths, oneOf, onlyOperand, readArguments, shape, UsageError } from '../arguments.ts'
import type { Output } from '../output.ts'

const operations = ['rearrange', 'reduce', 'repeat', 'einsum'] as const

export async function runExplain(args: readonly string[], output: Output): Promise<void> {
  const { values, positionals } = readArguments(args, {
    model: { type: 'string' },
    heads: { type: 'string' },
    shape: { type: 'string', multiple: true },
    axes: { type: 'string', multiple: true },
    operation: { type: 'string' },
    json: { type: 'boolean' },
  })
  const shapes = (values.shape ?? []).map((text) => shape(text, '--shape'))
  if (values.model !== undefined) {
    if (positionals.length > 0)
      throw new UsageError(`with --model there is no pattern — got '${positionals[0]}'`)
    const options = values.heads === undefined ? {} : { numHeads: integer(values.heads, '--heads', 1) }
    await explainModel(values.model, shapes, options, { output, json: values.json === true })
    return
  }
  const pattern = onlyOperand(positionals, 'a pattern in quotes')
  if (shapes.length === 0) throw new UsageError('--shape is missing')
  const given = values.axes === undefined ? undefined : lengths(values.axes.join(','), '--axes')
  const usual = pattern.includes(',') ? 'einsum' : 'rearrange'
  const operation = oneOf(values.operation ?? usual, '--operation', operations)

  const explanation = explain(shapes.length === 1 ? shapes[0]! : shapes, pattern, given, { operation })
  if (values.json) output.json(explanation)
  else output.line(String(explanation))
}

/** The steps of a checkpoint's model, a line each. */
async function explainModel(
  path: string,
  [given, ...more]: readonly (readonly number[])[],
  options: VisionTransformerOptions,
  { output: to, json }: { readonly output: Output; readonly json: boolean },
): Promise<void> {
  if (more.length > 0) throw new UsageError('--shape comes once with --model')
  const model = await VisionTransformer.fromCheckpoint(path, options)
  const { imgSize = 224, inChans = 3 } = model.options
  const program = trace(model, given ?? [1, inChans, ...pair(imgSize)])
  const { name, inputs, output, parameters, steps } = program
  const asData = {
    ...{ name, input: inputs[0]!.shape, output: output.shape, guesses: model.guesses },
    parameters: parameters.map((parameter) => ({ name: parameter.name, shape: parameter.shape })),
    steps: steps.map((step) => ({
      ...{ kind: step.step.kind, does: describe(step.step) },
      ...{ inputs: step.inputs.map(({ id }) => id), output: step.output.id, shape: step.output.shape },
    })),
  }
  if (json) to.json(asData)
  else to.line([String(program), ...model.guesses.map((guess) => `assumed: ${guess}`)].join('\n'))
}
