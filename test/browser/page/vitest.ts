/** What `vitest` is in the page: its own runner and matchers, without the server they usually report to. */
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  addCustomEqualityTesters,
  type ChaiPlugin,
  chai,
  customMatchers,
  GLOBAL_EXPECT,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect'
import { getCurrentTest } from '@vitest/runner'

export { afterAll, afterEach, beforeAll, beforeEach, describe, it, test } from '@vitest/runner'

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers] as ChaiPlugin[]) chai.use(plugin)

interface Extendable {
  extend(expect: unknown, matchers: object): void
}

/** vitest's `expect`, put together as vitest does (`integrations/chai/index.ts`), for the test that is running. */
export const expect = Object.assign(
  (value: unknown, message?: string) => chai.expect(value, message).withTest(getCurrentTest() as never),
  chai.expect,
  (globalThis as unknown as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT],
  {
    getState: () => getState(expect as never),
    setState: (state: object) => setState(state as never, expect as never),
    extend: (matchers: object) => (chai.expect as unknown as Extendable).extend(expect, matchers),
    unreachable: (message?: string): never => chai.assert.fail(message ?? 'should not be reached'),
    addEqualityTesters: (testers: never[]) => addCustomEqualityTesters(testers),
  },
)
;(globalThis as unknown as Record<symbol, object>)[GLOBAL_EXPECT] = expect
setState(
  {
    assertionCalls: 0,
    isExpectingAssertions: false,
    isExpectingAssertionsError: null,
    expectedAssertionsNumber: null,
    expectedAssertionsNumberErrorGen: null,
    environment: 'browser',
    testPath: '',
    currentTestName: '',
  } as never,
  expect as never,
)
expect.extend(customMatchers)
