/** Figure 9: the class token, ten vectors to compare it with, ten results, ten probabilities. */
import { largest as likeliest, probabilities } from '../../model/look.ts'
import { element } from '../../page/element.ts'
import { fill, grid, maximum, shown as number, signed } from '../ink.ts'
import type { Story } from '../story.ts'
import { caption, strength, strip, whenSeen, width } from './parts.ts'

export function mountHead(parent: HTMLElement, story: Story): void {
  const token = strip('class, normed', width)
  const rows = Array.from({ length: 10 }, (_, digit) => {
    const vector = grid(width, 1, 'strip')
    const logit = element('span', { className: 'figure-of' })
    const fillBar = element('span', { className: 'fill' })
    const chance = element('span', { className: 'figure-of' })
    const button = element(
      'button',
      {
        type: 'button',
        className: 'look-row head-row',
        on: { click: () => story.look({ digit }) },
      },
      element('span', {}, element('span', { className: 'hidden' }, 'digit '), String(digit)),
      vector,
      logit,
      element('span', { className: 'weighed' }, element('span', { className: 'track' }, fillBar), chance),
    )
    return { button, vector, logit, fillBar, chance }
  })
  const products = strip('products', width)
  const sum = element('p', { className: 'equation', id: 'head-sum' })
  parent.append(
    token.node,
    element(
      'div',
      { className: 'look-row head-row head', attributes: { 'aria-hidden': 'true' } },
      ...['', 'its vector', 'sum', 'probability'].map((text) =>
        element('span', { className: 'small soft' }, text),
      ),
    ),
    ...rows.map(({ button }) => button),
    products.node,
    sum,
    caption('Orange products speak for the digit, blue ones against it.'),
  )
  whenSeen(parent, story, ({ trace, weights, focus, blank }) => {
    token.show(trace.final, strength(trace.final))
    const chances = probabilities(trace.logits)
    const [best] = likeliest(chances, 1)
    const digit = focus.digit < 0 ? best!.index : focus.digit
    for (const [i, { button, vector, logit, fillBar, chance }] of rows.entries()) {
      fill(vector, weights.head.subarray(i * width, (i + 1) * width), signed(strength(weights.head)))
      logit.textContent = number(trace.logits[i]!)
      fillBar.style.transform = `scaleX(${blank ? 0 : chances[i]!.toFixed(4)})`
      chance.textContent = blank ? '' : number(chances[i]!, 3)
      button.setAttribute('aria-pressed', String(i === digit))
    }
    const product = trace.final.map((value, i) => value * weights.head[digit * width + i]!)
    products.show(product, maximum(product) * 0.8, `for ${digit}`)
    const added = product.reduce((all, one) => all + one, 0)
    const bias = weights.headBias[digit]!
    sum.replaceChildren(
      `For ${digit}: 100 products add up to ${number(added)}; with the bias ${number(bias)} that is `,
      element('b', {}, number(added + bias)),
      '.',
    )
  })
}
