# cmake -Dbuild=… -Dsource=… -Dwork=… -P run.cmake: installs `build`, moves what was installed, then builds and runs
# the consumer project, the example of a plugin and the installed program where they lie now. Files keep their times,
# so that a second run compiles only what changed.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "failed (${code}): ${ARGN}")
  endif()
endfunction()

# build_project SOURCE BUILD: as somebody else's, against what is installed.
function(build_project source folder)
  run(${CMAKE_COMMAND} -G Ninja -S "${source}" -B "${folder}" -DCMAKE_BUILD_TYPE=Release
      "-DCMAKE_PREFIX_PATH=${work}/moved")
  run(${CMAKE_COMMAND} --build "${folder}")
endfunction()

file(REMOVE_RECURSE "${work}/installed" "${work}/moved")
run(${CMAKE_COMMAND} --install "${build}" --prefix "${work}/installed")
file(RENAME "${work}/installed" "${work}/moved")
set(ablate "${work}/moved/bin/ablate")

run("${ablate}" list blocks)
build_project("${source}" "${work}/build")
run("${work}/build/consumer")

# The steps of docs/plugins.md, in a copy of the example that is installed.
set(example "${work}/own_block")
file(COPY "${work}/moved/share/ablate/docs/examples/own_block/" DESTINATION "${example}")
build_project("${example}" "${example}/build")
file(REMOVE_RECURSE "${example}/run")
run("${ablate}" run "${example}/study.json" --out "${example}/run"
    --set "protocols.paired={\"warmup\": 1, \"repeat\": 5}")
file(READ "${example}/run/records.jsonl" records)  # all are ok, by the exit code
string(REGEX MATCHALL "\"block\":\"OwnBlock\"" measured "${records}")
list(LENGTH measured count)
if(NOT count EQUAL 4)  # two widths in two forms
  message(FATAL_ERROR "4 cells of OwnBlock were to be measured, ${count} were")
endif()
# Its forms agree, and the table is made anew without the library.
run("${ablate}" --plugin "${example}/build/libown_block.so" verify)
file(RENAME "${example}/build/libown_block.so" "${example}/build/gone.so")
run("${ablate}" report "${example}/run")
file(RENAME "${example}/build/gone.so" "${example}/build/libown_block.so")
