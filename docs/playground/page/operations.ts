/** Which operation: radio buttons that look like one switch. The pattern stays when it changes. */
import { isPacking, type Operation, operations, type State } from '../model/state.ts'
import { element } from './element.ts'
import type { Store } from './store.ts'

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
    const { pattern } = store.state
    store.operate({ operation, ...beginning(operation, pattern) })
  }

  store.subscribe(({ state }) => {
    inputs.get(state.operation)!.checked = true
  })
}

/** Patterns with an arrow and patterns with a star are two kinds, and neither has any sense as the other. */
function beginning(operation: Operation, pattern: string): Partial<State> {
  const packs = isPacking(operation)
  if (packs && pattern.includes('->')) {
    return {
      pattern: '* d',
      shapes: [
        [1, 4],
        [2, 3, 4],
      ],
      lengths: new Map(),
      source: 'numbers',
    }
  }
  if (!packs && !pattern.includes('->') && pattern.includes('*')) {
    return { pattern: 'n d -> d n', shapes: [[3, 4]], lengths: new Map(), source: 'numbers' }
  }
  return {}
}
