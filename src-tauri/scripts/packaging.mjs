// What packages hold besides the executables, made from what the program itself says, and the packages made from that.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root, workspace } from './run.mjs';

const sources = join(workspace, 'packaging');
/** Where packages are put together. */
export const staging = join(workspace, 'target/packaging');
/** Where packages are put. */
export const bundles = join(workspace, 'target/bundle');
const SIZES = [16, 22, 24, 32, 48, 64, 128, 256, 512];
const COMPLETIONS = {
  bash: 'bash-completion/completions/claudometer',
  zsh: 'zsh/site-functions/_claudometer',
  fish: 'fish/vendor_completions.d/claudometer.fish',
};

/** What packages say of themselves, in one place. */
export const about = {
  version: field('version'),
  summary: field('description'),
  description:
    'Shows in the tray how much of the plans of AI coding assistants is left, when it resets and whether it will last,\n' +
    "warns in time, and tells from the assistants' own logs what their use cost.",
  maintainer: 'The Claudometer authors <authors@claudometer.dev>',
  homepage: field('repository'),
  architecture: process.arch === 'x64' ? 'x86_64' : 'aarch64',
};

/**
 * A version as Debian's and Fedora's tools order it: what follows a tilde comes before. The names of files keep the hyphen,
 * because a release's page changes a tilde.
 */
export const ordered = (version) => version.replace('-', '~');

/** A field of the one table that all crates take theirs from. */
function field(name) {
  const text = readFileSync(join(workspace, 'Cargo.toml'), 'utf8');
  const table = text.slice(text.indexOf('[workspace.package]'));
  return new RegExp(`^${name} = "([^"]+)"`, 'm').exec(table)[1];
}

/** The last commit's day or second, so that the same commit gives the same files. */
export function committed(format) {
  return execFileSync('git', ['log', '-1', `--format=${format}`], { cwd: root, encoding: 'utf8' }).trim();
}

/** A file of src-tauri/packaging, with what stands between two @ replaced by what is known, and by what is given. */
export function filled(name, given = {}) {
  const values = { ...about, ordered: ordered(about.version), date: committed('%cs'), ...given };
  const text = readFileSync(join(sources, name), 'utf8');
  return text.replace(/@([A-Z_0-9]+)@/g, (_, key) => {
    const value = values[key.toLowerCase()];
    if (value === undefined) throw new Error(`${name} asks for ${key}, which nobody knows`);
    return value;
  });
}

/** What the program says of itself for a shell and for `man`. */
export function manuals(program) {
  const said = (...words) => execFileSync(program, words, { maxBuffer: 16 * 1024 * 1024 });
  const completions = Object.keys(COMPLETIONS).map((shell) => [shell, said('completion', shell)]);
  return { manual: gzipSync(said('man'), { level: 9 }), completions: Object.fromEntries(completions) };
}

/** The icon as PNG, `size` pixels wide and high. */
export function icon(size) {
  return execFileSync('rsvg-convert', ['--width', size, '--height', size, join(workspace, 'icons/icon.svg')], {
    maxBuffer: 16 * 1024 * 1024,
  });
}

/** Puts everything in a folder as it lies on a system below `/`, with executables from `target`; answers the folder. */
export function stage(target = 'target/release') {
  const folder = join(staging, 'root');
  rmSync(folder, { recursive: true, force: true });
  const put = (to, bytes, mode = 0o644) => {
    const path = join(folder, 'usr', to);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    chmodSync(path, mode);
    return path;
  };
  const built = (name) => readFileSync(join(resolve(workspace, target), name));
  const program = put('bin/claudometer', built('claudometer'), 0o755);
  put('bin/claudometer-desktop', built('claudometer-desktop'), 0o755);
  const { manual, completions } = manuals(program);
  put('share/man/man1/claudometer.1.gz', manual);
  for (const [shell, to] of Object.entries(COMPLETIONS)) put(`share/${to}`, completions[shell]);
  put('share/applications/dev.claudometer.Claudometer.desktop', filled('dev.claudometer.Claudometer.desktop'));
  put('share/metainfo/dev.claudometer.Claudometer.metainfo.xml', filled('dev.claudometer.Claudometer.metainfo.xml'));
  put('share/icons/hicolor/scalable/apps/claudometer.svg', readFileSync(join(workspace, 'icons/icon.svg')));
  for (const size of SIZES) put(`share/icons/hicolor/${size}x${size}/apps/claudometer.png`, icon(size));
  return folder;
}

