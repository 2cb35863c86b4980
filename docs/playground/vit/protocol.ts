/** What the page and its reader, a worker, say to each other. */

/** Weights of every layer, each [heads, n, n], and what reached each token through all of them, [n, n]. */
export interface Looks {
  readonly layers: readonly Float32Array[]
  readonly rollout: Float32Array
  readonly heads: number
  readonly tokens: number
}

export type Request =
  | { readonly kind: 'digit'; readonly id: number; readonly pixels: Float32Array }
  | { readonly kind: 'weights'; readonly file: File }
  | { readonly kind: 'photo'; readonly file: Blob }

export interface DigitReply {
  readonly kind: 'digit'
  readonly id: number
  readonly logits: Float32Array
  /** Class token and patches after the embedding, [17, 100]. */
  readonly embedding: Float32Array
  readonly looks: Looks
  /** Of the model's forward alone. */
  readonly milliseconds: number
}

export interface PhotoReply {
  readonly kind: 'photo'
  /** What the model saw: a square of four bytes a pixel. */
  readonly pixels: Uint8ClampedArray
  readonly size: number
  /** Patches along a side. */
  readonly grid: number
  /** Tokens before the patches: class and registers. */
  readonly prefix: number
  /** Patch embeddings, [grid × grid, width]. */
  readonly embedding: Float32Array
  readonly width: number
  readonly logits: Float32Array
  readonly looks: Looks
  readonly milliseconds: number
}

export type Reply =
  | { readonly kind: 'ready'; readonly milliseconds: number }
  | DigitReply
  | PhotoReply
  | { readonly kind: 'progress'; readonly text: string; readonly part: number }
  | { readonly kind: 'model'; readonly text: string; readonly classes: number }
  | { readonly kind: 'failure'; readonly of: Request['kind'] | 'start'; readonly text: string }
