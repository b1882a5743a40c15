# The plugins that tests/cli loads: docs/examples/own_block, and some that must be refused. Those that are refused
# by their note alone are compiled without LibTorch.
foreach(plugin other_torch no_block unresolved taken_name own_block)
  set(source "${PROJECT_SOURCE_DIR}/tests/plugins/${plugin}.cpp")
  if(plugin STREQUAL own_block)
    set(source "${PROJECT_SOURCE_DIR}/docs/examples/own_block/own_block.cpp")
  endif()
  add_library(plugin_${plugin} MODULE "${source}")
  set_target_properties(plugin_${plugin} PROPERTIES OUTPUT_NAME ${plugin}
                                                    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/plugins")
  if(plugin MATCHES "other_torch|no_block")
    target_include_directories(plugin_${plugin} PRIVATE "${PROJECT_SOURCE_DIR}/src")
  else()
    target_link_libraries(plugin_${plugin} PRIVATE ablate_fmt ablate::plugin ablate_warnings)
    target_precompile_headers(plugin_${plugin} REUSE_FROM ablate_core)
  endif()
  add_dependencies(tests_cli plugin_${plugin})
endforeach()
