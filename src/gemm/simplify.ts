/**
 * The same contraction with as few labels as possible: labels of length 1 go, labels that nothing varies along become a factor, and
 * labels that every tensor walks as one become one. Fewer, longer labels are longer runs for the packing.
 */
import type { Contraction, Operand } from './operand.ts'

/** An equal contraction without needless labels. */
export function simplify({ lengths, operands, output, epilogue }: Contraction): Contraction {
  const tensors = [output, ...operands, epilogue.bias, epilogue.residual].filter((tensor) => tensor !== null)
  let scale = epilogue.scale
  const labels: number[] = []
  lengths.forEach((length, label) => {
    if (length === 1) return
    if (length > 0 && tensors.every(({ stride }) => stride[label] === 0)) scale *= length
    else labels.push(label)
  })
  // fastest labels first, so that a label finds the merged ones that it is the next slower part of
  const speed = (label: number) =>
    Math.abs(tensors.find(({ stride }) => stride[label] !== 0)?.stride[label] ?? 0)
  labels.sort((a, b) => speed(a) - speed(b))
  const runs: { fastest: number; length: number }[] = []
  for (const label of labels) {
    const run = runs.find(({ fastest, length }) =>
      tensors.every(({ stride }) => stride[label] === stride[fastest]! * length),
    )
    if (run) run.length *= lengths[label]!
    else runs.push({ fastest: label, length: lengths[label]! })
  }
  runs.reverse()
  const relabel = <T extends Operand | null>(tensor: T): T =>
    tensor && { ...tensor, stride: runs.map(({ fastest }) => tensor.stride[fastest]!) }
  return {
    lengths: runs.map(({ length }) => length),
    operands: operands.map(relabel),
    output: relabel(output),
    epilogue: { ...epilogue, scale, bias: relabel(epilogue.bias), residual: relabel(epilogue.residual) },
  }
}
