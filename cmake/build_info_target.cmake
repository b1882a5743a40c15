# What ablate/base/build_info.hpp says, looked up anew by every build.
string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type_upper)
string(STRIP "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type_upper}}" build_info_flags)
set(build_info "${PROJECT_BINARY_DIR}/build_info.cpp")
set(build_info_arguments
    "-Dsource=${PROJECT_SOURCE_DIR}" "-Doutput=${build_info}" "-Dversion=${PROJECT_VERSION}" "-Dbuild_type=${CMAKE_BUILD_TYPE}"
    "-Dcompiler=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}" "-Dflags=${build_info_flags}"
    "-Dwith_cuda=$<IF:$<BOOL:${ABLATE_WITH_CUDA}>,true,false>")
add_custom_target(
  ablate_build_info
  COMMAND ${CMAKE_COMMAND} ${build_info_arguments} -P "${PROJECT_SOURCE_DIR}/cmake/build_info.cmake"
  BYPRODUCTS "${build_info}"
  COMMENT "Looking up the revision"
  VERBATIM)
target_sources(ablate_plain PRIVATE "${build_info}")
add_dependencies(ablate_plain ablate_build_info)
