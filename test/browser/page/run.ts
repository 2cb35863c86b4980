/** The page: runs the test files it is asked for and leaves what came of each test in `globalThis.outcomes`. */

import { cases } from 'virtual:cases'
import { type File, startTests, type Task, type VitestRunner } from '@vitest/runner'
import { capabilities } from 'tesserae'

export interface Outcome {
  readonly file: string
  readonly test: string
  readonly state: 'pass' | 'fail' | 'skip'
  readonly error?: string
}

const runner: VitestRunner = {
  config: {
    root: '/',
    setupFiles: [],
    name: undefined,
    passWithNoTests: false,
    testNamePattern: undefined,
    allowOnly: false,
    sequence: { shuffle: false, concurrent: false, seed: 1, hooks: 'stack', setupFiles: 'list' },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  },
  importFile: (path) => cases[path]!(),
}

function* outcomesOf(file: string, task: Task | File, names: readonly string[] = []): Generator<Outcome> {
  if (task.type === 'test') {
    const error = describeError(task)
    const state = task.result?.state === 'pass' ? 'pass' : task.result?.state === 'fail' ? 'fail' : 'skip'
    yield { file, test: [...names, task.name].join(' > '), state, ...(error === undefined ? {} : { error }) }
    return
  }
  const own = describeError(task)
  if (own !== undefined) yield { file, test: [...names, '(setup)'].join(' > '), state: 'fail', error: own }
  const inner = 'filepath' in task ? names : [...names, task.name]
  for (const child of task.tasks) yield* outcomesOf(file, child, inner)
}

async function runCases(files: readonly string[]): Promise<Outcome[]> {
  const finished = await startTests([...files], runner)
  return finished.flatMap((file) => [...outcomesOf(file.filepath, file)])
}
const about = () => ({ isolated: globalThis.crossOriginIsolated, capabilities: capabilities() })

Object.assign(globalThis, { runCases, about })

function describeError(task: Task | File): string | undefined {
  const error = task.result?.errors?.[0]
  return error && `${error.message}\n${error.stack?.split('\n').slice(1, 4).join('\n')}`
}
