/**
 * The workers of the pages begin here. The file is an entry of the build like the pages are, so pages and workers
 * share one copy of the library; Vite's own way to make a worker would bundle it a second time.
 */

import { keepLoaded } from './page/offline.ts'

/** Which worker; it is also the worker's name. */
export type Job = 'timing' | 'reader' | 'teacher'

export interface JobModule {
  /** Takes one message. */
  receive(event: MessageEvent): void
}

/** Starts a worker for a job. */
export function startWorker(job: Job): Worker {
  const script = import.meta.url
  return new Worker(script, { type: 'module', name: job })
}

if (typeof document === 'undefined') {
  keepLoaded()
  // messages that come before the job's module has arrived wait for it
  const early: MessageEvent[] = []
  const keep = (event: MessageEvent) => void early.push(event)
  addEventListener('message', keep)
  const jobs: Record<Job, () => Promise<JobModule>> = {
    timing: () => import('./page/timing.worker.ts'),
    reader: () => import('./vit/reader.worker.ts'),
    teacher: () => import('./teach/teacher.worker.ts'),
  }
  jobs[self.name as Job]().then(
    ({ receive }) => {
      removeEventListener('message', keep)
      addEventListener('message', receive)
      for (const event of early) receive(event)
    },
    () => {
      const fail = () =>
        postMessage({
          kind: 'failure',
          of: 'start',
          text: 'a part of this page did not arrive: load it again',
        })
      removeEventListener('message', keep)
      // whatever is asked from now on
      addEventListener('message', fail)
      fail()
    },
  )
}
