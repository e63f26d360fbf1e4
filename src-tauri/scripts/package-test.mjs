// The Debian package on a real system: installed, used by a person, upgraded, removed and purged. It needs root, and leaves
// the system as it was.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { deb, stage } from './packaging.mjs';
import { cargo, has } from './run.mjs';

// biome-ignore lint/suspicious/noTemplateCurlyInString: the form is dpkg-query's
const FORMAT = '${Status} ${Version}';
const PERSON = 'claudometer-test';
const KEPT = ['.config/claudometer/settings.json', '.local/share/claudometer/history.db'];

/** Whether packages can be installed here. */
export function canInstall() {
  return process.platform === 'linux' && process.getuid() === 0 && has('dpkg') && has('useradd');
}

const run = (program, ...args) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
/** Runs something as the person, in a home of its own. */
const as = (home, ...words) =>
  run(
    'runuser',
    '-u',
    PERSON,
    '--',
    'env',
    '-i',
    `HOME=${home}`,
    'PATH=/usr/bin:/bin',
    'CLAUDOMETER_SECRETS=memory',
    ...words,
  );
const status = () => spawnSync('dpkg-query', ['-W', '-f', FORMAT, 'claudometer'], { encoding: 'utf8' }).stdout;

/** Files of ours below the system's folders. */
function left() {
  const folders = [
    'bin',
    'share/applications',
    'share/metainfo',
    'share/man/man1',
    'share/icons/hicolor/48x48/apps',
    'share/doc',
  ];
  const names = folders.flatMap((folder) => {
    const path = join('/usr', folder);
    return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
  });
  return names.filter((name) => name.toLowerCase().includes('claudometer'));
}

export async function testPackage() {
  assert.equal(
    status().startsWith('install ok'),
    false,
    'Claudometer is installed already: that one would be replaced.',
  );
  const staged = stage('target/debug');
  const packages = mkdtempSync(join(tmpdir(), 'claudometer-packages-'));
  const [first, second] = ['0.0.1~test1', '0.0.1~test2'].map((version) =>
    deb(staged, { version, quick: true, folder: packages }),
  );
  const home = mkdtempSync(join(tmpdir(), 'claudometer-person-'));
  run('useradd', '--home-dir', home, '--shell', '/bin/sh', PERSON);
  run('chown', '-R', PERSON, home);
  try {
    await lifeOf(home, first, second);
  } finally {
    spawnSync('dpkg', ['--purge', 'claudometer']);
    run('userdel', PERSON);
    for (const folder of [home, packages]) rmSync(folder, { recursive: true, force: true });
  }
  assert.deepEqual(left(), [], 'nothing is left on the system');
}

async function lifeOf(home, first, second) {
  run('dpkg', '-i', first);
  assert.equal(status(), 'install ok installed 0.0.1~test1');
  run('desktop-file-validate', '/usr/share/applications/dev.claudometer.Claudometer.desktop');
  run('appstreamcli', 'validate', '--no-net', '/usr/share/metainfo/dev.claudometer.Claudometer.metainfo.xml');
  const manual = gunzipSync(readFileSync('/usr/share/man/man1/claudometer.1.gz')).toString();
  assert.match(manual, /^\.TH claudometer 1/m);
  // The tray item of what was installed, its menu and its window, on a desktop of their own.
  process.env.CLAUDOMETER_INSTALLED = '/usr/bin/claudometer';
  const features = 'claudometer-desktop/custom-protocol,claudometer-desktop/e2e';
  await cargo('test', '--workspace', '--features', features, '--test', 'e2e', 'window::a_click_in_the_menu').finally(
    () => {
      delete process.env.CLAUDOMETER_INSTALLED;
    },
  );

  as(home, 'claudometer', 'config', 'set', 'display.metric', 'weekly');
  as(home, 'claudometer', 'cost', '--json');
  const kept = () => KEPT.map((name) => readFileSync(join(home, name)).toString('base64'));
  const before = kept();
  run('dpkg', '-i', second);
  assert.equal(status(), 'install ok installed 0.0.1~test2');
  assert.deepEqual(kept(), before, 'an upgrade leaves what was kept');
  assert.match(as(home, 'claudometer', 'config', 'get', 'display.metric'), /weekly/);

  run('dpkg', '-r', 'claudometer');
  assert.deepEqual(left(), [], 'a removal takes away every file of the package');
  assert.deepEqual(kept(), before, 'and leaves what was kept');

  run('dpkg', '-i', second);
  run('dpkg', '--purge', 'claudometer');
  assert.deepEqual(left(), []);
  for (const name of KEPT) assert.equal(existsSync(join(home, name)), false, `a purge removes ${name}`);
}
