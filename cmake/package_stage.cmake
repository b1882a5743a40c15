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
set(torch "${CPACK_ABLATE_TORCH_FOLDER}")
set(private "${prefix}/${CPACK_ABLATE_PRIVATE_TORCH}")
execute_process(COMMAND ldd "${torch}/lib/libtorch_cpu.so" OUTPUT_VARIABLE needed)
file(GLOB ours "${torch}/lib/libtorch_cpu.so" "${torch}/lib/libc10.so" "${torch}/lib/libgomp*.so*")
file(COPY ${ours} DESTINATION "${private}/lib")
foreach(name libcudart libcupti)  # even its CPU part is linked against these two
  string(REGEX MATCH "=> ([^ ]*/${name}\\.so[^ ]*)" found "${needed}")
  file(COPY "${CMAKE_MATCH_1}" DESTINATION "${private}/../nvidia/cu13/lib" FOLLOW_SYMLINK_CHAIN)
endforeach()
file(GLOB licences "${torch}/../torch-*.dist-info/licenses" "${torch}/../torch-*.dist-info/LICENSE")
file(COPY ${licences} DESTINATION "${private}")
# Other distributions have another fmt.
execute_process(COMMAND ldd "${program}" OUTPUT_VARIABLE needed)
string(REGEX MATCH "=> ([^ ]*/libfmt\\.so[^ ]*)" found "${needed}")
if(found)
  file(COPY "${CMAKE_MATCH_1}" DESTINATION "${prefix}/lib" FOLLOW_SYMLINK_CHAIN)
endif()
