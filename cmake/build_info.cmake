# Writes build_info.cpp; runs with every build and changes the file only where its text does.
execute_process(
  COMMAND git -C "${source}" describe --always --dirty --abbrev=12 --exclude=*
  OUTPUT_VARIABLE revision ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT revision)
  set(revision unknown)
endif()
configure_file("${source}/cmake/build_info.cpp.in" "${output}" @ONLY)
