/** What a file says of the model that was written into it, in its metadata, so that it is opened as the same model: its options, and how its weights are kept. */
import type { Precision } from '../gemm/weighted.ts'
import { filled } from '../ops/kinds.ts'
import type { Tensors } from './tensors.ts'
import type { VisionTransformer } from './vision-transformer.ts'
import { type VisionTransformerOptions, visionTransformerOptions } from './vision-transformer-options.ts'

type Texts = Readonly<Record<string, string>>

interface Saved {
  readonly options?: VisionTransformerOptions
  readonly precision?: Precision
}

/** The entry's name. */
const entry = 'tesserae'

/** The texts about a model with an entry of its own. */
export function metadataOf(model: VisionTransformer, texts: Texts): Record<string, string> {
  const codes = [...model.parameters()].find(({ precision }) => precision !== 'float32')
  const options = filled(model.options, visionTransformerOptions)
  const saved: Saved = { options, ...(codes && { precision: codes.precision }) }
  return { format: 'pt', ...texts, [entry]: JSON.stringify(saved) }
}

export function savedOptions(texts: Texts): VisionTransformerOptions {
  return savedIn(texts).options ?? {}
}

/** How the weights are kept if nobody says: as they are in the file. */
export function precisionOf({ scales }: Tensors, texts: Texts): Precision {
  return scales.size === 0 ? 'float32' : (savedIn(texts).precision ?? 'int8')
}

function savedIn({ [entry]: text }: Texts): Saved {
  try {
    const saved: unknown = text === undefined ? {} : JSON.parse(text)
    return typeof saved === 'object' && saved !== null ? saved : {}
  } catch {
    return {} // what is no JSON tells nothing
  }
}
