// Runs before `npm start` and `npm test`, on whatever Node there is, before anything is installed: plain JavaScript, no packages.
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fetchJars } from './mongod-jars.mjs'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const TOOLS = join(ROOT, '.tools', 'bin')
const JARS = join(ROOT, '.tools', 'mongod')
const OLDEST_NODE = [22, 18]
const NAMED = join(ROOT, '.tools', 'named')
const NAMED_PACKAGES = 'bind9 bind9-libs libjemalloc2 liblmdb0 libmaxminddb0 libfstrm0 libprotobuf-c1'.split(' ')
const PEBBLE = 'github.com/letsencrypt/pebble/v2/cmd'
const PEBBLE_VERSION = 'v2.10.3'
const PEBBLE_LIMIT_MS = 300_000

class SetupError extends Error {}

async function main(purpose) {
  installPackages()
  ensureNode()
  if (purpose === 'worker') return ensureWorkerSecrets()
  if (!process.env.DATAPLANE_URL) ensureInstalled('haproxy', 'haproxy')
  if (purpose === 'test') {
    ensureUnpacked('etcd', 'etcd-server')
    ensureInstalled('chromium', 'chromium')
    buildPebble()
    tryNamed()
    await tryMongod()
  }
}

/** From the lock file, when it is not the one that was installed from last. */
function installPackages() {
  const stamp = join(ROOT, 'node_modules', '.installed-from')
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  say('Installing the npm packages of the lock file …')
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm']
  // No package of ours needs its install script, and one of them would report to its makers.
  run(
    [...npm, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    'npm ci failed: see that the npm registry can be reached, then run this again',
  )
  writeFileSync(stamp, wanted)
}

/** npm scripts find `node_modules/.bin/node` first: it must run here, and be new enough. */
function ensureNode() {
  const own = join(ROOT, 'node_modules', '.bin', 'node')
  if (existsSync(own) && isNewEnough(own)) return
  // It was made for another C library, such as Alpine's: it would only stand in the way.
  rmSync(own, { force: true })
  if (isNewEnough(process.execPath)) return
  throw new SetupError(
    `Node ${OLDEST_NODE.join('.')} or newer is needed and this is ${process.version}: install Node 24, then run this again`,
  )
}

function isNewEnough(node) {
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  const [major = 0, minor = 0] = status === 0 ? stdout.slice(1).split('.').map(Number) : []
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
}

/** A program that lives in the system, from Debian's package. */
function ensureInstalled(program, debianPackage) {
  if (find(program)) return
  const command = `apt-get install -y --no-install-recommends ${debianPackage}`
  if (!find('apt-get') || process.getuid?.() !== 0) {
    throw new SetupError(
      `${program} is missing: type "sudo ${command}" (or your system's way to install ${program}), then run this again`,
    )
  }
  say(`Installing ${program} …`)
  apt(command.split(' '))
  if (!find(program))
    throw new SetupError(`${program} is still missing after "${command}": install it by hand, then run this again`)
}

/** A program that needs nothing but itself: unpacked beside the project, so that no service of it is left in the system. */
function ensureUnpacked(program, debianPackage) {
  if (find(program)) return
  if (!find('apt-get') || !find('dpkg-deb')) {
    throw new SetupError(`${program} is missing: install it so that it is on the PATH, then run this again`)
  }
  say(`Fetching ${program} …`)
  const folder = mkdtempSync(join(tmpdir(), `${program}-`))
  try {
    apt(['apt-get', 'download', debianPackage], folder)
    const [archive] = readdirSync(folder).filter((name) => name.endsWith('.deb'))
    run(['dpkg-deb', '-x', join(folder, archive), folder], `The package ${debianPackage} could not be unpacked`)
    mkdirSync(TOOLS, { recursive: true })
    // Copied beside its place first: the temporary folder may be on another disk.
    execFileSync('cp', [join(folder, 'usr', 'bin', program), join(TOOLS, `${program}.new`)])
    renameSync(join(TOOLS, `${program}.new`), join(TOOLS, program))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Let's Encrypt's ACME server for tests, and its name server. Where there is no Go the tests say that they leave it out. */
function buildPebble() {
  const go = find('go') ?? (isExecutable('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined)
  const missing = ['pebble', 'pebble-challtestsrv'].filter((program) => !find(program))
  if (go === undefined || missing.length === 0) return
  say('Building Pebble, an ACME server for tests …')
  mkdirSync(TOOLS, { recursive: true })
  const env = { ...process.env, GOBIN: TOOLS, GOFLAGS: '-mod=mod' }
  const packages = missing.map((program) => `${PEBBLE}/${program}@${PEBBLE_VERSION}`)
  const { status } = spawnSync(go, ['install', ...packages], { env, stdio: 'ignore', timeout: PEBBLE_LIMIT_MS })
  if (status !== 0) say('Pebble could not be built: its tests are left out')
}

/** A name server for one of the tests, beside the project with its libraries: an installed one would begin to serve. */
function tryNamed() {
  if (find('named') || existsSync(NAMED) || !find('apt-get') || !find('dpkg-deb')) return
  say('Fetching BIND …')
  const folder = mkdtempSync(join(tmpdir(), 'named-'))
  try {
    apt(['apt-get', 'download', ...NAMED_PACKAGES], folder)
    for (const archive of readdirSync(folder).filter((name) => name.endsWith('.deb')))
      run(['dpkg-deb', '-x', join(folder, archive), join(folder, 'all')], `${archive} could not be unpacked`)
    mkdirSync(dirname(NAMED), { recursive: true })
    execFileSync('cp', ['-r', join(folder, 'all'), NAMED])
  } catch (error) {
    say(`The test with a name server is left out. ${error.message}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A database for some of the tests, which are left out without it. MAVEN_URL: another place that has Maven Central's files. */
async function tryMongod() {
  try {
    ensureInstalled('java', 'default-jre-headless')
    await fetchJars(JARS, process.env.MAVEN_URL)
  } catch (error) {
    say(`The tests with a database are left out: ${error.message}`)
  }
}

/** A fresh machine may have no package lists yet, and an old one lists that are out of date. */
function apt(command, cwd = ROOT) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  if (spawnSync(command[0], command.slice(1), { cwd, env, stdio: 'ignore' }).status === 0) return
  spawnSync('apt-get', ['update'], { env, stdio: 'ignore' })
  run(command, `"${command.join(' ')}" failed: run it by hand to see why, then run this again`, { cwd, env })
}

/** What `wrangler dev` gives the worker as its secrets. */
function ensureWorkerSecrets() {
  const path = join(ROOT, '.dev.vars')
  if (existsSync(path)) return
  const names = ['SECRET_KEY', 'ADMIN_TOKEN', 'ENROLLMENT_TOKEN']
  writeFileSync(path, names.map((name) => `${name}=${randomBytes(32).toString('hex')}\n`).join(''), { mode: 0o600 })
  say('Made secrets for the local worker, tokens included: they are in .dev.vars')
}

function run([program, ...args], failure, options = {}) {
  // npm's own settings of the outer run must not reach an inner one.
  const { status } = spawnSync(program, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'], ...options })
  if (status !== 0) throw new SetupError(failure)
}

function find(program) {
  const folders = [TOOLS, ...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function say(sentence) {
  process.stdout.write(`${sentence}\n`)
}

try {
  await main(process.argv[2])
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
