/** The loss, step by step: a thin line of every batch, a thick one of their mean. */
import { steps } from '../model/teach/lesson-plan.ts'
import { byId } from '../page/element.ts'
import type { School } from './school.ts'

const [wide, high] = [600, 150]
const space = 'http://www.w3.org/2000/svg'

export function mountCurve(school: School): void {
  const svg = document.createElementNS(space, 'svg')
  svg.setAttribute('viewBox', `0 0 ${wide} ${high}`)
  svg.setAttribute('preserveAspectRatio', 'none')
  svg.setAttribute('role', 'img')
  const path = (name: string) => {
    const made = document.createElementNS(space, 'path')
    made.setAttribute('class', name)
    svg.append(made)
    return made
  }
  const [guess, thin, thick] = [path('guess'), path('thin'), path('thick')]
  const chart = byId('curve')
  chart.prepend(svg)
  let shown: readonly number[] | null = null
  school.subscribe(() => {
    const { losses, taught } = school
    if (losses === shown) return
    shown = losses
    const guessing = Math.log(Math.max(2, taught.length))
    const top = Math.max(guessing * 1.25, ...losses)
    const place = (step: number, loss: number) =>
      `${((step / steps) * wide).toFixed(1)} ${(high * (1 - loss / top)).toFixed(1)}`
    const line = (values: readonly number[]) =>
      values.length < 2 ? '' : `M${values.map((loss, i) => place(i + 1, loss)).join('L')}`
    guess.setAttribute('d', `M${place(0, guessing)}L${place(steps, guessing)}`)
    thin.setAttribute('d', line(losses))
    thick.setAttribute('d', line(means(losses)))
    byId('guessing').textContent = `guessing: ${guessing.toFixed(2)}`
    byId('guessing').style.top = `${(100 * (1 - guessing / top)).toFixed(1)}%`
    svg.setAttribute(
      'aria-label',
      losses.length === 0
        ? 'The loss, once there is one'
        : `The loss after ${losses.length} of ${steps} steps: ${school.smooth.toFixed(2)}; guessing would be ${guessing.toFixed(2)}`,
    )
  })
}

/** Of each loss and those before it, newer ones counting more. */
function means(losses: readonly number[]): number[] {
  let [sum, share] = [0, 0]
  return losses.map((loss) => {
    sum = 0.9 * sum + loss
    share = 0.9 * share + 1
    return sum / share
  })
}
