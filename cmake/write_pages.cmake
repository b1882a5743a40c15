# Writes the manual page and the completions of `ablate` into `pages`.
function(ask file)
  execute_process(COMMAND "${ablate}" ${ARGN} OUTPUT_FILE "${pages}/${file}" RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "ablate ${ARGN} ended with ${code}")
  endif()
endfunction()

file(MAKE_DIRECTORY "${pages}")
ask(ablate.1 man)
ask(ablate completion bash)
ask(_ablate completion zsh)
ask(ablate.fish completion fish)
