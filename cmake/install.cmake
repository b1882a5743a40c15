# The program with its studies and documents, the libraries and headers, and the package that find_package(ablate)
# reads. Relocatable but for LibTorch, which stays where it is: its folder is recorded, and may be overruled. Packages
# (cmake/packages.cmake) bring or fetch their own.
include(CMakePackageConfigHelpers)
set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/ablate")
set(share_folder "${CMAKE_INSTALL_DATADIR}/ablate")

if(TARGET ablate)
  install(TARGETS ablate RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  include(cmake/pages.cmake)
endif()
install(DIRECTORY configs DESTINATION ${share_folder})
# Schemas lie where studies look for them: ../docs, seen from configs.
install(DIRECTORY docs/ DESTINATION ${share_folder}/docs FILES_MATCHING PATTERN "*.md" PATTERN "*.schema.json"
                                                                        PATTERN results EXCLUDE PATTERN examples EXCLUDE)
install(DIRECTORY docs/examples DESTINATION ${share_folder}/docs PATTERN build EXCLUDE PATTERN runs EXCLUDE)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(TARGETS ablate_core ablate_plain EXPORT ablate ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS ablate_plugin EXPORT ablate_plugin)
install(DIRECTORY src/ablate DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT ablate NAMESPACE ablate:: FILE ablateTargets.cmake DESTINATION ${package_folder})
install(EXPORT ablate_plugin NAMESPACE ablate:: FILE ablatePluginTargets.cmake DESTINATION ${package_folder})

configure_package_config_file(cmake/ablateConfig.cmake.in "${PROJECT_BINARY_DIR}/ablateConfig.cmake"
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file("${PROJECT_BINARY_DIR}/ablateConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/ablateConfig.cmake" "${PROJECT_BINARY_DIR}/ablateConfigVersion.cmake"
              cmake/locate_torch.cmake cmake/libtorch.cmake
        DESTINATION ${package_folder})
