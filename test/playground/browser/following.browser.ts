/** Following an element, sharing what one sees, and pictures of one’s own. */
import { describe, expect, test } from 'vitest'
import { drawingLabel, patchify, pattern } from './on-patterns.ts'
import { type Page, phone, useSite, visit } from './site.ts'

useSite()

describe('following an element', () => {
  test('with the pointer lights up its other side', () =>
    visit({ path: patchify }, async (page) => {
      const box = (await page.locator('.drawing canvas').boundingBox())!
      let told = ''
      for (let x = 20; x < box.width && !told.includes('→'); x += 25) {
        await page.mouse.move(box.x + x, box.y + box.height / 2 + 20)
        told = await page.locator('#readout').innerText()
      }
      expect(told).toMatch(/images\[0, \d, \d, \d\] = \d+\s*→\s*patches\[0, \d, \d+\]/)
    }))

  test('with the keyboard tells where it comes from, and the link keeps it', () =>
    visit({ path: patchify }, async (page) => {
      await page.locator('.drawing').focus()
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowRight')
      // the second element of the first patch is of the second channel
      expect(await page.locator('#readout').innerText()).toMatch(
        /images\[0, 1, 0, 0\]\s*→\s*patches\[0, 0, 1\] = 24/,
      )
      expect(page.url()).toMatch(/&e=1$/)
      await page.keyboard.press('ArrowDown')
      expect(await page.locator('#readout').innerText()).toMatch(/patches\[0, 1, 1\]/)
      await page.keyboard.press('Escape')
      expect(page.url()).not.toMatch(/&e=/)
    }))

  test('with a finger keeps it', () =>
    visit({ path: patchify, ...phone }, async (page) => {
      const box = (await page.locator('.drawing canvas').boundingBox())!
      for (let y = 70; y < box.height && !page.url().includes('&e='); y += 17) {
        await page.locator('.drawing canvas').tap({ position: { x: box.width * 0.35, y } })
      }
      expect(page.url()).toMatch(/&e=\d+/)
      expect(await page.locator('#readout').innerText()).toContain('→')
    }))

  test('an axis colours both sides alike', () =>
    visit({ path: patchify }, async (page) => {
      await page.locator('.legend .chip', { hasText: /^c/ }).click()
      expect(page.url()).toContain('colour=c')
      expect(await page.locator('.legend .chip[aria-pressed="true"]').innerText()).toMatch(/^c/)
    }))

  test('the move plays, and rests where motion is not wanted', async () => {
    await visit({ path: patchify, motion: 'no-preference' }, async (page) => {
      await page.waitForFunction(
        () => Number(document.querySelector<HTMLInputElement>('.controls input')!.value) < 1000,
      )
      await page.waitForFunction(
        () => document.querySelector<HTMLInputElement>('.controls input')!.value === '1000',
      )
    })
    await visit({ path: patchify, motion: 'reduce' }, async (page) => {
      await page.waitForTimeout(600)
      expect(await page.locator('.controls input').inputValue()).toBe('1000')
    })
  })
})

describe('sharing', () => {
  test('a copied link shows the same on another screen', async () => {
    let link = ''
    await visit({ path: patchify, permissions: ['clipboard-read', 'clipboard-write'] }, async (page) => {
      await page.locator('[data-axis="s1"]').fill('4')
      await page.locator('#copy-link').click()
      link = await page.evaluate(() => navigator.clipboard.readText())
    })
    await visit({ path: link.replace(/^https?:\/\/[^/]*\//, '') }, async (page) => {
      expect(await page.locator(pattern).inputValue()).toBe('b c (h s1) (w s2) -> b (h w) (s1 s2 c)')
      expect(await drawingLabel(page)).toMatch(/to \[1, 3, 24\]/)
    })
  })

  test('code is there in three languages', () =>
    visit({ path: patchify }, async (page) => {
      const code = page.locator('#code pre')
      expect(await code.innerText()).toContain(
        "rearrange(images, 'b c (h s1) (w s2) -> b (h w) (s1 s2 c)', { s1: 2, s2: 2 })",
      )
      await page.getByLabel('einops').check({ force: true })
      await expect.poll(() => code.innerText()).toContain('s1=2, s2=2)')
      await page.getByLabel('NumPy').check({ force: true })
      await expect
        .poll(() => code.innerText())
        .toContain('images.reshape(1, 3, 2, 2, 3, 2).transpose(0, 2, 4, 3, 5, 1).reshape(1, 6, 12)')
    }))
})

describe('pictures', () => {
  /** Hands the page a picture of red and green halves as the browser does after a drop or a paste. */
  const hand = (page: Page, how: 'drop' | 'paste') =>
    page.evaluate(async (type) => {
      const canvas = new OffscreenCanvas(40, 20)
      const context = canvas.getContext('2d')!
      context.fillStyle = '#ff0000'
      context.fillRect(0, 0, 20, 20)
      context.fillStyle = '#00ff00'
      context.fillRect(20, 0, 20, 20)
      const transfer = new DataTransfer()
      transfer.items.add(new File([await canvas.convertToBlob()], 'halves.png', { type: 'image/png' }))
      const event =
        type === 'drop'
          ? new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
          : new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true, cancelable: true })
      document.body.dispatchEvent(event)
    }, how)

  for (const how of ['drop', 'paste'] as const) {
    test(`a picture that one ${how}s becomes the tensor`, () =>
      visit({ path: patchify }, async (page) => {
        await hand(page, how)
        await page.waitForFunction(() => location.hash.includes('src=picture'))
        // cut into patches that can be seen, and in its colours
        expect(page.url()).toContain('x=1,3,48,96')
        expect(page.url()).toContain('n=s1:24,s2:24')
        expect(await page.locator('.drawing').getAttribute('aria-label')).toMatch(/to \[1, 8, 1728\]/)
        await page.goto(page.url().replace(/#.*/, '#rearrange?p=h+w+c+-%3E+w+h+c&x=48,96,3&src=picture'))
        await hand(page, how)
        await page.waitForTimeout(500)
        const colours = await page.locator('.drawing canvas').evaluate((canvas) => {
          const { width, height } = canvas as HTMLCanvasElement
          const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height)
          let red = 0
          let green = 0
          for (let i = 0; i < data.length; i += 4) {
            if (data[i] === 255 && data[i + 1] === 0 && data[i + 2] === 0) red++
            if (data[i] === 0 && data[i + 1] === 255 && data[i + 2] === 0) green++
          }
          return { red, green }
        })
        expect(colours.red).toBeGreaterThan(2000)
        expect(colours.red / colours.green).toBeCloseTo(1, 1)
      }))
  }

  test('a file that is none is told to be none, and all else stays', () =>
    visit({ path: patchify }, async (page) => {
      for (const [name, type, sentence] of [
        ['broken.png', 'image/png', 'broken.png is not a picture that this browser can read'],
        ['notes.txt', 'text/plain', 'notes.txt is not a picture'],
      ] as const) {
        await page.evaluate(
          (file) => {
            const transfer = new DataTransfer()
            transfer.items.add(new File(['no picture'], file.name, { type: file.type }))
            const event = new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
            document.body.dispatchEvent(event)
          },
          { name, type },
        )
        await expect.poll(() => page.locator('#message').innerText()).toBe(sentence)
      }
      expect(await page.locator('.drawing').getAttribute('aria-label')).toMatch(/^rearrange \[1, 3, 4, 6\]/)
    }))
})
