/**
 * The language without its parser: what `import … from 'tesserae/compiled'` gives. The same operations on the same
 * pattern texts, which were parsed when the program was built:
 *
 *     // build.js
 *     import { compile } from 'tesserae'
 *     writeFileSync('patterns.json', JSON.stringify(compile({ rearrange: ['b h w c -> b c h w'] })))
 *
 *     // program
 *     import { load, rearrange } from 'tesserae/compiled'
 *     import patterns from './patterns.json' with { type: 'json' }
 *     load(patterns)
 *     rearrange(images, 'b h w c -> b c h w')
 */
export { type CompiledPatterns, load } from '../grammar/compiled.ts'
export { EinopsError } from '../grammar/error.ts'
export type { Checked, LengthsOf, NoLengths, ResultShape } from '../grammar/types/index.ts'
export { type AllCloseOptions, allClose } from './ops/all-close.ts'
export { argmax, argmin } from './ops/arg.ts'
export { checkShape } from './ops/check-shape.ts'
export { einsum } from './ops/einsum.ts'
export { arange, full, ones, zeros } from './ops/make.ts'
export { map } from './ops/map.ts'
export { fromNested, type Nested, type NestedValues, show, toNested } from './ops/nested.ts'
export type { ArraysByDtype, DtypeName, Options } from './ops/options.ts'
export { type PackOptions, pack } from './ops/pack.ts'
export { parseShape } from './ops/parse-shape.ts'
export { rearrange } from './ops/rearrange.ts'
export { type ReduceOptions, type Reduction, reduce } from './ops/reduce.ts'
export { repeat } from './ops/repeat.ts'
export { shaped } from './ops/shaped.ts'
export { type SoftmaxOptions, softmax } from './ops/softmax.ts'
export type { ArrayOf, DataOf, Shaped, ShapeOf, ShapesOf } from './ops/typed.ts'
export { unpack } from './ops/unpack.ts'
export { add, divide, multiply, subtract, type Zip, type ZipData, type ZipOperand } from './ops/zip.ts'
