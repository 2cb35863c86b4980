/** What is to be a layer or a model and is none is called by its name. */
import { EinopsError } from '../../grammar/error.ts'
import { isA } from '../layout/realms.ts'
import { show } from '../layout/show.ts'
import { Module } from './module.ts'

/** @throws {EinopsError} when a value is no layer of this copy of the library */
export function expectModule(operation: string, value: unknown, name = 'the model'): void {
  if (value instanceof Module) return
  throw new EinopsError({
    code: 'argument/model',
    operation,
    what: `${name} is no layer — got ${shownAsLayer(value)}, expected one of tesserae/nn`,
  })
}

/** Whether a value has what layers have, of whatever copy of the library. */
export const looksLikeLayer = (value: object): boolean => 'forward' in value && 'members' in value

/** A value that is no layer, and how to come to one from it. */
export function shownAsLayer(value: unknown): string {
  if (typeof value === 'function' && value.prototype instanceof Module) {
    return `the class ${value.name}, of which new ${value.name}(…) makes one`
  }
  if (isA(value, 'Promise')) return 'a Promise; an await is missing'
  const isForeign = typeof value === 'object' && value !== null && looksLikeLayer(value)
  return isForeign ? `a ${value.constructor.name} of another copy of tesserae` : show(value)
}
