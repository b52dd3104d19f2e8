import { chromium } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { startFront } from '../support/front-process.ts'

it('shows the API in a browser, tries a call, and loads nothing from elsewhere', { timeout: 60_000 }, async () => {
  const front = await startFront()
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  const complaints: string[] = []
  const hosts = new Set<string>()
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => request.url().startsWith('http') && hosts.add(new URL(request.url()).origin))

  await page.goto(front.url)
  expect(page.url()).toBe(`${front.url}/api/docs`)
  await page.getByText('CloudLunacy Front Server').first().waitFor()
  await page.getByText('/api/health/live').click()
  await page.getByRole('button', { name: 'Execute' }).click()
  await page.locator('.live-responses-table').getByText('"status": "live"').waitFor()

  if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT, fullPage: true })
  expect(complaints).toEqual([])
  expect([...hosts]).toEqual([front.url])
})
