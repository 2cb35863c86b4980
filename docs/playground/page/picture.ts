/** One's own picture: by a file chooser, dropped anywhere on the page, or pasted. */
import { announce, element } from './element.ts'
import type { Store } from './store.ts'

/** Makes pictures welcome; returns what opens the file chooser. */
export function welcomePictures(plate: () => HTMLElement | null, store: Store): () => void {
  const chooser = element('input', {
    type: 'file',
    accept: 'image/*',
    hidden: true,
    attributes: { 'aria-label': 'Your picture' },
    on: {
      change: () => {
        void use(chooser.files?.[0])
        chooser.value = '' // so that the same file may be chosen again
      },
    },
  })
  document.body.append(chooser)

  addEventListener('dragover', (event) => {
    event.preventDefault()
    plate()?.classList.add('dropping')
  })
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) plate()?.classList.remove('dropping')
  })
  addEventListener('drop', (event) => {
    event.preventDefault()
    plate()?.classList.remove('dropping')
    const files = [...(event.dataTransfer?.files ?? [])]
    const file = files.find(({ type }) => type.startsWith('image/'))
    if (file === undefined && files.length > 0) store.refuse(`${files[0]!.name} is not a picture`)
    void use(file)
  })
  addEventListener('paste', (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'))
    if (file === undefined) return
    event.preventDefault()
    void use(file)
  })

  async function use(file: File | undefined): Promise<void> {
    if (file === undefined) return
    try {
      const bitmap = await createImageBitmap(file)
      // no more pixels than are ever drawn
      const scale = Math.min(1, 512 / Math.max(bitmap.width, bitmap.height))
      const width = Math.max(1, Math.round(bitmap.width * scale))
      const height = Math.max(1, Math.round(bitmap.height * scale))
      const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!
      context.drawImage(bitmap, 0, 0, width, height)
      const { fitPicture } = await import('../model/fit-picture.ts')
      store.usePicture(context.getImageData(0, 0, width, height), fitPicture(store.state, width, height))
      announce(`${file.name} is shown`)
    } catch {
      store.refuse(`${file.name} is not a picture that this browser can read`)
    }
  }

  return () => chooser.click()
}
