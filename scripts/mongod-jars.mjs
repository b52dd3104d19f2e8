// Used by setup.mjs before anything is installed: plain JavaScript, no packages.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A server that speaks MongoDB's protocol, for the tests: MongoDB's own is in no package registry. */
const JARS = [
  [
    'de/bwaldvogel',
    'mongo-java-server-core',
    '1.47.0',
    '9a34c9ad6ac6261906295481838256033ec1efc8c93a3e3828e5d47a006b0bd4',
  ],
  [
    'de/bwaldvogel',
    'mongo-java-server-memory-backend',
    '1.47.0',
    '82864f8a2ede1514f64c2cd3a70e8022c259eb3d78975cfa208c1668ac1f12bb',
  ],
  ['io/netty', 'netty-buffer', '4.2.2.Final', '4820eeb2d3db269b20b30711e3d7d21979664249aaf10fc67f90dee935810747'],
  ['io/netty', 'netty-codec-base', '4.2.2.Final', '76987614ccb2fda7d3292b69ba5b61351f30e91bf5c7d8fa4b51bc32c9f67456'],
  ['io/netty', 'netty-common', '4.2.2.Final', '5d022f3acad74cb0f195f60213500a4000d1340e5e941edaf1a0e756686b9bae'],
  ['io/netty', 'netty-handler', '4.2.2.Final', 'd4ef582c78125457baa0cfa52992b5fb1bb9172d1a2c03b726e8b26e17d3fe2c'],
  ['io/netty', 'netty-resolver', '4.2.2.Final', 'fa7841ffe2e39d52251814fb8560d6936b10ae7c67453ee50426b83fd5170ba0'],
  ['io/netty', 'netty-transport', '4.2.2.Final', '116d766a1af4722fe76a4cdaed969644985d44e08ec1337d2dbab697dd109603'],
  [
    'io/netty',
    'netty-transport-native-unix-common',
    '4.2.2.Final',
    'aa8821a7ea2ca47f62740bd1f37d67deb97824cc77e76dde6ae2c439a923fc9d',
  ],
  ['org/slf4j', 'slf4j-api', '2.0.17', '7b751d952061954d5abfed7181c1f645d336091b679891591d63329c622eb832'],
]

/** Fetches what is missing, each checked against its checksum. */
export async function fetchJars(folder, repository = 'https://repo1.maven.org/maven2') {
  const whole = join(folder, 'whole')
  mkdirSync(folder, { recursive: true })
  rmSync(whole, { force: true })
  await Promise.all(JARS.map((jar) => fetchJar(folder, repository.replace(/\/$/, ''), jar)))
  writeFileSync(whole, '')
}

async function fetchJar(folder, repository, [group, artifact, version, checksum]) {
  const name = `${artifact}-${version}.jar`
  const path = join(folder, name)
  if (existsSync(path) && sha256(readFileSync(path)) === checksum) return
  const response = await fetch(`${repository}/${group}/${artifact}/${version}/${name}`).catch(() => null)
  if (!response?.ok) throw new Error(`${name} is not to be had at ${repository}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  if (sha256(bytes) !== checksum) throw new Error(`${name} is not the file that it should be`)
  writeFileSync(`${path}.new`, bytes)
  renameSync(`${path}.new`, path)
}

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')
