# shellcheck shell=bash disable=SC1091,SC2154  # the files are read together
# The build folders, build/<preset>.

# Settings that configuring depends on, besides files.
wishes() {
  printf '%s|' "${ABLATE_CUDA:-AUTO}" "${ABLATE_TORCH:-}" "${Torch_DIR:-}" "${CMAKE_PREFIX_PATH:-}" "${CXX:-}" \
    "${CXXFLAGS:-}" "$(torch_kind)" "$source_folder"
}

revision() { git -C "$source_folder" describe --always --dirty --abbrev=12 '--exclude=*' 2> /dev/null || true; }

# One stamp a target. Asking it takes milliseconds; asking the build tool takes longer than a user should notice.
stamp_text() { printf '%s\n%s\n' "$(wishes)" "$(revision)"; }

is_up_to_date() {
  local build=$1 stamp=$2
  [[ -e $stamp && $(< "$stamp") == "$(stamp_text)" ]] || return
  local torch
  torch=$(sed -n 's/^ABLATE_TORCH_FOLDER:INTERNAL=//p' "$build/CMakeCache.txt" 2> /dev/null) || return
  [[ -e $torch/lib/libtorch_cpu.so ]] || return
  [[ -z $(cd "$source_folder" &&
    find CMakeLists.txt CMakePresets.json cmake src apps tests -newer "$stamp" -print -quit) ]]
}

# As many compilers as there are cores, but no more than the memory holds: one takes up to 1.5 GB.
job_count() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
  if ((memory < 1)); then memory=1; fi
  echo $((cores < memory ? cores : memory))
}

configure() {
  local preset=$1 build=$2 began=no
  local command=(cmake --preset "$preset" "-DABLATE_TORCH_KIND=$(torch_kind)")
  if [[ -e $build/CMakeCache.txt ]]; then began=yes; fi
  if [[ -n ${ABLATE_CUDA:-} ]]; then command+=("-DABLATE_CUDA=$ABLATE_CUDA"); fi
  cd "$source_folder" || return
  "${command[@]}" && return
  if [[ $began == no ]]; then return 1; fi
  # A cache that was cut off, or made by another compiler or in another place, is worth one fresh start.
  say "configuring once more from the beginning"
  rm -rf "$build/CMakeCache.txt" "$build/CMakeFiles"
  "${command[@]}"
}

# bring_up_to_date PRESET TARGET: installs, fetches, configures and builds what is missing.
bring_up_to_date() {
  local preset=$1 target=$2
  local build=$source_folder/build/$preset
  local stamp=$build/.$target-is-built kind
  if is_up_to_date "$build" "$stamp"; then return; fi

  mkdir -p "$build"
  lock 9 "$build/.lock"
  {
    install_packages_for building
    kind=$(torch_kind)
    if [[ -z $(locate_torch "$kind") ]]; then
      install_packages_for fetching
      fetch_torch "$kind"
    fi
    stamp_text > "$stamp.new"  # its time is that of the beginning: a file saved meanwhile is newer
    if [[ ! -e $build/build.ninja || $(cat "$build/.wishes" 2> /dev/null) != "$(wishes)" ]]; then
      (configure "$preset" "$build") || stop "Configuring failed (see above)."
      wishes > "$build/.wishes"
    fi
    cmake --build "$build" --target "$target" --parallel "$(job_count)" || stop "Building failed (see above)."
    mv "$stamp.new" "$stamp"
  } >&2
  exec 9>&-
}
