#!/usr/bin/env node
/** The `tesserae` command on a process. */
import { terminal } from './output.ts'
import { run } from './run.ts'

// a reader that went away, as `| head` does, is no error
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

run(process.argv.slice(2), terminal).then((code) => {
  process.exitCode = code
})
