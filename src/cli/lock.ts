/** One run at a time for one file: beside it stands who is at work on it, until it is done or gone. */
import { open, readFile, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { FileError, fileError, shown } from './files.ts'

/**
 * Takes a file for this process; the result lets it go.
 *
 * @throws FileError while another run has it
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const lock = `${path}.lock`
  const mine = `${hostname()} ${process.pid}\n`
  for (let tries = 0; ; tries++) {
    try {
      const handle = await open(lock, 'wx')
      await handle.writeFile(mine)
      await handle.close()
      return () => rm(lock, { force: true })
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw fileError(path, cause, { ENOENT: 'no such folder' })
      }
    }
    const [host = '', pid = ''] = (await readFile(lock, 'utf8').catch(() => '')).trim().split(' ')
    if (tries > 0 || (host !== '' && (host !== hostname() || isRunning(Number(pid))))) {
      const where = host === hostname() || host === '' ? '' : ` on ${host}`
      throw new FileError(
        `${shown(path)}: process ${pid}${where} is at work on it; if that is gone, delete ${shown(lock)}`,
      )
    }
    // left by a run that was killed
    await rm(lock, { force: true })
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
