/** A dropped picture becomes the tensor: at a size, and cut into patches of a size, at which it can be seen. */
import { patchSide, pictureShape, tensorSize } from './picture.ts'
import { read } from './reading.ts'
import { initialState, type State } from './state.ts'

/** What changes: the pattern stays where it can be one of a picture, with lengths that show. */
export function fitPicture(state: State, width: number, height: number): Partial<State> {
  const size = tensorSize(width, height)
  const reading = state.operation === 'rearrange' || state.operation === 'reduce' ? read(state) : null
  const shape = state.shapes[0] ?? []
  const found = reading === null ? null : pictureShape(shape)
  if (found === null || reading === null) {
    return {
      ...initialState,
      pattern: '(h s1) (w s2) c -> (h w) (s1 s2 c)',
      shapes: [[size.height, size.width, 3]],
      lengths: new Map([
        ['s1', patchSide],
        ['s2', patchSide],
      ]),
      source: 'picture',
    }
  }
  const lengths = new Map(state.lengths)
  const operand = reading.operands[0]!
  for (const dimension of [found.rows, found.columns]) {
    const own = operand.dimensions[dimension]!.axes.map((axis) => reading.axes[axis]!)
    const inner = own.at(-1)
    if (own.length < 2 || inner === undefined) continue
    // the outer axis is as many patches as fit
    if (inner.kind === 'named') lengths.set(inner.label, patchSide)
    for (const { label } of own.slice(0, -1)) lengths.delete(label)
  }
  return {
    source: 'picture',
    shapes: [shape.with(found.rows, size.height).with(found.columns, size.width)],
    lengths,
    colour: [],
  }
}
