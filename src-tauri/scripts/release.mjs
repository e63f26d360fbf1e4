// What the release workflow calls: `tag TAG` says whether a tag is the version; `sign TAG FOLDER` makes of a folder of packages
// what a release holds besides them: signatures, the manifest for updates, checksums, the parts, and what is new.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { about } from './packaging.mjs';
import { main, root, Stop, workspace, xtask } from './run.mjs';

function tag(name) {
  const expected = `v${about.version}`;
  if (name !== expected)
    throw new Stop(`The tag is ${name}, but the version in src-tauri/Cargo.toml makes it ${expected}.`);
}

/** The newest section of the changes. */
export function notes(text) {
  const sections = text.split(/^## /m).slice(1);
  const newest = sections.find((section) => section.trim() !== '');
  if (!newest) throw new Stop('The changes have no section: run `cargo xtask changelog`.');
  return newest.slice(newest.indexOf('\n')).trim();
}

/** Every crate and npm package that is built in, as CycloneDX writes it. */
function parts() {
  const json = (program, args, cwd) =>
    JSON.parse(execFileSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }));
  const platform = process.arch === 'x64' ? 'x86_64' : 'aarch64';
  const metadata = json(
    'cargo',
    ['metadata', '--format-version', '1', '--locked', '--filter-platform', `${platform}-unknown-linux-gnu`],
    workspace,
  );
  const crates = metadata.packages
    .filter((one) => one.source)
    .map(({ name, version, license }) => part('cargo', name, version, license));
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const modules = Object.entries(lock.packages)
    .filter(([path, one]) => path !== '' && !one.dev)
    .map(([path, one]) => part('npm', path.replace(/^.*node_modules\//, ''), one.version, one.license));
  const components = [...crates, ...modules];
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: part('generic', 'claudometer', about.version, 'MIT') },
    components,
  };
}

function part(kind, name, version, license) {
  const purl = `pkg:${kind}/${name.replace('@', '%40')}@${version}`;
  const licenses = license ? [{ expression: license.replaceAll('/', ' OR ') }] : [];
  return { type: kind === 'generic' ? 'application' : 'library', name, version, purl, licenses };
}

async function sign(name, folder) {
  tag(name);
  const here = (file) => join(resolve(folder), file);
  const archives = readdirSync(folder).filter((file) => file.endsWith('.tar.gz'));
  writeFileSync(here('NOTES.md'), `${notes(readFileSync(join(root, '.github/CHANGELOG.md'), 'utf8'))}\n`);
  await xtask('sign', about.version, ...archives.map(here));
  await xtask('manifest', about.version, here('NOTES.md'), here('latest.json'), ...archives.map(here));
  writeFileSync(here('parts.cdx.json'), `${JSON.stringify(parts(), null, 2)}\n`);
  const sums = readdirSync(folder)
    .filter((file) => !['NOTES.md', 'SHA256SUMS'].includes(file))
    .sort()
    .map(
      (file) =>
        `${createHash('sha256')
          .update(readFileSync(here(file)))
          .digest('hex')}  ${file}`,
    );
  writeFileSync(here('SHA256SUMS'), `${sums.join('\n')}\n`);
}

await main(async ([verb, name, folder]) => {
  if (verb === 'tag' && name) return tag(name);
  if (verb === 'sign' && folder) return sign(name, folder);
  throw new Stop('Usage: release.mjs tag TAG, or release.mjs sign TAG FOLDER');
});
