/**
 * In which order three and more operands are multiplied. The cost of a pair is the number of its multiplications, the product
 * of the lengths of all its labels. Up to seven operands every binary tree is weighed (dynamic programming over subsets), beyond
 * that the cheapest pair is taken greedily; both ways are old, see Smith & Gray, "opt_einsum" (JOSS 2018).
 */
import type { Operand } from './operand.ts'

/** An operand's index, or the product of two trees. */
export type Tree = number | readonly [Tree, Tree]

/** A tree's labels as bits: those that something outside the tree needs. */
interface Node {
  readonly tree: Tree
  readonly labels: bigint
  readonly cost: number
}

const exhaustive = 7

/** The order that multiplies least, for at least two operands. */
export function contractionTree(
  lengths: readonly number[],
  operands: readonly Operand[],
  output: Operand,
): Tree {
  const labelsOf = ({ stride }: Operand) =>
    stride.reduce((bits, step, label) => (step === 0 ? bits : bits | (1n << BigInt(label))), 0n)
  const nodes = operands.map((operand, tree) => ({ tree, labels: labelsOf(operand), cost: 0 }))
  const weight = (labels: bigint) =>
    lengths.reduce((size, length, label) => ((labels >> BigInt(label)) & 1n ? size * length : size), 1)
  return nodes.length <= exhaustive
    ? cheapestTree(nodes, labelsOf(output), weight)
    : greedyTree(nodes, labelsOf(output), weight)
}

function cheapestTree(leaves: readonly Node[], output: bigint, weight: (labels: bigint) => number): Tree {
  const all = (1 << leaves.length) - 1
  const best = new Array<Node | undefined>(all + 1)
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

function greedyTree(leaves: readonly Node[], output: bigint, weight: (labels: bigint) => number): Tree {
  const nodes = [...leaves]
  while (nodes.length > 1) {
    let cheapest = { cost: Number.POSITIVE_INFINITY, i: 0, j: 1 }
    for (let j = 1; j < nodes.length; j++) {
      for (let i = 0; i < j; i++) {
        const cost = weight(nodes[i]!.labels | nodes[j]!.labels)
        if (cost < cheapest.cost) cheapest = { cost, i, j }
      }
    }
    const [b] = nodes.splice(cheapest.j, 1) as [Node]
    const [a] = nodes.splice(cheapest.i, 1) as [Node]
    const needed = nodes.reduce((bits, node) => bits | node.labels, output)
    nodes.push({ tree: [a.tree, b.tree], labels: (a.labels | b.labels) & needed, cost: cheapest.cost })
  }
  return nodes[0]!.tree
}
