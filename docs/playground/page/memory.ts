/** What the call does to memory, as the library explains it, and how long it takes on tensors of real size. */
import type { Explanation } from 'tesserae'
import { enlarge } from '../model/enlarge.ts'
import { explained } from '../model/library.ts'
import { namesOf } from '../model/names.ts'
import { bytes, seconds } from '../model/number.ts'
import { neutral, paint } from '../model/palette.ts'
import type { State } from '../model/state.ts'
import { namesIn, tokenize } from '../model/tokens.ts'
import { startWorker } from '../worker.ts'
import { element } from './element.ts'
import type { Store, View } from './store.ts'
import { toneCss } from './theme.ts'
import type { TimingReply, TimingRequest } from './timing.worker.ts'

export function mountMemory(parent: HTMLElement, store: Store): void {
  const facts = element('div')
  const time = element('div', { className: 'time' })
  parent.append(element('h3', {}, 'In memory'), facts, time)
  const clock = new Clock(time)
  let shown = ''
  store.subscribe((view) => {
    const { reading, drawn, mistake } = view
    if (reading === null || mistake !== null) return
    const explanation = explained(drawn)
    facts.replaceChildren(...(explanation === null ? packingFacts(view) : factsOf(explanation, view)))
    const { operation, pattern, reduction, shapes, lengths } = drawn
    const key = JSON.stringify([operation, pattern, reduction, shapes, [...lengths]])
    if (key !== shown) {
      shown = key
      clock.measureSoon(drawn)
    }
  })
}

/** What packing does to memory, which needs no plan. */
function packingFacts({ drawn, reading }: View): HTMLElement[] {
  const view = drawn.operation === 'unpack'
  const size = reading!.result.shape.reduce((product, length) => product * length, 1)
  return [
    element(
      'p',
      { className: 'verdict' },
      element('span', { className: view ? 'badge view' : 'badge copy' }, view ? 'Views' : 'One copy'),
      element(
        'span',
        {},
        view ? 'each part is the same buffer, from another offset' : `${bytes(4 * size)} are written`,
      ),
    ),
  ]
}

function factsOf(explanation: Explanation, { drawn }: View): HTMLElement[] {
  const { view, why, bytesMoved, inputs, result, axes } = explanation
  const hues = paint(namesIn(tokenize(drawn.pattern)))
  const computes = drawn.operation === 'reduce' || drawn.operation === 'einsum'
  const verdict = element(
    'p',
    { className: 'verdict' },
    element(
      'span',
      { className: view ? 'badge view' : 'badge copy' },
      view ? 'A view' : computes ? 'New elements' : 'One copy',
    ),
    element(
      'span',
      {},
      view ? 'nothing moves: the same buffer, read in another order' : `${bytes(bytesMoved)} are written`,
    ),
  )
  const reason = view ? null : element('p', { className: 'soft small' }, `Because ${why ?? ''}.`)
  const names = namesOf(drawn)
  const arrays = [...inputs, result].map((one, i) => [names[i]!, one] as const)
  const strides = table(
    ['', 'shape', 'strides'],
    arrays.map(([name, { shape, stride }]) => [name, `[${shape.join(', ')}]`, `[${stride.join(', ')}]`]),
  )
  const byAxis = table(
    ['axis', 'length', inputs.length > 1 ? 'strides' : 'stride', ''],
    axes.map(({ name, length, strides: own, role }) => {
      const label = element('b', {}, name)
      label.dataset['name'] = name
      label.style.color = toneCss(hues.get(name) ?? neutral)
      return [label, String(length), own.join(', '), role === 'kept' ? '' : role]
    }),
  )
  const text = element(
    'details',
    {},
    element('summary', {}, 'as ', element('code', {}, 'explain'), ' prints it'),
    element(
      'pre',
      { tabIndex: 0, attributes: { role: 'group', 'aria-label': 'What explain prints' } },
      String(explanation),
    ),
  )
  return [verdict, ...(reason === null ? [] : [reason]), strides, byAxis, text].map((part) =>
    part instanceof HTMLTableElement
      ? element(
          'div',
          { className: 'scroll', tabIndex: 0, attributes: { role: 'group', 'aria-label': 'Strides' } },
          part,
        )
      : part,
  )
}

function table(head: readonly string[], rows: readonly (readonly (string | Node)[])[]): HTMLTableElement {
  return element(
    'table',
    {},
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...head.map((text) => (text === '' ? element('td') : element('th', { scope: 'col' }, text))),
      ),
    ),
    element(
      'tbody',
      {},
      ...rows.map((row) => element('tr', {}, ...row.map((cell) => element('td', {}, cell)))),
    ),
  )
}

/** Asks a worker for times, one question after the other, and shows the answer to the last. */
class Clock {
  private worker: Worker | null = null
  private asked = 0
  private waiting: ReturnType<typeof setTimeout> | undefined
  private readonly parent: HTMLElement

  constructor(parent: HTMLElement) {
    this.parent = parent
  }

  measureSoon(state: State): void {
    clearTimeout(this.waiting)
    const real = enlarge(state)
    if (real === null) {
      this.parent.replaceChildren()
      return
    }
    this.waiting = setTimeout(() => this.measure(real), 900)
    const shapes = real.shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ')
    this.parent.replaceChildren(
      element('p', { className: 'soft small' }, `The real call on ${shapes} float32, in this browser`),
      element('p', { className: 'figure soft' }, '…'),
    )
  }

  private measure(real: State): void {
    this.worker ??= startWorker('timing')
    const id = ++this.asked
    const { operation, pattern, lengths, reduction, shapes } = real
    const request: TimingRequest = { id, call: { operation, pattern, lengths, reduction }, shapes }
    this.worker.onmessage = ({ data }: MessageEvent<TimingReply>) => {
      if (data.id === this.asked) this.show(data, real)
    }
    this.worker.postMessage(request)
  }

  private show({ auto, copy, error }: TimingReply, real: State): void {
    const figure = this.parent.querySelector('.figure')
    if (figure === null) return
    const again = element(
      'button',
      {
        type: 'button',
        className: 'quiet small',
        on: {
          click: () => {
            figure.textContent = '…'
            again.remove()
            this.measure(real)
          },
        },
      },
      'again',
    )
    figure.className = 'figure'
    if (error !== undefined) figure.textContent = error
    else {
      const both = copy > auto * 3
      figure.textContent = both ? `${seconds(auto)} as a view` : seconds(auto)
      if (both) figure.append(element('small', { className: 'soft' }, ` · ${seconds(copy)} if written out`))
    }
    figure.append(' ', again)
  }
}
