/**
 * The loops of a copy. Which element goes where is given by two layouts of one shape; in what order they are visited
 * is free. So the axes become loops sorted by the target's stride (writes run forward), neighbouring loops that are
 * one longer loop in both buffers are fused, and where the source runs along another axis than the target, the two
 * are cut into blocks whose cache lines are used up before they are evicted. All three are rewrites of a list of
 * loops; what runs them knows nothing of axes. (The same three steps are NumPy's nditer and the classic blocked
 * transpose.)
 */
import type { Layout } from '../layout/layout.ts'

/** One loop: how often it runs and how far source and target move each time, in elements. */
export interface Loop {
  readonly length: number
  readonly source: number
  readonly target: number
}

/** Loops from the outermost to the innermost, and where both buffers start. */
export interface Nest {
  readonly loops: readonly Loop[]
  readonly source: number
  readonly target: number
}

/** How often the innermost of some loops runs in all. */
export function sizeOfLoops(loops: readonly Loop[]): number {
  let size = 1
  for (const { length } of loops) size *= length
  return size
}

/** The fewest loops that visit every element of two layouts of the same shape, which must not be empty. */
export function nestOf(source: Layout, target: Layout): Nest {
  const loops: Loop[] = []
  let sourceStart = source.offset
  let targetStart = target.offset
  for (let axis = 0; axis < target.shape.length; axis++) {
    const length = target.shape[axis]!
    if (length === 1) continue
    const s = source.stride[axis]!
    const t = target.stride[axis]!
    if (t > 0) {
      insert(loops, { length, source: s, target: t })
      continue
    }
    // from the last index to the first; where all fall on one element, only the last stays
    sourceStart += s * (length - 1)
    targetStart += t * (length - 1)
    if (t < 0) insert(loops, { length, source: -s, target: -t })
  }
  return { loops: fuse(loops), source: sourceStart, target: targetStart }
}

/** Keeps loops sorted: those with the larger target step outside, equal ones in the order of their axes. */
function insert(loops: Loop[], loop: Loop): void {
  let at = loops.length
  loops.push(loop)
  for (; at > 0 && loops[at - 1]!.target < loop.target; at--) loops[at] = loops[at - 1]!
  loops[at] = loop
}

/** Makes one loop of neighbours where a step of the outer one is the whole length of the inner one in both buffers. */
function fuse(loops: readonly Loop[]): Loop[] {
  const fused: Loop[] = []
  for (const inner of loops) {
    const outer = fused[fused.length - 1]
    const { length, source, target } = inner
    if (outer !== undefined && outer.source === source * length && outer.target === target * length) {
      fused[fused.length - 1] = { length: outer.length * length, source, target }
    } else {
      fused.push(inner)
    }
  }
  return fused
}

/**
 * The same copy in blocks of `width` × `width` elements where source and target run along different axes; one nest
 * for the whole blocks and up to three for the rims.
 */
export function blocked(nest: Nest, width: number): Nest[] {
  const { loops } = nest
  const inner = loops.length - 1
  let across = inner // the loop along which the source runs
  for (let i = inner - 1; i >= 0; i--) {
    if (Math.abs(loops[i]!.source) < Math.abs(loops[across]!.source)) across = i
  }
  if (across === inner) return [nest]
  const along = loops[inner]!
  const other = loops[across]!
  const rest = loops.filter((_, i) => i !== inner && i !== across)
  const pieces: Nest[] = []
  for (const [otherBlocks, otherStart] of cut(other, width)) {
    for (const [alongBlocks, alongStart] of cut(along, width)) {
      const outer = [...rest, ...otherBlocks.slice(0, -1), ...alongBlocks.slice(0, -1)]
      pieces.push({
        loops: [...outer, otherBlocks.at(-1)!, alongBlocks.at(-1)!],
        source: nest.source + otherStart * other.source + alongStart * along.source,
        target: nest.target + otherStart * other.target + alongStart * along.target,
      })
    }
  }
  return pieces
}

/** A loop as blocks of `width` and what is left: `[loops, index of the first]` each. */
function cut(loop: Loop, width: number): [Loop[], number][] {
  const { length, source, target } = loop
  const whole = Math.floor(length / width)
  // a few more than a block are one block
  if (whole === 0 || length < 2 * width) return [[[loop], 0]]
  const pieces: [Loop[], number][] = [
    [
      [
        { length: whole, source: source * width, target: target * width },
        { length: width, source, target },
      ],
      0,
    ],
  ]
  const left = length - whole * width
  if (left > 0) pieces.push([[{ length: left, source, target }], whole * width])
  return pieces
}

/** Calls `visit` with both positions for every combination of the loops' indices, the last loop fastest. */
export function walk(
  loops: readonly Loop[],
  source: number,
  target: number,
  visit: (source: number, target: number) => void,
  depth: number = 0,
): void {
  const loop = loops[depth]
  if (loop === undefined) {
    visit(source, target)
    return
  }
  for (let i = 0; i < loop.length; i++) {
    walk(loops, source + i * loop.source, target + i * loop.target, visit, depth + 1)
  }
}
