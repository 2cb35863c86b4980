/**
 * What might be meant, for each kind of mistake. These are guesses at the text, the lengths or the shape; whether a
 * guess is right is asked of the library afterwards.
 */
import type { EinopsError } from 'tesserae'
import type { Fix } from './mistake.ts'
import { hasMany, type Operation, type State } from './state.ts'
import { namesIn, type Token, tokenize } from './tokens.ts'
import { cropOrPad } from './whole.ts'

interface Wrong {
  readonly state: State
  readonly error: EinopsError
  readonly tokens: readonly Token[]
  /** The text that the library points at. */
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Possible repairs of a mistake, the likeliest first. */
export function repairs(state: State, error: EinopsError): Fix[] {
  const { start, end } = error.span ?? { start: 0, end: 0 }
  const tokens = tokenize(state.pattern)
  const wrong: Wrong = { state, error, tokens, text: state.pattern.slice(start, end), start, end }
  return [...suggested(wrong), ...byCode(wrong)]
}

/** The library knows another name, or text. */
function suggested({ state, error, start, end, tokens }: Wrong): Fix[] {
  if (error.fix === undefined) return []
  const { from, to } = error.fix
  const renamed = (before: string, after: string) =>
    new Map([...state.lengths].map(([key, length]) => [key === before ? after : key, length]))
  const everywhere = (before: string, after: string): Fix => ({
    label: `Write '${after}' for '${before}'`,
    change: {
      pattern: tokens.map((token) => (token.text === before ? after : token.text)).join(''),
      lengths: renamed(before, after),
    },
  })
  if (from === state.pattern) return [{ label: 'Separate the names by spaces', change: { pattern: to } }]
  switch (error.code) {
    case 'length/unused':
    case 'length/bad-name':
      return [{ label: `Rename the length '${from}' to '${to}'`, change: { lengths: renamed(from, to) } }]
    case 'pattern/left-only':
    case 'pattern/right-only':
      return [everywhere(from, to), everywhere(to, from)]
    case 'pattern/unknown-character': // of a whole word; single characters have repairs of their own
      return from.length === 1
        ? []
        : [{ label: `Write '${to}' for '${from}'`, change: { pattern: state.pattern.replaceAll(from, to) } }]
    case 'pattern/output-only':
      return [
        { label: `Write '${to}' for '${from}'`, change: { pattern: splice(state.pattern, start, end, to) } },
      ]
    default:
      return []
  }
}

function byCode(wrong: Wrong): Fix[] {
  const { state, error, tokens, text, start, end } = wrong
  const { pattern } = state
  const edit = (label: string, replacement: string, from = start, to = end): Fix => ({
    label,
    change: { pattern: tidy(splice(pattern, from, to, replacement)) },
  })
  const remove = edit(`Remove '${text}'`, '')
  switch (error.code) {
    case 'pattern/arrow-missing': {
      const whole = `${pattern.trimEnd()} -> ${namesIn(tokens).join(' ')}`
      const arrow = /\s*[-=–—]*[>→⇒]\s*|\s+[-–—=]+\s+/u.exec(pattern)
      return [
        ...(arrow === null
          ? []
          : [edit("Write the arrow as '->'", ' -> ', arrow.index, arrow.index + arrow[0].length)]),
        edit("Add '->' and all axes", whole, 0, pattern.length),
      ]
    }
    case 'pattern/arrow-second':
      return [edit("Remove the second '->'", '')]
    case 'pattern/unknown-character':
      return characters(wrong, edit)
    case 'pattern/stray-dots':
      return [
        edit("Write '...'", pattern.replace(/(?<!\.)\.{1,2}(?!\.)|\.{4,}/g, '...'), 0, pattern.length),
        remove,
      ]
    case 'pattern/bad-name': {
      const name = text.replace(/^[_\p{N}]+|_+$/gu, '')
      return name === '' ? [remove] : renamed(wrong, name)
    }
    case 'pattern/zero':
    case 'pattern/large-number':
    case 'pattern/second-ellipsis':
    case 'pattern/unopened-parenthesis':
      return [remove]
    case 'pattern/number':
      return [...numbers(wrong), remove]
    case 'pattern/unclosed-parenthesis': {
      const side = tokens.find((token) => token.start === start)?.operand
      const last = tokens.findLast((token) => token.operand === side && token.kind === 'axis')
      const next = tokens.filter(
        (token) => token.start > start && token.kind === 'axis' && token.operand === side,
      )
      const places = [...new Set([next[1]?.end, last?.end].filter((place) => place !== undefined))]
      const another = tokens.find((token) => token.kind === 'open' && token.start > start)
      if (another !== undefined) places.unshift(closeBefore(tokens, another.start))
      return places.map((place) => edit(`Close it after '${wordBefore(tokens, place)}'`, ')', place, place))
    }
    case 'pattern/nested-parentheses': {
      const close = pattern.indexOf(')', end)
      const inner = pattern.slice(end, close < 0 ? pattern.length : close)
      const away = edit(
        'Take the inner parentheses away',
        inner,
        start,
        close < 0 ? pattern.length : close + 1,
      )
      // a group that was not closed before the next one began
      const place = closeBefore(tokens, start)
      return [edit(`Close the group after '${wordBefore(tokens, place)}'`, ')', place, place), away]
    }
    case 'pattern/grouped-ellipsis': {
      return [edit("Take '...' out of the parentheses", '... (', pattern.lastIndexOf('(', start), end)]
    }
    case 'pattern/duplicate-axis':
      return [edit(`Rename the second one to '${text}2'`, `${text}2`), remove]
    case 'pattern/left-only':
      return [
        ...besideKin(wrong),
        { label: `Add '${text}' to the right`, change: { pattern: `${pattern.trimEnd()} ${text}` } },
        ...swap(state, 'reduce'),
        remove,
      ]
    case 'pattern/right-only':
      return [...swap(state, 'repeat', text), remove]
    case 'pattern/output-only':
      return [remove]
    default:
      return shapes(wrong)
  }
}

function characters(
  { state: { pattern }, text, start, end }: Wrong,
  edit: (label: string, replacement: string, from?: number, to?: number) => Fix,
): Fix[] {
  const word = /[^\s()]*$/.exec(pattern.slice(0, start))![0] + text + /^[^\s()]*/.exec(pattern.slice(end))![0]
  const from = start - /[^\s()]*$/.exec(pattern.slice(0, start))![0].length
  const arrow = edit("Write the arrow as '->'", '->', from, from + word.length)
  if (/^[-=–—]*[>→⇒]$|^[-–—=]+$/.test(word)) return [arrow]
  switch (text) {
    case '→':
    case '⇒':
      return [edit("Write the arrow as '->'", ' -> ')]
    case '…':
      return [edit("Write '...' as three dots", '...')]
    case ',':
      return [edit('Separate by spaces', pattern.replace(/\s*,\s*/g, ' '), 0, pattern.length)]
    case '*':
    case '×':
    case '·': {
      // between names it multiplies their lengths, which a group does with a space
      const between =
        /[\p{L}\p{N}]\s*$/u.test(pattern.slice(0, start)) && /^\s*[\p{L}\p{N}]/u.test(pattern.slice(end))
      const spaces = edit('Separate by spaces', pattern.replace(/\s*[*×·]\s*/g, ' '), 0, pattern.length)
      return between ? [spaces] : [edit("Write '...'", '...'), edit(`Remove '${text}'`, '')]
    }
    case '[':
    case '{':
      return [edit('Write groups in parentheses', bracketed(pattern), 0, pattern.length)]
    default:
      return [edit(`Remove '${text}'`, ''), edit('Separate by a space', ' ')]
  }
}

function bracketed(pattern: string): string {
  return pattern.replace(/[[{]/g, '(').replace(/[\]}]/g, ')')
}

/** Where a group that is open ends when another begins here: after the last name. */
function closeBefore(tokens: readonly Token[], place: number): number {
  return tokens.findLast(({ end, kind }) => end <= place && kind !== 'space')?.end ?? place
}

/** An axis that was lost goes beside the one that is named like it: `s2` after `s1`. */
function besideKin({ state: { pattern }, tokens, text }: Wrong): Fix[] {
  const stem = text.replace(/\d+$/, '')
  if (stem === text) return []
  const kin = tokens.findLast(
    ({ kind, operand, text: other }) =>
      kind === 'axis' && operand === -1 && other.replace(/\d+$/, '') === stem,
  )
  if (kin === undefined) return []
  return [
    {
      label: `Put '${text}' after '${kin.text}'`,
      change: { pattern: splice(pattern, kin.end, kin.end, ` ${text}`) },
    },
  ]
}

/** A number that may not stand there gets a name, or the operation in which it may. */
function numbers({ state, text, start, tokens }: Wrong): Fix[] {
  const name = ['n', 'm', 'k', 'p', 'q'].find((one) => !namesIn(tokens).includes(one)) ?? 'n1'
  const lengths = new Map([...state.lengths, [name, Number(text)]])
  const onRight = tokens.find((token) => token.start === start)?.operand === -1
  const pattern = tokens
    .map((token) => (token.kind === 'number' && token.text === text ? name : token.text))
    .join('')
  return [
    ...(onRight ? swap(state, 'repeat') : swap(state, 'reduce')),
    { label: `Name it: ${name} = ${text}`, change: { pattern, lengths } },
  ]
}

/** The name changed on both sides, and in the lengths. */
function renamed({ state, tokens, text }: Wrong, name: string): Fix[] {
  const pattern = tokens.map((token) => (token.text === text ? name : token.text)).join('')
  const whole = pattern === state.pattern ? state.pattern.replaceAll(text, name) : pattern
  const lengths = new Map([...state.lengths].map(([key, length]) => [key === text ? name : key, length]))
  return [{ label: `Write '${name}'`, change: { pattern: whole, lengths } }]
}

/** Another operation in which this pattern is right; a new axis gets a length. */
function swap(state: State, operation: Operation, axis?: string): Fix[] {
  if (state.operation === 'einsum' || state.operation === operation) return []
  const lengths = new Map(state.lengths)
  if (axis !== undefined && !lengths.has(axis)) lengths.set(axis, 2)
  const why = operation === 'reduce' ? 'drops axes' : 'makes new axes'
  return [{ label: `Use ${operation}, which ${why}`, change: { operation, lengths } }]
}

/** Repairs of shapes and lengths, from the numbers that the mistake names. */
function shapes({ state, error, tokens, start, end }: Wrong): Fix[] {
  const { shapes, lengths } = state
  const number = (name: string) => Number(error.values[name])
  const dimension = number('dimension')
  const here = tokens.filter((token) => token.start >= start && token.end <= end)
  const operand = Math.max(0, here[0]?.operand ?? 0)
  const withLength = (name: string, length: number, label = `Set ${name} = ${length}`): Fix => ({
    label,
    change: { lengths: new Map(lengths).set(name, length) },
  })
  const withShape = (shape: readonly number[]): Fix => ({
    label: `Make the shape [${shape.join(', ')}]`,
    change: { shapes: shapes.with(operand, shape) },
  })
  const shape = shapes[operand] ?? []
  switch (error.code) {
    case 'shape/rank': {
      const wanted = number('rank')
      const padded = [...Array.from({ length: Math.max(0, wanted - shape.length) }, () => 2), ...shape]
      return [withShape(padded.slice(padded.length - wanted))]
    }
    case 'shape/mismatch':
      return [withShape(shape.with(dimension, number('expected')))]
    case 'shape/not-divisible': {
      const total = shape[dimension] ?? 0
      const divisor = number('divisor')
      const near = [Math.floor(total / divisor) * divisor, Math.ceil(total / divisor) * divisor]
      const own = here.filter(({ kind, text }) => kind === 'axis' && lengths.has(text))
      const divide = own.length === 1 ? nearestDivisor(total, lengths.get(own[0]!.text)!) : undefined
      const fitting = hasMany(state.operation) ? [] : cropOrPad(state, error)
      return [
        ...fitting,
        ...(fitting.length > 0
          ? []
          : near.filter((length) => length > 0).map((length) => withShape(shape.with(dimension, length)))),
        ...(divide === undefined ? [] : [withLength(own[0]!.text, divide)]),
      ]
    }
    case 'shape/cannot-infer': {
      const unknown = here.filter(({ kind, text }) => kind === 'axis' && !lengths.has(text)).slice(1)
      return unknown.slice(-1).map(({ text }) => withLength(text, 2))
    }
    case 'length/missing':
      return here.filter(({ kind }) => kind === 'axis').map(({ text }) => withLength(text, 2))
    case 'length/unused':
    case 'length/bad-name': {
      const axis = axisOf(error)
      return [
        {
          label: `Remove the length '${axis}'`,
          change: { lengths: new Map([...lengths].filter(([key]) => key !== axis)) },
        },
      ]
    }
    case 'shape/two-lengths':
      return fitted(state, error)
    default:
      return []
  }
}

/** Every later operand gets the length that the axis had first. */
function fitted({ shapes, pattern }: State, error: EinopsError): Fix[] {
  const axis = axisOf(error)
  const { length: expected } = error.values as { length: number }
  const sides = pattern
    .split('->')[0]!
    .split(',')
    .map((side) => side.trim().split(/\s+/))
  const fitting = shapes.map((shape, i) =>
    shape.map((length, place) => (sides[i]?.[place] === axis ? expected : length)),
  )
  return [{ label: `Make '${axis}' ${expected} everywhere`, change: { shapes: fitting } }]
}

/** The divisor of `total` that is nearest to `wish`. */
function nearestDivisor(total: number, wish: number): number | undefined {
  const divisors = Array.from({ length: Math.min(total, 4096) }, (_, i) => i + 1).filter(
    (n) => n > 1 && total % n === 0,
  )
  return divisors.sort((a, b) => Math.abs(a - wish) - Math.abs(b - wish))[0]
}

/** The axis that a sentence is about. */
function axisOf(error: EinopsError): string {
  const { axis = '' } = error.values
  return String(axis)
}

function wordBefore(tokens: readonly Token[], place: number): string {
  return tokens.find((token) => token.end === place)?.text ?? ''
}

function splice(text: string, start: number, end: number, insert: string): string {
  return text.slice(0, start) + insert + text.slice(end)
}

/** One space between words, none inside parentheses. */
function tidy(pattern: string): string {
  return pattern.replace(/\s+/g, ' ').replace(/\( /g, '(').replace(/ \)/g, ')').trim()
}
