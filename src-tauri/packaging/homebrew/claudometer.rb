# Made for each release from src-tauri/packaging/homebrew/claudometer.rb.
cask "claudometer" do
  arch arm: "aarch64", intel: "x86_64"

  version "@VERSION@"
  sha256 arm:   "@DARWIN_AARCH64@",
         intel: "@DARWIN_X86_64@"

  url "@HOMEPAGE@/releases/download/v#{version}/claudometer-#{version}-darwin-#{arch}.dmg"
  name "Claudometer"
  desc "@SUMMARY@"
  homepage "@HOMEPAGE@"

  # It replaces itself, and asks before.
  auto_updates true

  app "Claudometer.app"
  binary "#{appdir}/Claudometer.app/Contents/MacOS/claudometer"
  manpage "#{appdir}/Claudometer.app/Contents/Resources/claudometer.1.gz"
  bash_completion "#{appdir}/Claudometer.app/Contents/Resources/completions/claudometer.bash"
  zsh_completion "#{appdir}/Claudometer.app/Contents/Resources/completions/claudometer.zsh"
  fish_completion "#{appdir}/Claudometer.app/Contents/Resources/completions/claudometer.fish"

  uninstall quit: "@IDENTIFIER@"

  zap trash: [
    "~/.config/claudometer",
    "~/.local/share/claudometer",
    "~/.local/state/claudometer",
    "~/Library/LaunchAgents/dev.claudometer.plist",
  ]
end
