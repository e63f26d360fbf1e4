// The recipes of other package systems for the files of a release: where they are, and their checksums.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { about, committed, filled } from './packaging.mjs';
import { Stop, workspace } from './run.mjs';

const table = JSON.parse(readFileSync(new URL('packages.json', import.meta.url), 'utf8'));
const { identifier } = JSON.parse(readFileSync(join(workspace, 'tauri.conf.json'), 'utf8'));

export function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** Arch's names of what the executables are linked with. */
function archDepends() {
  const linked = [...table.resident, ...table.window].filter(({ linked }) => linked).flatMap(({ pacman }) => pacman);
  return [...linked, 'hicolor-icon-theme'].map((name) => `'${name}'`).join(' ');
}

const ARCHIVES = { linux_x86_64: 'linux-x86_64.tar.gz', linux_aarch64: 'linux-aarch64.tar.gz' };
/** What Nix takes from a release: it wants a folder, so that is packed. Not called `.tar.gz`, as what updates come from. */
const FLAKE = 'claudometer-flake.tgz';

/** Recipes by the name that they have in a release, with the files that each of them installs. */
const RECIPES = {
  PKGBUILD: {
    from: 'arch/PKGBUILD',
    files: ARCHIVES,
    // Arch knows no hyphen in a version, and takes letters for earlier than the end.
    values: () => ({ pkgver: about.version.replace('-', ''), depends: archDepends() }),
  },
  'claudometer.rb': {
    from: 'homebrew/claudometer.rb',
    files: { darwin_aarch64: 'darwin-aarch64.dmg', darwin_x86_64: 'darwin-x86_64.dmg' },
    values: () => ({ identifier }),
  },
  'flake.nix': { from: 'nix/flake.nix', files: ARCHIVES, values: () => ({}) },
};

/** Writes into a release's folder the recipes for what is in it. */
export function recipes(folder) {
  for (const [name, { from, files, values }] of Object.entries(RECIPES)) {
    const found = Object.entries(files).map(([key, end]) => [key, join(folder, `claudometer-${about.version}-${end}`)]);
    const missing = found.filter(([, file]) => !existsSync(file));
    if (missing.length > 0)
      throw new Stop(`For ${name} these are missing: ${missing.map(([, file]) => file).join(', ')}.`);
    const sums = Object.fromEntries(found.map(([key, file]) => [key, sha256(file)]));
    writeFileSync(join(folder, name), filled(from, { ...values(), ...sums }));
  }
  execFileSync('tar', [
    ...['--create', '--gzip', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${committed('%ct')}`],
    ...['--file', join(folder, FLAKE), '--directory', folder, 'flake.nix'],
  ]);
  rmSync(join(folder, 'flake.nix'));
}
