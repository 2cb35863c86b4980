/**
 * The pattern language. Text goes in, checked trees with spans come out, or an `EinopsError`; nothing here knows tensors.
 *
 * Other rooms say their own mistakes in the sentences that stand here too:
 *
 *     throw new EinopsError({
 *       operation, pattern: text, span, shape, lengths,
 *       ...say('shape/not-divisible', { dimension: 2, item: '(h s1)', got: 225, divisor: 16 }),
 *     })
 */
import type {
  EinsumPattern,
  PackPattern,
  ShapePattern,
  TransformOperation,
  TransformPattern,
  ZipOperation,
} from './ast.ts'
import { cached } from './cache.ts'
import { readEinsum } from './einsum.ts'
import { type PackOperation, readPack } from './pack.ts'
import { readShape, type ShapeOperation } from './shape.ts'
import { readTransform } from './transform.ts'

export type * from './ast.ts'
export { type Advice, EinopsError, type ErrorContext, type Fix } from './error.ts'
export { axesOf } from './expression.ts'
export { type Code, examples, fill, type Said, say, sentences } from './sentences.ts'
export { didYouMean, nearest } from './suggest.ts'
export type { PackOperation, ShapeOperation }

const transforms = {
  rearrange: cached('rearrange', (text) => readTransform(text, 'rearrange')),
  reduce: cached('reduce', (text) => readTransform(text, 'reduce')),
  repeat: cached('repeat', (text) => readTransform(text, 'repeat')),
  argmax: cached('argmax', (text) => readTransform(text, 'argmax')),
  argmin: cached('argmin', (text) => readTransform(text, 'argmin')),
}

/**
 * Reads `left -> right` by the rules of an operation.
 *
 * @throws EinopsError with a span for every mistake in the text
 */
export function parseTransform(text: string, operation: TransformOperation): TransformPattern {
  return transforms[operation](text)
}

/**
 * Reads `a, b -> c`. A name may come twice in an operand (a diagonal); `...` may be missing in the output, which is a
 * mistake only where it stands for dimensions (`ellipsis-dropped`).
 *
 * @throws EinopsError with a span for every mistake in the text
 */
export const parseEinsum: (text: string) => EinsumPattern = cached('einsum', (text) => readEinsum(text))

const zips = {
  add: cached('add', (text) => readEinsum(text, 'add')),
  subtract: cached('subtract', (text) => readEinsum(text, 'subtract')),
  multiply: cached('multiply', (text) => readEinsum(text, 'multiply')),
  divide: cached('divide', (text) => readEinsum(text, 'divide')),
}

/**
 * Reads `a, b -> c` where nothing is summed.
 *
 * @throws EinopsError with a span for every mistake in the text
 */
export function parseZip(text: string, operation: ZipOperation): EinsumPattern {
  return zips[operation](text)
}

const shapes = {
  parseShape: cached('parseShape', (text) => readShape(text, 'parseShape')),
  checkShape: cached('checkShape', (text) => readShape(text, 'checkShape')),
}

/**
 * Reads one expression; `_` stands for any axis and may come often.
 *
 * @throws EinopsError with a span for every mistake in the text
 */
export function parseShapePattern(text: string, operation: ShapeOperation): ShapePattern {
  return shapes[operation](text)
}

const packs = {
  pack: cached('pack', (text) => readPack(text, 'pack')),
  unpack: cached('unpack', (text) => readPack(text, 'unpack')),
}

/**
 * Reads names around one `*`.
 *
 * @throws EinopsError with a span for every mistake in the text
 */
export function parsePackPattern(text: string, operation: PackOperation): PackPattern {
  return packs[operation](text)
}
