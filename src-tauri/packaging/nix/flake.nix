# Made for each release from src-tauri/packaging/nix/flake.nix.
{
  description = "@SUMMARY@";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { nixpkgs, ... }:
    let
      inherit (nixpkgs) lib;
      sums = {
        x86_64-linux = "@LINUX_X86_64@";
        aarch64-linux = "@LINUX_AARCH64@";
      };
      package =
        system: sha256:
        let
          pkgs = nixpkgs.legacyPackages.${system};
          name = "claudometer-@VERSION@-linux-${lib.removeSuffix "-linux" system}";
        in
        pkgs.stdenv.mkDerivation {
          pname = "claudometer";
          version = "@VERSION@";
          src = pkgs.fetchurl {
            url = "@HOMEPAGE@/releases/download/v@VERSION@/${name}.tar.gz";
            inherit sha256;
          };
          nativeBuildInputs = [
            pkgs.autoPatchelfHook
            pkgs.wrapGAppsHook3
          ];
          buildInputs = [
            pkgs.dbus
            pkgs.glib-networking
            pkgs.stdenv.cc.cc.lib
            pkgs.webkitgtk_4_1
          ];
          # They are stripped, and keep the form of their relocations.
          dontStrip = true;
          installPhase = ''
            runHook preInstall
            mkdir -p $out
            cp -a bin share $out/
            runHook postInstall
          '';
          # The resident links no GTK, and stays as small as it is.
          dontWrapGApps = true;
          postFixup = ''
            wrapGApp $out/bin/claudometer-desktop
          '';
          meta = {
            description = "@SUMMARY@";
            homepage = "@HOMEPAGE@";
            license = lib.licenses.mit;
            sourceProvenance = [ lib.sourceTypes.binaryNativeCode ];
            mainProgram = "claudometer";
            platforms = lib.attrNames sums;
          };
        };
    in
    {
      packages = lib.mapAttrs (system: sha256: { default = package system sha256; }) sums;
    };
}
