# shellcheck shell=bash disable=SC1091,SC2154  # the files are read together
# Debian and Ubuntu packages. What counts is whether the command or the header is there, not how it came.

has_header() {
  local prefix prefixes=${CMAKE_PREFIX_PATH:-}
  for prefix in ${prefixes//:/ } /usr /usr/local; do
    [[ -e $prefix/include/$1 ]] && return
  done
  return 1
}

# need PACKAGE CHECK…: notes the package as missing where the check fails. A package whose installation was
# interrupted is missing though its files may lie there.
need() {
  local package=$1
  shift
  if [[ -e $cache/installing-packages ]] || ! "$@" > /dev/null 2>&1; then missing+=("$package"); fi
}

need_for_building() {
  need g++ command -v "${CXX:-c++}"
  need cmake command -v cmake
  need ninja-build command -v ninja
  need libcli11-dev has_header CLI/CLI.hpp
  need libfmt-dev has_header fmt/format.h
  need nlohmann-json3-dev has_header nlohmann/json.hpp
  need catch2 has_header catch2
}
need_for_fetching() {
  need python3 python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'
  need python3-pip python3 -m pip --version
}
need_for_documenting() {
  need python3 python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'
  need python3-venv python3 -c 'import ensurepip, venv'
}
need_for_browsing() {
  need_for_documenting
  need chromium command -v chromium
}
need_for_formatting() { need clang-format command -v clang-format; }

# Installs what the named needs lack, or stops with the line to type.
install_packages_for() {
  local missing=() purpose become=()
  for purpose in "$@"; do "need_for_$purpose"; done
  if [[ ${#missing[@]} -eq 0 ]]; then return; fi

  command -v apt-get > /dev/null ||
    stop "Missing on this machine, by the names of Debian's packages: ${missing[*]}. Please install them."
  if [[ $EUID -ne 0 ]]; then
    sudo -n true 2> /dev/null ||
      stop "Missing packages. Please type: sudo apt-get update && sudo apt-get install -y ${missing[*]}"
    become=(sudo)
  fi
  say "installing packages: ${missing[*]}"
  mkdir -p "$cache"
  lock 7 "$cache/packages.lock"
  touch "$cache/installing-packages"
  {
    "${become[@]}" dpkg --configure -a  # mends an installation that was cut off
    "${become[@]}" apt-get update -q
    "${become[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"
  } >&2 || stop "Installing packages failed. Please type: sudo apt-get install -y ${missing[*]}"
  rm -f "$cache/installing-packages"
  exec 7>&-
}
