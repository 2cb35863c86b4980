/** What fills the tensor: numbers that count its elements, or a picture. */
import { pictureShape } from '../model/picture.ts'
import type { Source } from '../model/state.ts'
import { element } from './element.ts'
import type { Store } from './store.ts'

export function mountFilling(parent: HTMLElement, store: Store, openPicture: () => void): void {
  parent.className = 'filling'
  const inputs = new Map<Source, HTMLInputElement>()
  const radio = (source: Source, text: string) => {
    const input = element('input', {
      type: 'radio',
      name: 'source',
      value: source,
      on: { change: () => fillWith(source, store) },
    })
    inputs.set(source, input)
    return element('label', {}, input, element('span', {}, text))
  }
  parent.append(
    element('span', { id: 'source-label' }, 'filled with'),
    element(
      'div',
      { className: 'segments', attributes: { role: 'radiogroup', 'aria-labelledby': 'source-label' } },
      radio('numbers', 'numbers'),
      radio('picture', 'a picture'),
    ),
    element(
      'button',
      { type: 'button', className: 'quiet', id: 'open-picture', on: { click: openPicture } },
      'yours…',
    ),
  )
  store.subscribe(({ state }) => {
    parent.hidden = state.operation === 'einsum'
    inputs.get(state.source)!.checked = true
  })
}

/** A picture wants a shape that can be one. */
function fillWith(source: Source, store: Store): void {
  const { shapes, pattern } = store.state
  const [shape = []] = shapes
  const large = shape.some((length) => length >= 24)
  if (source === 'numbers' || (pictureShape(shape) !== null && large)) return store.change({ source })
  if (pictureShape(shape)?.channels !== null && pictureShape(shape) !== null) {
    // the same dimensions, as large as a picture
    const { rows, columns } = pictureShape(shape)!
    return store.change({ source, shapes: [shape.with(rows, 72).with(columns, 96)] })
  }
  const rank = shape.length
  const asHwc = rank === 3 ? [72, 96, 3] : rank === 4 ? [1, 3, 72, 96] : null
  if (asHwc !== null) return store.change({ source, shapes: [asHwc] })
  const transposes = /^\s*\S+\s+\S+\s*->/.test(pattern)
  store.change({
    source,
    pattern: transposes ? 'h w c -> w h c' : '(h s1) (w s2) c -> (h w) s1 s2 c',
    shapes: [[72, 96, 3]],
    lengths: transposes
      ? new Map()
      : new Map([
          ['s1', 24],
          ['s2', 24],
        ]),
  })
}
