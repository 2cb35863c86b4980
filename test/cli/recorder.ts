/** Runs the command in this process and records what it writes. */
import type { Output } from '../../src/cli/output.ts'
import { run } from '../../src/cli/run.ts'

export interface Recorded {
  readonly code: number
  readonly lines: string[]
  readonly notices: string[]
}

export async function tesserae(...args: string[]): Promise<Recorded> {
  const lines: string[] = []
  const notices: string[] = []
  const output: Output = {
    line: (text) => lines.push(...text.split('\n')),
    json: (value) => lines.push(JSON.stringify(value)),
    notice: (text) => notices.push(...text.split('\n')),
    progress: () => {},
    columns: 80,
  }
  return { code: await run(args, output), lines, notices }
}
