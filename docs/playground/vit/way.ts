/**
 * The nine steps at a glance, and the chosen token carried along: what it is after each of them, which step is being read,
 * and the way to each. The address is left alone: it says the drawing.
 */
import { probabilities, rowOf } from '../model/look.ts'
import { byId } from '../page/element.ts'
import { heads, headWidth, layers, nameOf, strength, tokens, width } from './figures/parts.ts'
import { fill, grid, ink, signed, weight } from './ink.ts'
import type { Shown, Story } from './story.ts'

type Colour = Parameters<typeof fill>[2]

/** What the chosen token is after a step: so many numbers in a line, and how they are coloured. */
interface Form {
  readonly columns: number
  readonly rows: number
  of(shown: Shown): readonly [values: ArrayLike<number>, colour: Colour]
}

/** The chosen one of vectors of 100 numbers, in four lines, one for each head. */
function vector(of: (shown: Shown) => Float32Array, first = 0): Form {
  return {
    columns: headWidth,
    rows: heads,
    of: (shown) => [row(of(shown), shown.focus.token - first), signed(strength(of(shown)))],
  }
}

/** In the order of the steps. */
const forms: readonly Form[] = [
  { columns: 7, rows: 7, of: ({ trace, focus }) => [row(trace.patches, focus.token - 1, 49), ink()] },
  vector(({ trace }) => trace.embedded, 1),
  {
    columns: width,
    rows: tokens,
    // among the others, which are paled
    of: ({ trace: { packed }, focus }) => [
      packed.map((value, i) => (Math.floor(i / width) === focus.token ? value : value / 3)),
      signed(strength(packed)),
    ],
  },
  vector(({ trace }) => trace.tokens),
  {
    columns: headWidth,
    rows: 3,
    of({ trace, focus }) {
      const { qkv } = trace.layers[focus.layer]!
      const part = (which: number) => row(qkv, 3 * focus.token + which).subarray(focus.head * headWidth)
      return [[0, 1, 2].flatMap((which) => [...part(which).subarray(0, headWidth)]), signed(strength(qkv))]
    },
  },
  {
    columns: tokens,
    rows: 1,
    of: ({ trace, focus, blank }) => [
      blank
        ? []
        : rowOf({ weights: trace.layers[focus.layer]!.weights, heads, tokens }, focus.token, focus.head),
      weight,
    ],
  },
  vector(({ trace, focus }) => trace.layers[focus.layer]!.output),
  {
    columns: width,
    rows: layers + 1,
    of({ trace, focus }) {
      const after = [trace.tokens, ...trace.layers.map(({ output }) => output)]
      return [after.flatMap((rows) => [...row(rows, focus.token)]), signed(strength(trace.tokens))]
    },
  },
  {
    columns: 10,
    rows: 1,
    of: ({ trace, blank }) => [blank ? [] : probabilities(trace.logits), weight],
  },
]

export function mountWay(story: Story): void {
  const way = byId('way')
  const links = [...way.querySelectorAll('a')]
  const canvases = forms.map(({ columns, rows }) => grid(columns, rows, 'carried'))
  const frame = byId('way-frame')
  const ticker = byId('ticker-token') as HTMLCanvasElement
  let current = 0
  const watch = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const id = target.getAttribute('aria-labelledby')
        const which = links.findIndex(({ hash }) => hash === `#${id}`)
        if (isIntersecting) links[which]!.setAttribute('aria-current', 'step')
        else links[which]!.removeAttribute('aria-current')
      }
      // entries come by section, not by time: where one is shows when all are read
      const now = links.findIndex((link) => link.hasAttribute('aria-current'))
      if (now !== -1) arrive(now)
    },
    // the line in the middle of the window
    { rootMargin: '-50% 0px -50% 0px' },
  )
  for (const [i, link] of links.entries()) {
    link.append(canvases[i]!)
    const title = byId(link.hash.slice(1))
    watch.observe(title.closest('section')!)
    link.addEventListener('click', (event) => {
      event.preventDefault()
      title.tabIndex = -1
      title.focus({ preventScroll: true })
      title.scrollIntoView()
    })
  }
  new ResizeObserver(() => arrive(current)).observe(way)
  story.subscribe((shown) => {
    for (const [i, { of }] of forms.entries()) fill(canvases[i]!, ...of(shown))
    byId('way-of').textContent = nameOf(shown.focus.token)
    arrive(current)
  })

  /** The frame moves on to the step that is read, and on a phone what the token is there stands beside the answer. */
  function arrive(which: number): void {
    current = which
    const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = links[which]!
    frame.style.translate = `${offsetLeft}px ${offsetTop}px`
    frame.style.width = `${offsetWidth}px`
    frame.style.height = `${offsetHeight}px`
    const { width, height } = canvases[which]!
    Object.assign(ticker, { width, height })
    ticker.getContext('2d')!.drawImage(canvases[which]!, 0, 0)
  }
}

/** Row `which` of [n, columns]; nothing before the first: the class token has no pixels. */
function row(values: Float32Array, which: number, columns = width): Float32Array {
  return which < 0 ? new Float32Array(columns) : values.subarray(which * columns, (which + 1) * columns)
}
