/**
 * How long each property is tried: a second, so that `npm test` stays quick on any machine and a busy one tries fewer cases instead of failing. `.ci/run` says
 * more by FUZZ_SECONDS.
 */
import fc from 'fast-check'

const seconds = Number(process.env['FUZZ_SECONDS'] ?? 1)

fc.configureGlobal({ ...fc.readConfigureGlobal(), interruptAfterTimeLimit: 1000 * seconds })
