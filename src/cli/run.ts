/** Finds the command, runs it, and turns what went wrong into one line and exit code 1. */
import { EinopsError } from '../../grammar/error.ts'
import { didYouMean } from '../../grammar/suggest.ts'
import { CheckpointError } from '../checkpoint/error.ts'
import { ImageError } from '../image/error.ts'
import { UsageError } from './arguments.ts'
import { type CommandName, commands, generalHelp, helpOf, isCommand } from './commands.ts'
import { FileError, shown } from './files.ts'
import type { Output } from './output.ts'

/** Runs the command line `args` and returns the exit code. */
export async function run([name, ...args]: readonly string[], output: Output): Promise<number> {
  const asksForHelp = args.some((arg) => arg === '--help' || arg === '-h')
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    output.line(isCommand(args[0]) ? helpOf(args[0]) : generalHelp)
    return 0
  }
  if (name === '--version') {
    output.line(await version())
    return 0
  }
  if (!isCommand(name)) {
    const known = Object.keys(commands)
    output.notice(`tesserae: there is no command ${JSON.stringify(name)}, expected ${known.join(', ')}`)
    const advice = didYouMean(name, known)
    if (advice) output.notice(`  hint:    ${advice.text}`)
    return 1
  }
  if (asksForHelp) {
    output.line(helpOf(name))
    return 0
  }
  try {
    const runCommand = await commands[name].load()
    await runCommand(args, output)
    return 0
  } catch (error) {
    output.notice(complaint(name, error))
    return 1
  }
}

/** One line for a mistake of the user; a pattern's message keeps its carets. */
function complaint(name: CommandName, error: unknown): string {
  if (error instanceof UsageError)
    return `tesserae ${name}: ${error.message} (usage: ${commands[name].usage})`
  if (error instanceof EinopsError && name === 'explain') return error.message
  if (error instanceof FileError) return `tesserae ${name}: ${oneLine(error.message)}`
  if (error instanceof ImageError || error instanceof EinopsError)
    return `tesserae ${name}: ${oneLine(error.what)}`
  if (error instanceof CheckpointError) {
    return `tesserae ${name}: ${error.file === undefined ? '' : `${shown(error.file)}: `}${oneLine(error.what)}`
  }
  return `tesserae ${name}: internal: ${error instanceof Error ? error.stack : String(error)}`
}

/** The first line: a list of names may follow it. */
const oneLine = (what: string): string => what.split('\n', 1)[0]!

async function version(): Promise<string> {
  const { readFile } = await import('node:fs/promises')
  const manifest = new URL('../../package.json', import.meta.url)
  return (JSON.parse(await readFile(manifest, 'utf8')) as { version: string }).version
}
