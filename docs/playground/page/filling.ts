/** What fills the tensor: numbers that count its elements, or a picture. */
import { follow } from '../model/follow.ts'
import { pictureShape } from '../model/picture.ts'
import { hasMany, landing, type Source, type State } from '../model/state.ts'
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
    parent.hidden = hasMany(state.operation)
    inputs.get(state.source)!.checked = true
  })
}

/** What changes with the filling: a picture wants a shape that can be one. */
function filledWith(source: Source, state: State): Partial<State> {
  const { shapes } = state
  const shape = shapes[0] ?? []
  const found = pictureShape(shape)
  if (source === 'numbers' || (found !== null && shape.some((length) => length >= 24))) return { source }
  const next = follow({ ...state, source, shapes: [[]], lengths: new Map() })
  if (next.source === 'picture' && pictureShape(next.shapes[0]!) !== null) return next
  return landing
}
