/** The patterns of the reference's own vectors: what einops accepts is read, what it rejects is rejected at its place. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  EinopsError,
  parseEinsum,
  parsePackPattern,
  parseShapePattern,
  parseTransform,
} from '../../grammar/index.ts'

interface Case {
  readonly id: string
  readonly op: string
  readonly pattern?: string
  readonly rule?: string
}

const folder = new URL('../vectors/einops/', import.meta.url)

const cases = (file: string): Case[] =>
  JSON.parse(readFileSync(new URL(`${file}.json`, folder), 'utf8')).cases

function read(op: string, pattern: string): unknown {
  switch (op) {
    case 'rearrange':
    case 'reduce':
    case 'repeat':
      return parseTransform(pattern, op)
    case 'Rearrange':
      return parseTransform(pattern, 'rearrange')
    case 'Reduce':
      return parseTransform(pattern, 'reduce')
    case 'einsum':
      return parseEinsum(pattern)
    case 'parse_shape':
      return parseShapePattern(pattern, 'parseShape')
    case 'pack':
    case 'unpack':
      return parsePackPattern(pattern, op)
    default:
      throw new Error(`unknown operation ${op}`)
  }
}

const accepted = ['rearrange', 'reduce', 'repeat', 'einsum', 'parse_shape', 'pack_unpack']

describe('patterns of the reference', () => {
  test.each(accepted)('every accepted pattern of %s is read', (file) => {
    const rejected = cases(file).filter(({ op, pattern }) => {
      try {
        read(op, pattern!)
        return false
      } catch {
        return true
      }
    })
    expect(rejected).toEqual([])
    expect(cases(file).length).toBeGreaterThan(10)
  })

  // Mistakes that only show with shapes and lengths, or that our language allows (einsum's groups and unit axes).
  const later =
    /^(shape|lengths|list|reduction|einmix|layer\/(unused|wrong)|parse_shape\/(wrong|too-few|length)|einsum\/(singleton|composite|operand-count|length|wrong|ellipsis-dropped|pattern-not-last|no-tensors)|pack\/(too-few|unequal|empty|ambiguous)|unpack\/(wrong|several|not-div)|sides\/repeat-size)/

  // patterns may have tabs and lines here
  const hasLines = (pattern: string) => /[\t\n\r]/.test(pattern)
  const mistakes = cases('errors').filter(({ rule, pattern }) => !later.test(rule!) && !hasLines(pattern!))

  test.each(mistakes)('$op refuses $pattern ($rule) with a caret', ({ op, pattern }) => {
    let error: unknown
    try {
      read(op, pattern!)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(EinopsError)
    const { span, message } = error as EinopsError
    expect(span!.start).toBeLessThanOrEqual(span!.end)
    expect(span!.end).toBeLessThanOrEqual(pattern!.length)
    expect(message).toMatch(/^ +\^+$/m)
  })

  test.each(cases('errors').filter(({ rule, op }) => later.test(rule!) && op !== 'EinMix'))(
    '$op reads $pattern, which only fails with its tensor ($rule)',
    ({ op, pattern }) => {
      expect(read(op, pattern!)).toMatchObject({ text: pattern })
    },
  )
})
