# Run by cpack when a package is staged, before it is packed: what names this machine goes, and the archive gets what
# the program loads.
file(GLOB_RECURSE program "${CPACK_TEMPORARY_DIRECTORY}/*/bin/ablate" "${CPACK_TEMPORARY_DIRECTORY}/bin/ablate")
list(LENGTH program count)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "one staged bin/ablate is wanted, there are ${count} under ${CPACK_TEMPORARY_DIRECTORY}")
endif()
get_filename_component(prefix "${program}/../.." ABSOLUTE)

# LibTorch is looked for inside the package alone, not where the build machine had it.
file(RPATH_SET FILE "${program}" NEW_RPATH "$ORIGIN/../lib:$ORIGIN/../${CPACK_ABLATE_PRIVATE_TORCH}/lib")
set(config "${prefix}/lib/cmake/ablate/ablateConfig.cmake")
file(READ "${config}" text)
string(REPLACE "\"${CPACK_ABLATE_TORCH_FOLDER}\"" "\"\"" text "${text}")
file(WRITE "${config}" "${text}")

# With CUDA they are gigabytes: ablate-fetch-libtorch fetches them for the archive too.
if(NOT CPACK_GENERATOR STREQUAL "TGZ" OR CPACK_ABLATE_CUDA)
  return()
endif()
# LibTorch's CPU part, what it is linked against (two libraries of CUDA among it), and fmt, which other distributions have
# in another version. libstdc++ and glibc are the system's.
set(torch "${CPACK_ABLATE_TORCH_FOLDER}")
execute_process(COMMAND ldd "${program}" "${torch}/lib/libtorch_cpu.so" OUTPUT_VARIABLE needed)
file(GLOB libraries "${torch}/lib/libtorch_cpu.so" "${torch}/lib/libc10.so" "${torch}/lib/libgomp*.so*")
foreach(name libcudart libcupti libfmt)
  if(needed MATCHES "=> ([^ ]*/${name}\\.so[^ ]*)")
    list(APPEND libraries "${CMAKE_MATCH_1}")
  endif()
endforeach()
file(COPY ${libraries} DESTINATION "${prefix}/lib" FOLLOW_SYMLINK_CHAIN)
foreach(package torch nvidia_cuda_runtime nvidia_cuda_cupti)
  file(GLOB licences "${torch}/../${package}-*.dist-info/[Ll][Ii][Cc][Ee][Nn][Ss][Ee]*")
  file(COPY ${licences} DESTINATION "${prefix}/share/doc/ablate/licences/${package}")
endforeach()
