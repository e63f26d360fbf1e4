// A whole release with a key that is thrown away: signed, its recipes and sums written, and the release before updates itself
// to it with the real program, which `npm test` has built.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { about } from './packaging.mjs';
import { folderOf } from './pretend.mjs';
import { has, root, workspace } from './run.mjs';

const BUILT = join(workspace, 'target/debug/claudometer');
const BEFORE = '0.0.9';
const PASSWORD = 'thrown-away';
const skip = existsSync(BUILT) && process.platform === 'linux' ? false : 'the program is not built here';

const script = (name, env, ...args) =>
  spawnSync(process.execPath, [join(workspace, 'scripts', name), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });

/** The archive of a version: this very build, which says that it is that version. */
function archiveOf(version, folder) {
  const name = `claudometer-${version}-linux-${about.architecture}`;
  const work = join(folder, 'work');
  mkdirSync(join(work, name, 'bin'), { recursive: true });
  const program = join(work, name, 'bin/claudometer');
  cpSync(BUILT, program);
  // Symbols would make the archives ten times as large.
  if (has('strip')) execFileSync('strip', [program]);
  assert.equal(version.length, about.version.length);
  const text = readFileSync(program, 'latin1').replaceAll(about.version, version);
  writeFileSync(program, text, 'latin1');
  writeFileSync(join(work, name, 'bin/claudometer-desktop'), `the window of ${version}`, { mode: 0o755 });
  const file = join(folder, `${name}.tar.gz`);
  execFileSync('tar', ['--create', '--gzip', '--file', file, '--directory', work, name]);
  rmSync(work, { recursive: true });
  return file;
}

/** A folder as the jobs that build leave it: one real archive, and files with the names of all others. */
function releaseIn(folder) {
  mkdirSync(folder);
  const { version, architecture } = about;
  const pretended = ['x86_64', 'aarch64'].flatMap((one) => [
    `claudometer-${version}-linux-${one}.tar.gz`,
    `claudometer-${version}-${one}.AppImage`,
    `claudometer-${version}-darwin-${one}.app.tar.gz`,
    `claudometer-${version}-darwin-${one}.dmg`,
  ]);
  for (const name of [...pretended, `claudometer_${version}_amd64.deb`]) writeFileSync(join(folder, name), name);
  return archiveOf(version, folder).endsWith(`${architecture}.tar.gz`) && folder;
}

test('a release is signed, described, and taken by the release before it; what was tampered with is not', {
  skip,
}, (test) => {
  const folder = folderOf(test, rmSync);
  const release = releaseIn(join(folder, 'new'));
  const xtask = ['run', '--quiet', '--package', 'xtask', '--', 'keys', folder, join(folder, 'update.pub')];
  execFileSync('cargo', xtask, { cwd: workspace, env: { ...process.env, CLAUDOMETER_UPDATE_PASSWORD: PASSWORD } });
  const text = (name) => readFileSync(join(folder, name), 'utf8');
  const env = {
    CLAUDOMETER_UPDATE_KEY: text('update.key'),
    CLAUDOMETER_UPDATE_PASSWORD: PASSWORD,
    CLAUDOMETER_UPDATE_PUBLIC: text('update.pub'),
    CLAUDOMETER_TEST_UPDATE_KEY: text('update.pub'),
  };
  const tag = `v${about.version}`;
  assert.match(script('release.mjs', env, 'sign', 'v9.9.9', release).stderr, /the version in src-tauri\/Cargo\.toml/);
  const signed = script('release.mjs', env, 'sign', tag, release);
  assert.equal(signed.status, 0, signed.stderr);

  const { platforms } = JSON.parse(readFileSync(join(release, 'latest.json'), 'utf8'));
  const systems = ['aarch64', 'x86_64'].map((one) => [`darwin-${one}`, `linux-${one}`, `linux-${one}-appimage`]);
  assert.deepEqual(Object.keys(platforms).toSorted(), systems.flat().toSorted());
  execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: release });
  const sums = readFileSync(join(release, 'SHA256SUMS'), 'utf8').trim().split('\n');
  const sumOf = (end) => sums.find((line) => line.endsWith(end)).split(' ')[0];
  for (const name of ['PKGBUILD', 'claudometer.rb', 'latest.json', 'parts.cdx.json']) assert.ok(sumOf(name), name);

  const alone = script('smoke.mjs', env, release, join(folder, 'nothing'));
  assert.match(
    alone.stdout,
    new RegExp(`Claudometer ${about.version} runs.\nThere is no release before`),
    alone.stderr,
  );
  mkdirSync(join(folder, 'old'));
  archiveOf(BEFORE, join(folder, 'old'));
  const smoke = script('smoke.mjs', env, release, join(folder, 'old'));
  assert.match(smoke.stdout, new RegExp(`Claudometer ${BEFORE} has updated itself to ${about.version}`), smoke.stderr);
  assert.equal(smoke.status, 0);

  const manifest = join(release, 'latest.json');
  const other = JSON.parse(readFileSync(manifest, 'utf8'));
  other.platforms[`linux-${about.architecture}`].signature = other.platforms['darwin-aarch64'].signature;
  writeFileSync(manifest, JSON.stringify(other));
  const refused = script('smoke.mjs', env, release, join(folder, 'old'));
  assert.match(refused.stderr, /does not update itself[\s\S]*not signed by Claudometer's makers/);
  assert.equal(refused.status, 1);
});

test('the manifest for those who try releases is exchanged for a newer one only', { skip }, (test) => {
  const folder = folderOf(test, rmSync);
  const manifest = (version) => {
    writeFileSync(join(folder, version), JSON.stringify({ version }));
    return join(folder, version);
  };
  for (const [one, other, expected] of [
    ['0.3.0', '0.3.0-beta.2', 0],
    ['0.3.0-beta.10', '0.3.0-beta.9', 0],
    ['0.2.1', '0.3.0-beta.1', 1],
    ['0.3.0', '0.3.0', 1],
  ])
    assert.equal(
      script('release.mjs', {}, 'newer', manifest(one), manifest(other)).status,
      expected,
      `${one} ${other}`,
    );
  assert.equal(script('release.mjs', {}, 'newer', manifest('0.1.0'), join(folder, 'none')).status, 0);
});
