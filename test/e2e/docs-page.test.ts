import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type Page } from 'playwright-core'
import { expect, it, onTestFinished } from 'vitest'
import { startFront } from '../support/front-process.ts'
import { freePorts } from '../support/ports.ts'

async function openPage(): Promise<Page> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  page.setDefaultTimeout(60_000)
  return page
}

it('shows the API in a browser, tries a call, and loads nothing from elsewhere', { timeout: 60_000 }, async () => {
  const front = await startFront()
  const page = await openPage()
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

it('leads a newcomer from registering to traffic and back, with the examples that it fills in', {
  timeout: 180_000,
}, async () => {
  const app = createServer((_, answer) => answer.end('hello from the app')).listen(0, '127.0.0.1')
  onTestFinished(() => void app.close())
  await once(app, 'listening')
  const target = `http://127.0.0.1:${(app.address() as AddressInfo).port}`
  const [httpPort = 0] = await freePorts(1)
  const front = await startFront({ HTTP_PORT: `${httpPort}`, DOMAIN: 'front.test' })
  const page = await openPage()
  await page.goto(front.url)

  const { token } = await execute(page, 'Agents-registerAgent')
  expect(token).toMatch(/^eyJ/)
  await page.locator('.auth-wrapper .authorize').first().click()
  await page.locator('.modal-ux input[type=text]').fill(token)
  await page.locator('.modal-ux button[type=submit]').click()
  await page.locator('.modal-ux .btn-done').click()

  const made = await execute(page, 'Routes-putHttpRoute', (text) => text.replace('http://203.0.113.7:3000', target))
  expect(made).toMatchObject({ success: true, domain: 'shop.apps.front.test', targetUrl: target })
  expect(await execute(page, 'Routes-listRoutesOfAgent')).toMatchObject({ routes: [{ domain: made.domain }] })
  expect(await answerOf(httpPort, made.domain)).toBe('200 hello from the app')
  expect(await execute(page, 'Routes-removeRoute')).toMatchObject({ success: true, domain: made.domain })
  expect(await answerOf(httpPort, made.domain)).toMatch(/^404 /)
})

/** Opens a call, changes its example if it must, and gives what was answered. */
async function execute(page: Page, call: string, change?: (text: string) => string) {
  const block = page.locator(`#operations-${call}`)
  await block.locator('.opblock-summary-control').click()
  if (change) {
    const body = block.locator('textarea.body-param__text')
    await body.fill(change(await body.inputValue()))
  }
  await block.getByRole('button', { name: 'Execute' }).click()
  const answered = block.locator('.live-responses-table .response .highlight-code').first()
  await answered.waitFor()
  const text = (await answered.textContent()) ?? ''
  await block.locator('.opblock-summary-control').click()
  return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
}

const answerOf = (port: number, host: string): Promise<string> =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, headers: { host } }, async (answer) => {
      let body = ''
      for await (const chunk of answer) body += chunk
      resolve(`${answer.statusCode} ${body}`)
    }).on('error', reject)
  })
