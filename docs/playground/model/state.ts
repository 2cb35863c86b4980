/**
 * What the page shows is determined by one small value, and that value is the link: everything after `#` in the
 * address. Reading never fails: what a link lacks or garbles is taken from a fallback.
 */

export const operations = ['rearrange', 'reduce', 'repeat', 'einsum', 'pack', 'unpack'] as const
export type Operation = (typeof operations)[number]

/** Whether the operation joins tensors or takes them apart; its shapes are those of the parts. */
export function isPacking(operation: Operation): operation is 'pack' | 'unpack' {
  return operation === 'pack' || operation === 'unpack'
}

/** Whether the operation has several tensors on one side. */
export function hasMany(operation: Operation): boolean {
  return operation === 'einsum' || isPacking(operation)
}

export const reductions = ['mean', 'max', 'min', 'sum', 'prod', 'any', 'all'] as const
export type Reduction = (typeof reductions)[number]

/** What fills the tensors: numbers that count the elements, or a picture. */
export type Source = 'numbers' | 'picture'

export interface State {
  readonly operation: Operation
  readonly pattern: string
  /** The shape of each operand, of unpack of each part; rearrange, reduce and repeat have one. */
  readonly shapes: readonly (readonly number[])[]
  /** The lengths given beside the pattern, by axis name. */
  readonly lengths: ReadonlyMap<string, number>
  readonly reduction: Reduction
  readonly source: Source
  /** The axes that colour the elements; empty means "choose for me". */
  readonly colour: readonly string[]
  /** The element that is followed: its number in the result, or null. */
  readonly element: number | null
  /** The shape of the tensor before it was cropped or padded to the one that it has. */
  readonly whole?: readonly number[] | undefined
}

export const initialState: State = {
  operation: 'rearrange',
  pattern: '(h s1) (w s2) -> (h w) (s1 s2)',
  shapes: [[4, 6]],
  lengths: new Map([
    ['s1', 2],
    ['s2', 2],
  ]),
  reduction: 'mean',
  source: 'numbers',
  colour: [],
  element: null,
}

/** What the page shows first: a picture, cut into patches. */
export const landing: State = {
  ...initialState,
  pattern: '(h s1) (w s2) c -> (h w) (s1 s2 c)',
  shapes: [[48, 64, 3]],
  lengths: new Map([
    ['s1', 16],
    ['s2', 16],
  ]),
  source: 'picture',
}

/** The part of an address after `#`. Parentheses, commas and colons stay readable. */
export function toLink(state: State): string {
  const fields: [string, string][] = [
    ['p', state.pattern],
    ['x', state.shapes.map(join).join(';')],
  ]
  if (state.lengths.size > 0) {
    fields.push(['n', [...state.lengths].map(([name, length]) => `${name}:${length}`).join(',')])
  }
  if (state.whole !== undefined) fields.push(['of', join(state.whole)])
  if (state.operation === 'reduce') fields.push(['r', state.reduction])
  if (state.source === 'picture') fields.push(['src', 'picture'])
  if (state.colour.length > 0) fields.push(['colour', state.colour.join(',')])
  if (state.element !== null) fields.push(['e', String(state.element)])
  return `${state.operation}?${fields.map(([key, value]) => `${key}=${encode(value)}`).join('&')}`
}

/** The state of a link; what it does not say is the fallback's, and what it says wrongly too. */
export function fromLink(link: string, fallback: State = initialState): State {
  const [head = '', query = ''] = splitOnce(link.replace(/^#/, ''), '?')
  const operation = operations.find((one) => one === head)
  if (operation === undefined) return fallback
  const fields = new Map(query.split('&').map((field) => splitOnce(field, '=')))
  const get = (key: string) => {
    const value = fields.get(key)
    return value === undefined ? undefined : decode(value)
  }
  const pattern = get('p')
  if (pattern === undefined) return { ...fallback, operation }
  const shapes = readShapes(get('x')) ?? fallback.shapes
  const whole = readShape(get('of') ?? '?')
  return {
    operation,
    pattern,
    shapes,
    ...(whole?.length === shapes[0]?.length && !hasMany(operation) ? { whole } : {}),
    lengths: readLengths(get('n')),
    reduction: reductions.find((one) => one === get('r')) ?? fallback.reduction,
    source: get('src') === 'picture' ? 'picture' : 'numbers',
    colour: (get('colour') ?? '').split(',').filter((name) => name !== ''),
    element: readWhole(get('e') ?? '') ?? null,
  }
}

/** `2, 3, 4` as lengths, or undefined where it is no list of whole numbers; the empty text is the shape of a scalar. */
export function readShape(text: string): number[] | undefined {
  const inside = text
    .trim()
    .replace(/^\[(.*)\]$/, '$1')
    .trim()
  if (inside === '') return []
  const lengths = inside.split(/\s*[,\s×x]\s*/).map(readWhole)
  return lengths.every((length) => length !== undefined) ? lengths : undefined
}

/** A whole number, 0 or more, or undefined. */
export function readWhole(text: string): number | undefined {
  if (!/^\d{1,15}$/.test(text)) return undefined
  return Number(text)
}

function readShapes(text: string | undefined): number[][] | undefined {
  if (text === undefined) return undefined
  const shapes = text.split(';').map(readShape)
  return shapes.every((shape) => shape !== undefined) ? shapes : undefined
}

function readLengths(text: string | undefined): Map<string, number> {
  const lengths = new Map<string, number>()
  for (const entry of (text ?? '').split(',')) {
    const [name, value = ''] = splitOnce(entry, ':')
    const length = readWhole(value)
    if (name !== '' && length !== undefined) lengths.set(name, length)
  }
  return lengths
}

function join(shape: readonly number[]): string {
  return shape.join(',')
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(/%20/g, '+')
    .replace(/%2C/g, ',')
    .replace(/%3A/g, ':')
    .replace(/%3B/g, ';')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '))
  } catch {
    return ''
  }
}
