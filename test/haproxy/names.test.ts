import { expect, it } from 'vitest'
import { type Haproxy, startHaproxy } from '../support/haproxy.ts'
import { exchange, getH2 } from '../support/http-clients.ts'
import { startTarget, type Target } from '../support/targets.ts'

/** What HAProxy answers to a request with exactly these lines, and which target it came from. */
async function outcome(haproxy: Haproxy, lines: string[]): Promise<string> {
  const answer = await exchange(haproxy.httpPort, `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`)
  const target = /"target":"(\w+)"/.exec(answer)?.[1]
  return target ?? (/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] || 'closed')
}

async function startWithOneHost(): Promise<{ haproxy: Haproxy; target: Target }> {
  const target = await startTarget('own')
  const haproxy = await startHaproxy({ maps: { hosts: { 'a.apps.test': `http|127.0.0.1|${target.port}||` } } })
  return { haproxy, target }
}

it('knows a host by one spelling, and by no other than those that mean the same', async () => {
  const { haproxy } = await startWithOneHost()
  for (const [host, expected] of [
    ['a.apps.test', 'own'],
    ['A.Apps.TEST', 'own'],
    ['a.apps.test.', 'own'],
    ['a.apps.test:80', 'own'],
    ['a.apps.test:8080', 'own'],
    ['a.apps.test.:8080', 'own'],
    [' a.apps.test ', 'own'],
    ['b.apps.test', '404'],
    ['xa.apps.test', '404'],
    ['a.apps.test.evil.test', '404'],
    ['apps.test', '404'],
    ['127.0.0.1', '404'],
    ['[::1]', '400'],
    ['', '400'],
    ['a.apps.test..', '400'],
    ['a..apps.test', '400'],
    ['.a.apps.test', '400'],
    ['.', '400'],
    ['a.apps.test:', '400'],
    ['a.apps.test:x', '400'],
    ['a.apps.test:123456', '400'],
    ['a.apps.test:80:80', '400'],
    ['a.apps.test:80@x', '400'],
    ['x@a.apps.test', '400'],
    ['a.apps.test@x', '400'],
    ['x,a.apps.test', '400'],
    ['a.apps.test,x', '400'],
    ['a.apps.test, a.apps.test', '400'],
    ['a.apps.test/x', '400'],
    ['a.apps.test?x', '400'],
    ['a.apps.test#x', '400'],
    ['a.apps.test x', '400'],
    ['a.apps.test\tx', '400'],
    ['a%2eapps.test', '400'],
    ['a\\.apps.test', '400'],
    ['a_.apps.test', '400'],
    ['*.apps.test', '400'],
    ['a.apps.test|x', '400'],
    ['ä.apps.test', '400'],
    ['a.apps.test\0', '400'],
    [`${'a'.repeat(9_000)}.apps.test`, '404'],
  ] as const) {
    expect([host, await outcome(haproxy, ['GET / HTTP/1.1', `Host: ${host}`])]).toEqual([host, expected])
  }
})

it('takes a request only when all of it names the same host', async () => {
  const { haproxy, target } = await startWithOneHost()
  for (const [expected, ...lines] of [
    ['own', 'GET http://a.apps.test/ HTTP/1.1', 'Host: a.apps.test'],
    ['400', 'GET http://b.apps.test/ HTTP/1.1', 'Host: a.apps.test'],
    ['400', 'GET http://a.apps.test/ HTTP/1.1', 'Host: b.apps.test'],
    ['400', 'GET http://x@a.apps.test/ HTTP/1.1', 'Host: b.apps.test'],
    ['400', 'GET / HTTP/1.1', 'Host: a.apps.test', 'Host: b.apps.test'],
    ['400', 'GET / HTTP/1.1', 'Host: b.apps.test', 'Host: a.apps.test'],
    ['400', 'GET / HTTP/1.1', 'Host: b.apps.test', ' a.apps.test'],
    ['400', 'GET / HTTP/1.1', 'Host : a.apps.test'],
    ['400', 'GET / HTTP/1.1'],
    ['400', 'GET / HTTP/1.0'],
    ['own', 'GET / HTTP/1.0', 'Host: a.apps.test'],
    ['405', 'CONNECT a.apps.test:443 HTTP/1.1', 'Host: a.apps.test:443'],
    ['400', 'GET / HTTP/1.1', 'Host: a.apps.test', 'Content-Length: 0', 'Content-Length: 1'],
    ['400', 'GET / HTTP/1.1', 'Host: a.apps.test', 'Transfer-Encoding: chunked, x'],
    ['400', 'G(T / HTTP/1.1', 'Host: a.apps.test'],
  ] as [string, ...string[]][]) {
    expect([lines, await outcome(haproxy, lines)]).toEqual([lines, expected])
  }
  expect(target.requests()).toBe(2)
})

