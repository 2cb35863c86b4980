/** A small model and folders of small pictures for the tests of commands. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import ndarray from 'ndarray'
import { writeSafetensors } from 'tesserae/checkpoint'
import { writePng } from 'tesserae/image'
import { manualSeed, metadataOf, VisionTransformer } from 'tesserae/nn'

/** A picture whose stripes run down or across, by its number. */
export function striped(number: number, isAcross: boolean): Uint8Array {
  const side = 40 + (number % 5)
  const period = 4 + (number % 3)
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [y, x] = [Math.floor(i / 3 / side), Math.floor(i / 3) % side]
    const along = (isAcross ? y : x) + number
    return (along % (2 * period) < period ? 210 : 40) + ((i * 7 + number * 13) % 23)
  })
  return writePng(ndarray(data, [side, side, 3]))
}

/** Writes files, and the folders that they are in. */
export async function put(
  folder: string,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<void> {
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), bytes)
  }
}

/** `down/0.png`, `across/0.png` and so on. */
export const stripes = (count: number): Record<string, Uint8Array> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      [`down/${i}.png`, striped(i, false)] as const,
      [`across/${i}.png`, striped(i + 100, true)] as const,
    ]).flat(),
  )

/** The file of an untrained model. */
export function smallModel(seed = 3): Uint8Array {
  manualSeed(seed)
  const options = { imgSize: 32, patchSize: 8, embedDim: 48, depth: 2, numHeads: 3, numClasses: 4 }
  const model = new VisionTransformer(options)
  return writeSafetensors(model.stateDict(), metadataOf(model, { labels: ['w', 'x', 'y', 'z'] }))
}
