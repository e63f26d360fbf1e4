import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { application, archive, credentials, icns, macName, signAll } from './mac.mjs';
import { about } from './packaging.mjs';
import { build, folderOf, programs } from './pretend.mjs';
import { has } from './run.mjs';

const skip = has('rsvg-convert') && has('python3') ? false : 'librsvg makes packages, and Python reads their lists';
const GIVEN = { certificate: 'cDEy', password: 'pass-word', key: 'p8', keyId: 'K1', issuer: 'I1' };
const IDENTITY = 'A'.repeat(40);

function properties(file) {
  const script = 'import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))))';
  return JSON.parse(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' }));
}

test('the application holds both programs and says what it is', { skip }, (test) => {
  const app = application(build(join(folderOf(test, rmSync), 'built')));
  const list = properties(join(app, 'Contents/Info.plist'));
  assert.deepEqual(
    [list.CFBundleExecutable, list.CFBundleIdentifier, list.CFBundleShortVersionString, list.LSUIElement],
    ['claudometer-desktop', 'dev.claudometer.desktop', about.version.split('-')[0], true],
  );
  const inside = (name) => readFileSync(join(app, 'Contents', name));
  for (const name of ['claudometer', 'claudometer-desktop'])
    assert.match(
      execFileSync(join(app, 'Contents/MacOS', name), ['--version'], { encoding: 'utf8' }),
      /claudometer|window/,
    );
  assert.match(inside('Resources/completions/claudometer.zsh').toString(), /completion zsh/);
  assert.equal(inside(`Resources/${list.CFBundleIconFile}`).toString('latin1', 0, 4), 'icns');
});

test('the icon has a picture of each size, each as large as it says', { skip }, () => {
  const sizes = { ic07: 128, ic11: 32 };
  const file = icns(sizes);
  assert.equal(file.readUInt32BE(4), file.length);
  const found = {};
  for (let at = 8; at < file.length; at += file.readUInt32BE(at + 4)) {
    assert.equal(file.toString('latin1', at + 9, at + 12), 'PNG');
    // The width stands after the PNG's signature and the head of its first part.
    found[file.toString('latin1', at, at + 4)] = file.readUInt32BE(at + 8 + 16);
  }
  assert.deepEqual(found, sizes);
});

test('all of the secrets are there, or none of them is', () => {
  assert.equal(credentials({}), null);
  assert.throws(() => credentials({ APPLE_CERTIFICATE: 'x', APPLE_NOTARY_KEY: 'y' }), /APPLE_NOTARY_ISSUER/);
  const all = ['CERTIFICATE', 'CERTIFICATE_PASSWORD', 'NOTARY_KEY', 'NOTARY_KEY_ID', 'NOTARY_ISSUER'];
  const given = credentials(Object.fromEntries(all.map((name) => [`APPLE_${name}`, name])));
  assert.equal(given.issuer, 'NOTARY_ISSUER');
});

/** Apple's programs as far as they are asked; each line that is asked is kept in `log`. */
function apple(folder, status) {
  const log = join(folder, 'log');
  const note = (name) => `echo "${name} $*" >> "${log}"`;
  const answers = {
    security: `case "$1" in find-identity) echo '  1) ${IDENTITY} "Developer ID"';; list-keychains) echo '    "/k/a b.keychain"';; esac`,
    codesign: 'for last; do :; done; [ "$1" = --verify ] || [ ! -d "$last" ] || touch "$last/Contents/CodeResources"',
    ditto: 'for last; do :; done; touch "$last"',
    xcrun: `case "$2" in submit) echo '{"id": "7", "status": "${status}"}';; log) echo 'a reason';; esac`,
    hdiutil: 'for last; do :; done; echo image > "$last"',
  };
  const texts = Object.entries(answers).map(([name, text]) => [name, `${note(name)}\n${text}`]);
  programs(join(folder, 'apple'), Object.fromEntries(texts));
  return () => readFileSync(log, 'utf8').trim().split('\n');
}

async function signed(test, status) {
  const folder = folderOf(test, rmSync);
  const release = join(folder, 'release');
  mkdirSync(release);
  const file = join(release, `${macName('aarch64')}.app.tar.gz`);
  archive(application(build(join(folder, 'built'))), file);
  const asked = apple(folder, status);
  const path = process.env.PATH;
  process.env.PATH = `${join(folder, 'apple')}:${path}`;
  test.after(() => {
    process.env.PATH = path;
  });
  return { release, file, asked };
}

test('what is signed is signed from within, notarised, and packed again last', { skip }, async (test) => {
  const { release, file, asked } = await signed(test, 'Accepted');
  signAll(release, GIVEN);
  const lines = asked();
  const at = (pattern) => lines.findIndex((line) => pattern.test(line));
  const order = [
    /^security create-keychain/,
    /^codesign .*--options runtime .*MacOS\/claudometer$/,
    /^codesign .*--options runtime .*Claudometer\.app$/,
    /^codesign --verify/,
    /^xcrun notarytool submit .*sent\.zip .*--wait/,
    /^xcrun stapler staple .*Claudometer\.app$/,
    /^hdiutil create/,
    /^codesign .*\.dmg$/,
    /^xcrun stapler staple .*\.dmg$/,
    /^security delete-keychain/,
  ].map(at);
  assert.ok(!order.includes(-1), lines.join('\n'));
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
    lines.join('\n'),
  );
  assert.ok(
    lines.some((line) => line.includes('-s') && line.endsWith('/k/a b.keychain')),
    'other keychains stay known',
  );
  const names = execFileSync('tar', ['--list', '--file', file], { encoding: 'utf8' });
  assert.match(names, /^Claudometer\.app\/Contents\/CodeResources$/m, 'the archive holds what was signed');
  assert.deepEqual(readdirSync(release), [`${macName('aarch64')}.app.tar.gz`, `${macName('aarch64')}.dmg`]);
});

test('what Apple refuses ends it with the reason, and leaves what was there', { skip }, async (test) => {
  const { release, file, asked } = await signed(test, 'Invalid');
  const before = readFileSync(file);
  assert.throws(() => signAll(release, GIVEN), /Invalid[\s\S]*a reason/);
  assert.ok(readFileSync(file).equals(before));
  assert.ok(asked().at(-1).startsWith('security delete-keychain'));
});

test('a failure names no secret', { skip }, async (test) => {
  const { release } = await signed(test, 'Accepted');
  programs(process.env.PATH.split(':')[0], { security: '[ "$1" != import ] || { echo broken >&2; exit 1; }' });
  assert.throws(
    () => signAll(release, GIVEN),
    ({ message }) => message.includes('security import failed: broken') && !message.includes(GIVEN.password),
  );
});

test('a folder without an application is refused', (test) => {
  const folder = folderOf(test, rmSync);
  writeFileSync(join(folder, 'claudometer.deb'), '');
  assert.throws(() => signAll(folder, GIVEN), /No \.app\.tar\.gz/);
});
