# `cpack` in a build folder makes ablate_VERSION_ARCH.deb and ablate-VERSION-Linux-ARCH.tar.gz; scripts/package builds
# first. The archive holds the parts of LibTorch that the program loads: it is unpacked anywhere and runs. The Debian
# package holds none, since they are no part of Debian and forty times its size: `ablate-fetch-libtorch`, which is in
# it, fetches them once. docs/install.md tells both.
set(CPACK_PACKAGE_NAME ablate)
set(CPACK_PACKAGE_CONTACT "the authors of ablate <ablate@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "what each part of a neural-network block costs, and what it buys")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # cpack would build the tests
set(CPACK_SYSTEM_NAME "Linux-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${ABLATE_TORCH_FOLDER}/lib")
# What fetching LibTorch takes; who has one already needs none of it.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "python3 (>= 3.10), python3-pip, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, g++, ninja-build, libfmt-dev")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/postinst" "${PROJECT_SOURCE_DIR}/packaging/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

install(PROGRAMS scripts/ablate-fetch-libtorch DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY scripts/lib DESTINATION ${share_folder}/scripts)

# Both packages are staged alike; then each is made fit for another machine.
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/cmake/package_stage.cmake")
set(CPACK_ABLATE_TORCH_FOLDER "${ABLATE_TORCH_FOLDER}")
set(CPACK_ABLATE_PRIVATE_TORCH "${ABLATE_PRIVATE_TORCH}")
set(CPACK_ABLATE_CUDA "${ABLATE_WITH_CUDA}")
include(CPack)
