/** Figure 6: one token's attention in numbers, and where it looks in every layer and head, on one scale. */
import { rowOf } from '../../model/look.ts'
import { element } from '../../page/element.ts'
import { fill, grid, maximum, shown as number, signed, weightCss } from '../ink.ts'
import type { Shown, Story } from '../story.ts'
import { lookMap } from './map.ts'
import {
  heads,
  headWidth,
  layerAndHead,
  layers,
  nameOf,
  strength,
  strip,
  tokens,
  whenSeen,
  width,
} from './parts.ts'

export function mountAttend(parent: HTMLElement, story: Story): void {
  let opened = -1 // the token whose key is opened; the one that is looked at most until one is chosen
  const choice = layerAndHead(story, 'attend')
  const query = strip('query', headWidth)
  const found = strip('= found', headWidth)
  const rows = Array.from({ length: tokens }, (_, token) => lookRow(token, () => open(token)))
  const dot = element('p', { className: 'equation', id: 'attend-dot', attributes: { role: 'status' } })
  const readout = element('p', { className: 'small soft readout-of', id: 'attend-readout' })
  const cells = Array.from({ length: layers * heads }, (_, i) => {
    const layer = Math.floor(i / heads)
    const head = i % heads
    const map = lookMap((token, value) => {
      readout.textContent = token === null ? legend : told(layer, head, token, value)
    })
    const button = element(
      'button',
      {
        type: 'button',
        className: 'map',
        attributes: { 'aria-label': `Layer ${layer + 1}, head ${head + 1}` },
        on: { click: () => story.look({ layer, head }) },
      },
      map.node,
    )
    return { map, button, layer, head }
  })
  const legend = 'One scale for all maps. Point at a cell for its number.'
  readout.textContent = legend
  const head = (text: string) => element('span', { className: 'small soft' }, text)
  parent.append(
    choice.node,
    query.node,
    element(
      'div',
      { className: 'looks-of' },
      element(
        'div',
        { className: 'look-row head', attributes: { 'aria-hidden': 'true' } },
        ...['', 'key', 'q·k / √25', 'weight', 'value'].map(head),
      ),
      ...rows.map(({ button }) => button),
    ),
    found.node,
    dot,
    element('h3', {}, 'Where it looks, in every layer and head'),
    element(
      'div',
      { className: 'maps' },
      element('span'),
      ...Array.from({ length: heads }, (_, i) => head(`head ${i + 1}`)),
      ...Array.from({ length: layers }, (_, layer) => [
        head(`layer ${layer + 1}`),
        ...cells.filter((cell) => cell.layer === layer).map(({ button }) => button),
      ]).flat(),
    ),
    scale(),
    readout,
  )
  whenSeen(parent, story, show)

  function open(token: number): void {
    opened = token
    story.tell()
  }

  function told(layer: number, head: number, token: number, value: number): string {
    const who = nameOf(story.focus.token)
    return `Layer ${layer + 1}, head ${head + 1}: ${who} gives ${nameOf(token)} the weight ${number(value, 3)}.`
  }

  function show(shown: Shown): void {
    choice.show(shown)
    const { trace, focus, blank } = shown
    const layer = trace.layers[focus.layer]!
    const part = (token: number, which: number) => {
      const from = token * 3 * width + which * width + focus.head * headWidth
      return layer.qkv.subarray(from, from + headWidth)
    }
    const largest = strength(layer.qkv)
    const q = part(focus.token, 0)
    query.show(q, largest, nameOf(focus.token))
    const start = (focus.head * tokens + focus.token) * tokens
    const scores = layer.scores.subarray(start, start + tokens)
    const weights = layer.weights.subarray(start, start + tokens)
    const most = maximum(weights)
    const asked = opened < 0 ? weights.indexOf(most) : opened
    for (const [token, row] of rows.entries()) {
      row.show({
        key: part(token, 1),
        value: part(token, 2),
        score: scores[token]!,
        weight: weights[token]!,
        most,
        largest,
        chosen: token === asked,
      })
    }
    const from = focus.token * width + focus.head * headWidth
    const mixed = layer.mixed.subarray(from, from + headWidth)
    const silent = shown.levers.muted.includes(focus.layer * heads + focus.head)
    found.show(mixed, largest, silent ? 'muted' : 'weights · values')
    const k = part(asked, 1)
    const products = q.map((value, i) => value * k[i]!)
    const sum = products.reduce((all, one) => all + one, 0)
    dot.replaceChildren(
      `${nameOf(focus.token)} asks, ${nameOf(asked)} offers: 25 products (`,
      `${Array.from(products.subarray(0, 3), (one) => number(one)).join(' + ')} + …) add up to ${number(sum)}; `,
      `divided by 5 that is `,
      element('b', {}, number(scores[asked]!)),
      `, and after softmax the weight `,
      element('b', {}, number(weights[asked]!, 3)),
      '.',
    )
    for (const { map, button, layer: l, head: h } of cells) {
      const row = rowOf({ weights: trace.layers[l]!.weights, heads, tokens }, focus.token, h)
      map.show(row, trace.pixels, focus.token, blank)
      button.setAttribute('aria-pressed', String(l === focus.layer && h === focus.head))
    }
  }
}

interface Look {
  readonly key: Float32Array
  readonly value: Float32Array
  readonly score: number
  readonly weight: number
  readonly most: number
  readonly largest: number
  readonly chosen: boolean
}

function lookRow(token: number, choose: () => void): { button: HTMLElement; show(look: Look): void } {
  const key = grid(headWidth, 1, 'strip')
  const value = grid(headWidth, 1, 'strip')
  const score = element('span', { className: 'figure-of' })
  const bar = element('span', { className: 'fill' })
  const amount = element('span', { className: 'figure-of' })
  const button = element(
    'button',
    {
      type: 'button',
      className: 'look-row',
      on: { click: choose },
    },
    // the numbers beside it belong to the button's name
    element(
      'span',
      {},
      token === 0 ? 'class' : element('span', { className: 'hidden' }, 'patch '),
      token === 0 ? null : String(token),
    ),
    key,
    score,
    element('span', { className: 'weighed' }, element('span', { className: 'track' }, bar), amount),
    value,
  )
  return {
    button,
    show({ key: k, value: v, score: s, weight: w, most, largest, chosen }) {
      fill(key, k, signed(largest))
      fill(value, v, signed(largest))
      // values count as much as they are weighed
      value.style.opacity = String(0.15 + 0.85 * (most === 0 ? 0 : w / most))
      score.textContent = number(s)
      bar.style.transform = `scaleX(${w.toFixed(4)})`
      amount.textContent = number(w, 3)
      button.setAttribute('aria-pressed', String(chosen))
    },
  }
}

/** What the colours mean, from 0 to 1; even looks at 17 tokens are 0.059. */
function scale(): HTMLElement {
  const steps = [0, 0.01, 1 / 17, 0.25, 0.5, 1]
  return element(
    'div',
    { className: 'scale', attributes: { 'aria-label': 'Scale of the weights' } },
    ...steps.map((value) => {
      const swatch = element('span', { className: 'swatch' })
      swatch.style.background = weightCss(value)
      const text = value === 1 / 17 ? '0.059 (even)' : String(value)
      return element('span', { className: 'step-of' }, swatch, element('small', {}, text))
    }),
  )
}
