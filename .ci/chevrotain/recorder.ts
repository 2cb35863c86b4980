/** Runs each rule once to see what it is made of. chevrotain's own recorder knows more kinds of parts, and explains what a grammar does wrong. */
import { Alternation, Alternative, NonTerminal, Option, Repetition, Rule, Terminal } from '@chevrotain/gast'
import { createToken, createTokenInstance, EOF } from './tokens.ts'

type Part = ConstructorParameters<typeof Alternative>[0]['definition'][number]
type Kind = ConstructorParameters<typeof Terminal>[0]['terminalType']

interface Recorder {
  recordingProdStack: { definition: Part[] }[]
  RECORDING_PHASE: boolean
  [method: string]: unknown
}

const token = createTokenInstance(createToken({ name: 'RECORDED', pattern: undefined }), '', -1, -1)
const end = createTokenInstance(EOF, '', Number.NaN, Number.NaN)

export class GastRecorder {
  initGastRecorder(this: Recorder): void {
    this.recordingProdStack = []
    this.RECORDING_PHASE = false
  }

  enableRecording(this: Recorder): void {
    const stack = this.recordingProdStack
    const add = (part: Part) => stack.at(-1)!.definition.push(part)
    const within = (part: { definition: Part[] }, action: () => unknown) => {
      stack.push(part)
      action.call(this)
      stack.pop()
    }
    this.RECORDING_PHASE = true
    for (const idx of [0, 1]) {
      const suffix = idx || ''
      this[`CONSUME${suffix}`] = (terminalType: Kind) => {
        add(new Terminal({ idx, terminalType }))
        return token
      }
      this[`SUBRULE${suffix}`] = ({ ruleName }: { ruleName: string }) =>
        add(new NonTerminal({ idx, nonTerminalName: ruleName }))
    }
    const repeated = (Kind: typeof Option | typeof Repetition) => (action: () => unknown) => {
      const part = new Kind({ idx: 0, definition: [] })
      add(part)
      within(part, action)
    }
    this['OPTION'] = repeated(Option)
    this['MANY'] = repeated(Repetition)
    this['OR'] = (ways: { ALT: () => unknown }[]) => {
      const definition = ways.map(() => new Alternative({ definition: [] }))
      add(new Alternation({ idx: 0, definition }))
      for (const [i, { ALT }] of ways.entries()) within(definition[i]!, ALT)
    }
    this['LA'] = () => end
  }

  disableRecording(this: Recorder): void {
    this.RECORDING_PHASE = false
    for (const name of ['CONSUME', 'CONSUME1', 'SUBRULE', 'SUBRULE1', 'OPTION', 'MANY', 'OR', 'LA'])
      delete this[name]
  }

  topLevelRuleRecord(this: Recorder, name: string, run: () => unknown): Rule {
    const rule = new Rule({ name, definition: [] })
    this.recordingProdStack.push(rule)
    run.call(this)
    this.recordingProdStack.pop()
    return rule
  }
}
