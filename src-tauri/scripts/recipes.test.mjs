import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { about } from './packaging.mjs';
import { folderOf } from './pretend.mjs';
import { recipes, sha256 } from './recipes.mjs';
import { has, Stop } from './run.mjs';

const FILES = ['linux-x86_64.tar.gz', 'linux-aarch64.tar.gz', 'darwin-aarch64.dmg', 'darwin-x86_64.dmg'];
const named = (folder, end) => join(folder, `claudometer-${about.version}-${end}`);

test('recipes name the files of a release with their sums, and read well', (test) => {
  const folder = folderOf(test, rmSync);
  for (const end of FILES) writeFileSync(named(folder, end), end);
  recipes(folder);
  assert.ok(!readdirSync(folder).includes('flake.nix'), 'it is packed');
  execFileSync('tar', ['--extract', '--gzip', '--file', join(folder, 'claudometer-flake.tgz'), '--directory', folder]);
  const text = (name) => readFileSync(join(folder, name), 'utf8');
  for (const [name, ends] of [
    ['PKGBUILD', FILES.slice(0, 2)],
    ['claudometer.rb', FILES.slice(2)],
    ['flake.nix', FILES.slice(0, 2)],
  ]) {
    for (const end of ends) assert.ok(text(name).includes(sha256(named(folder, end))), `${name}: ${end}`);
    assert.doesNotMatch(text(name), /@[A-Z_]+@/);
  }
  // What makepkg takes from it.
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the form is the shell's
  const script = '. ./PKGBUILD; CARCH=x86_64; echo "$pkgver|${depends[*]}|$source_x86_64"';
  const said = execFileSync('bash', ['-euc', script], { cwd: folder, encoding: 'utf8' }).trim().split('|');
  assert.deepEqual(said, [
    about.version.replace('-', ''),
    'dbus webkit2gtk-4.1 hicolor-icon-theme',
    `${about.homepage}/releases/download/v${about.version}/claudometer-${about.version}-linux-x86_64.tar.gz`,
  ]);
  if (has('ruby')) execFileSync('ruby', ['-c', join(folder, 'claudometer.rb')]);
  if (has('nix-instantiate'))
    execFileSync('nix-instantiate', ['--parse', join(folder, 'flake.nix')], { stdio: 'pipe' });
});

test('a recipe without its files is not written', (test) => {
  const folder = folderOf(test, rmSync);
  assert.throws(() => recipes(folder), Stop);
  assert.deepEqual(readdirSync(folder), []);
});
