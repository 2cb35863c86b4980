/** A checkpoint's model with another head, and the file that it becomes. */
import { writeSafetensors } from '../../checkpoint/write.ts'
import type { Linear } from '../../nn/linear.ts'
import { metadataOf } from '../../vit/own.ts'
import type { Preparation } from '../../vit/preparation.ts'
import { VisionTransformer } from '../../vit/vision-transformer.ts'
import { writeWhole } from '../files.ts'

/** The model with this head; the old one is not to be used any more. */
export function withHead(model: VisionTransformer, head: Linear): VisionTransformer {
  const options = { ...model.options, numClasses: head.outFeatures }
  const tuned = VisionTransformer.fromStateDict(model.stateDict(), options)
  model.dispose()
  for (const own of [tuned.head, tuned.headDist]) own?.loadStateDict(head.stateDict())
  return tuned
}

/** Writes the model with the names of its classes and the preparation of its pictures. What was assumed of both is so from now on, since it has learned with it. */
export async function saveTuned(
  path: string,
  model: VisionTransformer,
  { classes, view }: { readonly classes: readonly string[]; readonly view: Preparation },
): Promise<void> {
  const { assumed: _, ...preparation } = view
  const about = metadataOf(model, { labels: classes, preparation, guesses: [] })
  await writeWhole(path, writeSafetensors(model.stateDict(), about))
}
