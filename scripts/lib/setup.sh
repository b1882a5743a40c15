# shellcheck shell=bash disable=SC1091,SC2154  # the files are read together
# Sourced by scripts/ablate, scripts/test and .ci/run: gives them `bring_up_to_date`, which leaves a build folder
# up to date whatever state the machine, the cache or an interrupted call left behind. Everything it says goes to
# stderr.

source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${ABLATE_CACHE:-${XDG_CACHE_HOME:-${HOME:?is not set}/.cache}/ablate}
export ABLATE_CACHE=$cache

say() { printf '%s\n' "$*" >&2; }

# Exit code 2: something the user can mend.
stop() {
  say "$@"
  exit 2
}

# lock FD FILE: waits for another call of ours to finish; without `flock` there is no waiting.
lock() {
  command -v flock > /dev/null || return 0
  eval "exec $1> \"\$2\""
  flock --nonblock "$1" || {
    say "waiting for another call that holds $2"
    flock "$1"
  }
}

source "$source_folder/scripts/lib/packages.sh"
source "$source_folder/scripts/lib/torch.sh"
source "$source_folder/scripts/lib/build.sh"
source "$source_folder/scripts/lib/python.sh"
