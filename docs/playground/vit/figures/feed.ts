/** Figure 7: what one layer does to one token: attention is added, the MLP is added. */
import { element } from '../../page/element.ts'
import { fill, grid, shown as number, signed } from '../ink.ts'
import type { Story } from '../story.ts'
import { caption, layerAndHead, nameOf, strength, strip, whenSeen, width } from './parts.ts'

const hiddenWidth = 400

export function mountFeed(parent: HTMLElement, story: Story): void {
  const choice = layerAndHead(story, 'feed', { withHead: false })
  const labels = ['token', 'normed', '+ attention', '= sum', 'normed', '+ MLP', '= token'] as const
  const strips = labels.map((label) => strip(label, width))
  const hidden = grid(100, 4, 'signed matrix')
  const words = caption()
  const title = element('h3', {}, 'One token in one layer')
  parent.append(
    choice.node,
    title,
    ...strips.slice(0, 5).map(({ node }) => node),
    element(
      'div',
      { className: 'vector' },
      element('span', { className: 'label-of' }, 'hidden'),
      hidden,
      element('span', { className: 'note-of' }, '400 numbers'),
    ),
    words,
    ...strips.slice(5).map(({ node }) => node),
  )
  whenSeen(parent, story, (shown) => {
    choice.show(shown)
    const { trace, focus } = shown
    const layer = trace.layers[focus.layer]!
    const row = (values: Float32Array) => values.subarray(focus.token * width, (focus.token + 1) * width)
    const largest = strength(layer.input)
    const around = (values: Float32Array) => {
      const mean = values.reduce((sum, one) => sum + one, 0) / values.length
      const spread = Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / values.length)
      return `mean ${number(mean)}, spread ${number(spread)}`
    }
    title.textContent = `${nameOf(focus.token)[0]!.toUpperCase()}${nameOf(focus.token).slice(1)} in layer ${focus.layer + 1}`
    strips[0]!.show(row(layer.input), largest)
    strips[1]!.show(row(layer.norm1), strength(layer.norm1), around(row(layer.norm1)))
    strips[2]!.show(row(layer.attention), largest)
    strips[3]!.show(row(layer.middle), largest)
    strips[4]!.show(row(layer.norm2), strength(layer.norm2), around(row(layer.norm2)))
    const awake = layer.hidden.subarray(focus.token * hiddenWidth, (focus.token + 1) * hiddenWidth)
    fill(hidden, awake, signed(strength(awake)))
    strips[5]!.show(row(layer.mlp), largest)
    strips[6]!.show(row(layer.output), largest)
    const count = awake.filter((value) => value > 0.1).length
    words.textContent = `${count} of 400 are awake (above 0.1); GELU has nearly silenced the others.`
  })
}
