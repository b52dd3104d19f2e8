import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { folderAt } from '../../../agent/config/folder.ts'
import { tlsSection, withTlsSection } from '../../../agent/mongod/tls-section.ts'

const { certificates: files } = folderAt('/srv/agent')
const WANTED = {
  mode: 'requireTLS',
  certificateKeyFile: '/srv/agent/certificates/mongodb.pem',
  CAFile: '/srv/agent/certificates/ca.pem',
  allowConnectionsWithoutCertificates: true,
}

it('prints the section of mongod.conf that the certificates need', () => {
  expect(parse(tlsSection(files))).toEqual({ net: { tls: WANTED } })
})

it('writes it into a mongod.conf, and leaves the rest as it is', () => {
  const before = [
    '# Ours since 2019',
    'storage:',
    '  dbPath: /var/lib/mongodb # the big disk',
    'net:',
    '  port: 27017',
    '  tls:',
    '    mode: preferTLS # for the move',
    '    disabledProtocols: TLS1_0',
    '',
  ].join('\n')
  const { text, same } = withTlsSection(before, files)
  expect(same).toBe(false)
  expect(text).toContain(
    '# Ours since 2019\nstorage:\n  dbPath: /var/lib/mongodb # the big disk\nnet:\n  port: 27017\n',
  )
  expect(parse(text).net).toEqual({ port: 27_017, tls: { ...WANTED, disabledProtocols: 'TLS1_0' } })
  expect(withTlsSection(text, files)).toEqual({ text, same: true })
  expect(withTlsSection('', files).text).toBe(tlsSection(files))
  expect(() => withTlsSection('net: [', files)).toThrow('it is no YAML')
  expect(() => withTlsSection('- a list', files)).toThrow('it is not a mongod.conf')
})
