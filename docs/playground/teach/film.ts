/** What the model says of the drawing, and where it looks, at moments of the lesson; and every head of the moment that is chosen. */

import { largest } from '../model/look.ts'
import { grid, heads, layers } from '../model/teach/lesson-plan.ts'
import { byId, element } from '../page/element.ts'
import { onTheme } from '../page/theme.ts'
import { type Look, look } from './picture.ts'
import type { Moment } from './protocol.ts'
import type { School } from './school.ts'

const patches = grid * grid

interface Frame extends Look {
  readonly button: HTMLButtonElement
  readonly words: HTMLElement
}

export function mountFilm(school: School): void {
  const film = byId('film')
  const frames: Frame[] = []
  const glance = look()
  byId('glance').append(glance.node, element('span', { className: 'small soft' }, 'where it looks'))
  const maps = Array.from({ length: layers * heads }, look)
  byId('heads').append(
    ...maps.map(({ node }, i) =>
      element(
        'figure',
        {},
        node,
        element(
          'figcaption',
          { className: 'small soft' },
          `layer ${Math.floor(i / heads) + 1}, head ${(i % heads) + 1}`,
        ),
      ),
    ),
  )
  school.subscribe(show)
  onTheme(show)

  function show(): void {
    const { film: moments, learning, now, seen, moment } = school
    // while it learns, the newest answer is the last frame
    const all = learning && now !== null && moments.at(-1)?.step !== now.step ? [...moments, now] : moments
    byId('no-film').hidden = all.length > 0
    while (frames.length > all.length) frames.pop()!.button.remove()
    while (frames.length < all.length) film.append(added(frames))
    for (const [i, frame] of frames.entries()) {
      const one = all[i]!
      frame.show(seen, meanOf(one))
      frame.words.textContent = wordsOf(one, school.taught)
      frame.button.setAttribute('aria-pressed', String(one.step === moment?.step))
      frame.button.dataset['step'] = String(one.step)
    }
    byId('glance').hidden = moment === null
    glance.show(seen, moment === null ? null : meanOf(moment))
    for (const [i, map] of maps.entries()) {
      map.show(seen, moment === null ? null : moment.looks.subarray(i * patches, (i + 1) * patches))
    }
    byId('heads-title').textContent = moment === null ? 'Every head' : `Every head after ${moment.step} steps`
  }

  function added(list: Frame[]): HTMLElement {
    const picture = look()
    const words = element('span', { className: 'words' })
    const button = element(
      'button',
      {
        type: 'button',
        className: 'frame',
        on: {
          click: () => {
            const step = Number(button.dataset['step'])
            school.choose(school.chosen === step ? null : step)
          },
        },
      },
      picture.node,
      words,
    )
    list.push({ ...picture, button, words })
    return button
  }
}

/** The mean of the last layer's heads. */
function meanOf({ looks }: Moment): Float32Array {
  const mean = new Float32Array(patches)
  const last = (layers - 1) * heads
  for (let head = 0; head < heads; head++) {
    for (let i = 0; i < patches; i++) mean[i]! += looks[(last + head) * patches + i]! / heads
  }
  return mean
}

function wordsOf({ step, chances }: Moment, names: readonly string[]): string {
  const [best] = largest(chances, 1)
  return `step ${step}: ${names[best!.index]} ${Math.round(100 * best!.value)} %`
}
