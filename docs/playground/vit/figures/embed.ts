/** Figure 2: one kernel over the patches; the convolution's number and the product's are the same sum of 49 products. */
import { element } from '../../page/element.ts'
import { fill, grid, ink, maximum, shown as number, signed, signedCss } from '../ink.ts'
import type { Shown, Story } from '../story.ts'
import { caption, nameOf, patches, whenSeen, width } from './parts.ts'

const kernelsAcross = 10

export function mountEmbed(parent: HTMLElement, story: Story): void {
  const picture = grid(28, 28, 'ink')
  const window = element('span', { className: 'window', attributes: { 'aria-hidden': 'true' } })
  const slide = element('input', {
    type: 'range',
    min: '1',
    max: String(patches),
    attributes: { 'aria-label': 'Slide the kernel over the patches' },
    on: { input: () => story.look({ token: Number(slide.value) }) },
  })
  const patch = grid(7, 7, 'ink')
  const kernel = grid(7, 7, 'signed')
  const products = grid(7, 7, 'signed')
  const map = Array.from({ length: patches }, (_, i) =>
    element('button', {
      type: 'button',
      className: 'cell',
      on: { click: () => story.look({ token: i + 1 }) },
    }),
  )
  const all = grid(kernelsAcross * 8 - 1, kernelsAcross * 8 - 1, 'signed')
  const mark = element('span', { className: 'window', attributes: { 'aria-hidden': 'true' } })
  const bank = element('div', { className: 'paper bank' }, all, mark)
  const feature = element('input', {
    type: 'range',
    min: '0',
    max: String(width - 1),
    attributes: { 'aria-label': 'Which of the hundred kernels' },
    on: { input: () => story.look({ feature: Number(feature.value) }) },
  })
  bank.addEventListener('click', (event) => {
    const box = bank.getBoundingClientRect()
    const at = (part: number) => Math.min(9, Math.max(0, Math.floor(part * kernelsAcross)))
    const row = at((event.clientY - box.top) / box.height)
    story.look({ feature: row * kernelsAcross + at((event.clientX - box.left) / box.width) })
  })
  const sum = element('p', { className: 'equation', id: 'embed-sum' })
  const table = element('table', { className: 'products' })
  const open = element(
    'details',
    { id: 'embed-products' },
    element('summary', {}, 'the 49 products'),
    element(
      'div',
      { className: 'scroll', tabIndex: 0, attributes: { role: 'group', 'aria-label': '49 products' } },
      table,
    ),
  )
  const names = { map: caption(), kernel: caption(), patch: caption() }
  const titled = (node: HTMLElement, text: HTMLElement | string) =>
    element('figure', {}, node, typeof text === 'string' ? caption(text) : text)
  parent.append(
    element(
      'div',
      { className: 'embed' },
      titled(element('div', { className: 'paper' }, picture, window), slide),
      titled(bank, feature),
    ),
    element(
      'div',
      { className: 'sum' },
      titled(element('div', { className: 'paper' }, patch), names.patch),
      element('span', { className: 'sign' }, '×'),
      titled(element('div', { className: 'paper' }, kernel), names.kernel),
      element('span', { className: 'sign' }, '='),
      titled(element('div', { className: 'paper' }, products), '49 products'),
      element('span', { className: 'sign' }, '→'),
      titled(element('div', { className: 'paper cells' }, ...map), names.map),
    ),
    sum,
    open,
  )
  open.addEventListener('toggle', () => story.tell())
  whenSeen(parent, story, show)

  function show({ trace, weights, focus }: Shown): void {
    const which = Math.max(1, focus.token) - 1
    const { feature: d } = focus
    const row = trace.patches.subarray(which * 49, which * 49 + 49)
    const kernelValues = weights.kernels.subarray(d * 49, d * 49 + 49)
    const product = row.map((pixel, k) => pixel * kernelValues[k]!)
    const strongest = maximum(kernelValues)
    fill(picture, trace.pixels, ink())
    fill(patch, row, ink())
    fill(kernel, kernelValues, signed(strongest))
    fill(products, product, signed(strongest))
    place(window, which, 4)
    slide.value = String(which + 1)
    feature.value = String(d)
    slide.setAttribute('aria-valuetext', nameOf(which + 1))
    showBank(all, weights.kernels)
    place(mark, d, kernelsAcross)
    const outputs = Float32Array.from({ length: patches }, (_, i) => trace.embedded[i * width + d]!)
    const largest = maximum(outputs)
    for (const [i, button] of map.entries()) {
      // not at full strength, since a number stands on it
      button.style.background = signedCss(outputs[i]!, largest * 2.2)
      button.textContent = number(outputs[i]!)
      button.setAttribute('aria-label', `Patch ${i + 1}: ${number(outputs[i]!)}`)
      button.setAttribute('aria-pressed', String(i === which))
    }
    names.patch.textContent = nameOf(which + 1)
    names.kernel.textContent = `kernel ${d + 1}`
    names.map.textContent = 'for every patch'
    const added = product.reduce((all, one) => all + one, 0)
    const bias = weights.bias[d]!
    sum.replaceChildren(
      `49 products add up to ${number(added, 3)}; with the bias ${number(bias, 3)} that is `,
      element('b', {}, number(added + bias, 3)),
      '. The convolution says ',
      element('b', {}, number(outputs[which]!, 3)),
      `: number ${d + 1} of ${nameOf(which + 1)}’s token.`,
    )
    if (open.open) showProducts(table, row, kernelValues)
  }
}

/** Moves a frame over the cell of a square grid. */
function place(frame: HTMLElement, which: number, across: number): void {
  frame.style.left = `${(100 * (which % across)) / across}%`
  frame.style.top = `${(100 * Math.floor(which / across)) / across}%`
  frame.style.width = frame.style.height = `${100 / across}%`
}

/** All hundred kernels, a pixel apart. */
function showBank(canvas: HTMLCanvasElement, kernels: Float32Array): void {
  const { width: wide } = canvas
  const values = new Float32Array(wide * wide)
  for (let d = 0; d < kernelsAcross ** 2; d++) {
    for (let k = 0; k < 49; k++) {
      const y = Math.floor(d / kernelsAcross) * 8 + Math.floor(k / 7)
      values[y * wide + (d % kernelsAcross) * 8 + (k % 7)] = kernels[d * 49 + k]!
    }
  }
  fill(canvas, values, signed(maximum(kernels) * 0.6))
}

function showProducts(table: HTMLTableElement, row: Float32Array, kernel: Float32Array): void {
  const lines = Array.from({ length: 7 }, (_, y) =>
    element(
      'tr',
      {},
      ...Array.from({ length: 7 }, (_, x) => {
        const k = y * 7 + x
        const cell = element('td', {})
        cell.append(
          element('small', {}, `${number(row[k]!)} · ${number(kernel[k]!)}`),
          element('br'),
          number(row[k]! * kernel[k]!),
        )
        return cell
      }),
    ),
  )
  table.replaceChildren(element('tbody', {}, ...lines))
}
