/** What fills the tensor: numbers that count its elements, or a picture. */
import { pictureShape } from '../model/picture.ts'
import type { Source, State } from '../model/state.ts'
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
      on: { change: () => store.change(filledWith(source, store.state)) },
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
      'your own…',
    ),
  )
  store.subscribe(({ state }) => {
    parent.hidden = state.operation === 'einsum'
    inputs.get(state.source)!.checked = true
  })
}

/** What changes with the filling: a picture wants a shape that can be one. */
function filledWith(source: Source, { shapes, pattern }: State): Partial<State> {
  const shape = shapes[0] ?? []
  const found = pictureShape(shape)
  if (source === 'numbers' || (found !== null && shape.some((length) => length >= 24))) return { source }
  // the same dimensions, as large as a picture
  if (found?.channels != null) return { source, shapes: [shape.with(found.rows, 72).with(found.columns, 96)] }
  if (shape.length === 3) return { source, shapes: [[72, 96, 3]] }
  if (shape.length === 4) return { source, shapes: [[1, 3, 72, 96]] }
  if (/^\s*\w+\s+\w+\s*->/.test(pattern)) {
    return { source, pattern: 'h w c -> w h c', shapes: [[72, 96, 3]], lengths: new Map() }
  }
  const lengths = new Map([
    ['s1', 24],
    ['s2', 24],
  ])
  return { source, pattern: '(h s1) (w s2) c -> (h w) s1 s2 c', shapes: [[72, 96, 3]], lengths }
}
