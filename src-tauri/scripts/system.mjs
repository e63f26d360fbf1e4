// What a machine must have: Rust, Node, and system packages, which are installed when they are missing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { ask, has, run, Stop } from './run.mjs';

const words = (text) => (text ?? '').split(/\s+/).filter(Boolean);

/**
 * The package managers, first one found wins. `installed` narrows names down to those that are there; `before` are
 * commands to run once before `install`.
 */
const managers = [
  {
    name: 'apt',
    program: 'apt-get',
    installed: (names) => {
      const lines = queried('dpkg-query', ['--show', '--showformat', '${db:Status-Status} ${Package}\\n', ...names]);
      return lines.filter((line) => line.startsWith('installed ')).map((line) => line.split(' ')[1]);
    },
    before: [['apt-get', 'update', '--quiet=2']],
    install: ['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends'],
    env: ['DEBIAN_FRONTEND=noninteractive'],
  },
  {
    name: 'dnf',
    program: 'dnf',
    // A file name stands for whichever package brings it: Fedora has moved several of them between packages.
    installed: (names) =>
      names.filter((name) => (name.startsWith('/') ? existsSync(name) : ask('rpm', ['--query', name]) !== null)),
    before: [],
    install: ['dnf', 'install', '--assumeyes', '--setopt=install_weak_deps=False'],
    env: [],
  },
  {
    name: 'pacman',
    program: 'pacman',
    // `-T` prints what is missing and understands that one package may provide another.
    installed: (names) => {
      const missing = new Set(queried('pacman', ['--deptest', ...names]));
      return names.filter((name) => !missing.has(name));
    },
    before: [],
    install: ['pacman', '--sync', '--needed', '--noconfirm'],
    env: [],
  },
  {
    name: 'brew',
    program: 'brew',
    installed: (names) => words(ask('brew', ['list', '--formula', '-1'])).filter((name) => names.includes(name)),
    before: [],
    install: ['brew', 'install'],
    env: [],
    // Homebrew refuses to run as root.
    asRoot: false,
  },
];

/** Lines of a query that fails when one of several names is unknown, and yet answers for the others. */
function queried(program, args) {
  const { stdout } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return (stdout ?? '').split('\n').filter(Boolean);
}

/** Stops with a sentence when Rust or Node are absent or too old, or macOS lacks its compiler. */
export function requireToolchain() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Stop(`Node ${process.versions.node} is too old: Claudometer is built with Node 20.19 or newer.`);
  }
  if (!has('cargo'))
    throw new Stop('Rust is missing. Install it from https://rustup.rs, then open a new terminal and try again.');
  if (process.platform === 'darwin' && ask('xcode-select', ['--print-path']) === null) {
    throw new Stop(
      "Apple's command line tools are missing. Run `xcode-select --install`, wait for it, then try again.",
    );
  }
}

/** Installs what is missing of the named groups of packages.json; silent and quick when nothing is. */
export async function installPackages(groups) {
  const table = JSON.parse(readFileSync(new URL('packages.json', import.meta.url), 'utf8'));
  const rows = groups.flatMap((group) => table[group]);
  const manager = managers.find(({ program }) => has(program));
  if (!manager) {
    if (process.platform === 'darwin') return; // the system has all that is needed; no formula is asked for
    console.log('None of apt, dnf, pacman and brew is here. Should the build miss something, it is one of these:');
    for (const row of rows) console.log(`  ${row.apt.join(', ').padEnd(26)} ${row.purpose}`);
    return;
  }
  const wanted = new Map(rows.flatMap((row) => (row[manager.name] ?? []).map((name) => [name, row.purpose])));
  if (wanted.size === 0) return;
  const there = new Set(manager.installed([...wanted.keys()]));
  const missing = [...wanted.keys()].filter((name) => !there.has(name));
  if (missing.length === 0) {
    console.log(`All ${wanted.size} system packages are installed.`);
    return;
  }
  console.log(`Installing with ${manager.name}:`);
  for (const name of missing) console.log(`  ${name.padEnd(26)} ${wanted.get(name)}`);
  const install = [...manager.install, ...missing];
  try {
    // A list of packages that could not be refreshed is no reason to stop: the one from before may do.
    for (const command of manager.before)
      await privileged(manager, command).catch((error) => console.error(error.message));
    await privileged(manager, install);
  } catch (error) {
    const byHand = [...manager.before, install].map(
      (command) => `  ${asRoot(manager) ? 'sudo ' : ''}${command.join(' ')}`,
    );
    throw new Stop(`${error.message}\nRun this yourself, then try again:\n${byHand.join('\n')}`);
  }
}

/** Whether commands of a package manager take rights that this person has not. */
const asRoot = (manager) => manager.asRoot !== false && process.getuid() !== 0;

/** Runs a command of a package manager with the rights that it takes. */
async function privileged(manager, command) {
  if (!asRoot(manager)) {
    const env = Object.fromEntries(manager.env.map((pair) => pair.split('=')));
    return run(command[0], command.slice(1), { env });
  }
  if (!has('sudo')) throw new Stop('That takes root rights, and there is no sudo here.');
  // Without a terminal nobody could type a password: fail at once rather than wait for ever.
  const options = process.stdin.isTTY ? [] : ['--non-interactive'];
  return run('sudo', [...options, 'env', ...manager.env, ...command]);
}
