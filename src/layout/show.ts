import { tagOf } from './data.ts'

/** A value of any type as an error message shows it. */
export function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return 'a list'
      return ArrayBuffer.isView(value) ? `a bare ${value.constructor.name}` : showObject(value)
    default:
      return String(value)
  }
}

/** By the platform's name for its class, where it has one. */
function showObject(value: object): string {
  const name = tagOf(value)
  if (name === 'Object') return 'an object'
  return `${/^[AE]/.test(name) ? 'an' : 'a'} ${name}`
}

/** A shape as it is written in code: `[1, 3, 224, 224]`. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}
