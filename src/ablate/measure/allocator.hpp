#pragma once

#include <string>

namespace ablate {

/// Has the process keep memory that is freed. By default glibc gives large blocks back to the system at once,
/// so that every new output of a call begins with page faults: for 16 MB they cost as much as the call, or
/// nothing, by how the heap happens to lie. Returns what records say of it, "" where the allocator cannot be
/// told.
std::string keep_freed_memory();

/// What records say where the allocator was left as it is.
std::string system_allocator();

}  // namespace ablate
