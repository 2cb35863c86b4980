/** What one takes along: the weights as safetensors, and the drawing as a picture of the size that models are shown. */
import { bytesOf, side } from '../model/teach/example.ts'
import { byId, element } from '../page/element.ts'
import type { School } from './school.ts'
import type { Teacher } from './teacher.ts'

/** How large a pixel of the model is in the saved picture; what opens it takes the mean of them. */
const scale = 8

export function mountKeep(school: School, teacher: Teacher): void {
  const weights = byId('save') as HTMLButtonElement
  const picture = byId('save-picture') as HTMLButtonElement
  weights.addEventListener('click', () => teacher.send({ kind: 'save', names: school.taught }))
  teacher.on('saved', ({ bytes }) => {
    save(new Blob([bytes], { type: 'application/octet-stream' }), `${fileName(school.taught)}.safetensors`)
    school.say(`saved: ${(bytes.length / 1000).toFixed(0)} kB`)
  })
  picture.addEventListener('click', async () => {
    const { seen } = school
    if (seen === null) return
    const canvas = new OffscreenCanvas(side * scale, side * scale)
    const image = new ImageData(bytesOf(seen, scale), side * scale, side * scale)
    canvas.getContext('2d')!.putImageData(image, 0, 0)
    save(await canvas.convertToBlob({ type: 'image/png' }), 'drawing.png')
  })
  school.subscribe(() => {
    weights.disabled = school.taught.length === 0
    picture.disabled = school.seen === null
  })
}

function fileName(names: readonly string[]): string {
  const words = names.map((name) => name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'class')
  return words.join('-').slice(0, 60)
}

function save(blob: Blob, name: string): void {
  const href = URL.createObjectURL(blob)
  element('a', { href, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(href), 10_000)
}
