/** What stands in the sentences and tables of README and the docs: calls run on arrays of their patterns' shapes, and patterns are patterns. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ndarray from 'ndarray'
import * as tesserae from 'tesserae'
import { expect, test } from 'vitest'
import { parseEinsum, parsePackPattern, parseTransform } from '../../grammar/index.ts'
import { commands } from '../../src/cli/commands.ts'
import { run as runCommand } from '../../src/cli/run.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = ['README.md', ...readdirSync(`${root}/docs`).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md'))
  .filter((name) => name !== 'docs/errors.md') // made by running its calls

/** The inline code of a page, line by line; of the table beside Python, what is TypeScript. */
const spans = pages.flatMap((page) => {
  const prose = readFileSync(`${root}/${page}`, 'utf8').replace(/^```[\s\S]*?^```/gm, (block) =>
    block.replace(/[^\n]/g, ''),
  )
  return prose.split('\n').flatMap((line, i) => {
    const text =
      page.endsWith('from-einops.md') && line.startsWith('|') ? line.split('|').slice(2).join('|') : line
    return [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => ({ place: `${page}:${i + 1}`, code: code! }))
  })
})

const operations = [
  'rearrange',
  'reduce',
  'repeat',
  'einsum',
  'pack',
  'unpack',
  'parseShape',
  'checkShape',
  'explain',
]
const calls = spans.filter(({ code }) => new RegExp(`^(${operations.join('|')})\\(.*'.*\\)$`).test(code))
const patterns = spans.filter(({ code }) => /^'[^']*->[^']*'$/.test(code))

/** Lengths for one side: those that are given, else 4; `*` is as long as `star`. */
function shapeOf(side: string, given: Readonly<Record<string, number>>, star: readonly number[]): number[] {
  const length = (axis: string) => (/^\d+$/.test(axis) ? Number(axis) : (given[axis] ?? 4))
  const items = side.match(/\([^()]*\)|[^\s()]+/g) ?? []
  return items.flatMap((item) => {
    if (item === '...') return []
    if (item === '*') return star
    const axes = item.replace(/[()]/g, ' ').trim().split(/\s+/).filter(Boolean)
    return axes.reduce((product, axis) => product * length(axis), 1)
  })
}

function run(code: string): unknown {
  const [, operation = '', list, name = 'x'] = /^(\w+)\((?:\[([\w, ]*)\]|(\w+))/.exec(code)!
  const pattern = /'([^']*)'/.exec(code)![1]!
  const given = Object.fromEntries(
    [...code.matchAll(/(\w+): (\d+)/g)].map(([, axis, length]) => [axis!, Number(length)]),
  )
  const packedShapes = code.includes(', [],') ? [] : [[], [2, 2]]
  const star = operation === 'pack' ? [2] : [packedShapes.length === 0 ? 0 : 5]
  const sides = pattern.split('->')[0]!.split(',')
  const array = (side: string) => {
    const shape = shapeOf(side, given, star)
    return ndarray(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)
  }
  const names = (list ?? name).split(/,\s*/)
  const isStack = list !== undefined && operation !== 'einsum' && operation !== 'pack'
  const values = names.map((_, i) =>
    array(isStack ? sides[0]!.trim().replace(/^\S+/, '') : (sides[i] ?? sides[0]!)),
  )
  const scope: Record<string, unknown> = { ...tesserae, ps: packedShapes, lengths: given, pattern }
  for (const [i, one] of names.entries()) scope[one] = one === 'xs' ? values : values[i]
  return new Function(...Object.keys(scope), `return ${code}`)(...Object.values(scope))
}

test('there are many', () => {
  expect(calls.length).toBeGreaterThan(15)
  expect(patterns.length).toBeGreaterThan(8)
})

test.each(calls)('$code at $place runs', ({ code }) => {
  expect(run(code)).toBeDefined()
})

test('the mistake that README shows is told so', () => {
  const [, told] = /^```\n(rearrange: [\s\S]*?)\n```$/m.exec(readFileSync(`${root}/README.md`, 'utf8'))!
  const x = ndarray(new Float32Array(3 * 225 * 224), [1, 3, 225, 224])
  const pattern: string = 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)'
  expect(() => tesserae.rearrange(x, pattern, { s1: 16, s2: 16 })).toThrow(
    expect.objectContaining({ message: told }),
  )
})

test('the commands that README shows are the commands, and explain answers', async () => {
  const lines = readFileSync(`${root}/README.md`, 'utf8').match(/^tesserae \w+ .*$/gm)!
  expect(lines.map((line) => line.split(/\s+/)[1])).toEqual(Object.keys(commands))
  const args = lines[0]!.match(/"[^"]*"|\S+/g)!.map((arg) => arg.replaceAll('"', ''))
  const answer: string[] = []
  const output = {
    line: (text: string) => void answer.push(text),
    notice: (text: string) => void answer.push(text),
  }
  expect(await runCommand(args.slice(1), output as never)).toBe(0)
  expect(answer.join('\n')).toContain('result  [1, 196, 768]')
})

test.each(patterns)('$code at $place is a pattern', ({ code }) => {
  const text = code.slice(1, -1)
  const readers = [
    () => parseTransform(text, 'rearrange'),
    () => parseTransform(text, 'reduce'),
    () => parseTransform(text, 'repeat'),
    () => parseEinsum(text),
    () => parsePackPattern(text, 'pack'),
  ]
  const isRead = readers.some((read) => {
    try {
      read()
      return true
    } catch {
      return false
    }
  })
  expect(isRead).toBe(true)
})
