import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  appendFile,
  cp,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openSafetensors } from 'tesserae/checkpoint'
import { preprocess, readImage } from 'tesserae/image'
import { VisionTransformer } from 'tesserae/nn'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ndjsonLine, rowIn } from '../../src/cli/features/records.ts'
import { put, smallModel, striped, stripes } from './pictures.ts'
import { tesserae } from './recorder.ts'

const built = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

test('lines are JSON also where a number is none, and come back', () => {
  const origin = {
    weights: 'w',
    decoder: 'own',
    tokens: 'pooled',
    normalised: false,
    model: '',
    preparation: '',
  } as const
  const line = ndjsonLine('a.jpg', Float32Array.of(0.1, Number.NaN, Number.POSITIVE_INFINITY), [3], origin)
  expect(JSON.parse(line).features).toEqual([0.1, null, null])
  expect(rowIn(line)).toEqual(Float32Array.of(0.1, Number.NaN, Number.NaN))
})

describe('tesserae embed', () => {
  let folder: string
  let photos: string
  let weights: string
  const at = (name: string) => join(folder, name)
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
    photos = at('photos')
    weights = at('model.safetensors')
    await put(folder, { 'model.safetensors': smallModel(), 'other.safetensors': smallModel(4) })
    await put(photos, stripes(6))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const embed = (out: string, ...more: string[]) =>
    tesserae('embed', photos, '--weights', weights, '--out', at(out), '--threads', '1', ...more)

  /** Names and rows of a file. */
  async function featuresIn(out: string) {
    const file = await openSafetensors(at(out))
    const { data, shape } = await file.tensor('features')
    await file.close()
    const files = JSON.parse(file.metadata['files']!) as string[]
    const size = data.length / files.length
    const rows = new Map(
      files.map((name, i) => [name, [...(data as Float32Array).slice(i * size, (i + 1) * size)]]),
    )
    return { rows, shape, metadata: file.metadata }
  }

  test('writes what the model gives for each picture alone, with names, weights and decoder', async () => {
    const { code, lines } = await embed('f.safetensors')
    expect(code).toBe(0)
    expect(lines[0]).toMatch(/^12 pictures embedded in \d+ s, [\d.]+ a second$/)
    expect(lines[1]).toBe(`${at('f.safetensors')}: float32 [12, 48]`)
    const { rows, shape, metadata } = await featuresIn('f.safetensors')
    expect(shape).toEqual([12, 48])
    expect([...rows.keys()]).toEqual(Object.keys(stripes(6)).sort())
    expect(metadata['weights']).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(metadata['decoder']).toBe('own')
    const model = await VisionTransformer.fromCheckpoint(weights)
    for (const name of ['down/3.png', 'across/5.png']) {
      const picture = await readImage(await readFile(join(photos, name)))
      const features = model.preLogits(preprocess(picture, model.preparation))
      expect(rows.get(name)).toEqual(Array.from({ length: 48 }, (_, i) => features.get(0, i)))
    }
    expect(existsSync(at('f.safetensors.journal'))).toBe(false)
  })

  test('gives a picture the same bits whatever its batch, its shard and the kind of file', async () => {
    await embed('f.safetensors')
    await embed('one.safetensors', '--batch', '1')
    await embed('five.npy', '--batch', '5')
    await embed('lines.ndjson', '--batch', '7')
    const whole = await featuresIn('f.safetensors')
    expect((await featuresIn('one.safetensors')).rows).toEqual(whole.rows)
    const npy = await readFile(at('five.npy'))
    expect(
      new Float32Array(
        npy.buffer.slice(npy.byteOffset + npy.length - 12 * 48 * 4, npy.byteOffset + npy.length),
      ),
    ).toEqual(Float32Array.from([...whole.rows.values()].flat()))
    expect(npy.subarray(0, 128).toString('latin1')).toContain(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 48), }",
    )
    expect(JSON.parse(await readFile(at('five.npy.json'), 'utf8')).files).toEqual([...whole.rows.keys()])
    const lines = (await readFile(at('lines.ndjson'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    for (const { file, features, weights: hash } of lines) {
      expect(features.map(Math.fround)).toEqual(whole.rows.get(file))
      expect(hash).toBe(whole.metadata['weights'])
    }
    const parts = new Map<string, number[]>()
    for (const k of [1, 2, 3]) {
      await embed(`part-${k}.safetensors`, '--shard', `${k}/3`)
      for (const [name, row] of (await featuresIn(`part-${k}.safetensors`)).rows) {
        expect(parts.has(name)).toBe(false)
        parts.set(name, row)
      }
    }
    expect(new Map([...parts].sort())).toEqual(new Map([...whole.rows].sort()))
  })

  test('class tokens and patches are those of forwardFeatures; --normalise makes vectors of length 1', async () => {
    await embed('class.safetensors', '--tokens', 'class', '--normalise')
    await embed('patch.safetensors', '--tokens', 'patch')
    const model = await VisionTransformer.fromCheckpoint(weights)
    const picture = await readImage(await readFile(join(photos, 'down/1.png')))
    const tokens = model.forwardFeatures(preprocess(picture, model.preparation))
    const patches = (await featuresIn('patch.safetensors')).rows.get('down/1.png')!
    expect(patches).toEqual([...tokens.data.slice(48)])
    const token = (await featuresIn('class.safetensors')).rows.get('down/1.png')!
    const length = Math.hypot(...tokens.data.slice(0, 48))
    for (const [i, value] of token.entries()) expect(value).toBeCloseTo(tokens.data[i]! / length, 6)
  })

  test.each(['safetensors', 'npy', 'ndjson'])(
    'goes on after a run whose last line was cut, in .%s',
    async (ending) => {
      const [whole, cut] = [`whole.${ending}`, `cut.${ending}`]
      const journal = at(ending === 'ndjson' ? cut : `${cut}.journal`)
      await embed(whole)
      // the journal of a run that was killed: a file of lines, the last of which was not written to its end
      await embed(`lines-of-${cut}.ndjson`)
      if (ending === 'ndjson') {
        await cp(at(`lines-of-${cut}.ndjson`), journal)
        await truncate(journal, Math.floor(0.6 * (await stat(journal)).size))
      } else {
        await put(at('some'), Object.fromEntries(Object.entries(stripes(6)).slice(0, 5)))
        await tesserae('embed', at('some'), '--weights', weights, '--out', at(cut), '--threads', '1')
        await rm(at('some'), { recursive: true })
        // a whole file is taken apart again
      }
      const again = await embed(cut, '--resume')
      expect(again.code).toBe(0)
      expect(again.notices[0]).toMatch(/^\d+ pictures of 12 are there, \d+ left$/)
      expect(again.lines.join('\n')).toContain('there from before')
      if (ending === 'ndjson') {
        const sorted = async (name: string) => (await readFile(at(name), 'utf8')).split('\n').sort()
        expect(await sorted(cut)).toEqual(await sorted(whole))
      } else expect((await readFile(at(cut))).equals(await readFile(at(whole)))).toBe(true)
      const once = await embed(cut, '--resume')
      expect(once.notices[0]).toBe('12 pictures of 12 are there, 0 left')
      expect(once.lines[0]).toBe('0 pictures embedded')
    },
  )

  test('refuses to mix, and to begin anew where a run did not end', async () => {
    await embed('mixed.safetensors')
    const mixed = (...more: string[]) => embed('mixed.safetensors', '--resume', ...more)
    const weighed = await mixed('--weights', at('other.safetensors'))
    expect(weighed.code).toBe(1)
    expect(weighed.notices.at(-1)).toMatch(
      /mixed\.safetensors: was made with other weights: sha256:\w+…, not sha256:\w+…; give another --out$/,
    )
    expect((await mixed('--normalise')).notices.at(-1)).toContain('with other choice of normalisation')
    expect((await mixed('--mean', '0,0,0')).notices.at(-1)).toContain('with other preparation of pictures')
    expect(existsSync(at('mixed.safetensors.journal'))).toBe(false)
    await writeFile(at('left.safetensors.journal'), '{"journal":"tesserae features"}\n')
    const { code, notices } = await embed('left.safetensors')
    expect(code).toBe(1)
    expect(notices.at(-1)).toContain(
      'is left from a run that did not end; --resume goes on with it, or delete it',
    )
    await embed('again.ndjson')
    expect((await embed('again.ndjson')).notices.at(-1)).toContain(
      'is there already; --resume adds what it lacks',
    )
  })

  test('names, counts and leaves out bad pictures; exit code 1 is for --strict, and for nothing at all', async () => {
    const bad = at('bad')
    await put(bad, {
      'good.png': stripes(1)['down/0.png']!,
      'empty.png': '',
      'text.jpg': 'no picture at all',
    })
    const run = (...more: string[]) =>
      tesserae('embed', bad, '--weights', weights, '--out', at('bad.npy'), '--threads', '1', ...more)
    const { code, lines, notices } = await run()
    expect(code).toBe(0)
    expect(notices.filter((line) => line.startsWith('left out: '))).toEqual([
      'left out: empty.png: not a PNG or JPEG file — it is empty',
      expect.stringMatching(/^left out: text\.jpg: not a PNG or JPEG file — it looks like text/),
    ])
    expect(lines).toContain('2 pictures could not be read and are left out')
    expect((await run('--strict')).code).toBe(1)
    const asJson = await run('--json')
    expect(asJson.lines.map((line) => Object.keys(JSON.parse(line))[1] ?? 'file')).toEqual([
      'error',
      'error',
      'file',
      'shape',
    ])
    await put(at('none'), { 'empty.png': '', 'notes.txt': '' })
    const none = await tesserae(
      'embed',
      at('none'),
      '--weights',
      weights,
      '--out',
      at('none.npy'),
      '--threads',
      '1',
    )
    expect(none.code).toBe(1)
    expect(none.notices.at(-1)).toBe('tesserae embed: none of 1 picture could be read')
    // nothing is left that a second run would have to go on with
    expect((await readdir(folder)).filter((name) => name.startsWith('none.npy'))).toEqual([])
    await rm(join(at('none'), 'empty.png'))
    const nothing = await tesserae('embed', at('none'), '--weights', weights, '--out', at('none.npy'))
    expect(nothing.notices).toEqual([
      `tesserae embed: ${at('none')}: no pictures in it — 1 file is none by its name`,
    ])
  })

  test('a picture that several operands lead to counts once, and one larger than 2 GiB is left out', async () => {
    await put(at('few'), { 'a.png': striped(1, false), 'huge.png': '' })
    await truncate(at('few/huge.png'), 2 ** 31 + 1)
    const operands = [at('few'), `${at('few')}/`, at('few/a.png')]
    const more = ['--weights', weights, '--out', at('few.ndjson'), '--threads', '1']
    const { code, notices } = await tesserae('embed', ...operands, ...more)
    expect(code).toBe(0)
    expect(notices).toContain(`left out: ${at('few/huge.png')}: is larger than 2 GiB`)
    expect((await readFile(at('few.ndjson'), 'utf8')).match(/\n/g)).toHaveLength(1)
  })

  test('an output that is a link stays one, and its file is replaced; it is never that of the weights', async () => {
    await put(at('elsewhere'), { 'real.safetensors': '' })
    await symlink(at('elsewhere/real.safetensors'), at('link.safetensors'))
    await embed('link.safetensors')
    expect((await featuresIn('elsewhere/real.safetensors')).shape).toEqual([12, 48])
    expect(await readdir(at('elsewhere'))).toEqual(['real.safetensors'])
    await symlink(weights, at('weights.safetensors'))
    expect((await embed('weights.safetensors')).notices).toEqual([
      `tesserae embed: ${at('weights.safetensors')}: is the file that it is made of, expected another name`,
    ])
  })

  test('an option that is none says so before anything is read', async () => {
    const said = async (...args: string[]) => (await tesserae('embed', ...args)).notices[0]
    expect(await said(photos, '--weights', weights, '--out', 'x.txt')).toContain(
      'expected a name in .safetensors, .npy or .ndjson',
    )
    expect(await said(photos, '--weights', weights, '--out', 'x.npy', '--shard', '0/4')).toContain(
      '--shard is "0/4"',
    )
    expect(await said(photos, '--weights', weights, '--out', 'x.npy', '--tokens', 'all')).toContain(
      'expected pooled, class, patch',
    )
    expect(await said(at('missing'), '--weights', weights, '--out', 'x.npy')).toBe(
      `tesserae embed: ${at('missing')}: no such file`,
    )
  })

  test.runIf(existsSync(built))(
    'the built command, killed in the middle on two threads, goes on to the same bytes',
    async () => {
      await put(at('many'), stripes(60))
      const args = [built, 'embed', at('many'), '--weights', weights, '--batch', '2', '--decoder', 'own']
      const run = (more: string[], killAfter?: (journal: string) => Promise<boolean>) =>
        new Promise<string>((resolve, reject) => {
          const child = spawn(process.execPath, [...args, ...more])
          let said = ''
          child.stderr.on('data', (text) => {
            said += text
          })
          child.on('error', reject)
          child.on('exit', () => resolve(said))
          const poll = async () => {
            if (killAfter === undefined || child.exitCode !== null) return
            if (await killAfter(`${more[1]}.journal`)) child.kill('SIGKILL')
            else setTimeout(poll, 1)
          }
          poll()
        })
      const [whole, killed] = [at('alone.safetensors'), at('killed.safetensors')]
      await run(['--out', whole, '--threads', '1'])
      await run(
        ['--out', killed, '--threads', '2'],
        async (journal) => (await stat(journal).catch(() => ({ size: 0 }))).size > 5000,
      )
      expect(existsSync(killed)).toBe(false)
      await appendFile(`${killed}.journal`, '{"file":"down/1.png","feat')
      const said = await run(['--out', killed, '--threads', '2', '--resume'])
      expect(said).toMatch(/[1-9]\d* pictures of 120 are there, \d+ left/)
      expect((await readFile(killed)).equals(await readFile(whole))).toBe(true)
    },
  )
})