/** A package for Debian and its family; a `quick` one is packed hardly at all. */
export function deb(staged, { version = ordered(about.version), quick = false, folder: to = bundles } = {}) {
  const folder = join(staging, 'deb');
  rmSync(folder, { recursive: true, force: true });
  cpSync(staged, folder, { recursive: true });
  const copyright = join(folder, 'usr/share/doc/claudometer/copyright');
  mkdirSync(dirname(copyright), { recursive: true });
  cpSync(join(root, 'LICENSE'), copyright);
  mkdirSync(join(folder, 'DEBIAN'));
  const { summary, description, maintainer, homepage, architecture } = about;
  const name = { x86_64: 'amd64', aarch64: 'arm64' }[architecture];
  const kib = Math.ceil(size(join(folder, 'usr')) / 1024);
  const lines = [
    'Package: claudometer',
    `Version: ${version}`,
    `Architecture: ${name}`,
    `Maintainer: ${maintainer}`,
    `Installed-Size: ${kib}`,
    `Depends: ${needed(folder)}`,
    'Recommends: gnome-keyring | kwalletmanager',
    'Section: utils',
    'Priority: optional',
    `Homepage: ${homepage}`,
    `Description: ${summary}`,
    ...description.split('\n').map((line) => ` ${line}`),
    '',
  ];
  writeFileSync(join(folder, 'DEBIAN/control'), lines.join('\n'));
  cpSync(join(sources, 'after-removal.sh'), join(folder, 'DEBIAN/postrm'));
  chmodSync(join(folder, 'DEBIAN/postrm'), 0o755);
  const file = join(to, `claudometer_${version.replace('~', '-')}_${name}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', quick ? '-Znone' : '-Zxz', '--build', folder, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: committed('%ct') },
  });
  return file;
}

/** The packages whose libraries the executables are linked with, as Debian's own tool finds them. */
function needed(folder) {
  const work = join(staging, 'shlibdeps');
  mkdirSync(join(work, 'debian'), { recursive: true });
  writeFileSync(join(work, 'debian/control'), 'Source: claudometer\n\nPackage: claudometer\nArchitecture: any\n');
  const programs = ['claudometer', 'claudometer-desktop'].map((name) => join(folder, 'usr/bin', name));
  const said = execFileSync('dpkg-shlibdeps', ['-O', ...programs], {
    cwd: work,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  // Packed relocations need the loader of 2.36, which Debian's tool does not look at.
  return said
    .trim()
    .replace(/^shlibs:Depends=/, '')
    .replace(/libc6 \(>= 2\.3[0-5]\)/, 'libc6 (>= 2.36)');
}

/** A package for Fedora and its family; it finds itself what it is linked with. */
export function rpm(staged) {
  const folder = join(staging, 'rpm');
  rmSync(folder, { recursive: true, force: true });
  cpSync(staged, join(folder, 'root'), { recursive: true });
  const license = join(folder, 'root/usr/share/licenses/claudometer/LICENSE');
  mkdirSync(dirname(license), { recursive: true });
  cpSync(join(root, 'LICENSE'), license);
  writeFileSync(join(folder, 'claudometer.spec'), filled('claudometer.spec'));
  const define = (name, value) => ['--define', `${name} ${value}`];
  execFileSync(
    'rpmbuild',
    [
      ...['-bb', '--quiet', '--buildroot', join(folder, 'root'), '--target', about.architecture],
      ...define('_topdir', folder),
      ...define('_rpmdir', bundles),
      ...define('_build_name_fmt', `claudometer-${about.version}-%%{RELEASE}.%%{ARCH}.rpm`),
      ...define('use_source_date_epoch_as_buildtime', '1'),
      ...define('_buildhost', 'localhost'),
      join(folder, 'claudometer.spec'),
    ],
    { env: { ...process.env, SOURCE_DATE_EPOCH: committed('%ct') }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  return join(bundles, `claudometer-${about.version}-1.${about.architecture}.rpm`);
}

/** The same in one folder, for systems whose packages are not made. */
export function portable(staged) {
  const name = `claudometer-${about.version}-linux-${about.architecture}`;
  const folder = join(staging, name);
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(staged, 'usr'), folder, { recursive: true });
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  const file = join(bundles, `${name}.tar.gz`);
  execFileSync('tar', [
    ...['--create', '--gzip', '--sort=name', '--owner=0', '--group=0', '--numeric-owner'],
    ...[`--mtime=@${committed('%ct')}`, '--file', file, '--directory', staging, name],
  ]);
  return file;
}

/** Bytes below a folder. */
function size(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  const bytes = entries.map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? size(path) : statSync(path).size;
  });
  return bytes.reduce((sum, one) => sum + one, 0);
}
