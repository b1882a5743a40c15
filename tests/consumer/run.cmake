# cmake -Dbuild=… -Dsource=… -Dwork=… -P run.cmake: installs `build`, moves what was installed, then builds and runs
# the consumer project and the installed program where they lie now. Files keep their times, so that a second run
# compiles only what changed.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "failed (${code}): ${ARGN}")
  endif()
endfunction()

file(REMOVE_RECURSE "${work}/installed" "${work}/moved")
run(${CMAKE_COMMAND} --install "${build}" --prefix "${work}/installed")
file(RENAME "${work}/installed" "${work}/moved")

run("${work}/moved/bin/ablate" list blocks)
run(${CMAKE_COMMAND} -G Ninja -S "${source}" -B "${work}/build" -DCMAKE_BUILD_TYPE=Release
    "-DCMAKE_PREFIX_PATH=${work}/moved")
run(${CMAKE_COMMAND} --build "${work}/build")
run("${work}/build/consumer")
