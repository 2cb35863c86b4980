/** The levers: erase or shuffle patches, zero the positions, mute heads, swap two tokens. */
import { isUntouched, shuffled, toggled, untouched } from '../model/vit/levers.ts'
import { announce, byId, element } from '../page/element.ts'
import { heads, layers, patches, tokens } from './figures/parts.ts'
import { fill, grid, ink } from './ink.ts'
import type { Story } from './story.ts'

export function mountLevers(parent: HTMLElement, story: Story): void {
  const tiles = Array.from({ length: patches }, (_, i) => {
    const canvas = grid(7, 7, 'ink')
    const button = element(
      'button',
      {
        type: 'button',
        className: 'tile eraser',
        attributes: { 'aria-label': `Erase patch ${i + 1}` },
        on: { click: () => story.pull({ erased: toggled(story.levers.erased, story.levers.order[i]!) }) },
      },
      canvas,
    )
    return { canvas, button }
  })
  const mutes = Array.from({ length: layers * heads }, (_, i) => {
    const [layer, head] = [Math.floor(i / heads), i % heads]
    return element(
      'button',
      {
        type: 'button',
        className: 'mute',
        attributes: { 'aria-label': `Mute layer ${layer + 1}, head ${head + 1}` },
        on: { click: () => story.pull({ muted: toggled(story.levers.muted, i) }) },
      },
      String(head + 1),
    )
  })
  const positions = element('input', {
    type: 'checkbox',
    id: 'lever-positions',
    on: { change: () => story.pull({ positions: !positions.checked }) },
  })
  const choices = ['first', 'second'].map((which, i) =>
    element(
      'select',
      { attributes: { 'aria-label': `The ${which} token to swap` }, on: { change: swap } },
      ...Array.from({ length: tokens }, (_, token) =>
        element(
          'option',
          { value: String(token), selected: token === (i === 0 ? 6 : 11) },
          token === 0 ? 'class' : String(token),
        ),
      ),
    ),
  ) as [HTMLSelectElement, HTMLSelectElement]
  const swapping = element('input', { type: 'checkbox', id: 'lever-swap', on: { change: swap } })
  const button = (text: string, act: () => void, id: string) =>
    element('button', { type: 'button', className: 'quiet', id, on: { click: act } }, text)
  const lever = (title: string, text: string, ...controls: HTMLElement[]) =>
    element(
      'div',
      { className: 'lever' },
      element('h3', {}, title),
      element('p', { className: 'small soft' }, text),
      ...controls,
    )
  const row = (...children: (HTMLElement | string)[]) => element('div', { className: 'row' }, ...children)
  const check = (input: HTMLInputElement, text: string) =>
    element('label', { className: 'check' }, input, text)
  parent.append(
    lever(
      'Erase or shuffle patches',
      'Press a patch to take its ink away. Shuffled, they are the same patches in other places.',
      element('div', { className: 'tiles' }, ...tiles.map((one) => one.button)),
      row(
        button('Shuffle', () => story.pull({ order: shuffled(story.levers.order, Math.random) }), 'shuffle'),
        button('In order', () => story.pull({ order: untouched.order }), 'unshuffle'),
        button('None erased', () => story.pull({ erased: [] }), 'unerase'),
      ),
    ),
    lever(
      'Zero the positions',
      'Without them the model gets a bag of patches: now shuffle, and nothing changes.',
      row(check(positions, 'no positions')),
    ),
    lever(
      'Mute heads',
      'A muted head finds nothing. Rows are layers.',
      element('div', { className: 'mutes' }, ...mutes),
      row(
        button('All', () => story.pull({ muted: mutes.map((_, i) => i) }), 'mute-all'),
        button('None', () => story.pull({ muted: [] }), 'mute-none'),
      ),
    ),
    lever(
      'Swap two tokens',
      'After their positions were added. Attention does not care where a token stands: the answer stays.',
      row(choices[0], choices[1], check(swapping, 'swapped')),
    ),
    row(button('Let go of everything', reset, 'reset-levers')),
  )
  story.subscribe(({ trace, levers }) => {
    for (const [i, { canvas, button: tile }] of tiles.entries()) {
      fill(canvas, trace.patches.subarray(i * 49, i * 49 + 49), ink())
      tile.setAttribute('aria-pressed', String(levers.erased.includes(levers.order[i]!)))
    }
    for (const [i, mute] of mutes.entries()) {
      mute.setAttribute('aria-pressed', String(levers.muted.includes(i)))
    }
    positions.checked = !levers.positions
    swapping.checked = levers.swap !== null
    for (const [i, token] of (levers.swap ?? []).entries()) choices[i]!.value = String(token)
    const pulled = byId('pulled')
    pulled.hidden = isUntouched(levers)
    pulled.textContent = isUntouched(levers) ? '' : `Pulled: ${listed(story)}`
  })

  function swap(): void {
    const pair = choices.map(({ value }) => Number(value)) as [number, number]
    story.pull({ swap: swapping.checked && pair[0] !== pair[1] ? pair : null })
  }

  function reset(): void {
    story.pull(untouched)
    announce('All levers are let go of')
  }
}

function listed({ levers }: Story): string {
  const { erased, order, positions, muted, swap } = levers
  const count = (one: readonly number[], word: string) => `${one.length} ${word}${one.length > 1 ? 's' : ''}`
  return [
    erased.length > 0 ? `${count(erased, 'patch').replace('patchs', 'patches')} erased` : '',
    order.some((one, i) => one !== i) ? 'patches shuffled' : '',
    positions ? '' : 'no positions',
    muted.length > 0 ? `${count(muted, 'head')} muted` : '',
    swap === null ? '' : 'two tokens swapped',
  ]
    .filter((text) => text !== '')
    .join(', ')
}
