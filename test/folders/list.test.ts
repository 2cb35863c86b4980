import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inClasses } from '../../src/folders/classes.ts'
import { listPictures } from '../../src/folders/list.node.ts'

describe('the pictures of a folder', () => {
  let folder: string
  const put = async (...path: string[]) => {
    await mkdir(join(folder, ...path.slice(0, -1)), { recursive: true })
    await writeFile(join(folder, ...path), '')
  }
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
    await put('a', 'b', 'deep.JPEG')
    await put('a', '10.png')
    await put('a', '9.png')
    await put('Z.webp')
    await put('notes.txt')
    await put('.hidden.png')
    await put('._a.jpg')
    await put('.cache', 'x.png')
    await put('line\nbreak, “quotes” and 🐜.png')
    await symlink(join(folder, 'a'), join(folder, 'linked'))
    await symlink(folder, join(folder, 'a', 'circle'))
    await symlink(join(folder, 'nowhere.png'), join(folder, 'broken.png'))
    await symlink(join(folder, 'a', '9.png'), join(folder, 'link.png'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('are listed in the order of their names, links followed but not in circles, hidden ones left alone', async () => {
    const { pictures, faults, others } = await listPictures([folder])
    expect(pictures.map(({ name }) => name)).toEqual([
      'Z.webp',
      'a/10.png',
      'a/9.png',
      'a/b/deep.JPEG',
      'line\nbreak, “quotes” and 🐜.png',
      'link.png',
      'linked/10.png',
      'linked/9.png',
      'linked/b/deep.JPEG',
    ])
    expect(faults).toEqual([{ name: 'broken.png', reason: 'is a link to nothing' }])
    expect(others).toBe(1)
  })

  test('have their folder before them where there are several, and a file that is named counts whatever its name', async () => {
    const [a, notes] = [join(folder, 'a', 'b'), join(folder, 'notes.txt')]
    const { pictures } = await listPictures([`${a}/`, notes])
    expect(pictures.map(({ name }) => name)).toEqual([`${a}/deep.JPEG`, notes].sort())
  })

  test('are of the class that their first folder names; those of none are at fault', async () => {
    const listing = await listPictures([folder])
    const { classes, pictures, faults } = inClasses(listing)
    expect(classes).toEqual(['a', 'linked'])
    expect(pictures.map(({ label }) => label)).toEqual([0, 0, 0, 1, 1, 1])
    expect(faults.filter(({ reason }) => reason === "stands in no class's folder")).toHaveLength(3)
    expect(inClasses(listing, ['a', 'c']).faults).toContainEqual({
      name: 'linked/9.png',
      reason: 'there is no class "linked"',
    })
  })
})
