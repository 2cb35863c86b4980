/** Patterns are parsed once: each kind of pattern has a bounded cache by its text. */
import QuickLRU from 'quick-lru'
import { checkText, type Source } from './source.ts'

const maxPatterns = 500
const maxTextLength = 1000

/** The same reader with a cache; patterns that are very long are read anew each time, so that the cache stays small. */
export function cached<Pattern extends object>(
  operation: Source['operation'],
  read: (text: string) => Pattern,
): (text: string) => Pattern {
  const cache = new QuickLRU<string, Pattern>({ maxSize: maxPatterns })
  return (text) => {
    const known = cache.get(text)
    if (known !== undefined) return known
    checkText(text, operation)
    const pattern = read(text)
    if (text.length <= maxTextLength) cache.set(text, pattern)
    return pattern
  }
}
