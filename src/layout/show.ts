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
      return ArrayBuffer.isView(value) ? `a bare ${value.constructor.name}` : 'an object'
    default:
      return String(value)
  }
}

/** A shape as it is written in code: `[1, 3, 224, 224]`. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}
