// The application for macOS: its folder, its archive for updates and its disk image, and signatures where a key for them is.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { about, bundles, filled, icon, manuals, staging } from './packaging.mjs';
import { root, Stop, workspace } from './run.mjs';

const APP = 'Claudometer.app';
const PROGRAMS = ['claudometer', 'claudometer-desktop'];
/** Elements of an .icns file that hold a PNG, with its pixels; the last four are those of screens with twice as many. */
const PICTURES = { ic07: 128, ic08: 256, ic09: 512, ic10: 1024, ic11: 32, ic12: 64, ic13: 256, ic14: 512 };

/** The icon as macOS wants it: elements of a type, a length and a picture, below a head of the same form. */
export function icns(pictures = PICTURES) {
  const element = (type, bytes) => {
    const head = Buffer.alloc(8);
    head.write(type, 'ascii');
    head.writeUInt32BE(bytes.length + 8, 4);
    return Buffer.concat([head, bytes]);
  };
  return element('icns', Buffer.concat(Object.entries(pictures).map(([type, size]) => element(type, icon(size)))));
}

/** Puts the application together with executables from `target`; answers its folder. */
export function application(target = 'target/release') {
  const folder = join(staging, APP);
  rmSync(folder, { recursive: true, force: true });
  const put = (to, bytes, mode = 0o644) => {
    const path = join(folder, 'Contents', to);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    chmodSync(path, mode);
    return path;
  };
  for (const name of PROGRAMS) put(`MacOS/${name}`, readFileSync(join(resolve(workspace, target), name)), 0o755);
  const { identifier } = JSON.parse(readFileSync(join(workspace, 'tauri.conf.json'), 'utf8'));
  // The system takes numbers only, so that what comes before a release is called like it.
  put('Info.plist', filled('macos/Info.plist', { identifier, numbers: about.version.split('-')[0] }));
  put('PkgInfo', 'APPL????');
  put('Resources/claudometer.icns', icns());
  put('Resources/LICENSE', readFileSync(join(root, 'LICENSE')));
  const { manual, completions } = manuals(join(folder, 'Contents/MacOS/claudometer'));
  put('Resources/claudometer.1.gz', manual);
  for (const [shell, text] of Object.entries(completions)) put(`Resources/completions/claudometer.${shell}`, text);
  return folder;
}

/** What an architecture's files of a version are called, without their ending. */
export const macName = (architecture = about.architecture) => `claudometer-${about.version}-darwin-${architecture}`;

/** The archive that updates are taken from. */
export function archive(folder, file) {
  const args = ['--create', '--gzip', '--file', file, '--directory', dirname(folder), basename(folder)];
  // Without it Apple's tar adds a file of attributes beside each file.
  execFileSync('tar', args, { env: { ...process.env, COPYFILE_DISABLE: '1' } });
  return file;
}

/** The disk image: the application beside a way to where applications are. */
export function diskImage(folder, file) {
  const shown = join(staging, 'dmg');
  rmSync(shown, { recursive: true, force: true });
  mkdirSync(shown, { recursive: true });
  cpSync(folder, join(shown, APP), { recursive: true, verbatimSymlinks: true });
  symlinkSync('/Applications', join(shown, 'Applications'));
  quiet('hdiutil', 'create', '-volname', 'Claudometer', '-srcfolder', shown, '-format', 'UDZO', '-ov', file);
  return file;
}

/** Archive and disk image of an application that is signed for this machine only, as its processor wants it. */
export function macPackages(folder) {
  signFiles(folder, { identity: '-' });
  const name = join(bundles, macName());
  return [archive(folder, `${name}.app.tar.gz`), diskImage(folder, `${name}.dmg`)];
}

const SECRETS = {
  certificate: 'APPLE_CERTIFICATE',
  password: 'APPLE_CERTIFICATE_PASSWORD',
  key: 'APPLE_NOTARY_KEY',
  keyId: 'APPLE_NOTARY_KEY_ID',
  issuer: 'APPLE_NOTARY_ISSUER',
};

/** What Apple has given the makers, from the environment; null where there is nothing of it. */
export function credentials(env = process.env) {
  const missing = Object.values(SECRETS).filter((name) => !env[name]);
  if (missing.length === Object.keys(SECRETS).length) return null;
  if (missing.length > 0) throw new Stop(`These are missing for signatures that macOS trusts: ${missing.join(', ')}.`);
  return Object.fromEntries(Object.entries(SECRETS).map(([key, name]) => [key, env[name]]));
}

