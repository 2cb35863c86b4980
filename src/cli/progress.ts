/** How far a long work is: a bar with the time left where someone watches, else a line now and then. The bar is cli-progress'. */
import { MultiBar } from 'cli-progress'
import { bar, type Output } from './output.ts'

export interface Meter {
  /** Says that so many are done. */
  at(done: number): void
  /** A notice above the bar. */
  notice(text: string): void
  /** A line of the result, which is on the same terminal as the bar or not. */
  line(text: string): void
  end(): void
}

interface Work {
  /** What is being done: `embedding`. */
  readonly doing: string
  readonly total: number
  /** How many were done before. */
  readonly before?: number | undefined
}

/** The first line where no one watches comes after so many seconds; then each after a third more time than the last. */
const FIRST = 5

export function startMeter({ doing, total, before = 0 }: Work, output: Output): Meter {
  const started = performance.now()
  const seconds = () => (performance.now() - started) / 1000
  const told = (done: number) => {
    const rate = (done - before) / Math.max(seconds(), 1e-3)
    const left = done > before && done < total ? `, ${lasting((total - done) / rate)} left` : ''
    return `${done} of ${total}${done > before ? `, ${rate.toFixed(rate < 10 ? 1 : 0)} a second` : ''}${left}`
  }
  if (output.watched !== undefined) {
    const bars = new MultiBar({
      stream: output.watched,
      format: (_options, _params, { done }: { done: number }) =>
        `${doing} ${bar(done / total, 24).padEnd(24, '·')} ${told(done)}`,
      ...{ clearOnComplete: true, gracefulExit: false, fps: 8, autopadding: false },
    })
    const one = bars.create(total, before, { done: before })
    return {
      at: (done) => one.update(done, { done }),
      notice: (text) => void bars.log(`${text}\n`),
      line: (text) => (process.stdout.isTTY ? void bars.log(`${text}\n`) : output.line(text)),
      end: () => bars.stop(),
    }
  }
  let next = FIRST
  return {
    at: (done) => {
      if (seconds() < next || done >= total) return
      next = Math.max(next + FIRST, (seconds() * 4) / 3)
      output.notice(`${doing}: ${told(done)}`)
    },
    notice: (text) => output.notice(text),
    line: (text) => output.line(text),
    end: () => {},
  }
}

/** A time in words: `2 min 5 s`. */
export function lasting(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const [h, min, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  if (h > 0) return `${h} h ${min} min`
  return min > 0 ? `${min} min ${s} s` : `${s} s`
}
