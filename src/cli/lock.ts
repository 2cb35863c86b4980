/**
 * One run at a time for one file. Beside it stands who is at work on it, a file that is touched every few seconds: what is left by a run that was killed is not, whatever
 * process has its number by now, on this machine or in another container.
 */
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { FileError, fileError, shown } from './files.ts'

/** Milliseconds from one touch to the next, and for how long none has to come before somebody counts as gone. */
const times = { beat: 5_000, patience: 30_000 }

/**
 * Takes a file for this process; the result lets it go.
 *
 * @throws FileError while another run has it
 */
export async function lockFile(path: string, { beat, patience } = times): Promise<() => Promise<void>> {
  const lock = `${path}.lock`
  while (!(await isTaken(lock, path))) {
    const before = await touchedAt(lock)
    if (before === undefined) continue
    const [host, pid] = (await readFile(lock, 'utf8').catch(() => '')).trim().split(' ')
    const isGone = host === hostname() && !isRunning(Number(pid))
    const until = performance.now() + (isGone ? 0 : patience)
    while ((await touchedAt(lock)) === before && performance.now() < until) await sleep(Math.min(beat, 200))
    const after = await touchedAt(lock)
    if (after !== undefined && after !== before) {
      const where = host === hostname() ? '' : ` on ${host}`
      throw new FileError(`${shown(path)}: another run, process ${pid}${where}, is at work on it`)
    }
    if (after === before) await clear(lock, before)
  }
  const timer = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => {}), beat)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await rm(lock, { force: true })
  }
}

/** Takes away the file that was touched last at a time, and no newer one: of several runs that find it left, each moves it aside before it looks. */
async function clear(lock: string, touched: number): Promise<void> {
  const aside = `${lock}.${process.pid}`
  try {
    await rename(lock, aside)
  } catch {
    return // another was sooner
  }
  if ((await touchedAt(aside)) !== touched) await link(aside, lock).catch(() => {})
  await rm(aside, { force: true })
}

/** Makes the file, unless there is one. */
async function isTaken(lock: string, path: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx')
    await handle.writeFile(`${hostname()} ${process.pid}\n`)
    await handle.close()
    return true
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw fileError(path, cause, { ENOENT: 'no such folder' })
  }
}

const touchedAt = async (lock: string): Promise<number | undefined> =>
  (await stat(lock).catch(() => undefined))?.mtimeMs

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
