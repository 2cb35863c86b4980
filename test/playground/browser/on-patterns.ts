/** The pattern page as tests use it: where they begin, what they type, what they read. */
import type { Page } from './site.ts'

export const pattern = '#pattern'
export const patchify =
  'index.html#rearrange?p=b+c+(h+s1)+(w+s2)+-%3E+b+(h+w)+(s1+s2+c)&x=1,3,4,6&n=s1:2,s2:2'
export const numbers = 'index.html#rearrange?p=h+w+-%3E+h+w&x=4,6'

export async function type(page: Page, text: string): Promise<void> {
  await page.locator(pattern).fill('')
  await page.locator(pattern).pressSequentially(text)
}

export async function setShape(page: Page, text: string): Promise<void> {
  await page.locator('#shape-0').fill(text)
}

export const drawingLabel = (page: Page) => page.locator('.drawing').getAttribute('aria-label')
export const sentence = (page: Page) => page.locator('#message .sentence').innerText()