it('goes by the authority of HTTP/2', async () => {
  const { haproxy } = await startWithOneHost()
  for (const [authority, host, status] of [
    ['a.apps.test', undefined, 200],
    ['A.APPS.TEST:8443', undefined, 200],
    ['b.apps.test', undefined, 404],
    ['b.apps.test', 'a.apps.test', 404],
  ] as const) {
    const answer = await getH2(haproxy.httpPort, { host: authority, headers: host ? { host } : {} })
    expect([authority, host, answer.status]).toEqual([authority, host, status])
  }
  // Newer versions of HAProxy reset the stream, 2.6 leaves it to the configuration.
  for (const host of ['x@a.apps.test', 'a.apps.test,b', 'a_.apps.test']) {
    const answer = await getH2(haproxy.httpPort, { host }).catch(() => ({ status: 400 }))
    expect([host, answer.status]).toEqual([host, 400])
  }
})

async function startWithPrefixes(): Promise<Haproxy> {
  const [root, adm] = [await startTarget('root'), await startTarget('adm')]
  return await startHaproxy({
    maps: {
      hosts: {
        'a.apps.test': `http|127.0.0.1|${root.port}||`,
        'whole.apps.test': `http|127.0.0.1|${root.port}||`,
      },
      split: { 'a.apps.test': '1' },
      paths: { 'a.apps.test/adm/': `http|127.0.0.1|${adm.port}||` },
    },
  })
}

it('knows a path by one spelling where a part of it goes elsewhere', async () => {
  const haproxy = await startWithPrefixes()
  for (const [path, expected] of [
    ['/adm', 'adm'],
    ['/adm/', 'adm'],
    ['/adm/x', 'adm'],
    ['/adm?x', 'adm'],
    ['/adm;x=1', 'adm'],
    ['/adm;x=1/y', 'adm'],
    ['/adm/x%20y', 'adm'],
    ['/adm/%C3%A4', 'adm'],
    ['/x?/adm/../%61', 'root'],
    ['/x/adm', 'root'],
    ['/ADM', 'root'],
    ['/...', 'root'],
    ['/.well-known/x', 'root'],
    ['/x..y/z.', 'root'],
    ['/[id]/x|y^z`{}', 'root'],
    ['//adm', '400'],
    ['/x//adm', '400'],
    ['/adm//', '400'],
    ['/./adm', '400'],
    ['/adm/.', '400'],
    ['/x/../adm', '400'],
    ['/adm/..', '400'],
    ['/adm/../x', '400'],
    ['/..;/adm', '400'],
    ['/;x/adm', '400'],
    ['/x/.;a/../adm', '400'],
    ['/%61dm', '400'],
    ['/%41dm', '400'],
    ['/a%64m', '400'],
    ['/%7Eadm', '400'],
    ['/%2e/adm', '400'],
    ['/%2E%2E/adm', '400'],
    ['/x/%2e%2e/adm', '400'],
    ['/x%2fadm', '400'],
    ['/%2Fadm', '400'],
    ['/adm%3bx', '400'],
    ['/x%5cadm', '400'],
    ['/adm%00', '400'],
    ['/adm%0a', '400'],
    ['/adm%', '400'],
    ['/adm%6', '400'],
    ['/adm%zz', '400'],
    ['/adm#x', '400'],
    ['/x#/adm', '400'],
    ['\\adm', '400'],
    ['/x\\..\\adm', '400'],
    ['/\\adm', '400'],
    ['http://a.apps.test/adm', 'adm'],
    ['http://a.apps.test//adm', '400'],
    ['http://a.apps.test', 'root'],
    ['adm', '400'],
  ] as const) {
    expect([path, await outcome(haproxy, [`GET ${path} HTTP/1.1`, 'Host: a.apps.test'])]).toEqual([path, expected])
  }
})

it('leaves a path alone where all of it goes to one target', async () => {
  const haproxy = await startWithPrefixes()
  for (const path of ['//x', '/%61dm', '/a%2fb', '/x/../y', '/;x']) {
    const answer = await exchange(
      haproxy.httpPort,
      `GET ${path} HTTP/1.1\r\nHost: whole.apps.test\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toContain(`"url":"${path}"`)
  }
})

it('holds the same for paths of HTTP/2', async () => {
  const haproxy = await startWithPrefixes()
  for (const [path, expected] of [
    ['/adm', 'adm'],
    ['//adm', '400'],
    ['/%61dm', '400'],
    ['/x/../adm', '400'],
  ] as const) {
    const { status, body } = await getH2(haproxy.httpPort, { host: 'a.apps.test', path })
    expect([path, /"target":"(\w+)"/.exec(body)?.[1] ?? String(status)]).toEqual([path, expected])
  }
})
