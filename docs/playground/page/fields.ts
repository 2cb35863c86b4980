/**
 * Shapes and lengths by hand, the reduction, and what fills the tensor. Each axis of the pattern gets a field for its
 * length; what follows from the shape is shown in it in grey and need not be given.
 */
import { paint } from '../model/palette.ts'
import { pictureShape } from '../model/picture.ts'
import { reductions, readShape, readWhole, type Source } from '../model/state.ts'
import { countOperands, namesIn, tokenize } from '../model/tokens.ts'
import { operandNames } from '../model/code/typescript.ts'
import { element } from './element.ts'
import type { Store, View } from './store.ts'
import { toneCss } from './theme.ts'

export function mountFields(parent: HTMLElement, store: Store, openPicture: () => void): void {
  parent.className = 'fields'
  let signature = ''
  store.subscribe((view) => {
    // fields are kept while one types in them, and made anew when others are needed
    const next = JSON.stringify([namesIn(view.state.pattern === '' ? [] : tokenize(view.state.pattern)), view.state.operation, view.state.shapes.length])
    if (next !== signature) {
      signature = next
      parent.replaceChildren(...shapeFields(view, store), ...lengthFields(view, store), ...choices(view, store, openPicture))
    }
    refresh(parent, view)
  })
}

function shapeFields({ state }: View, store: Store): HTMLElement[] {
  const count = state.operation === 'einsum' ? countOperands(tokenize(state.pattern)) : 1
  const names = operandNames(count)
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
          if (shape === undefined) return
          const shapes = Array.from({ length: count }, (_, k) => store.state.shapes[k] ?? [2, 2])
          store.change({ shapes: shapes.with(i, shape) })
        },
      },
    })
    return element('div', { className: 'field' }, labelled(`shape-${i}`, 'shape of ', name), input)
  })
}

function lengthFields({ state }: View, store: Store): HTMLElement[] {
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
    return element('div', { className: 'field' }, label, input)
  })
}

function choices({ state }: View, store: Store, openPicture: () => void): HTMLElement[] {
  const made: HTMLElement[] = []
  if (state.operation === 'reduce') {
    const select = element(
      'select',
      { id: 'reduction', on: { change: () => store.change({ reduction: reductions[select.selectedIndex]! }) } },
      ...reductions.map((name) => element('option', { value: name }, name)),
    )
    made.push(element('div', { className: 'field' }, labelled('reduction', 'reduction', ''), select))
  }
  if (state.operation !== 'einsum') {
    const radio = (source: Source, text: string) =>
      element(
        'label',
        {},
        element('input', { type: 'radio', name: 'source', value: source, on: { change: () => fillWith(source, store) } }),
        element('span', {}, text),
      )
    made.push(
      element(
        'div',
        { className: 'field' },
        element('span', { className: 'label', id: 'source-label' }, 'filled with'),
        element(
          'div',
          { className: 'segments', attributes: { role: 'radiogroup', 'aria-labelledby': 'source-label' } },
          radio('numbers', 'numbers'),
          radio('picture', 'a picture'),
        ),
      ),
      element(
        'button',
        { type: 'button', className: 'quiet', id: 'open-picture', on: { click: openPicture } },
        'Your picture…',
      ),
    )
  }
  return made
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
    lengths: transposes ? new Map() : new Map([['s1', 24], ['s2', 24]]),
  })
}

/** Puts the state's values into fields that nobody is typing in. */
function refresh(parent: HTMLElement, { state, mistake, drawing }: View): void {
  for (const input of parent.querySelectorAll('input')) {
    if (input.type === 'radio') {
      input.checked = input.value === state.source
      continue
    }
    const axis = input.dataset['axis']
    if (axis !== undefined) {
      const given = state.lengths.get(axis)
      const known = mistake === null ? drawing?.full.axes.find(({ label }) => label === axis)?.length : undefined
      input.placeholder = known === undefined ? '?' : String(known)
      if (document.activeElement !== input) input.value = given === undefined ? '' : String(given)
    } else if (document.activeElement !== input) {
      const shape = state.shapes[Number(input.id.slice('shape-'.length))]
      if (shape !== undefined) input.value = shape.join(', ')
      input.removeAttribute('aria-invalid')
    }
  }
  const select = parent.querySelector('select')
  if (select !== null) select.value = state.reduction
}

function labelled(id: string, text: string, name: string): HTMLLabelElement {
  return element('label', { htmlFor: id }, text, name === '' ? '' : element('b', {}, name))
}
