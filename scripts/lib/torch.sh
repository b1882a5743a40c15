# shellcheck shell=bash disable=SC1091,SC2154  # the files are read together
# The private LibTorch in the cache folder: the pinned PyPI wheel, unpacked. The one wheel serves both kinds:
#   cpu   torch, and the two CUDA libraries that even its CPU part is linked against;
#   cuda  torch, and every CUDA library that it names as a dependency.

torch_version=2.11.0
cuda_runtime_packages=(nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85 nvidia-cuda-crt==13.0.88)
cuda_compiler_packages=(nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88)

gpu_seen() {
  compgen -G '/dev/nvidia[0-9]*' > /dev/null ||
    { command -v nvidia-smi > /dev/null && nvidia-smi -L 2> /dev/null | grep -q GPU; }
}

# Which kind this machine asks for.
torch_kind() {
  case ${ABLATE_CUDA:-AUTO} in
    ON) echo cuda ;;
    OFF) echo cpu ;;
    AUTO) if gpu_seen; then echo cuda; else echo cpu; fi ;;
    *) stop "ABLATE_CUDA is ${ABLATE_CUDA}; allowed: AUTO, ON, OFF" ;;
  esac
}

# pip_into FOLDER PACKAGE…: pip keeps a whole wheel in memory to cache it, and unpacks under TMPDIR; neither a
# small memory nor a small /tmp should matter here.
pip_into() {
  local folder=$1
  shift
  TMPDIR=$folder.tmp python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
    --no-cache-dir --no-compile --only-binary=:all: --target "$folder" "$@" >&2
}

# The CUDA packages that torch in FOLDER names, as pip wants them.
cuda_requirements() {
  sed -n -E 's/^Requires-Dist: ((cuda-toolkit|nvidia-)[^;]*[^; ]) *;.*/\1/p' "$1"/torch-*.dist-info/METADATA
}

# Puts a copy into the cache. It appears under its name only when it is whole, so a call that was cut off leaves
# nothing that could be taken for one.
fetch_torch() {
  local kind=$1
  local folder=$cache/torch-$torch_version-$kind
  local partial=$folder.partial size="550 MB" requirements=()
  mkdir -p "$cache"
  lock 8 "$cache/torch.lock"
  if [[ ! -e $folder ]]; then
    if [[ $kind == cuda ]]; then size="2.3 GB"; fi
    say "fetching LibTorch $torch_version ($kind, about $size) into $folder"
    rm -rf "$partial" "$partial.tmp"
    mkdir -p "$partial.tmp"
    pip_into "$partial" --no-deps "torch==$torch_version" || stop "LibTorch could not be fetched (see above)."
    if [[ $kind == cuda ]]; then
      mapfile -t requirements < <(cuda_requirements "$partial")
      if ! command -v nvcc > /dev/null && [[ ! -e /usr/local/cuda/bin/nvcc ]]; then
        requirements+=("${cuda_compiler_packages[@]}")
      fi
      pip_into "$partial" "${cuda_runtime_packages[@]}" "${requirements[@]}" || stop "The CUDA libraries could not be fetched."
    else
      pip_into "$partial" --no-deps "${cuda_runtime_packages[@]}" || stop "The CUDA runtime could not be fetched."
    fi
    rm -rf "$partial.tmp"
    mv "$partial" "$folder"
  fi
  exec 8>&-
}

# locate_torch KIND: prints the folder of the LibTorch to use, or nothing.
locate_torch() {
  (cd "$source_folder" && cmake -DABLATE_TORCH_KIND="$1" -P cmake/locate_torch.cmake) || exit 2
}
