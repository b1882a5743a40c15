# Writes build_info.cpp; runs with every build and changes the file only where its text does.
# An exported tree has no git: whoever exported it may say what it was.
set(revision "$ENV{ABLATE_REVISION}")
if(NOT revision)
  execute_process(
    COMMAND git -C "${source}" describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE revision ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
if(NOT revision)
  set(revision unknown)
endif()
configure_file("${source}/cmake/build_info.cpp.in" "${output}" @ONLY)
