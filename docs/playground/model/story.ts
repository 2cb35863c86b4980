/**
 * What a pattern does, said in steps. Every pattern is the same short story (einops tells it in its recipe): groups on
 * the left are split, axes are reordered, dropped or added, groups on the right are merged.
 */
import type { Dimension, Reading, TensorReading } from './reading.ts'
import { isPacking, type Operation, type Reduction } from './state.ts'

export interface Step {
  readonly verb: 'start' | 'split' | 'reorder' | 'drop' | 'add' | 'multiply' | 'join' | 'merge'
  /** What happens, as a phrase. */
  readonly text: string
  /** The shape after it. */
  readonly shape: readonly number[]
  /** The axes of each dimension after it, as indices into the reading's. */
  readonly dimensions: readonly (readonly number[])[]
}

/** The steps from the operand to the result; those that change nothing are left out. einsum tells of all operands. */
export function story(reading: Reading, operation: Operation, reduction: Reduction): Step[] {
  if (operation === 'einsum') return productStory(reading)
  if (isPacking(operation)) return packingStory(reading, operation)
  const { axes, result } = reading
  const operand = reading.operands[0]!
  const label = (axis: number) => axes[axis]!.label
  const lengthOf = (axis: number) => axes[axis]!.length
  const sized = (axis: number) =>
    axes[axis]!.kind === 'number' ? label(axis) : `${label(axis)} ${lengthOf(axis)}`
  const shapeOf = (own: readonly number[]) => own.map(lengthOf)
  const steps: Step[] = [
    {
      verb: 'start',
      text: 'the input',
      shape: operand.shape,
      dimensions: operand.dimensions.map((one) => one.axes),
    },
  ]
  const push = (verb: Step['verb'], text: string, own: readonly number[]) =>
    steps.push({ verb, text, shape: shapeOf(own), dimensions: own.map((axis) => [axis]) })

  const before = flat(operand)
  const after = flat(result)
  const groups = operand.dimensions.filter(isGroup)
  if (!operand.dimensions.every(isSingle)) {
    const texts = groups.map(({ axes: own, length }) => `${length} into ${own.map(sized).join(' × ')}`)
    push('split', texts.length > 0 ? `split ${listed(texts)}` : 'drop axes of length 1', before)
  }
  const dropped = before.filter((axis) => !after.includes(axis))
  const kept = before.filter((axis) => after.includes(axis))
  if (dropped.length > 0) push('drop', `${reduction} over ${listed(dropped.map(label))}`, kept)
  const order = after.filter((axis) => before.includes(axis))
  if (order.some((axis, i) => axis !== kept[i])) {
    push('reorder', `reorder to ${order.map(label).join(' ')}`, order)
  }
  const added = after.filter((axis) => !before.includes(axis))
  if (added.length > 0) {
    push('add', `repeat along ${listed(added.map(sized))}`, after)
  }
  if (!result.dimensions.every(isSingle)) {
    const merged = result.dimensions.filter(isGroup)
    const texts = merged.map(({ axes: own, length }) => `${own.map(label).join(' × ')} into ${length}`)
    steps.push({
      verb: 'merge',
      text: texts.length > 0 ? `merge ${listed(texts)}` : 'add axes of length 1',
      shape: result.shape,
      dimensions: result.dimensions.map((one) => one.axes),
    })
  }
  return steps
}

/** One sentence about a pattern, for those who do not see the drawing. */
export function summary(reading: Reading, operation: Operation, reduction: Reduction): string {
  const steps = story(reading, operation, reduction).filter(({ verb }) => verb !== 'start')
  const parts = listed(reading.operands.map(({ shape }) => `[${shape.join(', ')}]`))
  const whole = `[${reading.result.shape.join(', ')}]`
  const doing = steps.length > 0 ? steps.map(({ text }) => text).join(', then ') : 'nothing changes'
  const [from, to] = operation === 'unpack' ? [whole, parts] : [parts, whole]
  return `${operation} ${from} to ${to}: ${doing}.`
}

function productStory({ axes, operands, result }: Reading): Step[] {
  const label = (axis: number) => axes[axis]!.label
  const kept = flat(result)
  const all = axes.map((_, axis) => axis)
  const summed = all.filter((axis) => !kept.includes(axis))
  const steps: Step[] = operands.map((operand, i) => ({
    verb: 'start',
    text: `operand ${i + 1}`,
    shape: operand.shape,
    dimensions: operand.dimensions.map((one) => one.axes),
  }))
  const shared = all.filter((axis) => operands.filter((operand) => flat(operand).includes(axis)).length > 1)
  const matching =
    shared.length > 0 ? ` where ${listed(shared.map(label))} ${shared.length > 1 ? 'match' : 'matches'}` : ''
  const what = operands.length > 1 ? `multiply${matching}` : `take${matching}`
  steps.push({
    verb: 'multiply',
    text: summed.length > 0 ? `${what}, sum over ${listed(summed.map(label))}` : what,
    shape: result.shape,
    dimensions: result.dimensions.map((one) => one.axes),
  })
  return steps
}

function packingStory({ operands, result, axes }: Reading, operation: Operation): Step[] {
  const dimensionsOf = (tensor: TensorReading) => tensor.dimensions.map((one) => one.axes)
  const star = result.dimensions.findIndex((one) => one.axes[0] === axes.length - 1)
  const behind = result.shape.length - star - 1
  const under = operands.map(({ shape }) => shape.slice(star, shape.length - behind))
  const shown = (shape: readonly number[]) => (shape.length === 0 ? 'nothing' : shape.join('×'))
  const lengths = under.map((shape) => shape.reduce((size, length) => size * length, 1))
  const whole = { shape: result.shape, dimensions: dimensionsOf(result) }
  const each = operands.map((operand, i) => ({
    verb: 'start' as const,
    text: `part ${i + 1}`,
    shape: operand.shape,
    dimensions: dimensionsOf(operand),
  }))
  if (operation === 'pack') {
    const text = `flatten ${listed(under.map(shown))} and join ${lengths.join(' + ')} into ${result.shape[star]}`
    return [...each, { verb: 'join', text, ...whole }]
  }
  const text = `cut ${result.shape[star]} into ${lengths.join(' + ')}, and those into ${listed(under.map(shown))}`
  return [
    { verb: 'start', text: 'the input', ...whole },
    ...each.map((part, i) => ({ ...part, verb: 'join' as const, text: i === 0 ? text : `part ${i + 1}` })),
  ]
}

function flat({ dimensions }: TensorReading): number[] {
  return dimensions.flatMap((dimension) => dimension.axes)
}

function isGroup({ axes }: Dimension): boolean {
  return axes.length > 1
}

function isSingle({ axes }: Dimension): boolean {
  return axes.length === 1
}

function listed(words: readonly string[]): string {
  if (words.length <= 1) return words.join('')
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
