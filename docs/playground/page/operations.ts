/** Which operation: four radio buttons that look like one switch. */
import { type Operation, operations, type State } from '../model/state.ts'
import { element } from './element.ts'
import type { Store } from './store.ts'

/** A pattern to begin with where the present one has no sense in the chosen operation. */
const beginnings: Record<'einsum' | 'other', Partial<State>> = {
  einsum: {
    pattern: 'i k, k j -> i j',
    shapes: [
      [3, 4],
      [4, 5],
    ],
    lengths: new Map(),
    source: 'numbers',
  },
  other: { pattern: 'h w -> w h', shapes: [[3, 4]], lengths: new Map() },
}

export function mountOperations(parent: HTMLElement, store: Store): void {
  const inputs = new Map<Operation, HTMLInputElement>()
  const labels = operations.map((operation) => {
    const input = element('input', {
      type: 'radio',
      name: 'operation',
      value: operation,
      on: { change: () => choose(operation) },
    })
    inputs.set(operation, input)
    return element('label', {}, input, element('span', {}, operation))
  })
  parent.append(
    element(
      'div',
      { className: 'segments', attributes: { role: 'radiogroup', 'aria-label': 'Operation' } },
      ...labels,
    ),
  )

  function choose(operation: Operation): void {
    const many = store.state.operation === 'einsum'
    const beginning = many === (operation === 'einsum') ? {} : beginnings[many ? 'other' : 'einsum']
    store.change({ ...beginning, colour: [], operation })
  }

  store.subscribe(({ state }) => {
    inputs.get(state.operation)!.checked = true
  })
}
