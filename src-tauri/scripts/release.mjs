// What the release workflow calls: `tag TAG` says whether a tag is the version; `sign TAG FOLDER` makes of a folder of packages
// what a release holds besides them: signatures, the manifest for updates, recipes, checksums, the parts, and what is new;
// `newer MANIFEST OTHER` says whether the first one's version is above the other's, which may be missing.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { about, ordered } from './packaging.mjs';
import { recipes, sha256 } from './recipes.mjs';
import { main, root, Stop, workspace, xtask } from './run.mjs';
import { installPackages } from './system.mjs';

/** Systems that a release is for; crates of all of them are named in the list of parts. */
const TARGETS = ['x86_64', 'aarch64'].flatMap((one) => [`${one}-unknown-linux-gnu`, `${one}-apple-darwin`]);
/** Files that Claudometer updates itself from. */
const FOR_UPDATES = ['.tar.gz', '.AppImage'];

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
  const targets = TARGETS.flatMap((target) => ['--filter-platform', target]);
  const metadata = json('cargo', ['metadata', '--format-version', '1', '--locked', ...targets], workspace);
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
  const files = readdirSync(folder).filter((file) => FOR_UPDATES.some((end) => file.endsWith(end)));
  writeFileSync(here('NOTES.md'), `${notes(readFileSync(join(root, '.github/CHANGELOG.md'), 'utf8'))}\n`);
  // The tool that signs is built here, and it links what the resident links.
  await installPackages(['resident']);
  await xtask('sign', about.version, ...files.map(here));
  await xtask('manifest', about.version, here('NOTES.md'), here('latest.json'), ...files.map(here));
  recipes(resolve(folder));
  writeFileSync(here('parts.cdx.json'), `${JSON.stringify(parts(), null, 2)}\n`);
  const sums = readdirSync(folder)
    .filter((file) => !['NOTES.md', 'SHA256SUMS'].includes(file))
    .sort()
    .map((file) => `${sha256(here(file))}  ${file}`);
  writeFileSync(here('SHA256SUMS'), `${sums.join('\n')}\n`);
}

/** Stops where a manifest's version is not above that of another one, which may be missing. */
function newer(manifest, other) {
  if (!existsSync(other)) return;
  const [ours, theirs] = [manifest, other].map((file) => JSON.parse(readFileSync(file, 'utf8')).version);
  const { status } = spawnSync('dpkg', ['--compare-versions', ordered(ours), 'gt', ordered(theirs)]);
  if (status !== 0) throw new Stop(`${ours} is not above ${theirs}.`);
}

await main(async ([verb, name, folder]) => {
  if (verb === 'tag' && name) return tag(name);
  if (verb === 'sign' && folder) return sign(name, folder);
  if (verb === 'newer' && folder) return newer(name, folder);
  throw new Stop('Usage: release.mjs tag TAG, release.mjs sign TAG FOLDER, or release.mjs newer MANIFEST OTHER');
});
