/** How a picture is prepared for a model from a file: as Google's ViTs were trained, since files do not say. */
import type { VisionTransformer } from 'tesserae/nn'

export interface Preprocessing {
  readonly size: number
  readonly cropPct: number
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly classes: number
}

export function preprocessingOf(model: VisionTransformer): Preprocessing {
  const { imgSize } = model.patchEmbed
  const [size = 224] = imgSize ?? []
  const head = Object.entries(model.stateDict()).find(([name]) => /^head\.(weight|bias)$/.test(name))
  const half = [0.5, 0.5, 0.5]
  return { size, cropPct: 0.9, mean: half, std: half, classes: head?.[1].shape[0] ?? 0 }
}
