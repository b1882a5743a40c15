# The manual page and what shells complete, as the program itself tells them once it is built. OPTIONAL: a build of the
# target ablate alone does not make them.
set(pages "${PROJECT_BINARY_DIR}/pages")
set(page_files "${pages}/ablate.1" "${pages}/ablate" "${pages}/_ablate" "${pages}/ablate.fish")
add_custom_command(
  OUTPUT ${page_files}
  COMMAND ${CMAKE_COMMAND} "-Dablate=$<TARGET_FILE:ablate>" "-Dpages=${pages}" -P
          "${PROJECT_SOURCE_DIR}/cmake/write_pages.cmake"
  DEPENDS ablate
  COMMENT "Asking ablate for its manual page and completions"
  VERBATIM)
add_custom_target(ablate_pages ALL DEPENDS ${page_files})
install(FILES "${pages}/ablate.1" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
install(FILES "${pages}/ablate" DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions OPTIONAL)
install(FILES "${pages}/_ablate" DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions OPTIONAL)
install(FILES "${pages}/ablate.fish" DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d OPTIONAL)
