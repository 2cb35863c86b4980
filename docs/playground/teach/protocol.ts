/** What the third page and its teacher, a worker, say to each other. */
import type { Lesson } from '../model/teach/lesson.ts'
import type { Answer } from '../model/teach/model.ts'

/** What the model answered after so many steps. */
export interface Moment extends Answer {
  readonly step: number
}

export type Request =
  | { readonly kind: 'learn'; readonly lesson: Lesson }
  | { readonly kind: 'stop' }
  /** A page that nobody sees lets the teacher rest. */
  | { readonly kind: 'rest'; readonly resting: boolean }
  /** What is looked at from now on, [3, 28, 28]. */
  | { readonly kind: 'look'; readonly pixels: Float32Array }
  | { readonly kind: 'save'; readonly names: readonly string[] }

export type Reply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'step'; readonly step: number; readonly loss: number }
  /** The model as it is now, of what is looked at. */
  | { readonly kind: 'answer'; readonly moment: Moment }
  /** What the model said at every moment that is kept, of what is looked at. */
  | { readonly kind: 'film'; readonly moments: readonly Moment[] }
  /** A look was taken: the next one may be asked for. */
  | { readonly kind: 'looked' }
  | { readonly kind: 'ended'; readonly step: number }
  | { readonly kind: 'saved'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'failure'; readonly text: string }
