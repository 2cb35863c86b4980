/** A photograph and a model of one's own, by files: patches, likeness, attention, the five likeliest answers. */
import { largest, probabilities, rowOf, similarities } from '../model/look.ts'
import { namesIn } from '../model/vit/names.ts'
import { announce, byId, element } from '../page/element.ts'
import chelsea from '../photos/chelsea.jpg?url'
import { showBars } from './bars.ts'
import { fill, grid, spotlight } from './ink.ts'
import type { PhotoReply, Reader } from './reader.ts'

export function mountPhoto(reader: Reader): void {
  let reply: PhotoReply | null = null
  let names: string[] = []
  let photo: Blob | null = null
  let hasModel = false
  let patch: number | null = null
  const what = byId('photo-what') as HTMLSelectElement
  const view = byId('photo-view')
  const picture = element('canvas', { className: 'picture', attributes: { 'aria-hidden': 'true' } })
  let overlay = grid(1, 1, 'heat')
  const mark = element('span', { className: 'mark-patch', hidden: true })
  view.append(picture, overlay, element('span', { className: 'lines' }), mark)
  view.tabIndex = 0
  view.setAttribute('role', 'application')
  view.setAttribute('aria-label', 'The picture in patches. Arrow keys move from patch to patch.')

  const chooser = byId('photo-files') as HTMLInputElement
  chooser.addEventListener('change', () => take(chooser.files))
  addEventListener('dragover', (event) => {
    event.preventDefault()
    byId('photo').classList.add('dropping')
  })
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) byId('photo').classList.remove('dropping')
  })
  addEventListener('drop', (event) => {
    event.preventDefault()
    byId('photo').classList.remove('dropping')
    take(event.dataTransfer?.files)
  })
  addEventListener('paste', (event) => take(event.clipboardData?.files))
  what.addEventListener('change', show)

  view.addEventListener('pointermove', (event) => point(event))
  view.addEventListener('pointerdown', (event) => point(event))
  view.addEventListener('pointerleave', () => {
    patch = null
    show()
  })
  view.addEventListener('keydown', (event) => {
    if (reply === null || !event.key.startsWith('Arrow')) return
    event.preventDefault()
    const { grid: n } = reply
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -n, ArrowDown: n }[event.key] ?? 0
    patch = Math.min(n * n - 1, Math.max(0, (patch ?? -step) + step))
    show()
    announce(`Patch in row ${Math.floor(patch / n) + 1}, column ${(patch % n) + 1}`)
  })

  reader.on('progress', ({ text, part }) => status(text, part))
  reader.on('model', ({ text }) => {
    hasModel = true
    status(text, null)
    byId('photo-model').textContent = text
    void ask()
  })
  reader.on('photo', (answer) => {
    reply = answer
    status(`answered in ${answer.milliseconds.toFixed(0)} ms`, null)
    byId('photo-result').hidden = false
    fillChoices(what, answer)
    paint(answer)
    show()
  })
  reader.on('failure', ({ of, text }) => {
    if (of !== 'weights' && of !== 'photo') return
    // a picture that cannot be read is not asked about again with the next model
    if (of === 'photo') photo = null
    status(of === 'photo' ? `the picture cannot be read: ${text}` : text, null, true)
  })

  function take(files: FileList | null | undefined): void {
    for (const file of files ?? []) {
      if (/\.safetensors$/i.test(file.name)) {
        status(`reading ${file.name}`, 0)
        reader.send({ kind: 'weights', file })
      } else if (/\.(json|txt)$/i.test(file.name)) void readNames(file)
      else if (file.type.startsWith('image/')) {
        photo = file
        void ask()
      } else status(`${file.name} is neither a picture, nor .safetensors, nor a list of names`, null, true)
    }
  }

  async function ask(): Promise<void> {
    if (!hasModel) return status('Now a model: drop its .safetensors file too.', null)
    reader.send({ kind: 'photo', file: photo ?? (await bundledPhoto()) })
  }

  async function readNames(file: File): Promise<void> {
    const found = namesIn(await file.text())
    if (found === null) return status(`${file.name} is no list of names`, null, true)
    names = found
    status(`${names.length} names from ${file.name}`, null)
    show()
  }

  function status(text: string, part: number | null, wrong = false): void {
    const line = byId('photo-status')
    line.textContent = text
    line.classList.toggle('wrong', wrong)
    const bar = byId('photo-progress') as HTMLProgressElement
    bar.hidden = part === null
    bar.value = part ?? 0
  }

  function point(event: PointerEvent): void {
    if (reply === null) return
    const box = view.getBoundingClientRect()
    const { grid: n } = reply
    const column = Math.min(n - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * n)))
    const row = Math.min(n - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * n)))
    if (patch === row * n + column) return
    patch = row * n + column
    show()
  }

  function paint({ pixels, size }: PhotoReply): void {
    picture.width = picture.height = size
    picture.getContext('2d')!.putImageData(new ImageData(new Uint8ClampedArray(pixels), size, size), 0, 0)
  }

  function show(): void {
    if (reply === null) return
    const { grid: n, prefix, looks, embedding, width, logits } = reply
    if (overlay.width !== n) {
      const next = grid(n, n, 'heat')
      overlay.replaceWith(next)
      overlay = next
    }
    const query = patch === null ? 0 : prefix + patch
    const who = patch === null ? 'the class token' : 'this patch'
    let values: Float32Array
    if (what.value === 'likeness') {
      values =
        patch === null
          ? new Float32Array(n * n)
          : similarities(embedding, width, patch).map((one) => Math.max(0, one))
      byId('photo-caption').textContent =
        patch === null
          ? 'Point at a patch to see which others were embedded alike.'
          : 'Patches whose embedding is like this one’s'
    } else if (what.value === 'rollout') {
      values = looks.rollout.slice(query * looks.tokens + prefix, (query + 1) * looks.tokens)
      byId('photo-caption').textContent = `What reached ${who} through all layers (attention rollout)`
    } else {
      const [layer, head] = what.value.split(':').map(Number) as [number, number]
      const map = { weights: looks.layers[layer]!, heads: looks.heads, tokens: looks.tokens }
      values = rowOf(map, query, head < 0 ? 'mean' : head).slice(prefix)
      byId('photo-caption').textContent =
        `Where ${who} looks in layer ${layer + 1}, ${head < 0 ? 'all heads' : `head ${head + 1}`}`
    }
    fill(overlay, values, spotlight(values))
    mark.hidden = patch === null
    view.style.setProperty('--patches', String(n))
    view.style.setProperty('--row', String(Math.floor((patch ?? 0) / n)))
    view.style.setProperty('--column', String((patch ?? 0) % n))
    const chances = probabilities(logits)
    showBars(
      byId('photo-answer'),
      largest(chances, 5).map(({ index, value }) => ({ label: names[index] ?? `class ${index}`, value })),
    )
  }
}

function fillChoices(select: HTMLSelectElement, { looks }: PhotoReply): void {
  const before = select.value
  const option = (value: string, text: string) => element('option', { value }, text)
  select.replaceChildren(
    option('rollout', 'attention through all layers'),
    option('likeness', 'likeness of patch embeddings'),
    ...looks.layers.flatMap((_, layer) => [
      option(`${layer}:-1`, `layer ${layer + 1}, mean of heads`),
      ...Array.from({ length: looks.heads }, (_, head) =>
        option(`${layer}:${head}`, `layer ${layer + 1}, head ${head + 1}`),
      ),
    ]),
  )
  if ([...select.options].some(({ value }) => value === before)) select.value = before
}

/** The cat of the story, for a model that comes without a photograph. */
async function bundledPhoto(): Promise<Blob> {
  return (await fetch(chelsea)).blob()
}
