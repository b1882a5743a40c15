# Sets ABLATE_TORCH_FOLDER. What was found once is kept while it is there and the user's wishes are the same: a
# torch that python3 gets later must not change a build folder's LibTorch underneath its precompiled header.
set(wishes "${ABLATE_TORCH}|$ENV{ABLATE_TORCH}|${Torch_DIR}|$ENV{Torch_DIR}|${CMAKE_PREFIX_PATH}")
string(APPEND wishes "|$ENV{CMAKE_PREFIX_PATH}|${ABLATE_TORCH_KIND}")
set(misfit "never looked")
if(ABLATE_TORCH_FOLDER AND wishes STREQUAL "${ABLATE_TORCH_WISHES}")
  ablate_torch_misfit("${ABLATE_TORCH_FOLDER}" misfit)
endif()
if(misfit)
  ablate_locate_torch(found)
  if(NOT found)
    message(FATAL_ERROR
      "No LibTorch ${ABLATE_TORCH_WANTED} is found. Set ABLATE_TORCH to its folder, install torch==${ABLATE_TORCH_PINNED} "
      "for python3, or run scripts/ablate, which fetches a private copy.")
  endif()
  get_filename_component(found "${found}" REALPATH)
  set(ABLATE_TORCH_FOLDER "${found}" CACHE INTERNAL "LibTorch's folder")
  set(ABLATE_TORCH_WISHES "${wishes}" CACHE INTERNAL "The settings it was found with")
else()
  message(STATUS "LibTorch: ${ABLATE_TORCH_FOLDER}")
endif()
