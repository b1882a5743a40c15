# The program, the core library, and the package that find_package(ablate) reads. Relocatable but for LibTorch,
# which stays where it is: its folder is recorded, and may be overruled.
include(CMakePackageConfigHelpers)
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/ablate")

if(TARGET ablate)
  install(TARGETS ablate RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  include(cmake/pages.cmake)
endif()
install(TARGETS ablate_core ablate_plain EXPORT ablate ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY src/ablate DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT ablate NAMESPACE ablate:: FILE ablateTargets.cmake DESTINATION ${package_folder})

configure_package_config_file(cmake/ablateConfig.cmake.in "${PROJECT_BINARY_DIR}/ablateConfig.cmake"
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file("${PROJECT_BINARY_DIR}/ablateConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/ablateConfig.cmake" "${PROJECT_BINARY_DIR}/ablateConfigVersion.cmake"
              cmake/locate_torch.cmake cmake/libtorch.cmake
        DESTINATION ${package_folder})
