// npm start: sets the machine up, builds Claudometer and starts it. Arguments after `--` go to claudometer.
import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cargo, main, run, Stop, steps, workspace } from './run.mjs';
import { installPackages, requireToolchain } from './system.mjs';
import { buildPages, installModules } from './web.mjs';

const mac = process.platform === 'darwin';
const release = join(workspace, 'target/release');

/** Why nothing could be shown on this machine, or null. */
function whyNoDesktop(env) {
  if (mac) return null;
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return 'There is no display here';
  const bus = env.DBUS_SESSION_BUS_ADDRESS || (env.XDG_RUNTIME_DIR && existsSync(join(env.XDG_RUNTIME_DIR, 'bus')));
  return bus ? null : 'There is no session bus here';
}

// Two calls of cargo, because one would give the resident every feature that the window asks of a shared library, and
// with it the window's weight.
const buildResident = {
  title: 'resident',
  needed: true,
  run: () => cargo('build', '--release', '--package', 'claudometer'),
};
const buildWindow = {
  title: 'window',
  needed: true,
  run: () => cargo('build', '--release', '--package', 'claudometer-desktop', '--features', 'custom-protocol'),
};

function setUp(groups) {
  return { title: 'system packages', needed: true, run: () => installPackages(groups) };
}

/** Runs a command of claudometer in this terminal. */
async function inTerminal(args) {
  try {
    await run(join(release, 'claudometer'), args);
  } catch (error) {
    // 2, 3 and 5 say that an account is signed out, offline or missing: the answer is on the screen already.
    if (![2, 3, 5].includes(error.code)) throw error;
  }
}

/** This environment without what npm adds to it: Claudometer outlives npm, and looks for assistants on the person's own path. */
function ownEnvironment() {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('npm_'));
  const path = (process.env.PATH ?? '').split(':').filter((folder) => !folder.includes('node_modules'));
  return { ...Object.fromEntries(own), PATH: path.join(':') };
}

/** Starts Claudometer so that it outlives this terminal, and waits for as long as a failed start would take to show. */
function inBackground(args) {
  const program = mac ? 'claudometer-desktop' : 'claudometer';
  const log = join(workspace, 'target/start.log');
  const output = openSync(log, 'w');
  const child = spawn(join(release, program), [...(mac ? ['--one-process'] : []), ...args], {
    cwd: '/',
    env: ownEnvironment(),
    detached: true,
    stdio: ['ignore', output, output],
  });
  return new Promise((done, fail) => {
    const timer = setTimeout(() => {
      child.unref();
      done('running');
    }, 1500);
    child.on('error', (error) => fail(new Stop(`${program} could not be started: ${error.message}`)));
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) done('handed over');
      else fail(new Stop(`${program} ended with ${signal ?? `code ${code}`}:\n${readFileSync(log, 'utf8')}`));
    });
  });
}

await main(async (args) => {
  requireToolchain();
  const command = args.length > 0 && !args[0].startsWith('-');
  const missing = whyNoDesktop(process.env);
  if (missing || command) {
    if (missing && !command) console.log(`${missing}, so the usage is shown in the terminal instead of the tray.`);
    await steps([setUp(['resident']), buildResident]);
    console.log('');
    await inTerminal(command ? args : ['usage', ...args]);
    return;
  }
  await steps([
    setUp(['resident', 'window']),
    { title: 'npm packages', needed: true, run: installModules },
    { title: 'pages of the window', needed: true, run: buildPages },
    buildResident,
    buildWindow,
  ]);
  const outcome = await inBackground(args);
  if (outcome === 'running') {
    console.log(`\nClaudometer is running. Its icon is in the ${mac ? 'menu bar, at the top right' : "panel's tray"}.`);
    console.log(
      mac
        ? 'The icon has the menu; Open shows the window.'
        : 'Click the icon to open the window; right-click it for the menu.',
    );
    console.log('Without a tray, `npm start` once more opens the window. Quit is in the menu.');
  } else {
    console.log(
      '\nClaudometer was running already: its window opens. To use this build, choose Quit in its menu and start again.',
    );
  }
});
