# shellcheck shell=bash disable=SC1091,SC2154  # the files are read together
# An environment of Python packages in the cache folder, one for each file of requirements as it reads.

# python_environment FILE: prints the environment's interpreter; makes the environment where there is none. It
# counts only once the mark of its end is there, so a call that was cut off leaves nothing that is taken for one.
python_environment() {
  local requirements=$1 folder
  install_packages_for documenting
  folder=$cache/python-$(python3 --version | cut -d ' ' -f 2)-$(cksum < "$requirements" | cut -d ' ' -f 1)
  mkdir -p "$cache"
  lock 6 "$cache/python.lock"
  if [[ ! -e $folder/.whole ]]; then
    say "fetching the packages of $requirements into $folder (about 120 MB)"
    rm -rf "$folder"
    {
      python3 -m venv "$folder" &&
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
          --requirement "$requirements"
    } >&2 || stop "The packages could not be fetched (see above)."
    touch "$folder/.whole"
  fi
  exec 6>&-
  printf '%s\n' "$folder/bin/python"
}
