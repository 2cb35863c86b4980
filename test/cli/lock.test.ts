import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lockFile } from '../../src/cli/lock.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tesserae-'))
})
afterAll(() => rm(folder, { recursive: true }))

const quick = { beat: 20, patience: 300 }

test('a file is one run’s until it lets it go', async () => {
  const path = join(folder, 'features.npy')
  const release = await lockFile(path, quick)
  await expect(lockFile(path, quick)).rejects.toThrow(
    `features.npy: another run, process ${process.pid}, is at work on it`,
  )
  await release()
  expect(existsSync(`${path}.lock`)).toBe(false)
  await (await lockFile(path, quick))()
})

test('what a run left that was killed is in nobody’s way: its process is gone, or it is touched no more', async () => {
  const { pid } = spawnSync(process.execPath, ['--version'])
  for (const left of [`${hostname()} ${pid}\n`, `${hostname()} ${process.pid}\n`, 'elsewhere-7 1\n', '']) {
    const path = join(folder, 'left.npy')
    await writeFile(`${path}.lock`, left)
    await (await lockFile(path, quick))()
    expect(existsSync(`${path}.lock`)).toBe(false)
  }
})

test('of several runs that find what one left, one has the file', async () => {
  const path = join(folder, 'raced.npy')
  const { pid } = spawnSync(process.execPath, ['--version'])
  await writeFile(`${path}.lock`, `${hostname()} ${pid}\n`)
  const runs = await Promise.allSettled(Array.from({ length: 8 }, () => lockFile(path, quick)))
  const had = runs.filter((run) => run.status === 'fulfilled')
  expect(had).toHaveLength(1)
  await had[0]!.value()
  expect(readdirSync(folder).filter((name) => name.startsWith('raced'))).toEqual([])
})

test('where no file can be made the folder is at fault', async () => {
  await expect(lockFile(join(folder, 'nowhere', 'x.npy'), quick)).rejects.toThrow('x.npy: no such folder')
})
