/** The installed package in Node: every supported version, `import` and `require`, threads, strict flags, start-up time. */
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { everyEntry, everyEntryPrints, node, run, write } from './project.ts'

describe.each(['20', '22', '24'])('in Node %s', (version) => {
  test('every entry point is imported and computes', () => {
    const file = write(
      'import.mjs',
      everyEntry((entry, names) => `import ${names} from '${entry}'`),
    )
    expect(JSON.parse(run(node(version), [file]))).toEqual(everyEntryPrints)
  })

  test('every entry point is required by CommonJS and computes', () => {
    const file = write(
      'require.cjs',
      everyEntry((entry, names) => `const ${names} = require('${entry}')`),
    )
    expect(JSON.parse(run(node(version), ['--no-warnings', file]))).toEqual(everyEntryPrints)
  })

  test('it computes in a worker thread', () => {
    write(
      'worker.mjs',
      everyEntry((entry, names) => `import ${names} from '${entry}'`),
    )
    const file = write(
      'starts-worker.mjs',
      `import { Worker } from 'node:worker_threads'
       new Worker(new URL('./worker.mjs', import.meta.url)).on('error', (error) => { throw error })`,
    )
    expect(JSON.parse(run(node(version), [file]))).toEqual(everyEntryPrints)
  })

  test('two threads start from the installed package and compute what one does', () => {
    const file = write(
      'threads.mjs',
      `import ndarray from 'ndarray'
       import { einsum, init } from 'tesserae'
       const numbers = (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i))
       const [a, b] = [ndarray(numbers(200 * 300), [200, 300]), ndarray(numbers(300 * 400), [300, 400])]
       const alone = einsum([a, b], 'm k, k n -> m n')
       const { threads, reasons } = await init({ threads: 2 })
       const together = einsum([a, b], 'm k, k n -> m n')
       console.log(JSON.stringify([threads, reasons.filter((text) => text.startsWith('threads')), alone.data.every((value, i) => value === together.data[i])]))`,
    )
    expect(run(node(version), [file])).toBe('[2,[],true]')
  })

  test('the command explains a pattern', () => {
    const command = join(inject('project'), 'node_modules/tesserae/dist/cli/main.js')
    const pattern = 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)'
    const printed = run(node(version), [
      command,
      'explain',
      pattern,
      '--shape',
      '1,3,224,224',
      '--axes',
      's1=16,s2=16',
    ])
    expect(printed).toContain('[1, 196, 768]')
  })
})

test('npm links the command', () => {
  const command = join(inject('project'), 'node_modules/.bin/tesserae')
  expect(run(command, ['explain', 'h w -> w h', '--shape', '2,3'])).toContain('[3, 2]')
})

test('the language works where generating code from strings is forbidden', () => {
  // ndarray's own constructor generates code, so the input is a literal here: any object with these four members is one
  const file = write(
    'no-eval.mjs',
    `import { rearrange } from 'tesserae'
     const x = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], stride: [3, 1], offset: 0 }
     const y = rearrange(x, 'h w -> w h')
     console.log(JSON.stringify([y.shape, y.get(2, 1), y.transpose(1, 0).get(1, 2)]))`,
  )
  expect(run(node('24'), ['--disallow-code-generation-from-strings', file])).toBe('[[3,2],6,6]')
})

test.each([
  ['tesserae', 60],
  ['tesserae/compiled', 20],
])('importing %s takes under %d ms of the processor', (entry, limit) => {
  const file = write(
    'import-time.mjs',
    `const start = process.cpuUsage()
     await import('${entry}')
     const { user, system } = process.cpuUsage(start)
     console.log((user + system) / 1000)`,
  )
  // the best of several fresh processes, in processor time: what the package costs, not what else the machine was doing
  const times = Array.from({ length: 15 }, () => Number(run(process.execPath, [file])))
  console.log(`import ${entry}: ${Math.min(...times).toFixed(1)} ms`)
  expect(Math.min(...times)).toBeLessThan(limit)
})
