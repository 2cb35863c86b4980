/**
 * Whole calls as people paste them: einops' and this library's own, `torch.einsum` with its letters, and chains of
 * `reshape`, `permute` and `transpose`, which are patterns in disguise.
 */
import { type Operation, operations, type Reduction, readWhole, reductions, type State } from './state.ts'

/** What a pasted text says, or why it cannot be told as a pattern; null where it is no call. */
export type Pasted = { readonly change: Partial<State> } | { readonly refused: string } | null

/** Reads a text as a call; `shape` is what the tensor is taken to be where the text does not say. */
export function readPasted(text: string, shape: readonly number[]): Pasted {
  const call =
    /(?:^|[\s=.(])(?:(\w+)\.)?(rearrange|reduce|repeat|einsum|pack|unpack|Rearrange|Reduce)\s*\(([\s\S]*)$/.exec(
      text,
    )
  if (call !== null) return readCall(call[2]!, call[3]!)
  // NumPy's and others' functions take the tensor first: as its method
  const method = text.replace(/\b(?:np|jnp|tf|torch)\.(\w+)\(\s*(\w+)\s*,/, '$2.$1(')
  const chain = /\.\s*(?:reshape|view|permute|transpose|flatten)\s*\(/.exec(method)
  return chain === null ? null : readChain(method.slice(chain.index), shape)
}

function readCall(name: string, inside: string): Pasted {
  const operation = operations.find((one) => one === name.toLowerCase()) as Operation
  const strings = [...inside.matchAll(/(['"`])((?:(?!\1).)*)\1/g)].map(([, , content]) => content!)
  const pattern =
    operation === 'pack' || operation === 'unpack'
      ? strings.find((one) => one.includes('*'))
      : (strings.find((one) => one.includes('->')) ?? strings[0])
  if (pattern === undefined)
    return { refused: `there is no pattern in this ${name}: it is the text in quotes` }
  const spaced = operation === 'einsum' && !/\w\w*\s+\w/.test(pattern) ? lettersApart(pattern) : pattern
  const lengths = new Map<string, number>()
  const unknown: string[] = []
  const rest = inside.replace(/(['"`])(?:(?!\1).)*\1/g, '""')
  for (const [, axis, value] of rest.matchAll(/([\p{L}_][\p{L}\p{N}_]*)\s*[=:]\s*([^,)}\s]+)/gu)) {
    const length = readWhole(value!)
    if (length === undefined) unknown.push(axis!)
    else lengths.set(axis!, length)
  }
  const word = strings.find((one) => reductions.some((known) => known === one)) as Reduction | undefined
  return {
    change: {
      operation,
      pattern: spaced,
      lengths: new Map([...lengths].filter(([axis]) => new RegExp(`\\b${axis}\\b`, 'u').test(spaced))),
      ...(word === undefined ? {} : { reduction: word }),
    },
  }
}

/** `'bhqd,bhkd->bhqk'`: every letter is an axis. */
function lettersApart(pattern: string): string {
  const side = (letters: string) =>
    letters
      .replace(/\s+/g, '')
      .replace(/\.\.\./g, '…')
      .split('')
      .map((letter) => (letter === '…' ? '...' : letter))
      .join(' ')
  const [left = '', right = ''] = pattern.split('->')
  return `${left.split(',').map(side).join(', ')} -> ${side(right)}`
}

/** An axis that nothing divides further. */
interface Part {
  name: string
  length: number
}

/** Follows a chain of reshapes and transposes on a shape: each dimension is a list of parts. */
function readChain(text: string, given: readonly number[]): Pasted {
  const steps = [...text.matchAll(/\.\s*(\w+)\s*\(((?:[^()]|\([^()]*\))*)\)/g)].map(
    ([, name, inside]) =>
      // NumPy's transpose takes a tuple of all dimensions, PyTorch's two that change places
      [name === 'transpose' && /[([]/.test(inside!) ? 'permute' : name!, inside!] as const,
  )
  const shape = fitting(steps[0] ?? ['', ''], given)
  const first: Part[] = shape.map((length) => ({ name: '', length }))
  let dimensions: Part[][] = first.map((part) => [part])
  const before: Part[][] = dimensions.map((own) => [...own])
  for (const [name, inside] of steps) {
    const numbers = numbersIn(inside)
    if (numbers.some(Number.isNaN)) {
      return {
        refused: `a .${name}(${inside}) with names: write the lengths as numbers, so that its axes can be told`,
      }
    }
    if (
      name === 'permute' ||
      (name === 'transpose' && numbers.length === dimensions.length && numbers.length > 2)
    ) {
      const order = numbers.map((at) => dimensions.at(at))
      if (
        order.length !== dimensions.length ||
        new Set(order).size !== order.length ||
        order.includes(undefined)
      ) {
        return { refused: `.${name}(${inside}) does not name each of ${dimensions.length} dimensions once` }
      }
      dimensions = order as Part[][]
    } else if (name === 'transpose') {
      const [a = 0, b = 1] = numbers.map((at) => (at < 0 ? at + dimensions.length : at))
      const [own, other] = [dimensions[a], dimensions[b]]
      if (own === undefined || other === undefined)
        return { refused: `.transpose(${inside}) names no dimension` }
      dimensions = dimensions.with(a, other).with(b, own)
    } else if (name === 'reshape' || name === 'view' || name === 'flatten') {
      const next = name === 'flatten' ? flattened(dimensions, numbers) : numbers
      const cut = reshaped(dimensions, next, before)
      if (typeof cut === 'string') return { refused: cut }
      dimensions = cut
    } else if (name !== 'contiguous') return { refused: `.${name} moves no axes, so no pattern says it` }
  }
  nameParts(before)
  const side = (all: readonly (readonly Part[])[]) =>
    all
      .map((own) => {
        const names = own.filter(({ length }) => length !== 1).map((part) => part.name)
        return names.length === 0 ? '1' : names.length === 1 ? names[0] : `(${names.join(' ')})`
      })
      .join(' ')
  const lengths = new Map(
    before.flatMap((own) =>
      own
        .filter(({ length }) => length !== 1)
        .slice(1)
        .map(({ name, length }) => [name, length] as const),
    ),
  )
  return {
    change: {
      operation: 'rearrange',
      pattern: `${side(before)} -> ${side(dimensions)}`,
      lengths,
      shapes: [shape],
    },
  }
}

/** The numbers between a call's parentheses; NaN where there is another word. */
function numbersIn(inside: string): number[] {
  return inside
    .replace(/[[\]()]|\w+=/g, '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => (/^-?\d+$/.test(one) ? Number(one) : Number.NaN))
}

/** The shape that a chain begins with: a first permute tells how many dimensions there are. */
function fitting([name, inside]: readonly [string, string], given: readonly number[]): readonly number[] {
  const order = numbersIn(inside)
  const isWhole =
    order.every((at, _, all) => at >= 0 && at < all.length) && new Set(order).size === order.length
  if (name !== 'permute' || !isWhole || order.length === given.length) return given
  return [2, 3, 4, 6, 5, 2, 3].slice(0, order.length)
}

function flattened(
  dimensions: readonly (readonly Part[])[],
  [from = 0, to = -1]: readonly number[],
): number[] {
  const lengths = dimensions.map((own) => own.reduce((size, { length }) => size * length, 1))
  const end = to < 0 ? to + lengths.length : to
  const inside = lengths.slice(from, end + 1).reduce((size, length) => size * length, 1)
  return [...lengths.slice(0, from), inside, ...lengths.slice(end + 1)]
}

/** Cuts and joins parts so that the dimensions have these lengths; parts that are cut are cut where they came from too. */
function reshaped(
  dimensions: readonly (readonly Part[])[],
  wanted: readonly number[],
  before: Part[][],
): Part[][] | string {
  const total = dimensions.flat().reduce((size, { length }) => size * length, 1)
  const known = wanted.filter((length) => length >= 0).reduce((size, length) => size * length, 1)
  const lengths = wanted.map((length) => (length < 0 ? total / known : length))
  if (lengths.reduce((size, length) => size * length, 1) !== total || !lengths.every(Number.isInteger)) {
    return `${total} numbers cannot be reshaped to [${wanted.join(', ')}]: give the tensor its shape first`
  }
  const queue = dimensions.flat().filter(({ length }) => length !== 1)
  const next: Part[][] = []
  for (const length of lengths) {
    const own: Part[] = []
    let left = length
    while (left > 1) {
      const part = queue[0]
      if (part === undefined) return 'these reshapes do not fit together'
      if (left % part.length === 0) {
        own.push(part)
        left /= part.length
        queue.shift()
        continue
      }
      if (part.length % left !== 0) {
        return `this reshape mixes axes: ${part.length} does not split into ${left} and a rest, so no pattern says it`
      }
      const inner: Part = { name: '', length: part.length / left }
      const home = before.find((one) => one.includes(part))!
      home.splice(home.indexOf(part) + 1, 0, inner)
      part.length = left
      own.push(part)
      queue[0] = inner
      left = 1
    }
    next.push(own)
  }
  return next
}

/** `b c h w` as people call them, with `h1 h2` where a dimension is cut. */
function nameParts(before: readonly (readonly Part[])[]): void {
  const usual: Record<number, readonly string[]> = {
    1: ['n'],
    2: ['h', 'w'],
    3: ['c', 'h', 'w'],
    4: ['b', 'c', 'h', 'w'],
  }
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  for (const [i, own] of before.entries()) {
    const name = usual[before.length]?.[i] ?? letters[i % 26]!
    const parts = own.filter(({ length }) => length !== 1)
    for (const [k, part] of parts.entries()) part.name = parts.length === 1 ? name : `${name}${k + 1}`
  }
}