/** Signs and has notarised the applications in the archives of a folder, and makes archives and disk images of them anew. */
export function signAll(folder, given) {
  const archives = readdirSync(folder).filter((name) => name.endsWith('.app.tar.gz'));
  if (archives.length === 0) throw new Stop(`No .app.tar.gz is in ${folder}.`);
  const work = mkdtempSync(join(tmpdir(), 'claudometer-sign-'));
  try {
    const by = signer(given, work);
    try {
      for (const name of archives) signOne(join(folder, name), by, join(work, name));
    } finally {
      quiet('security', 'delete-keychain', by.keychain);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function signOne(file, by, work) {
  mkdirSync(work);
  execFileSync('tar', ['--extract', '--gzip', '--file', file, '--directory', work]);
  const app = join(work, APP);
  signFiles(app, by);
  notarise(app, by, work);
  // Nothing is exchanged before all of it is there.
  const [packed, image] = [join(work, 'app.tar.gz'), join(work, 'image.dmg')];
  archive(app, packed);
  diskImage(app, image);
  quiet('codesign', '--force', '--timestamp', '--sign', by.identity, '--keychain', by.keychain, image);
  notarise(image, by, work);
  copyFileSync(packed, file);
  copyFileSync(image, file.replace(/\.app\.tar\.gz$/, '.dmg'));
}

/** A keychain of its own with the certificate, so that nothing is left in the machine's. */
function signer({ certificate, password, key, keyId, issuer }, work) {
  const [keychain, lock] = [join(work, 'signing.keychain-db'), randomBytes(24).toString('hex')];
  const [identityFile, keyFile] = [join(work, 'certificate.p12'), join(work, 'notary.p8')];
  writeFileSync(identityFile, Buffer.from(certificate, 'base64'), { mode: 0o600 });
  writeFileSync(keyFile, key, { mode: 0o600 });
  quiet('security', 'create-keychain', '-p', lock, keychain);
  quiet('security', 'set-keychain-settings', '-lut', '7200', keychain);
  quiet('security', 'unlock-keychain', '-p', lock, keychain);
  quiet('security', 'import', identityFile, '-k', keychain, '-P', password, '-T', '/usr/bin/codesign');
  quiet('security', 'set-key-partition-list', '-S', 'apple-tool:,apple:', '-s', '-k', lock, keychain);
  // codesign looks for the certificates above ours in the keychains of this list only.
  const others = [...quiet('security', 'list-keychains', '-d', 'user').matchAll(/"([^"]+)"/g)].map(([, path]) => path);
  quiet('security', 'list-keychains', '-d', 'user', '-s', keychain, ...others);
  const found = /\b[0-9A-F]{40}\b/.exec(quiet('security', 'find-identity', '-v', '-p', 'codesigning', keychain));
  if (!found) throw new Stop('The certificate holds nothing to sign programs with.');
  return { identity: found[0], keychain, notary: ['--key', keyFile, '--key-id', keyId, '--issuer', issuer] };
}

/** Signs the inner program before what holds it. No exception to the hardened runtime is asked for: pages run in the system's own process. */
function signFiles(app, { identity, keychain }) {
  const trusted = keychain ? ['--options', 'runtime', '--timestamp', '--keychain', keychain] : ['--timestamp=none'];
  const sign = (...words) => quiet('codesign', '--force', '--sign', identity, ...trusted, ...words);
  sign('--identifier', 'dev.claudometer.cli', join(app, 'Contents/MacOS/claudometer'));
  sign(app);
  quiet('codesign', '--verify', '--strict', '--deep', app);
}

/** Has Apple look at it, and attaches what it says, so that it counts without a network too. */
function notarise(what, { notary }, work) {
  const isApp = what.endsWith('.app');
  const sent = isApp ? join(work, 'sent.zip') : what;
  if (isApp) quiet('ditto', '-c', '-k', '--keepParent', what, sent);
  const submit = ['notarytool', 'submit', sent, ...notary, '--wait', '--timeout', '45m', '--output-format', 'json'];
  const { id, status } = JSON.parse(quiet('xcrun', ...submit));
  // Its exit code is 0 for what was refused, too.
  if (status !== 'Accepted') {
    const why = quiet('xcrun', 'notarytool', 'log', id, ...notary);
    throw new Stop(`Apple does not notarise ${basename(what)}: ${status}.\n${why}`);
  }
  quiet('xcrun', 'stapler', 'staple', what);
}

/** Runs a program whose arguments may be secrets: a failure names the program and what it said, and no argument but the first. */
function quiet(program, ...args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    throw new Stop(`${program} ${args[0]} failed: ${String(error.stderr || error.code).trim()}`);
  }
}
