/** Checkpoints that stay where they are: files, Blobs, and several files as one. */
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ndarray from 'ndarray'
import { CheckpointError, openSafetensors, readSafetensors, writeSafetensors } from 'tesserae/checkpoint'
import { describe, expect, test } from 'vitest'
import { openFile as openFileOnThePage } from '../../src/checkpoint/file.web.ts'
import { values } from './files.ts'

describe('opening', () => {
  const bytes = () =>
    writeSafetensors(
      { a: ndarray(new Float32Array([1, 2, 3, 4]), [2, 2]), b: ndarray(new Uint8Array([7])) },
      { made: 'here' },
    )

  test('a file by its path gives its header at once and its tensors one by one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
    const path = join(folder, 'two.safetensors')
    await writeFile(path, bytes())
    const file = await openSafetensors(path)
    expect(file.names).toEqual(['a', 'b'])
    expect(file.metadata).toEqual({ made: 'here' })
    expect(file.entries.get('a')).toMatchObject({ dtype: 'F32', shape: [2, 2] })
    expect((await file.tensor('a')).get(1, 0)).toBe(3)
    await expect(file.tensor('c')).rejects.toThrow('no tensor "c" among its 2')
    await file.close()
    await rm(folder, { recursive: true })
  })

  test('a Blob gives the same tensors as the bytes', async () => {
    const file = await openSafetensors(new Blob([bytes()]))
    expect(await file.tensors()).toEqual({ ...readSafetensors(bytes()) })
  })

  test('a path where no file is, and one where a folder is, are refused with the path in the message', async () => {
    await expect(openSafetensors('no/such.safetensors')).rejects.toThrow(
      'openSafetensors: no/such.safetensors: no such file',
    )
    await expect(openSafetensors(tmpdir())).rejects.toThrow('is a folder, expected a file')
  })

  test('a link that leads in a circle and a name that is too long are said in words', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
    await symlink('circle.safetensors', join(folder, 'circle.safetensors'))
    await expect(openSafetensors(join(folder, 'circle.safetensors'))).rejects.toThrow(
      'circle.safetensors: is a link that leads in a circle',
    )
    await expect(openSafetensors('x'.repeat(300))).rejects.toThrow(': its path is too long')
    await rm(folder, { recursive: true })
  })

  test('a broken file by its path is refused with the path in the message', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
    const path = join(folder, 'text.safetensors')
    await writeFile(path, 'this is a text file, not a checkpoint')
    await expect(openSafetensors(path)).rejects.toThrow(`${path}: not a safetensors file`)
    await rm(folder, { recursive: true })
  })
})

test('a tensor of a file that was closed is refused by its name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
  const path = join(folder, 'one.safetensors')
  await writeFile(path, writeSafetensors({ a: ndarray(new Float32Array([1])) }))
  const file = await openSafetensors(path)
  await file.close()
  await expect(file.tensor('a')).rejects.toThrow('one.safetensors: tensor "a" cannot be read')
  await expect(file.tensor('a')).rejects.toBeInstanceOf(CheckpointError)
  await rm(folder, { recursive: true })
})

test('where there are no files by path, the advice is to pass a Blob', async () => {
  await expect(openFileOnThePage('model.safetensors')).rejects.toThrow('pass a Blob')
})

describe('a checkpoint in several files', () => {
  const shards = {
    'model-00001-of-00002.safetensors': writeSafetensors({ a: ndarray(new Float32Array([1, 2])) }),
    'model-00002-of-00002.safetensors': writeSafetensors(
      { b: ndarray(new Uint8Array([3])) },
      { format: 'pt' },
    ),
  }
  const weightMap = { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' }

  async function openWith(index: unknown) {
    const folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
    const path = join(folder, 'model.safetensors.index.json')
    for (const [name, bytes] of Object.entries(shards)) await writeFile(join(folder, name), bytes)
    await writeFile(path, typeof index === 'string' ? index : JSON.stringify(index))
    try {
      const file = await openSafetensors(path)
      const tensors = await file.tensors()
      await file.close()
      return { file, tensors }
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  test('is opened by its index as one', async () => {
    const { file, tensors } = await openWith({ metadata: { total_size: 9 }, weight_map: weightMap })
    expect(file.names).toEqual(['a', 'b'])
    expect(file.metadata).toEqual({ format: 'pt' })
    expect(Object.values(tensors).map(values)).toEqual([[1, 2], [3]])
    await expect(file.tensor('c')).rejects.toThrow('no tensor "c"')
  })

  test.each<[string, unknown, string]>([
    ['an index that is no JSON', 'weights', 'not an index of a checkpoint — it is not JSON'],
    ['an index without a map', { metadata: {} }, "it has no object 'weight_map'"],
    [
      'a file in another folder',
      { weight_map: { a: '../../secret.safetensors' } },
      'expected the name of a file beside it',
    ],
    [
      'a tensor that is elsewhere',
      { weight_map: { ...weightMap, a: weightMap.b } },
      'says that tensor "a" is in model-00002',
    ],
    [
      'an index among the files, even itself',
      { weight_map: { a: 'model.safetensors.index.json' } },
      'not a safetensors file',
    ],
    ['a file that is missing', { weight_map: { a: 'gone.safetensors' } }, 'gone.safetensors: no such file'],
  ])('%s is refused', async (_, index, words) => {
    await expect(openWith(index)).rejects.toThrow(words)
  })
})
