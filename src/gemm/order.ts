/**
 * In which order three and more operands are multiplied. The cost of a pair is the number of its multiplications, the product of the lengths of all its labels. Up
 * to seven operands every binary tree is weighed (dynamic programming over subsets). Beyond that, of the pairs that share a label, the one is taken that makes the
 * numbers at hand fewest: its product less its factors. Both ways are old, see Smith & Gray, "opt_einsum" (JOSS 2018).
 */
import type { Operand } from './operand.ts'

/** An operand's index, or the product of two trees. */
export type Tree = number | readonly [Tree, Tree]

const exhaustive = 7

/** The order that multiplies least, or about so, for at least two operands. */
export function contractionTree(
  lengths: readonly number[],
  operands: readonly Operand[],
  output: Operand,
): Tree {
  return operands.length <= exhaustive
    ? cheapestTree(lengths, operands, output)
    : greedyTree(lengths, operands, output)
}

/** A tree's labels as bits: those that something outside the tree needs. */
interface Subset {
  readonly tree: Tree
  readonly labels: bigint
  readonly cost: number
}

function cheapestTree(lengths: readonly number[], operands: readonly Operand[], result: Operand): Tree {
  const labelsOf = ({ stride }: Operand) =>
    stride.reduce((bits, step, label) => (step === 0 ? bits : bits | (1n << BigInt(label))), 0n)
  const weight = (labels: bigint) =>
    lengths.reduce((size, length, label) => ((labels >> BigInt(label)) & 1n ? size * length : size), 1)
  const leaves = operands.map((operand, tree) => ({ tree, labels: labelsOf(operand), cost: 0 }))
  const output = labelsOf(result)
  const all = (1 << leaves.length) - 1
  const best = new Array<Subset | undefined>(all + 1)
  const union = (set: number) =>
    leaves.reduce((bits, leaf, i) => ((set >> i) & 1 ? bits | leaf.labels : bits), 0n)
  leaves.forEach((leaf, i) => {
    best[1 << i] = leaf
  })
  for (let set = 1; set <= all; set++) {
    if (best[set] !== undefined) continue // one operand
    const labels = union(set) & (output | union(all & ~set))
    // each split is seen once: the part with the lowest operand goes first
    for (let part = (set - 1) & set; part > 0; part = (part - 1) & set) {
      if ((part & set & -set) === 0) continue
      const a = best[part]!
      const b = best[set & ~part]!
      const cost = a.cost + b.cost + weight(a.labels | b.labels)
      const known = best[set]
      if (known === undefined || cost < known.cost) best[set] = { tree: [a.tree, b.tree], labels, cost }
    }
  }
  return best[all]!.tree
}

interface Node {
  readonly tree: Tree
  readonly has: readonly boolean[]
  readonly size: number
}

interface Pair {
  readonly a: Node
  readonly b: Node
  readonly grows: number
  readonly multiplications: number
}

function greedyTree(lengths: readonly number[], operands: readonly Operand[], output: Operand): Tree {
  const sizeOf = (has: readonly boolean[]) =>
    lengths.reduce((size, length, label) => (has[label] ? size * length : size), 1)
  const node = (tree: Tree, has: readonly boolean[]): Node => ({ tree, has, size: sizeOf(has) })
  const nodes = new Set(
    operands.map(({ stride }, tree) =>
      node(
        tree,
        stride.map((step) => step !== 0),
      ),
    ),
  )
  // in how many tensors each label is, the output among them
  const uses = lengths.map(
    (_, label) => [output, ...operands].filter(({ stride }) => stride[label] !== 0).length,
  )

  /** The labels of a product: those of either factor that something else has, too. */
  const product = (a: Node, b: Node) =>
    lengths.map((_, label) => {
      const own = Number(a.has[label]) + Number(b.has[label])
      return own > 0 && uses[label]! > own
    })
  const pairOf = (a: Node, b: Node): Pair => ({
    ...{ a, b, grows: sizeOf(product(a, b)) - a.size - b.size },
    multiplications: sizeOf(a.has.map((has, label) => has || b.has[label]!)),
  })
  const share = (a: Node, b: Node) => a.has.some((has, label) => has && b.has[label])
  const before = (x: Pair, y: Pair) =>
    x.grows < y.grows || (x.grows === y.grows && x.multiplications < y.multiplications)

  let pairs: Pair[] = []
  const all = [...nodes]
  all.forEach((b, j) => {
    for (const a of all.slice(0, j)) if (share(a, b)) pairs.push(pairOf(a, b))
  })
  while (nodes.size > 1) {
    const next =
      pairs.length > 0 ? pairs.reduce((best, pair) => (before(pair, best) ? pair : best)) : smallest(nodes)
    const { a, b } = next
    const merged = node([a.tree, b.tree], product(a, b))
    lengths.forEach((_, label) => {
      uses[label]! += Number(merged.has[label]) - Number(a.has[label]) - Number(b.has[label])
    })
    nodes.delete(a)
    nodes.delete(b)
    pairs = pairs.filter((pair) => pair.a !== a && pair.a !== b && pair.b !== a && pair.b !== b)
    for (const other of nodes) if (share(other, merged)) pairs.push(pairOf(other, merged))
    nodes.add(merged)
  }
  return [...nodes][0]!.tree
}

/** Where nothing shares a label any more: the two smallest. */
function smallest(nodes: ReadonlySet<Node>): Pick<Pair, 'a' | 'b'> {
  const [a, b] = [...nodes].sort((x, y) => x.size - y.size) as [Node, Node]
  return { a, b }
}
