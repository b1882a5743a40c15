# The CUDA kernels, compiled by nvcc as it is found. Not by CMake's own CUDA language: it insists on knowing each new
# nvcc's dialects by name, and on a device library that these kernels do not need.
set(ABLATE_CUDA_ARCHITECTURES "80;90a;90-virtual" CACHE STRING
    "GPUs that the kernels are compiled for; -virtual: as PTX, for those that come later")

function(ablate_add_cuda_kernels target)
  set(codes "")
  foreach(architecture ${ABLATE_CUDA_ARCHITECTURES})
    if(architecture MATCHES "^(.+)-virtual$")
      list(APPEND codes -gencode "arch=compute_${CMAKE_MATCH_1},code=compute_${CMAKE_MATCH_1}")
    else()
      list(APPEND codes -gencode "arch=compute_${architecture},code=sm_${architecture}")
    endif()
  endforeach()
  set(objects "")
  foreach(source ${ARGN})
    get_filename_component(name "${source}" NAME)
    set(own_codes ${codes})
    if(name MATCHES "^warpgroup_")  # nothing but sm_90a has its instructions
      set(own_codes -DABLATE_WITHOUT_WARPGROUPS ${codes})
      if("90a" IN_LIST ABLATE_CUDA_ARCHITECTURES)
        set(own_codes -gencode arch=compute_90a,code=sm_90a)
      endif()
    endif()
    set(object "${PROJECT_BINARY_DIR}/cuda/${name}.o")
    add_custom_command(
      OUTPUT "${object}"
      COMMAND "${ABLATE_NVCC_PROGRAM}" -std=c++20 -O3 -Xcompiler=-fPIC,-Wall ${own_codes} "-I${PROJECT_SOURCE_DIR}/src" -MD -MF
              "${object}.d" -c "${source}" -o "${object}"
      DEPENDS "${source}"
      DEPFILE "${object}.d"
      COMMENT "Compiling ${name} for GPUs ${ABLATE_CUDA_ARCHITECTURES}"
      VERBATIM)
    list(APPEND objects "${object}")
  endforeach()
  file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/cuda")
  set_source_files_properties(${objects} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  target_sources(${target} PRIVATE ${objects})
endfunction()
