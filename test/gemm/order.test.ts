/** In which order pairs are multiplied, and which label plays which part in a pair. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contract } from '../../src/gemm/contraction.ts'
import { contractionTree, type Tree } from '../../src/gemm/order.ts'
import { asProduct } from '../../src/gemm/pair.ts'
import { contractByDefinition } from '../../src/gemm/reference.ts'
import { buildContraction, type Placing, withNewOutput } from './build.ts'

const values = {
  make: (size: number) => new Float64Array(size),
  value: (t: number, i: number) => ((i * 7 + t) % 5) - 2,
}

function treeOf(spec: string, lengths: Record<string, number>): Tree {
  const { lengths: all, operands, output } = buildContraction(spec, lengths, values)
  return contractionTree(all, operands, output)
}

/** How many multiplications a tree takes, by the definition. */
function costOf(tree: Tree, spec: string, lengths: Record<string, number>): number {
  const [inputs, output] = spec.split('->') as [string, string]
  const operands = inputs.split(',')
  const leaves = (part: Tree): number[] => (typeof part === 'number' ? [part] : part.flatMap(leaves))
  const labels = (part: Tree): Set<string> => {
    const inside = leaves(part)
    const outside = output + operands.filter((_, i) => !inside.includes(i)).join('')
    const own = new Set(inside.flatMap((i) => [...operands[i]!]))
    return typeof part === 'number' ? own : new Set([...own].filter((label) => outside.includes(label)))
  }
  if (typeof tree === 'number') return 0
  const [a, b] = tree
  const all = new Set([...labels(a), ...labels(b)])
  const own = [...all].reduce((n, label) => n * lengths[label]!, 1)
  return own + costOf(a, spec, lengths) + costOf(b, spec, lengths)
}

/** Every binary tree over some leaves. */
function* treesOf(leaves: readonly number[]): Generator<Tree> {
  if (leaves.length === 1) yield leaves[0]!
  for (let part = 1; part < 2 ** leaves.length - 1; part += 2) {
    const inside = leaves.filter((_, i) => (part >> i) & 1)
    const outside = leaves.filter((_, i) => !((part >> i) & 1))
    for (const a of treesOf(inside)) for (const b of treesOf(outside)) yield [a, b]
  }
}

describe('the order of three and more operands', () => {
  test('of a chain of matrices the small products come first', () => {
    const lengths = { a: 10, b: 1000, c: 10, d: 1000 }
    expect(costOf(treeOf('ab,bc,cd->ad', lengths), 'ab,bc,cd->ad', lengths)).toBe(2 * 10 * 1000 * 10)
  })

  test('no other order of up to five operands takes fewer multiplications', () => {
    const operand = fc.uniqueArray(fc.constantFrom(...'abcde'), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(
        fc.array(operand, { minLength: 3, maxLength: 5 }),
        fc.tuple(...[...'abcde'].map(() => fc.integer({ min: 2, max: 9 }))),
        fc.uniqueArray(fc.constantFrom(...'abcde'), { maxLength: 2 }),
        (operands, sizes, kept) => {
          const used = [...'abcde'].filter((label) => operands.some((axes) => axes.includes(label)))
          const lengths = Object.fromEntries(used.map((label) => [label, sizes['abcde'.indexOf(label)]!]))
          const output = kept.filter((label) => used.includes(label)).join('')
          const spec = `${operands.map((axes) => axes.join('')).join(',')}->${output}`
          const cost = costOf(treeOf(spec, lengths), spec, lengths)
          for (const tree of treesOf(operands.map((_, i) => i))) {
            expect(costOf(tree, spec, lengths)).toBeGreaterThanOrEqual(cost)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  test('nine operands, which are ordered greedily, give what their definition says', () => {
    const spec = 'ab,bc,cd,de,ef,fg,gh,hi,ia->ae'
    const lengths = Object.fromEntries([...'abcdefghi'].map((label) => [label, 2]))
    const contraction = buildContraction(spec, lengths, values)
    const reference = withNewOutput(contraction)
    contractByDefinition(reference)
    contract(contraction)
    expect(contraction.output.data).toEqual(reference.output.data)
  })
})

describe('the groups of a pair', () => {
  /** The letters of each group, slowest first, and whether the second operand is the left matrix. */
  function groupsOf(spec: string, lengths: Record<string, number>, placing: Placing[] = []) {
    const contraction = buildContraction(spec, lengths, { ...values, placing })
    const product = asProduct(contraction)
    const letters = Object.keys(lengths)
    const name = (labels: readonly number[]) => labels.map((label) => letters[label]).join('')
    const { batch, rows, columns, depth } = product.groups
    return {
      ...{ batch: name(batch), rows: name(rows), columns: name(columns), depth: name(depth) },
      swapped: product.a === contraction.operands[1],
    }
  }

  test('of merged heads are batch, queries, features and keys', () => {
    const lengths = { b: 2, h: 3, n: 5, m: 7, d: 4 }
    expect(groupsOf('bhnm,bmhd->bnhd', lengths)).toEqual({
      ...{ batch: 'bh', rows: 'n', columns: 'd', depth: 'm', swapped: false },
    })
  })

  test('have the axis that is contiguous in the output as columns, whichever operand it is of', () => {
    const lengths = { m: 5, n: 6, k: 7 }
    expect(groupsOf('mk,kn->mn', lengths)).toMatchObject({ rows: 'm', columns: 'n', swapped: false })
    expect(groupsOf('mk,kn->nm', lengths)).toMatchObject({ rows: 'n', columns: 'm', swapped: true })
    const columnMajor = [{}, {}, { order: [1, 0] }]
    expect(groupsOf('mk,kn->mn', lengths, columnMajor)).toMatchObject({
      rows: 'n',
      columns: 'm',
      swapped: true,
    })
  })

  test('sum in the order in which the left operand stands in memory', () => {
    const lengths = { b: 2, c: 3, h: 2, i: 4, w: 2, j: 4, d: 10 }
    const spec = 'bchiwj,dijc->bhwd'
    expect(groupsOf(spec, lengths)).toMatchObject({ rows: 'bhw', columns: 'd', depth: 'cij' })
    const channelsLast = [{ order: [0, 2, 3, 4, 5, 1] }]
    expect(groupsOf(spec, lengths, channelsLast)).toMatchObject({ depth: 'ijc' })
  })
})
