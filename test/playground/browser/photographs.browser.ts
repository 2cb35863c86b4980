/** Photographs, and models of one’s own. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeSafetensors } from 'tesserae/checkpoint'
import { VisionTransformer } from 'tesserae/nn'
import { afterAll, describe, expect, test } from 'vitest'
import { path, ready } from './on-story.ts'
import { coloursOf, complaints, useSite, visit } from './site.ts'

useSite()

describe('photographs', () => {
  test('are there with a real model’s answer and the look of every head', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await page.locator('#photos').scrollIntoViewIfNeeded()
      await expect.poll(() => page.locator('#photos .bars .name').count()).toBe(5)
      expect(await page.locator('#photos .bars .name').first().innerText()).toBe('Egyptian Mau')
      expect(await page.locator('.wall .map').count()).toBe(36)
      expect(await coloursOf(page, '#photos-view .picture')).toBeGreaterThan(500)
      await page.getByRole('button', { name: 'Layer 12, head 1' }).click()
      await expect.poll(() => page.locator('#photos-readout').innerText()).toMatch(/^Layer 12, head 1/)
      await page.locator('#photos-view').hover({ position: { x: 20, y: 20 } })
      await expect
        .poll(() => page.locator('#photos-readout').innerText())
        .toMatch(/weight of this patch is 0\.\d{4}/)
      await page.getByRole('radio', { name: 'a cup of coffee' }).check({ force: true })
      await expect.poll(() => page.locator('#photos .bars .name').first().innerText()).toBe('espresso')
    }))
})

describe('a model of one’s own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weights-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const small = () => {
    const model = new VisionTransformer({
      imgSize: 32,
      patchSize: 8,
      embedDim: 192,
      depth: 2,
      numHeads: 3,
      numClasses: 7,
    })
    const weights = join(folder, 'small.safetensors')
    writeFileSync(weights, writeSafetensors(model.stateDict()))
    return weights
  }

  test('and a picture by file: answer, likeness, attention', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await page.locator('#photo-files').setInputFiles(small())
      await expect
        .poll(() => page.locator('#photo-status').innerText(), { timeout: 20_000 })
        .toMatch(/answered in/)
      expect(await page.locator('#photo-answer li').count()).toBe(5)
      expect(await page.locator('#photo-model').innerText()).toMatch(/32×32/)
      await page.locator('#photo-what').selectOption('likeness')
      await page.locator('#photo-view').focus()
      await page.keyboard.press('ArrowRight')
      expect(await page.locator('#photo-caption').innerText()).toMatch(/embedding is like/)
      expect(await complaints(page)).toEqual([])
    }))

  test('is shown pictures as its configuration says, and answers by its names', () =>
    visit({ path }, async (page) => {
      await ready(page)
      const about = () => page.locator('#photo-model').innerText()
      await page.locator('#photo-files').setInputFiles(small())
      await expect.poll(about, { timeout: 20_000 }).toMatch(/mean 0\.5, std 0\.5\. No configuration says it/)
      expect(await page.locator('#photo-answer .name').first().innerText()).toMatch(/^class \d$/)
      const json = (name: string, value: object) => ({
        ...{ name, mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(value)) },
      })
      const kinds = ['ant', 'bee', 'cat', 'dog', 'elk', 'fox', 'gnu']
      // after the weights, as one finds out that they are wanted
      await page.locator('#photo-files').setInputFiles([
        json('config.json', {
          ...{ model_type: 'vit', hidden_size: 192, num_attention_heads: 3 },
          id2label: Object.fromEntries(kinds.map((kind, i) => [i, kind])),
        }),
        json('preprocessor_config.json', {
          ...{ image_processor_type: 'ViTImageProcessor', size: { height: 32, width: 32 }, resample: 2 },
          ...{ image_mean: [0.25, 0.25, 0.25], image_std: [0.2, 0.2, 0.2] },
        }),
      ])
      await expect
        .poll(about)
        .toMatch(/named \(ant, bee, cat, …\)\. Pictures: bilinear, mean 0\.25, std 0\.2\.$/)
      await expect
        .poll(() => page.locator('#photo-answer .name').allInnerTexts())
        .toEqual(expect.arrayContaining([expect.stringMatching(/^(ant|bee|cat|dog|elk|fox|gnu)$/)]))
    }))

  test('still works after a picture that cannot be read', () =>
    visit({ path }, async (page) => {
      await ready(page)
      const status = () => page.locator('#photo-status').innerText()
      const weights = small()
      await page
        .locator('#photo-files')
        .setInputFiles([{ name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from('no picture') }])
      await page.locator('#photo-files').setInputFiles(weights)
      await expect.poll(status, { timeout: 20_000 }).toMatch(/the picture cannot be read/)
      await page.locator('#photo-files').setInputFiles([])
      await page.locator('#photo-files').setInputFiles(weights)
      await expect.poll(status, { timeout: 20_000 }).toMatch(/answered in/)
    }))

  test('takes names of classes, and no other JSON', () =>
    visit({ path }, async (page) => {
      await ready(page)
      const status = () => page.locator('#photo-status').innerText()
      await page.locator('#photo-files').setInputFiles({
        name: 'package.json',
        mimeType: 'application/json',
        buffer: readFileSync(fileURLToPath(new URL('../../../package.json', import.meta.url))),
      })
      await expect.poll(status).toBe('package.json is no list of names, nor a model’s configuration')
      await page.locator('#photo-files').setInputFiles({
        name: 'labels.json',
        mimeType: 'application/json',
        buffer: Buffer.from('["cat", "dog"]'),
      })
      await expect.poll(status).toBe('2 names from labels.json')
    }))

  test('that is none gets a clear line', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await page
        .locator('#photo-files')
        .setInputFiles({ name: 'wrong.safetensors', mimeType: '', buffer: Buffer.from('not weights at all') })
      await expect.poll(() => page.locator('#photo-status').getAttribute('class')).toContain('wrong')
      expect(await page.locator('#photo-status').innerText()).toMatch(/safetensors|header|file/i)
      await page
        .locator('#photo-files')
        .setInputFiles({ name: 'empty.safetensors', mimeType: '', buffer: Buffer.alloc(0) })
      await expect.poll(() => page.locator('#photo-status').innerText()).toMatch(/got 0 bytes/)
    }))

  const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url))
  const tiny = join(data, 'weights/vit_tiny_patch16_224.augreg_in21k_ft_in1k.safetensors')
  test.skipIf(!existsSync(tiny))('a real ViT-Tiny sees a cat (needs ../shared/data)', () =>
    visit({ path }, async (page) => {
      await ready(page)
      await page
        .locator('#photo-files')
        .setInputFiles([
          tiny,
          join(data, 'images/chelsea.png'),
          join(data, 'labels/imagenet-simple-labels.json'),
        ])
      await expect
        .poll(() => page.locator('#photo-answer li').first().innerText(), { timeout: 40_000 })
        .toMatch(/Egyptian/)
    }),
  )
})
