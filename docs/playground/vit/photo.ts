/** A photograph and a model of one's own, by files: patches, likeness, attention, the five likeliest answers. */
import { largest, probabilities, rowOf, similarities } from '../model/look.ts'
import { isAbout, namesIn } from '../model/vit/names.ts'
import { announce, byId, element } from '../page/element.ts'
import chelsea from '../photos/chelsea.jpg?url'
import { showBars } from './bars.ts'
import { fill, grid, spotlight } from './ink.ts'
import type { PhotoReply, Reader } from './reader.ts'

export function mountPhoto(reader: Reader): void {
  let reply: PhotoReply | null = null
  /** Names that were dropped, and those of the model's own configuration. */
  let names: readonly string[] = []
  let labels: readonly string[] = []
  let weights: File | null = null
  let configurations: Record<string, string> = {}
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
  chooser.addEventListener('change', () => {
    void take(chooser.files)
    chooser.value = '' // so that the same file may be chosen again
  })
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
    void take(event.dataTransfer?.files)
  })
  addEventListener('paste', (event) => void take(event.clipboardData?.files))
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
    const [rows, columns] = reply.grid
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key] ?? 0
    patch = Math.min(rows * columns - 1, Math.max(0, (patch ?? -step) + step))
    show()
    announce(`Patch in row ${Math.floor(patch / columns) + 1}, column ${(patch % columns) + 1}`)
  })

  reader.on('progress', ({ text, part }) => status(text, part))
  reader.on('model', ({ text, labels: named }) => {
    hasModel = true
    labels = named
    status('the model is there', null)
    byId('photo-model').textContent = text
    void ask()
  })
  reader.on('photo', (answer) => {
    reply = answer
    status(
      `answered in ${answer.milliseconds.toFixed(0)} ms${answer.onCard ? ' by the graphics card' : ''}`,
      null,
    )
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

  async function take(files: FileList | null | undefined): Promise<void> {
    const all = [...(files ?? [])]
    const weightsOf = all.find(({ name }) => /\.safetensors$/i.test(name))
    const texts = all.filter(({ name }) => /\.(json|txt)$/i.test(name))
    const picture = all.find(({ type }) => type.startsWith('image/'))
    const other = all.find((file) => file !== weightsOf && file !== picture && !texts.includes(file))
    if (other !== undefined) {
      status(`${other.name} is neither a picture, nor .safetensors, nor a list of names`, null, true)
    }
    photo = picture ?? photo
    // another model has other configurations
    if (weightsOf !== undefined) configurations = {}
    weights = weightsOf ?? weights
    let isSaid = weightsOf !== undefined
    for (const file of texts) isSaid = (await readText(file)) || isSaid
    if (isSaid && weights !== null) {
      status(`reading ${weights.name}`, 0)
      reader.send({ kind: 'weights', file: weights, configurations })
    } else if (picture !== undefined) void ask()
  }

  async function ask(): Promise<void> {
    if (!hasModel) return status('Now a model: drop its .safetensors file too.', null)
    reader.send({ kind: 'photo', file: photo ?? (await bundledPhoto()) })
  }

  /** Takes names of classes, or what is said about a model; whether it was the latter. */
  async function readText(file: File): Promise<boolean> {
    const text = await file.text()
    const found = namesIn(text)
    const isConfiguration = isAbout(text)
    if (found !== null) names = found
    if (isConfiguration) configurations = { ...configurations, [file.name]: text }
    if (found !== null) status(`${found.length} names from ${file.name}`, null)
    else if (isConfiguration) status(`${file.name}: now its model, a .safetensors file`, null)
    else status(`${file.name} is no list of names, nor a model’s configuration`, null, true)
    show()
    return isConfiguration
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
    const [rows, columns] = reply.grid
    const within = (part: number, n: number) => Math.min(n - 1, Math.max(0, Math.floor(part * n)))
    const column = within((event.clientX - box.left) / box.width, columns)
    const row = within((event.clientY - box.top) / box.height, rows)
    if (patch === row * columns + column) return
    patch = row * columns + column
    show()
  }

  function paint({ pixels, size: [height, width] }: PhotoReply): void {
    picture.width = width
    picture.height = height
    view.style.aspectRatio = `${width} / ${height}`
    picture.getContext('2d')!.putImageData(new ImageData(new Uint8ClampedArray(pixels), width, height), 0, 0)
  }

  function show(): void {
    if (reply === null) return
    const { prefix, looks, embedding, width, logits } = reply
    const [rows, columns] = reply.grid
    if (overlay.width !== columns || overlay.height !== rows) {
      const next = grid(columns, rows, 'heat')
      overlay.replaceWith(next)
      overlay = next
    }
    const query = patch === null ? 0 : prefix + patch
    const who = patch === null ? 'the class token' : 'this patch'
    let values: Float32Array
    if (what.value === 'likeness') {
      values =
        patch === null
          ? new Float32Array(rows * columns)
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
    const place = {
      ...{ rows, columns },
      ...{ row: Math.floor((patch ?? 0) / columns), column: (patch ?? 0) % columns },
    }
    for (const [name, value] of Object.entries(place)) view.style.setProperty(`--${name}`, String(value))
    const chances = probabilities(logits)
    showBars(
      byId('photo-answer'),
      largest(chances, 5).map(({ index, value }) => ({
        label: (names.length === chances.length ? names : labels)[index] ?? names[index] ?? `class ${index}`,
        value,
      })),
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
