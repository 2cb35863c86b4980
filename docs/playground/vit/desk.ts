/** The desk beside the story: the pad, ten digits to begin with, the answer, the link. */
import { largest, probabilities } from '../model/look.ts'
import { sampleDigits } from '../model/sample-digits.ts'
import { fromLink, toLink } from '../model/vit/link.ts'
import { announce, byId, element } from '../page/element.ts'
import { onTheme } from '../page/theme.ts'
import { showBars } from './bars.ts'
import { fill, ink } from './ink.ts'
import { Pad } from './pad.ts'
import type { Reader } from './reader.ts'
import type { Story } from './story.ts'

export function mountDesk(reader: Reader, story: Story): void {
  const pad = new Pad({ what: 'one digit', patches: 4 }, (drawn) => {
    byId('pad-hint').hidden = drawn.length > 0
    story.draw(drawn)
    keepInLink()
  })
  byId('pad').prepend(pad.canvas)
  byId('clear').addEventListener('click', () => pad.clear())
  byId('undo').addEventListener('click', () => pad.undo())
  byId('samples').append(
    ...sampleDigits.map((sample, digit) =>
      element(
        'button',
        {
          type: 'button',
          className: 'chip',
          attributes: { 'aria-label': `Write a ${digit}` },
          on: { click: () => pad.write(sample) },
        },
        String(digit),
      ),
    ),
  )
  const copy = byId('copy-link')
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(location.href)
      copy.textContent = 'Copied'
    } catch {
      copy.textContent = 'Not allowed here'
    }
    announce(copy.textContent)
    setTimeout(() => {
      copy.textContent = 'Copy link'
    }, 1500)
  })
  onTheme(() => pad.paint())
  // where the answer is in view it need not be told again
  new IntersectionObserver((entries) => {
    document.body.classList.toggle('at-desk', entries.at(-1)!.isIntersecting)
  }).observe(byId('answer'))

  reader.on('ready', () => begin())
  reader.on('failure', ({ of, text }) => {
    if (of === 'start' || of === 'trace') byId('digit-status').textContent = text
  })
  addEventListener('hashchange', () => {
    if (location.hash.slice(1) !== kept && !follow()) story.ask()
  })
  story.subscribe(({ trace, blank, milliseconds }) => {
    keepInLink()
    const chances = probabilities(trace.logits)
    const [best] = largest(chances, 1)
    showBars(
      byId('answer'),
      chances.map((value, digit) => ({ label: String(digit), value: blank ? 0 : value })),
    )
    const answer = blank ? '' : String(best!.index)
    byId('verdict').textContent = answer
    byId('digit-status').textContent = `read in ${milliseconds.toFixed(1)} ms`
    fill(byId('ticker-digit') as HTMLCanvasElement, trace.pixels, ink())
    byId('ticker-text').textContent = blank
      ? 'draw a digit above'
      : `${answer} · ${Math.round(100 * best!.value)} %`
    if (!blank) announce(`The model reads a ${answer}, ${Math.round(100 * best!.value)} percent`)
  })

  function begin(): void {
    if (follow()) return
    if (story.strokes.length === 0) pad.write(sampleDigits[3]!)
    else story.ask()
  }

  /** Does what the address says; false where it says no drawing. */
  function follow(): boolean {
    const link = location.hash.slice(1)
    const { strokes, levers } = fromLink(link)
    // other anchors of the page, as of the skip link, say nothing of it
    if (strokes.length === 0 && !/^(&|$)/.test(link)) return false
    story.levers = levers
    if (strokes.length > 0) pad.write(strokes)
    return strokes.length > 0
  }

  let kept = location.hash.slice(1)
  let waiting: ReturnType<typeof setTimeout> | undefined
  /** The address says what is drawn and pulled, once the pen rests: browsers allow only so many changes. */
  function keepInLink(): void {
    clearTimeout(waiting)
    waiting = setTimeout(() => {
      const link = toLink(story)
      if (link === kept) return
      kept = link
      history.replaceState(null, '', link === '' ? location.pathname : `#${link}`)
    }, 400)
  }
}
