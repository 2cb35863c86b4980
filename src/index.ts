/** The language: what `import … from 'tesserae'` gives. */
export { EinopsError } from '../grammar/error.ts'
export { rearrange } from './ops/rearrange.ts'
export { repeat } from './ops/repeat.ts'
