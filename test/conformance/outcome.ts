/** What came of one case, and the count of many. */

export interface Outcome {
  readonly id: string
  /** `'allowed'`: differs where the vectors' README says it may. */
  readonly status: 'passed' | 'failed' | 'allowed' | 'not comparable'
  /** Why it did not pass, or which difference is allowed. */
  readonly reason?: string
}

/** Prints failures as they come and the count at the end; whether all passed. */
export async function report(outcomes: AsyncIterable<Outcome> | Iterable<Outcome>): Promise<boolean> {
  const counts = { passed: 0, failed: 0, allowed: 0, 'not comparable': 0 }
  const notes = new Map<string, string[]>()
  for await (const { id, status, reason = '' } of outcomes) {
    counts[status]++
    if (status === 'failed') console.log(`${id}: ${reason}`)
    else if (status !== 'passed') notes.set(reason, [...(notes.get(reason) ?? []), id])
  }
  for (const [reason, ids] of notes) console.log(`${reason}: ${ids.join(', ')}`)
  if (counts['not comparable'] > 0) console.log(`${counts['not comparable']} not comparable`)
  if (counts.passed + counts.allowed + counts.failed === 0) console.log('no case was found')
  console.log(`${counts.passed + counts.allowed} passed, ${counts.failed} failed`)
  return counts.failed === 0 && counts.passed + counts.allowed > 0
}
