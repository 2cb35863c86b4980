export { EinopsError } from '../grammar/error.ts'
