/** What a value is that is no ndarray, and how to make one of it: arrays of other libraries, pictures of a page, what was not awaited. */
import { show } from '../layout/show.ts'

export interface Foreign {
  /** What it is called. */
  readonly got: string
  readonly hint: string | undefined
}

/** What is known of a value by its form alone; no other library is asked. */
export function foreign(x: unknown): Foreign {
  if (Array.isArray(x)) return list(x)
  if (ArrayBuffer.isView(x)) return { got: show(x), hint: ofValues }
  if (typeof x !== 'object' || x === null) return { got: show(x), hint: undefined }
  const has = (name: string, type: string) => typeof (x as Record<string, unknown>)[name] === type
  const { data, dims, shape } = x as { data?: unknown; dims?: unknown; shape?: unknown }
  if (has('then', 'function')) return { got: 'a promise', hint: 'await it' }
  if (has('dataSync', 'function')) return from('a tensor of TensorFlow.js', 'fromTensorflow(tensor)')
  if (isList(dims)) {
    return has('type', 'string')
      ? from('a tensor of onnxruntime', 'fromOnnx(tensor)')
      : from('an object with dims', 'fromDims(tensor)')
  }
  if (has('width', 'number') && has('height', 'number')) {
    if (isList(data)) return from('an ImageData', 'fromImageData(image)')
    return { got: nameOf(x), hint: 'drawn on a canvas it has pixels: fromImageData(context.getImageData(…))' }
  }
  if (data !== undefined && ArrayBuffer.isView(shape))
    return { got: show(x), hint: 'shape and stride are plain arrays: [...shape]' }
  return { got: nameOf(x), hint: undefined }
}

const ofNested = 'fromNested(values) makes an ndarray of them'
const ofValues = 'ndarray(values, shape) makes an ndarray of values that stand one after the other'

function list(x: readonly unknown[]): Foreign {
  const [first] = x
  if (isList(first)) return { got: 'nested arrays', hint: ofNested }
  const { data, shape } = (first ?? {}) as { data?: unknown; shape?: unknown }
  if (data === undefined || !Array.isArray(shape))
    return { got: 'a list', hint: typeof first === 'number' ? ofNested : ofValues }
  const batches = shape.length === 4 && shape[0] === 1 // as preprocess makes them
  const stacking = batches ? 'n 1 ... -> n ...' : 'n ... -> n ...'
  return {
    got: `a list of ${x.length}`,
    hint: `rearrange(list, '${stacking}') makes one array of equal ones`,
  }
}

function from(got: string, call: string): Foreign {
  return { got, hint: `${call} of tesserae/adapters makes an ndarray of it` }
}

function isList(value: unknown): boolean {
  return Array.isArray(value) || ArrayBuffer.isView(value)
}

/** `a Blob`, `an HTMLImageElement`; of plain objects no more than that. */
function nameOf(x: object): string {
  const { name = '' } = (x.constructor ?? {}) as { name?: string }
  if (name === '' || name === 'Object') return show(x)
  return `${/^[AEIOU]|^HTML/.test(name) ? 'an' : 'a'} ${name}`
}
