{
  lib,
  rustPlatform,
  importNpmLock,
  installShellFiles,
  nodejs,
  pkg-config,
  wrapGAppsHook3,
  dbus,
  glib-networking,
  webkitgtk_4_1,
}:

let
  # Version, summary and address stand in the workspace's table only.
  about = (lib.importTOML ../../Cargo.toml).workspace.package;
  lock = lib.importJSON ../../../package-lock.json;
  # The lock names versions and hashes, and leaves out where a package is; this is where the public ones are.
  located =
    path: module:
    let
      name = module.name or (lib.last (lib.splitString "node_modules/" path));
      file = lib.last (lib.splitString "/" name);
    in
    module
    // lib.optionalAttrs (module ? integrity && !(module ? resolved)) {
      resolved = "https://registry.npmjs.org/${name}/-/${file}-${module.version}.tgz";
    };
in
rustPlatform.buildRustPackage {
  pname = "claudometer";
  inherit (about) version;
  src = ../../..;

  cargoRoot = "src-tauri";
  cargoLock.lockFile = ../../Cargo.lock;
  npmDeps = importNpmLock {
    npmRoot = ../../..;
    packageLock = lock // { packages = lib.mapAttrs located lock.packages; };
  };

  nativeBuildInputs = [
    importNpmLock.npmConfigHook
    installShellFiles
    nodejs
    pkg-config
    wrapGAppsHook3
  ];
  buildInputs = [
    dbus
    glib-networking
    webkitgtk_4_1
  ];

  # Two calls of cargo: one would give the resident every feature that the window asks of a shared library.
  buildPhase = ''
    runHook preBuild
    node_modules/.bin/vite build
    pushd src-tauri
    cargo build --release --offline --package claudometer
    cargo build --release --offline --package claudometer-desktop --features custom-protocol
    popd
    runHook postBuild
  '';

  # The tests want a desktop; they run where the sources are developed.
  doCheck = false;

  installPhase = ''
    runHook preInstall
    pushd src-tauri
    install -Dm755 -t $out/bin target/release/claudometer target/release/claudometer-desktop
    install -Dm644 -t $out/share/applications packaging/dev.claudometer.Claudometer.desktop
    install -Dm644 icons/icon.svg $out/share/icons/hicolor/scalable/apps/claudometer.svg
    $out/bin/claudometer man > claudometer.1
    installManPage claudometer.1
    for shell in bash zsh fish; do
      $out/bin/claudometer completion $shell > claudometer.$shell
      installShellCompletion claudometer.$shell
    done
    popd
    runHook postInstall
  '';

  # The resident links no GTK, and stays as small as it is.
  dontWrapGApps = true;
  postFixup = ''
    wrapGApp $out/bin/claudometer-desktop
  '';

  meta = {
    inherit (about) description;
    homepage = about.repository;
    license = lib.licenses.mit;
    mainProgram = "claudometer";
    platforms = lib.platforms.linux;
  };
}
