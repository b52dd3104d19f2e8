import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type BaseValues, renderBase } from '../../shared/gateway/base.ts'
import { newFolder } from '../support/folder.ts'
import { baseValues, HAPROXY, HAPROXY_ENVIRONMENT } from '../support/haproxy.ts'
import { createCertificates } from '../support/haproxy-certificates.ts'

const VALUES = baseValues('/run/front', { httpPort: 8080, httpsPort: 8443, mongoPort: 27017, statsPort: 8404 })
const SHIPPED = readFileSync('haproxy/haproxy.cfg', 'utf8')

it('puts values where their names are, without the quotes', () => {
  expect(renderBase(`  bind "\${BIND}:\${HTTP_PORT}"`, VALUES)).toBe('  bind 127.0.0.1:8080')
  expect(renderBase(`x map("\${MAPS}/hosts.map") y`, VALUES)).toBe('x map(/run/front/maps/hosts.map) y')
  expect(renderBase('use "a b" \'"c"\' $ {x}', VALUES)).toBe('use "a b" \'"c"\' $ {x}')
})

it('leaves HAProxy’s own variables to it', () => {
  expect(renderBase(`peer "\${HAPROXY_LOCALPEER}" "unix@\${RUN}/p"`, VALUES)).toBe(
    `peer "\${HAPROXY_LOCALPEER}" unix@/run/front/run/p`,
  )
})

it('keeps lines that depend on a value only where there is one', () => {
  const text = `a\n.if defined(STATS_AUTH)\nauth "\${STATS_AUTH}"\n.else\nnone\n.endif\nb`
  expect(renderBase(text, VALUES)).toBe('a\nnone\nb')
  expect(renderBase(text, { ...VALUES, STATS_AUTH: 'me:secret' })).toBe('a\nauth me:secret\nb')
})

it('takes the default beside a name that has no value', () => {
  expect(renderBase(`x "\${STATS_AUTH-a.b}"`, VALUES)).toBe('x a.b')
  expect(renderBase(`x "\${STATS_AUTH-a.b}"`, { ...VALUES, STATS_AUTH: 'me:x' })).toBe('x me:x')
})

it('refuses a name that it does not know, and one that has no value', () => {
  expect(() => renderBase(`x "\${OTHER}"`, VALUES)).toThrow('needs a value for OTHER')
  expect(() => renderBase(`x "\${STATS_AUTH}"`, VALUES)).toThrow('needs a value for STATS_AUTH')
  expect(() => renderBase('', { ...VALUES, OTHER: 'x' } as BaseValues)).toThrow('has no value OTHER')
  expect(() => renderBase('', { ...VALUES, constructor: 'x' } as unknown as BaseValues)).toThrow('no value constructor')
})

for (const [name, ...values] of [
  ['BIND', '', '*', 'localhost', '127.0.0.1 ssl', '127.0.0.1\n', '$HOME', 'fd@3', 'unix'],
  ['HTTP_PORT', '', '0', '80-90', '80 ssl', '-1', '808080', '80\nx'],
  ['API_HOST', 'A.test', 'a b', 'a"', 'a}', 'a,b', 'a\\', 'a#', "a'", 'a$b'],
  ['API_ADDRESS', '127.0.0.1', '127.0.0.1:80 check', ':80', 'unix@/x:1'],
  ['MAPS', 'maps', '/a b', '/a"b', '/a)b', '/a,b', '/a\nb', '/a#b', `/a\${X}`, '/a\\'],
  ['HTTPS_SUFFIX', '', '8443', ':0', ':8443/x', ':8443 x'],
  ['MAXCONN', '0', 'x', '1e3', '1\n2'],
  ['STATS_AUTH', 'me', 'me:', 'me:a b', 'me:a"', 'me:$x', 'me:x\nglobal'],
] as const) {
  it(`refuses for ${name} whatever could end the word that it stands in`, () => {
    for (const value of values) {
      const attempt = () => renderBase(SHIPPED, { ...VALUES, [name]: value })
      expect(attempt, value).toThrow(`The value ${name} cannot stand`)
    }
  })
}

it('takes a value for exactly what it is', () => {
  expect(renderBase(`"\${BIND}"`, { ...VALUES, BIND: '::1' })).toBe('::1')
  expect(renderBase(`"\${API_ADDRESS}"`, { ...VALUES, API_ADDRESS: '[::1]:3005' })).toBe('[::1]:3005')
  expect(renderBase(`"\${STATS_AUTH}"`, { ...VALUES, STATS_AUTH: "me:a$&b'".replace(/[$&']/g, '~') })).toBe('me:a~~b~')
})

it('gives what HAProxy reads from its environment, and HAProxy wants both without a warning', async () => {
  const folder = newFolder()
  const { edge, front, ca, crl } = await createCertificates()
  const values = baseValues(folder, { httpPort: 8080, httpsPort: 8443, mongoPort: 27017, statsPort: 8404 })
  for (const name of ['maps', 'certs', 'run']) mkdirSync(join(folder, name))
  for (const name of ['hosts', 'paths', 'split', 'sni', 'void', 'acme', 'secure', 'front', 'trusted']) {
    writeFileSync(join(folder, 'maps', `${name}.map`), '')
  }
  writeFileSync(join(folder, 'certs/edge.pem'), edge.cert + edge.key)
  writeFileSync(join(folder, 'front.pem'), front.cert + front.key)
  writeFileSync(join(folder, 'ca.pem'), ca)
  writeFileSync(join(folder, 'crl.pem'), await crl([]))
  for (const optional of [
    {},
    { STATS_AUTH: 'me:secret', FRONT_CRL: join(folder, 'crl.pem'), LOG_ADDRESS: '127.0.0.1:514' },
  ]) {
    writeFileSync(join(folder, 'haproxy.cfg'), renderBase(SHIPPED, { ...values, ...optional }))
    const check = (file: string, env: object) =>
      spawnSync(HAPROXY, ['-c', '-f', file], { env: { ...HAPROXY_ENVIRONMENT, ...env }, encoding: 'utf8' })
    for (const checked of [
      check(join(folder, 'haproxy.cfg'), {}),
      check('haproxy/haproxy.cfg', { ...values, ...optional }),
    ]) {
      expect(checked.stdout + checked.stderr).not.toMatch(/WARNING|ALERT/)
      expect(checked.status).toBe(0)
    }
  }
})
