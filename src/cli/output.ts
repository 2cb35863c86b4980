/** Where a command writes: results to one stream, notices to the other, so that results can be piped on. */

export interface Output {
  /** A line of the result. */
  line(text: string): void
  /** The result for machines: one line of JSON. */
  json(value: unknown): void
  /** A line about the result, not part of it. */
  notice(text: string): void
  /** A line that the next one replaces; nothing where no one is watching. */
  progress(text: string): void
  /** How many columns a line may have. */
  readonly columns: number
  /** The terminal that shows notices; undefined where no one is watching. */
  readonly watched?: NodeJS.WriteStream | undefined
}

export const terminal: Output = {
  line: (text) => void process.stdout.write(`${text}\n`),
  json: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
  notice: (text) => void process.stderr.write(`${text}\n`),
  progress: (text) => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
  },
  get columns() {
    return process.stdout.columns ?? 80
  },
  get watched() {
    return process.stderr.isTTY ? process.stderr : undefined
  },
}

/** A bar for a part 0…1 of `width` columns, to an eighth of a column. */
export function bar(part: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, part)) * width * 8)
  return '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8]
}
