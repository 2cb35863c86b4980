import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { VisionTransformer } from 'tesserae/nn'
import { fit, folderOf } from 'tesserae/train'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { put, smallModel, striped, stripes } from './pictures.ts'
import { tesserae } from './recorder.ts'

const built = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const data = fileURLToPath(new URL('../../../shared/data/', import.meta.url))

describe('tesserae train', () => {
  let folder: string
  let photos: string
  let from: string
  const at = (name: string) => join(folder, name)
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
    photos = at('photos')
    from = at('model.safetensors')
    await put(folder, { 'model.safetensors': smallModel() })
    await put(photos, stripes(15))
    await put(at('unseen'), Object.fromEntries(Object.entries(stripes(22)).slice(30)))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const train = (out: string, ...more: string[]) =>
    tesserae('train', photos, '--from', from, '--out', at(out), '--threads', '1', ...more)

  test('makes a classifier that names the classes of pictures that it never saw', async () => {
    const { code, lines, notices } = await train('mine.safetensors', '--epochs', '20')
    expect(code).toBe(0)
    expect(notices[0]).toBe('30 pictures of 2 classes: across, down')
    expect(lines[0]).toMatch(
      /^[56] of 6 right \([\d.]+%\) of those that were held back; the file has then learned from all$/,
    )
    expect(lines.find((line) => /^ +across +down$/.test(line))).toBeDefined()
    expect(lines.at(-1)).toMatch(/mine\.safetensors: 2 classes from 30 pictures, in /)
    const answered = await tesserae(
      'classify',
      at('unseen'),
      '--weights',
      at('mine.safetensors'),
      '--json',
      '--threads',
      '1',
    )
    const answers = answered.lines.map((line) => JSON.parse(line))
    expect(answers).toHaveLength(14)
    const right = answers.filter(({ file, answers }) => file.startsWith(`${answers[0].label}/`))
    expect(right.length).toBeGreaterThanOrEqual(12)
    expect(answers[0].assumed).toEqual([])
    expect(existsSync(at('mine.safetensors.journal'))).toBe(false)
  })

  test('ends with the same bits after it was stopped in the middle and went on', async () => {
    await train('whole.safetensors')
    // a run that ends before its file can be written leaves its journal, as one that is killed does
    await put(folder, {
      [`stopped.safetensors.${process.pid}.part/in-the-way`]: '',
    })
    expect((await train('stopped.safetensors')).code).toBe(1)
    expect(existsSync(at('stopped.safetensors'))).toBe(false)
    await rm(at(`stopped.safetensors.${process.pid}.part`), { recursive: true })
    expect((await train('stopped.safetensors')).notices.at(-1)).toContain(
      'is left from a run that did not end',
    )
    const journal = at('stopped.safetensors.journal')
    await truncate(journal, Math.floor(0.6 * (await stat(journal)).size))
    await train('stopped.safetensors', '--resume')
    expect((await readFile(at('stopped.safetensors'))).equals(await readFile(at('whole.safetensors')))).toBe(
      true,
    )
  })

  test('of a folder of others it says how many are right, what is taken for what, and the worst', async () => {
    const { lines } = await train('other.safetensors', '--validate', at('unseen'), '--json', '--epochs', '20')
    const { confusion, right, of, worst, classes, pictures } = JSON.parse(lines.at(-1)!)
    expect([of, pictures, classes]).toEqual([14, 30, ['across', 'down']])
    expect(confusion.flat().reduce((a: number, b: number) => a + b)).toBe(14)
    expect(confusion[0][0] + confusion[1][1]).toBe(right)
    expect(worst.length).toBeLessThanOrEqual(5)
  })

  test('a folder with one class, without pictures, and a checkpoint that is none are one clear line each', async () => {
    await put(at('one'), { 'ants/1.png': striped(1, true), 'loose.png': striped(2, true) })
    await put(at('none'), { 'ants/notes.txt': '', 'bees/notes.txt': '' })
    await put(at('words'), { 'model.safetensors': 'no checkpoint at all' })
    const said = async (path: string, weights = from) =>
      (
        await tesserae('train', path, '--from', weights, '--out', at('x.safetensors'), '--threads', '1')
      ).notices.at(-1)
    expect(await said(at('one'))).toBe(
      `tesserae train: ${at('one')}: all pictures are of one class, 'ants' — expected a folder for each of at least two`,
    )
    expect(await said(at('none'))).toContain(
      'no pictures in folders — expected a folder for each class, with pictures in it',
    )
    expect(await said(at('words/../missing'))).toContain('no such file')
    expect(await said(photos, at('words/model.safetensors'))).toMatch(
      /^tesserae train: .*model\.safetensors: /,
    )
  })

  test('a dataset of parts is not taken for its classes', async () => {
    await put(at('parts'), { 'train/down/1.png': striped(1, false), 'val/across/1.png': striped(2, true) })
    const what = 'train and val are parts of a dataset, whose folders are the classes — expected one of them'
    await expect(folderOf(at('parts'))).rejects.toThrow(what)
    await expect(folderOf(pathToFileURL(at('parts')))).rejects.toThrow(what)
    const { notices } = await tesserae('train', at('parts'), '--from', from, '--out', at('parts.safetensors'))
    expect(notices.at(-1)).toContain(what)
  })

  test('bad pictures are named and left out, and learned from are the others', async () => {
    const bad = at('bad')
    await put(bad, { ...stripes(4), 'down/empty.png': '', 'loose.png': striped(1, true) })
    const { code, lines, notices } = await tesserae(
      'train',
      bad,
      '--from',
      from,
      '--out',
      at('bad.safetensors'),
      '--threads',
      '1',
    )
    expect(code).toBe(0)
    expect(notices).toContain("left out: loose.png: stands in no class's folder")
    expect(notices).toContain('left out: down/empty.png: not a PNG or JPEG file — it is empty')
    expect(lines.at(-1)).toContain('2 classes from 8 pictures')
  })

  test('--full learns all parameters, and after a kill ends with the same bits', async () => {
    const full = ['--full', '--epochs', '2', '--batch', '4', '--validate', '0']
    const { code } = await train('full.safetensors', ...full)
    expect(code).toBe(0)
    const [before, after] = await Promise.all(
      [from, at('full.safetensors')].map((path) => VisionTransformer.fromCheckpoint(path)),
    )
    const weights = [before!, after!].map((model) => model.blocks[0]!.mlp.stateDict())
    expect(JSON.stringify(weights[0])).not.toBe(JSON.stringify(weights[1]))
    expect(after!.labels).toEqual(['across', 'down'])
    if (!existsSync(built)) return
    const args = [
      built,
      'train',
      photos,
      '--from',
      from,
      '--out',
      at('killed.safetensors'),
      '--threads',
      '1',
      ...full,
    ]
    const killed = spawn(process.execPath, args)
    await new Promise<void>((resolve) => {
      killed.on('exit', () => resolve())
      const poll = async () => {
        // after the first epoch the run is there
        if (await stat(at('killed.safetensors.run')).catch(() => undefined)) killed.kill('SIGKILL')
        else if (killed.exitCode === null) setTimeout(poll, 1)
      }
      poll()
    })
    await new Promise<void>((resolve) =>
      spawn(process.execPath, [...args, '--resume']).on('exit', () => resolve()),
    )
    expect((await readFile(at('killed.safetensors'))).equals(await readFile(at('full.safetensors')))).toBe(
      true,
    )
    expect(existsSync(at('killed.safetensors.run'))).toBe(false)
  })

  test('folderOf gives fit the same pictures in any order that a seed says, and goes on in the middle of an epoch', async () => {
    const model = await VisionTransformer.fromCheckpoint(from)
    const pictures = await folderOf(photos, { preparation: model.preparation, batchSize: 8, seed: 5 })
    const labelsFrom = async (first: number) => {
      const all: number[][] = []
      for await (const { labels, images } of pictures.batches(1, first)) {
        all.push([...(labels as number[]), images.data[100]!])
      }
      return all
    }
    const whole = await labelsFrom(0)
    expect(whole.map((batch) => batch.length - 1)).toEqual([8, 8, 8, 6])
    expect(await labelsFrom(2)).toEqual(whole.slice(2))
    const losses: number[] = []
    for await (const { loss } of fit(model, pictures, { epochs: 1 })) losses.push(loss)
    expect(losses).toHaveLength(4)
    await expect(folderOf(at('missing'))).rejects.toThrow(/^folderOf: .*missing: no such file/)
  })

  const real = join(data, 'weights/vit_tiny_patch16_224.augreg_in21k_ft_in1k.safetensors')
  const bees = join(data, 'datasets/ants-and-bees')
  test.runIf(existsSync(real) && existsSync(bees))(
    'of forty photographs of ants and bees it learns to tell at least 17 of 20 others',
    async () => {
      // of all 120 and 60 it tells 58 or 59; a part is enough to see that it learns
      for (const [part, count] of [
        ['train', 20],
        ['val', 10],
      ] as const) {
        for (const name of ['ants', 'bees']) {
          for (const file of (await readdir(join(bees, part, name))).sort().slice(0, count)) {
            await put(at(part), { [`${name}/${file}`]: await readFile(join(bees, part, name, file)) })
          }
        }
      }
      const { lines } = await tesserae(
        ...['train', at('train'), '--from', real, '--out', at('bees.safetensors')],
        ...['--validate', at('val'), '--threads', '1', '--json'],
      )
      const { right, of } = JSON.parse(lines.at(-1)!)
      expect(of).toBe(20)
      expect(right).toBeGreaterThanOrEqual(17)
    },
  )
})
