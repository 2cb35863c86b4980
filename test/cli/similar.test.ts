import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readImage } from 'tesserae/image'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { put, smallModel, stripes } from './pictures.ts'
import { tesserae } from './recorder.ts'

describe('tesserae similar', () => {
  let folder: string
  const at = (name: string) => join(folder, name)
  const weights = () => ['--weights', at('model.safetensors'), '--threads', '1']
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
    await put(folder, { 'model.safetensors': smallModel(), 'other.safetensors': smallModel(4) })
    await put(at('photos'), stripes(6))
    const embed = (out: string, ...more: string[]) =>
      tesserae('embed', at('photos'), '--out', at(out), ...weights(), ...more)
    await embed('all.safetensors')
    await embed('part-1.npy', '--shard', '1/2')
    await embed('part-2.npy', '--shard', '2/2', '--normalise')
    await embed('all.ndjson')
    await embed('patches.safetensors', '--tokens', 'patch')
  })
  afterAll(() => rm(folder, { recursive: true }))

  const similar = (...more: string[]) => tesserae('similar', at('photos/down/4.png'), ...weights(), ...more)

  test('finds the picture itself first, and the same ones in one file, in shards and in lines', async () => {
    const { code, lines } = await similar('--in', at('all.safetensors'), '--top', '3')
    expect(code).toBe(0)
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/^down\/4\.png +1\.000 {2}█+$/)
    const found = async (...files: string[]) =>
      JSON.parse((await similar(...files.flatMap((file) => ['--in', at(file)]), '--json')).lines[0]!)
        .similar as {
        file: string
        similarity: number
      }[]
    const whole = await found('all.safetensors')
    const parts = await found('part-1.npy', 'part-2.npy')
    expect(parts.map(({ file }) => file)).toEqual(whole.map(({ file }) => file))
    for (const [i, { similarity }] of parts.entries()) expect(similarity).toBeCloseTo(whole[i]!.similarity, 6)
    expect(await found('all.ndjson')).toEqual(whole)
    // pictures that two files have are listed once
    expect(await found('all.safetensors', 'part-1.npy')).toEqual(whole)
  })

  test('draws a contact sheet, also where a picture is gone', async () => {
    const sheet = at('sheet.png')
    const { code, notices } = await similar('--in', at('all.safetensors'), '--sheet', sheet)
    expect(code).toBe(0)
    expect(notices.at(-1)).toBe(`drawn: ${sheet}`)
    const drawn = await readImage(await readFile(sheet))
    expect(drawn.shape[2]).toBe(3)
    expect(new Set(drawn.data).size).toBeGreaterThan(50)
    const gone = await similar('--in', at('all.safetensors'), '--sheet', sheet, '--folder', at('gone'))
    expect(gone.code).toBe(0)
    expect(gone.notices.filter((line) => line.startsWith('not on the sheet: '))).toHaveLength(5)
  })

  test('refuses features of other weights, of another preparation, of patches, and files that are none', async () => {
    const said = async (...args: string[]) => (await similar(...args)).notices.at(-1)
    expect(await said('--in', at('all.safetensors'), '--weights', at('other.safetensors'))).toContain(
      'was made with other weights',
    )
    expect(await said('--in', at('all.safetensors'), '--mean', '0,0,0')).toContain(
      'another preparation of pictures',
    )
    expect(await said('--in', at('patches.safetensors'))).toContain('has a vector for each patch')
    expect(await said('--in', at('model.safetensors'))).toContain(
      'holds no features that tesserae embed wrote',
    )
    expect(await said('--in', at('missing.npy'))).toContain('missing.npy: no such file')
    const npy = await readFile(at('part-1.npy'))
    const beside = JSON.parse(await readFile(at('part-1.npy.json'), 'utf8')) as { files: string[] }
    const lines = (await readFile(at('all.ndjson'), 'utf8')).split('\n')
    await put(folder, {
      'a.npy': npy,
      'a.npy.json': Buffer.from('{"files": ['),
      'b.npy': npy,
      'b.npy.json': Buffer.from(JSON.stringify({ ...beside, files: beside.files.slice(1) })),
      'c.npy': npy,
      'c.npy.json': Buffer.from('5'),
      'cut.npy': npy.subarray(0, -1),
      'cut.npy.json': Buffer.from(JSON.stringify(beside)),
      'lie.npy': npy,
      'lie.npy.json': Buffer.from(JSON.stringify({ ...beside, weights: 5 })),
      'folder.ndjson/a.txt': '',
      'd.ndjson': Buffer.from(`${lines[0]}\n{"file": "x", "features": [1, "a"]}\n`),
      'e.ndjson': Buffer.from('no json\n'),
    })
    expect(await said('--in', at('a.npy'))).toMatch(/a\.npy\.json: is no JSON$/)
    expect(await said('--in', at('b.npy'))).toMatch(/b\.npy\.json: names \d+ pictures for \d+ rows$/)
    for (const name of ['c.npy', 'lie.npy']) {
      expect(await said('--in', at(name))).toContain('holds no features that tesserae embed wrote')
    }
    expect(await said('--in', at('cut.npy'))).toMatch(
      /cut\.npy: is truncated — \d+\.75 numbers, expected \d+$/,
    )
    expect(await said('--in', at('folder.ndjson'))).toMatch(/folder\.ndjson: is a folder, expected a file$/)
    expect(await said('--in', at('d.ndjson'))).toMatch(
      /d\.ndjson: the line that begins at byte \d+ is none of features$/,
    )
    expect(await said('--in', at('e.ndjson'))).toMatch(/the line that begins at byte 0 is none of features$/)
    expect(await said('--in', at('all.safetensors'), '--sheet', 'x.jpg')).toContain('expected a name in .png')
  })
})
