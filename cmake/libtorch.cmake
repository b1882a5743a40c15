# ablate::libtorch, made from what a LibTorch folder holds. LibTorch's own CMake package is not used: it insists
# on the CUDA toolkit, of the very version it was built with, wherever the folder holds CUDA libraries, even for
# programs that use none.

# Sets CUDA_INCLUDE and CUDA_RUNTIME (a file) for the caller; each is empty where it is not found. Both come with
# the wheels beside `folder`, with LibTorch's archives (the library), or with a toolkit.
function(ablate_find_cuda_runtime folder)
  get_filename_component(beside "${folder}/.." ABSOLUTE)
  file(GLOB wheels "${beside}/nvidia/*/include")
  find_program(ABLATE_NVCC nvcc NO_CACHE PATHS /usr/local/cuda/bin)
  get_filename_component(toolkit "${ABLATE_NVCC}" REALPATH)
  get_filename_component(toolkit "${toolkit}/../.." ABSOLUTE)
  set(CUDA_INCLUDE "")
  foreach(include ${wheels} "$ENV{CUDA_HOME}/include" "$ENV{CUDA_PATH}/include" "${toolkit}/include"
                  /usr/local/cuda/include /usr/include)
    # The wheels split the two over packages: one alone is of no use.
    if(NOT CUDA_INCLUDE AND EXISTS "${include}/cuda_runtime_api.h" AND EXISTS "${include}/crt/host_defines.h")
      set(CUDA_INCLUDE "${include}")
    endif()
  endforeach()

  # LibTorch's own copy first: a process must not hold two.
  set(CUDA_RUNTIME "")
  foreach(pattern "${folder}/lib/libcudart*.so*" "${beside}/nvidia/*/lib/libcudart.so*" "${toolkit}/lib64/libcudart.so"
                  /usr/local/cuda/lib64/libcudart.so "/usr/lib/*/libcudart.so")
    file(GLOB runtimes "${pattern}")
    if(NOT CUDA_RUNTIME AND runtimes)
      list(GET runtimes 0 CUDA_RUNTIME)
    endif()
  endforeach()
  set(CUDA_INCLUDE "${CUDA_INCLUDE}" PARENT_SCOPE)
  set(CUDA_RUNTIME "${CUDA_RUNTIME}" PARENT_SCOPE)
endfunction()

# Libraries that LibTorch's CUDA part needs and the loader does not find.
function(ablate_missing_cuda_libraries folder result)
  execute_process(COMMAND ldd "${folder}/lib/libtorch_cuda.so" OUTPUT_VARIABLE needed ERROR_QUIET)
  string(REGEX MATCHALL "[^ \t\n]+ => not found" missing "${needed}")
  list(TRANSFORM missing REPLACE " => not found" "")
  list(REMOVE_DUPLICATES missing)
  set(${result} "${missing}" PARENT_SCOPE)
endfunction()

# `wish` is AUTO, ON or OFF. AUTO is ON where a GPU is seen and everything is there to use it. ON needs what
# compiling and linking needs; libraries that only running needs may be absent, with a warning.
function(ablate_decide_cuda folder wish result)
  set(${result} OFF PARENT_SCOPE)
  if(NOT wish MATCHES "^(AUTO|ON|OFF)$")
    message(FATAL_ERROR "ABLATE_CUDA is ${wish}; allowed: AUTO, ON, OFF")
  elseif(wish STREQUAL "OFF")
    return()
  endif()

  set(why "")
  if(NOT EXISTS "${folder}/lib/libtorch_cuda.so" OR NOT EXISTS "${folder}/lib/libc10_cuda.so")
    set(why "this LibTorch is for the CPU alone: it holds no libtorch_cuda.so and libc10_cuda.so")
  else()
    ablate_find_cuda_runtime("${folder}")
    if(NOT CUDA_INCLUDE)
      set(why "the headers of the CUDA runtime are not found: install the CUDA toolkit, or the packages \
nvidia-cuda-runtime and nvidia-cuda-crt beside torch")
    elseif(NOT CUDA_RUNTIME)
      set(why "libcudart.so is not found")
    endif()
    ablate_missing_cuda_libraries("${folder}" missing)
  endif()

  if(wish STREQUAL "ON")
    if(why)
      message(FATAL_ERROR "ABLATE_CUDA is ON, but ${why}")
    elseif(missing)
      message(WARNING "LibTorch's CUDA part needs libraries that are not here (${missing}): the program is built, "
                      "but will not start on this machine")
    endif()
  else()
    ablate_gpu_seen(gpu)
    if(NOT gpu)
      set(why "no NVIDIA GPU is seen")
    elseif(NOT why AND missing)
      set(why "LibTorch's CUDA part needs libraries that are not here (${missing})")
    endif()
    if(why)
      message(STATUS "CUDA: off, ${why}")
      return()
    endif()
  endif()
  message(STATUS "CUDA: on, with ${CUDA_RUNTIME} and ${CUDA_INCLUDE}")
  set(${result} ON PARENT_SCOPE)
endfunction()

# The OpenMP runtime that LibTorch loads: with a second one in the process its set_num_threads would not be ours.
# Sets OPENMP_RUNTIME (a file, or the compiler's own by name) for the caller.
function(ablate_find_openmp_runtime folder)
  file(GLOB beside "${folder}/lib/libgomp*.so*" "${folder}/lib/libiomp5.so" "${folder}/../torch.libs/libgomp*.so*")
  list(APPEND beside gomp)
  list(GET beside 0 OPENMP_RUNTIME)
  set(OPENMP_RUNTIME "${OPENMP_RUNTIME}" PARENT_SCOPE)
endfunction()

function(ablate_add_libtorch folder cuda)
  add_library(ablate::libtorch INTERFACE IMPORTED GLOBAL)
  target_include_directories(ablate::libtorch INTERFACE "${folder}/include"
                                                        "${folder}/include/torch/csrc/api/include")
  ablate_find_openmp_runtime("${folder}")
  target_link_libraries(ablate::libtorch INTERFACE "${folder}/lib/libtorch_cpu.so" "${folder}/lib/libc10.so"
                                                   "${OPENMP_RUNTIME}")
  if(NOT cuda)
    return()
  endif()

  # Nothing refers to the CUDA part by symbol: it registers itself when it is loaded.
  ablate_find_cuda_runtime("${folder}")
  target_link_libraries(
    ablate::libtorch
    INTERFACE "-Wl,--push-state,--no-as-needed,${folder}/lib/libtorch_cuda.so,--pop-state"
              "${folder}/lib/libc10_cuda.so" "${CUDA_RUNTIME}")
  ablate_missing_cuda_libraries("${folder}" missing)
  if(missing)
    target_link_options(ablate::libtorch INTERFACE -Wl,--unresolved-symbols=ignore-in-shared-libs)
  endif()
endfunction()

# A file that differs between builds with and without CUDA: all others stay as they are when it is switched.
function(ablate_use_cuda file folder)
  ablate_find_cuda_runtime("${folder}")
  set_source_files_properties("${file}" PROPERTIES COMPILE_DEFINITIONS ABLATE_CUDA=1 SKIP_PRECOMPILE_HEADERS ON
                                                   COMPILE_OPTIONS "-isystem;${CUDA_INCLUDE}")
endfunction()
