/**
 * Shapes and lengths by hand, and the reduction. Each axis of the pattern gets a field for its
 * length; what follows from the shape is shown in it in grey and need not be given.
 */

import { callNames } from '../model/names.ts'
import { paint } from '../model/palette.ts'
import { isPacking, readShape, readWhole, reductions } from '../model/state.ts'
import { namesIn, tokenize } from '../model/tokens.ts'
import { fittedHow } from '../model/whole.ts'
import { element } from './element.ts'
import type { Store, View } from './store.ts'
import { toneCss } from './theme.ts'

export function mountFields(parent: HTMLElement, store: Store): void {
  parent.className = 'fields'
  let signature = ''
  store.subscribe((view) => {
    // fields are kept while one types in them, and made anew when others are needed
    const { pattern, operation, shapes } = view.state
    const next = JSON.stringify([namesIn(tokenize(pattern)), operation, shapes.length, callNames(view.state)])
    if (next !== signature) {
      signature = next
      parent.replaceChildren(
        ...shapeFields(view, store),
        ...lengthFields(view, store),
        ...reductionField(view, store),
        ...partButtons(view, store),
        element('p', { className: 'fitted small', hidden: true }),
        element('p', { className: 'shape-note', hidden: true, attributes: { role: 'status' } }),
      )
    }
    refresh(parent, view)
  })
}

function shapeFields({ state }: View, store: Store): HTMLElement[] {
  const names = callNames(state).operands
  return names.map((name, i) => {
    const input = element('input', {
      type: 'text',
      className: 'shape',
      id: `shape-${i}`,
      inputMode: 'text',
      spellcheck: false,
      autocomplete: 'off',
      on: {
        input: () => {
          const shape = readShape(input.value)
          input.setAttribute('aria-invalid', String(shape === undefined))
          tellOfShape(input, shape === undefined)
          if (shape === undefined) return
          store.reshape(store.state.shapes.with(i, shape))
        },
      },
    })
    return element('div', { className: 'field' }, labelled(`shape-${i}`, 'shape of ', name), input)
  })
}

/** Says what a shape is where something else stands in its field. */
function tellOfShape(input: HTMLInputElement, wrong: boolean): void {
  const note = input.closest('.fields')?.querySelector<HTMLElement>('.shape-note')
  if (note == null) return
  note.hidden = !wrong
  note.textContent = wrong
    ? `“${input.value}” is no shape: whole numbers with commas between, as 48, 64, 3. Drawn is the last one that was.`
    : ''
}

/** pack and unpack take as many parts as one likes. */
function partButtons({ state }: View, store: Store): HTMLElement[] {
  if (!isPacking(state.operation)) return []
  const { shapes } = state
  const button = (text: string, next: typeof shapes) =>
    element(
      'button',
      { type: 'button', className: 'quiet small', on: { click: () => store.reshape(next) } },
      text,
    )
  return [
    ...(shapes.length < 4 ? [button('one more part', [...shapes, shapes.at(-1)!])] : []),
    ...(shapes.length > 2 ? [button('one less', shapes.slice(0, -1))] : []),
  ]
}

function lengthFields({ state }: View, store: Store): HTMLElement[] {
  if (isPacking(state.operation)) return []
  const hues = paint(namesIn(tokenize(state.pattern)))
  const names = namesIn(tokenize(state.pattern)).filter((name) => name !== '...')
  return names.map((name, i) => {
    const input = element('input', {
      type: 'number',
      id: `length-${i}`,
      min: '1',
      step: '1',
      inputMode: 'numeric',
      on: {
        input: () => {
          const length = readWhole(input.value)
          const lengths = new Map(store.state.lengths)
          if (length === undefined) lengths.delete(name)
          else lengths.set(name, length)
          store.change({ lengths })
        },
      },
    })
    input.dataset['axis'] = name
    const label = labelled(`length-${i}`, '', name)
    label.querySelector('b')!.style.color = toneCss(hues.get(name)!)
    label.querySelector('b')!.dataset['name'] = name
    return element('div', { className: 'field' }, label, input)
  })
}

function reductionField({ state }: View, store: Store): HTMLElement[] {
  if (state.operation !== 'reduce') return []
  const select = element(
    'select',
    { id: 'reduction', on: { change: () => store.change({ reduction: reductions[select.selectedIndex]! }) } },
    ...reductions.map((name) => element('option', { value: name }, name)),
  )
  return [element('div', { className: 'field' }, labelled('reduction', 'by ', ''), select)]
}

/** Puts the state's values into fields that nobody is typing in. */
function refresh(parent: HTMLElement, { state, mistake, reading }: View): void {
  for (const input of parent.querySelectorAll('input')) {
    const axis = input.dataset['axis']
    if (axis !== undefined) {
      const given = state.lengths.get(axis)
      const known = mistake === null ? reading?.axes.find(({ label }) => label === axis)?.length : undefined
      input.placeholder = known === undefined ? '?' : String(known)
      if (document.activeElement !== input) input.value = given === undefined ? '' : String(given)
    } else if (document.activeElement !== input) {
      const shape = state.shapes[Number(input.id.slice('shape-'.length))]
      if (shape !== undefined) input.value = shape.join(', ')
      input.removeAttribute('aria-invalid')
    }
  }
  const how = fittedHow(state)
  const fitted = parent.querySelector<HTMLElement>('.fitted')!
  fitted.hidden = how === ''
  fitted.textContent = how
  const select = parent.querySelector('select')
  if (select !== null) select.value = state.reduction
}

function labelled(id: string, text: string, name: string): HTMLLabelElement {
  return element('label', { htmlFor: id }, text, name === '' ? '' : element('b', {}, name))
}
